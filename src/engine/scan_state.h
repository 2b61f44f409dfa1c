/* What the stages of a scan hand on. */
#ifndef ENGINE_SCAN_STATE_H
#define ENGINE_SCAN_STATE_H

#include <stdbool.h>

#include "engine/catalog.h"
#include "engine/ingest.h"
#include "engine/matcher.h"
#include "engine/pair_lists.h"
#include "engine/scan_groups.h"
#include "engine/set_fetch.h"
#include "neardup/scan.h"

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
    nd_matcher *matcher;
    nd_ingester *ingesters; /* one for each thread */
    nd_source_vec sources;  /* of lasting documents */
    nd_collection collection;
    bool has_collection; /* whether it is there to be released */
    nd_scan_stats stats; /* summed up by nd_scan_finish */
    nd_catalog catalog;  /* from here on: set by nd_scan_finish */
    nd_edge_list edges;
    nd_pair_lists pairs;   /* pairs */
    nd_scan_groups groups; /* groups */
};

/* The name of a document, by its number in the catalog, and its tag. */
nd_id nd_scan_id(const nd_scan *scan, uint32_t document);

/* Its text, where texts are kept. */
nd_kept_text nd_scan_text(const nd_scan *scan, uint32_t document);

#endif
