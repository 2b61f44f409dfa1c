/* How many elements two sorted sets have in common. */
#ifndef SIMILARITY_INTERSECTION_H
#define SIMILARITY_INTERSECTION_H

#include <stddef.h>
#include <stdint.h>

/* Sets are ascending, without repeats. O(size_a + size_b), or O(small * log(large / small)) where
 * sizes differ much. Thread-safe. */
uint64_t nd_intersection(const uint64_t *a, size_t size_a, const uint64_t *b, size_t size_b);

/* The same where fewer than `need` common elements are of no use: then 0, found as soon as what is
 * left of the sets cannot reach it. */
uint64_t nd_intersection_at_least(const uint64_t *a, size_t size_a, const uint64_t *b,
                                  size_t size_b, uint64_t need);

/* Two sets, and how far they are merged. */
typedef struct nd_merge {
    const uint64_t *a, *a_end;
    const uint64_t *b, *b_end;
    uint64_t common; /* of what lies behind */
} nd_merge;

static inline size_t nd_merge_left(const nd_merge *merge)
{
    const size_t a = (size_t)(merge->a_end - merge->a), b = (size_t)(merge->b_end - merge->b);
    return a < b ? a : b;
}

/* Blocks a merge goes by at a time. */
enum { ND_MERGE_BLOCK = 8 };

/* Merges on by `steps` blocks of one of the sets or of both; there are so many left in each. */
typedef void nd_merge_blocks_fn(nd_merge *merge, size_t steps);

nd_merge_blocks_fn nd_merge_blocks_avx2;
nd_merge_blocks_fn nd_merge_blocks_avx512;
nd_merge_blocks_fn nd_merge_blocks_neon;

/* Merges to the end of a set, or until `need` cannot be reached: by blocks (NULL: without), then
 * one by one, which is the reference. */
void nd_merge_finish(nd_merge *merge, nd_merge_blocks_fn *merge_blocks, uint64_t need);

#endif
