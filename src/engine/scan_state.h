/* What the stages of a scan hand on. */
#ifndef ENGINE_SCAN_STATE_H
#define ENGINE_SCAN_STATE_H

#include <stdbool.h>

#include "engine/catalog.h"
#include "engine/ingest.h"
#include "engine/matcher.h"
#include "engine/pair_lists.h"
#include "engine/set_fetch.h"
#include "engine/text_sets.h"
#include "group/groups.h"
#include "neardup/scan.h"

/* --- options, checked and completed --- */

/* *full becomes all of the options, with the defaults of what the caller does not know, and *plan
 * the plan they lead to. ND_ERR_INVALID_ARGUMENT, ND_ERR_LIMIT: see nd_scan_new; *error, which may
 * be NULL, says why. */
ND_NODISCARD nd_status nd_scan_settle(const nd_scan_options *options, nd_scan_options *full,
                                      nd_plan *plan, nd_error *error);

/* --- groups --- */

/*   to_anchor[t]   how text t is seen beside its representative: from t to it where t is a member,
 *                  and t beside itself elsewhere */
typedef struct nd_scan_groups {
    nd_edge *to_anchor;
    uint64_t num_groups, num_members; /* of documents; members without representatives */
} nd_scan_groups;

/* The texts by rank: what a group would rather keep first, texts of one rank in the order of their
 * numbers. *by_rank is allocated with `allocator`; NULL where texts are numbered by rank already.
 */
ND_NODISCARD nd_status nd_rank_texts(const nd_matcher *matcher, uint32_t **by_rank);

/* Groups the matches by options->link: `edges`, or by single links, where `runs` is not NULL,
 * those. by_rank as nd_rank_texts makes it. Release also after a failure. */
ND_NODISCARD nd_status nd_scan_groups_init(nd_scan_groups *groups, nd_matcher *matcher,
                                           const nd_edge_list *edges, const nd_edge_runs *runs,
                                           const uint32_t *by_rank);

void nd_scan_groups_release(nd_scan_groups *groups, const nd_allocator *allocator);

/* --- a scan --- */

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
    nd_record_runs runs;    /* where the collection is limited: of all records */
    nd_collection collection;
    bool has_collection; /* whether it is there to be released */
    nd_scan_stats stats; /* summed up by nd_scan_finish */
    nd_catalog catalog;  /* from here on: set by nd_scan_finish */
    nd_edge_list edges;
    nd_pair_lists pairs;   /* pairs */
    nd_scan_groups groups; /* groups */
};

/* Reads names of a finished scan's documents, and their texts where they are kept. Exclusive;
 * several may read one scan at once. */
typedef struct nd_name_reader {
    const nd_scan *scan;
    nd_record_reader records;
    nd_arena copies; /* of what came from a file */
} nd_name_reader;

void nd_name_reader_init(nd_name_reader *names, const nd_scan *scan);

/* The name of a document, by its number in the catalog, its tag, and its text (NULL and 0 where
 * texts are not kept). They hold until the next nd_name_reader_clear, or, from memory, as long as
 * the scan. */
ND_NODISCARD nd_status nd_name_reader_get(nd_name_reader *names, uint32_t document, nd_id *id,
                                          nd_kept_text *text);

/* What was read is not needed any more. */
void nd_name_reader_clear(nd_name_reader *names);

void nd_name_reader_release(nd_name_reader *names);

#endif
