/* What the parts of a scan share. */
#ifndef ENGINE_SCAN_STATE_H
#define ENGINE_SCAN_STATE_H

#include "engine/catalog.h"
#include "engine/pair_lists.h"
#include "engine/record.h"
#include "engine/set_store.h"
#include "group/anchored_groups.h"
#include "neardup/scan.h"
#include "neardup/text.h"
#include "util/arena.h"
#include "util/vec.h"

typedef ND_VEC(nd_edge) nd_edge_vec;

/* What one worker has for itself, so that no document takes a lock. */
typedef struct nd_scan_worker {
    nd_text *text;
    uint64_t *slots;
    uint64_t *keys; /* of the bands of one document */
    nd_arena records;
    nd_set_store sets;
    ND_VEC(nd_record *) added;
    uint64_t *set_scratch;
    size_t set_scratch_capacity;
    nd_edge_vec edges;   /* matches this worker verified */
    nd_scan_stats stats; /* its share */
} nd_scan_worker;

typedef enum nd_scan_phase {
    ND_SCAN_ADDING = 0,
    ND_SCAN_FINISHED,
    ND_SCAN_FAILED,
} nd_scan_phase;

struct nd_scan {
    nd_scan_options options;
    nd_allocator allocator;
    nd_plan plan;
    nd_scan_phase phase;
    nd_scan_worker *workers; /* options.num_threads */
    nd_scan_stats stats;     /* summed up by nd_scan_finish */
    nd_catalog catalog;      /* from here on: set by nd_scan_finish */
    nd_edge *edges;          /* sorted by from, to; no repeats */
    size_t num_edges;
    nd_pair_lists pairs; /* pairs */
    nd_anchors anchors;  /* groups: arrays of catalog.num_distinct */
};

/* The id of a document, by its number in the catalog. */
static inline nd_id nd_scan_id(const nd_scan *scan, uint32_t document)
{
    const nd_record *const record = scan->catalog.documents[document];
    return (nd_id){nd_record_id(record, scan->plan.bands), record->id_len_bytes};
}

#endif
