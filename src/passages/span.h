/* A stretch of a text, in tokens, and pairs of them that hold the same. */
#ifndef PASSAGES_SPAN_H
#define PASSAGES_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tokens [start, end). */
typedef struct nd_span {
    uint32_t start, end;
} nd_span;

/* An earlier and a later stretch that hold mostly the same words in the same order. */
typedef struct nd_span_pair {
    nd_span earlier, later;
    uint32_t common;              /* words that stand in both in the same order */
    uint32_t first_run, num_runs; /* how they line up: see nd_passage_fitter */
} nd_span_pair;

static inline uint32_t nd_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t nd_most(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline uint32_t nd_span_len(nd_span span)
{
    return span.end - span.start;
}

static inline uint32_t nd_span_longer(nd_span a, nd_span b)
{
    return nd_most(nd_span_len(a), nd_span_len(b));
}

/* `inner` stands inside `outer`, or is it. */
static inline bool nd_span_contains(nd_span outer, nd_span inner)
{
    return outer.start <= inner.start && inner.end <= outer.end;
}

static inline bool nd_span_overlaps(nd_span a, nd_span b)
{
    return a.start < b.end && b.start < a.end;
}

/* Words in common by the words of the longer one; 1 if and only if the words are the same. */
static inline double nd_span_pair_identity(const nd_span_pair *pair)
{
    return (double)pair->common / nd_span_longer(pair->earlier, pair->later);
}

/* By start of the later span; the longer, then the more similar, then the earlier one first. */
void nd_span_pairs_sort(nd_span_pair *pairs, size_t num);

/* Drops from sorted pairs those that stand inside one of the 16 before them, aligned the same way;
 * returns how many remain. */
size_t nd_span_pairs_drop_parts(nd_span_pair *pairs, size_t num);

#endif
