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

/* An earlier and a later stretch that hold the same text. */
typedef struct nd_span_pair {
    nd_span earlier, later;
    double similarity;
    bool is_exact; /* token by token; a similarity of 1 does not say so: sets forget order and
                      number */
} nd_span_pair;

static inline uint32_t nd_span_len(nd_span span)
{
    return span.end - span.start;
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

/* By start of the later span; the longer, then the more similar, then the earlier one first. */
void nd_span_pairs_sort(nd_span_pair *pairs, size_t num);

/* Drops from sorted pairs those that stand inside one of the 16 before them, aligned the same way;
 * returns how many remain. */
size_t nd_span_pairs_drop_parts(nd_span_pair *pairs, size_t num);

#endif
