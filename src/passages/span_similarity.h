/* Exact jaccard of two stretches of one text. */
#ifndef PASSAGES_SPAN_SIMILARITY_H
#define PASSAGES_SPAN_SIMILARITY_H

#include "neardup/text.h"
#include "passages/seed_index.h"
#include "passages/span.h"
#include "util/alloc.h"

/* By hash, a set with linear probing, at most half full:
 *
 *   hashes | h h h h ... |      the shingles seen
 *   stamps | s s s s ... |      epoch * 4 + which sides hold it; a smaller epoch: empty
 *
 * or by class, where seeds are as wide as shingles: their index has told all different ones apart
 * already.
 *
 *   marks  | m m m m ... |      for each class the same as a stamp */
typedef struct nd_span_scorer {
    nd_allocator allocator;
    uint32_t width; /* tokens of a shingle */
    uint64_t *hashes;
    uint32_t *stamps, *marks;
    size_t capacity; /* of hashes and stamps; a power of two */
    size_t mark_capacity;
    size_t mask; /* slots in use for this pair - 1: a short pair stays in the cache */
    uint32_t epoch;
} nd_span_scorer;

void nd_span_scorer_init(nd_span_scorer *scorer, const nd_allocator *allocator, uint32_t width);

/* Jaccard of the shingle sets of two spans, neither empty, to *similarity. O(length of both). */
ND_NODISCARD nd_status nd_span_similarity(nd_span_scorer *scorer, const nd_text *text, nd_span a,
                                          nd_span b, double *similarity);

/* The same of two spans of the text that `seeds` index, several times as fast where every position
 * has a class and seeds are as wide as shingles. */
ND_NODISCARD nd_status nd_span_seed_similarity(nd_span_scorer *scorer, const nd_seed_index *seeds,
                                               nd_span a, nd_span b, double *similarity);

/* The same over the seeds that stand at fewer than ND_SEED_HOT positions of the text: what two rows
 * of a list have in common beyond what all its rows have. 0 where there are none. */
ND_NODISCARD nd_status nd_span_rare_similarity(nd_span_scorer *scorer, const nd_seed_index *seeds,
                                               nd_span a, nd_span b, double *similarity);

enum { ND_SEED_HOT = 5 };

void nd_span_scorer_release(nd_span_scorer *scorer);

#endif
