/* What the parts of a scan share. */
#ifndef ENGINE_SCAN_STATE_H
#define ENGINE_SCAN_STATE_H

#include <stdbool.h>

#include "coverage/coverage.h"
#include "coverage/rare_candidates.h"
#include "coverage/shared_shingles.h"
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

/* How much of the two ends of an edge stands in the other, in parts of ND_COVERED_ALL. */
typedef struct nd_covered {
    uint16_t from, to;
} nd_covered;

/* The distincts as texts 0, 1, ...: of more shingles than the next one, or as many. */
typedef struct nd_size_order {
    uint32_t *distinct_of; /* [texts] */
    uint32_t *text_of;     /* [distincts] */
} nd_size_order;

/* What one worker has for itself, so that no document takes a lock. */
typedef struct nd_scan_worker {
    nd_repairer *repairer;
    nd_text *text;
    uint64_t *slots;
    uint64_t *keys; /* of the bands of one document */
    nd_arena records;
    nd_set_store sets;
    ND_VEC(nd_record *) added;
    uint64_t *set_scratch;
    size_t set_scratch_capacity;
    nd_position_index positions; /* coverage: from here on */
    nd_candidate_finder candidates;
    ND_VEC(uint64_t) pairs; /* larger text << 32 | smaller one */
    nd_coverage_finder coverage;
    nd_edge_vec edges;          /* matches this worker verified */
    ND_VEC(nd_covered) covered; /* coverage: of the same edges */
    nd_scan_stats stats;        /* its share */
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
    nd_scan_worker *workers;   /* options.num_threads */
    nd_scan_stats stats;       /* summed up by nd_scan_finish */
    nd_catalog catalog;        /* from here on: set by nd_scan_finish */
    nd_size_order by_size;     /* coverage: of the distincts */
    nd_shared_shingles shared; /* coverage: of the texts, by size */
    nd_edge *edges;            /* sorted by from, to; no repeats */
    nd_covered *covered;       /* of the same edges; NULL where coverage is not asked for */
    size_t num_edges;
    size_t *first_edge;  /* coverage: of those from each distinct; [num_distinct + 1] */
    nd_pair_lists pairs; /* pairs */
    nd_anchors anchors;  /* groups: arrays of catalog.num_distinct */
};

/* Whether coverage decides: then shingles are kept in text order, none twice, and there are no
 * sketches. */
static inline bool nd_scan_asks_coverage(const nd_scan *scan)
{
    return scan->options.coverage > 0;
}

/* The id of a document, by its number in the catalog. */
static inline nd_id nd_scan_id(const nd_scan *scan, uint32_t document)
{
    const nd_record *const record = scan->catalog.documents[document];
    return (nd_id){nd_record_id(record, scan->plan.bands), record->id_len_bytes};
}

/* Its text, where texts are kept. */
static inline nd_kept_text nd_scan_text(const nd_scan *scan, uint32_t document)
{
    if (scan->options.texts != ND_TEXTS_KEEP)
        return (nd_kept_text){NULL, 0};
    uint64_t len;
    const char *const text =
        nd_record_text(scan->catalog.documents[document], scan->plan.bands, &len);
    return (nd_kept_text){text, (size_t)len};
}

#endif
