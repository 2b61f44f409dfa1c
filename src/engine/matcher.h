/* How the texts of a scan are compared: a matcher by bands of a sketch, or one by coverage. */
#ifndef ENGINE_MATCHER_H
#define ENGINE_MATCHER_H

#include <stdbool.h>

#include "engine/catalog.h"
#include "engine/text_sets.h"
#include "group/groups.h"
#include "neardup/scan.h"
#include "util/alloc.h"
#include "util/threads.h"

typedef ND_VEC(nd_edge) nd_edge_vec;

/* Which matches are wanted. */
typedef enum nd_wanted_matches {
    ND_WANT_ALL = 0,
    ND_WANT_GROUPS, /* those of representatives with what they take: groups need no others */
} nd_wanted_matches;

typedef struct nd_edge_runs nd_edge_runs; /* edge_runs.h */

typedef struct nd_match_request {
    nd_wanted_matches wanted;
    const uint32_t
        *by_rank;       /* the texts, what a group would rather keep first; NULL: as numbered */
    nd_edge_runs *runs; /* where all matches go; NULL: they stay in memory */
} nd_match_request;

typedef struct nd_matcher nd_matcher;

/* What a kind of matcher does. `worker` is below options.num_threads; calls with one worker do not
 * overlap. */
typedef struct nd_matcher_kind {
    nd_text_size text_size; /* what the catalog numbers texts by */
    bool has_coverage;      /* whether matches carry their coverage */
    bool keeps_hashes;      /* whether it needs those of all records, else of what it fetches; and
                               where memory is limited, what it keeps of them after them in the file */

    /* Takes what it needs of a document that was read just now, and of its hashes, num of them in
     * text order, into its block of m->kind_block_bytes; may drop repeats. */
    nd_status (*read)(nd_matcher *m, uint32_t worker, const nd_text *text, uint64_t *hashes,
                      size_t *num, void *block);

    /* What it keeps of a document, so that a later scan can take it in place of the text: the block
     * itself where these are NULL.
     *
     * kept: those bytes, *len of them; borrowed. num_shingles: as read was given. The document has
     * shingles.
     * take_kept: does with them what read does. `hashes` are those that read left, in memory where
     * it keeps them. ND_ERR_FORMAT: they are not of such a document. */
    const void *(*kept)(const nd_matcher *m, const void *block, const nd_text_facts *facts,
                        size_t num_shingles, size_t *len);
    nd_status (*take_kept)(nd_matcher *m, uint32_t worker, const nd_text_facts *facts,
                           const uint64_t *hashes, const void *bytes, size_t len, void *block);

    /* Which texts are to be compared, as far as that shows while documents are read: right nearly
     * always, and thread-safe. A text is given by the block that was taken of it. NULL where all
     * hashes are kept.
     * begin_noting: comes first; announce: soon there will be a call for this text; note: it was
     * read, and is met by one that was noted before, if true is returned; is_met: it may be
     * compared with another that was noted. */
    nd_status (*begin_noting)(nd_matcher *m);
    void (*announce)(const nd_matcher *m, const void *block);
    bool (*note)(nd_matcher *m, const void *block);
    bool (*is_met)(const nd_matcher *m, const void *block);

    /* Finds the verified matches among the catalog's texts, sorted into *edges (allocated with
     * m->allocator, also when it fails). Afterwards the texts that may be reported have their sets.
     */
    nd_status (*match)(nd_matcher *m, const nd_match_request *request, nd_edge_list *edges);

    /* Measures two texts, a < b, whether they match or not; not thread-safe. */
    nd_status (*measure)(nd_matcher *m, uint32_t a, uint32_t b, nd_edge *edge);

    /* Adds what was counted to *stats. */
    void (*count)(const nd_matcher *m, nd_scan_stats *stats);

    void (*release)(nd_matcher *m);
} nd_matcher_kind;

/* The beginning of every matcher. */
struct nd_matcher {
    const nd_matcher_kind *kind;
    const nd_scan_options *options; /* of the scan, which outlives it */
    const nd_allocator *allocator;
    size_t kind_block_bytes;
    const nd_catalog *catalog; /* set between the last read and match, as is what fetches sets */
    nd_collection *collection;
    nd_scan_set *sets; /* of the catalog's texts; see nd_matcher_make_sets */
    const struct nd_set_fetcher *fetcher;
    uint32_t capped_text; /* after match: the lowest that a cap cut short, or ND_NO_TEXT */
};

/* ND_ERR_NO_MEMORY leaves *out NULL. Free with nd_matcher_free. */
ND_NODISCARD nd_status nd_band_matcher_new(const nd_scan_options *options, const nd_plan *plan,
                                           const nd_allocator *allocator, nd_matcher **out);
ND_NODISCARD nd_status nd_coverage_matcher_new(const nd_scan_options *options,
                                               const nd_allocator *allocator, nd_matcher **out);
void nd_matcher_free(nd_matcher *matcher);

/* Makes m->sets, of which nothing is known yet. */
ND_NODISCARD nd_status nd_matcher_make_sets(nd_matcher *m);

/* How a match is seen from its `from`: the similarity, the coverage and the score where the
 * matcher has them. */
typedef struct nd_seen_match {
    nd_similarity similarity;
    nd_coverage coverage;
    double score;
    nd_match_kind kind;
} nd_seen_match;

nd_seen_match nd_matcher_see(const nd_matcher *m, const nd_edge *edge);

/* A text beside itself, as its exact copies match. */
nd_edge nd_matcher_self_edge(const nd_matcher *m, uint32_t text);

/* Empties the workers' lists into one, sorted and without repeats. The first worker's is *first,
 * the others' stand `stride` bytes apart. */
ND_NODISCARD nd_status nd_edge_list_gather(nd_edge_list *list, nd_edge_vec *first, size_t stride,
                                           uint32_t num_workers, const nd_allocator *allocator);

/* --- tasks with the progress that the scan's options ask for --- */

/* nd_threads_for on options->num_threads threads. After each task progress is told, unless another
 * thread is telling it; what it answers, if it is not ND_OK, ends the tasks and is returned. */
ND_NODISCARD nd_status nd_run_reported(const nd_scan_options *options,
                                       const nd_allocator *allocator, nd_phase phase,
                                       size_t num_tasks, nd_task_fn run, void *ctx);

#endif
