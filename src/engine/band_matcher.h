/* What the parts of the matcher by bands share. */
#ifndef ENGINE_BAND_MATCHER_H
#define ENGINE_BAND_MATCHER_H

#include "engine/matcher.h"
#include "lsh/buckets.h"
#include "lsh/seen_keys.h"

typedef struct nd_band_worker {
    uint64_t *slots;
    uint64_t *keys; /* of the bands of one document */
    nd_set_maker sets;
    nd_set_cache cached; /* of sets in the collection's file */
    nd_mate_finder mates;
    ND_VEC(uint64_t) proposed; /* a text << 32 | its mate */
    nd_edge_vec edges;
    uint64_t candidates, matches, capped_comparisons;
} nd_band_worker;

typedef struct nd_band_matcher {
    nd_matcher base;
    nd_plan plan;
    nd_band_worker *workers;
    nd_seen_keys *seen; /* while documents are read */
    /* Until sets are found: what text a document stands for, by its index, ND_NO_TEXT where it
     * stands for none; and how many do so in the chunks before one. */
    uint32_t *text_of;
    size_t *first_place;
    nd_bucket_index buckets;
    uint64_t capped_buckets;
    nd_edge_runs *runs; /* of the request at work */
} nd_band_matcher;

/* All documents are in: makes the index of buckets of their band keys, and sees to the sets of all
 * texts in any bucket with others, and of those with copies. */
ND_NODISCARD nd_status nd_band_matcher_prepare(nd_band_matcher *b);

/* Releases text_of and first_place. */
void nd_band_matcher_forget_indices(nd_band_matcher *b);

/* What groups know of the texts: settled_by[text] is the rank of the first representative so far
 * that has taken it, its own where it is a representative, and ND_NOT_SETTLED while it is free. */
#define ND_NOT_SETTLED UINT32_MAX

/* Appends to the worker's `proposed` text x with each of its later mates. */
ND_NODISCARD nd_status nd_band_matcher_propose(nd_band_matcher *b, uint32_t worker, uint32_t x);

/* Text x, of that rank, with each mate that no representative up to that rank has settled. */
ND_NODISCARD nd_status nd_band_matcher_propose_free(nd_band_matcher *b, uint32_t worker, uint32_t x,
                                                    uint32_t rank, const uint32_t *settled_by);

/* Asks for what comparing a text will read: each of the stages 0 to ND_TEXT_STAGES - 1 some texts
 * after the one before, which has brought what it needs. */
enum { ND_TEXT_STAGES = 2 };
void nd_band_matcher_fetch(const nd_band_matcher *b, uint32_t text, int stage);

/* Compares what is proposed, which is empty then, and appends the matches to the worker's edges, in
 * the same order. */
ND_NODISCARD nd_status nd_band_matcher_compare(nd_band_matcher *b, uint32_t worker);

/* Leaves the matches of representatives with what they take in the workers' edges. by_rank: see
 * nd_match_request. */
ND_NODISCARD nd_status nd_band_matcher_match_groups(nd_band_matcher *b, const uint32_t *by_rank);

/* Settles some texts, given by rank, and all their mates. `undecided` is used up. */
ND_NODISCARD nd_status nd_band_matcher_settle_rounds(nd_band_matcher *b, const uint32_t *by_rank,
                                                     uint32_t *settled_by, uint32_t *undecided,
                                                     size_t num);

#endif
