/* What sets have in common: two of them, and many. */
#ifndef SIMILARITY_SIMILARITY_H
#define SIMILARITY_SIMILARITY_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/exact_join.h"
#include "neardup/verify.h"
#include "util/alloc.h"

/* --- how many elements two sorted sets have in common --- */

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

/* --- how far verification has to go, and which of two matches is the better one --- */

/* Common elements below which no pair of sets of these sizes matches, by any part of the rule. */
uint64_t nd_match_least_common(const nd_match_rule *rule, size_t size_a, size_t size_b);

/* By jaccard, then by the larger of the two containments. */
typedef struct nd_goodness {
    uint64_t common, of_union, of_smaller;
} nd_goodness;

static inline nd_goodness nd_goodness_of(uint64_t size_a, uint64_t size_b, uint64_t common)
{
    return (nd_goodness){common, size_a + size_b - common, size_a < size_b ? size_a : size_b};
}

/* Below 0 where a is better. Fractions are compared by products, so that equal ones are equal; of
 * sizes below 2^32 these have up to 65 bits. */
static inline int nd_goodness_compare(nd_goodness a, nd_goodness b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide left = (wide)a.common * b.of_union, right = (wide)b.common * a.of_union;
    if (left != right)
        return left > right ? -1 : 1;
    const wide left_c = (wide)a.common * b.of_smaller, right_c = (wide)b.common * a.of_smaller;
    return (left_c < right_c) - (left_c > right_c);
}

/* --- what many sets share --- */

/* Sets that are the same, so that one of them can stand for all; and the elements that two sets or
 * more hold, rarest first in each set. */

/* Sets by number; UINT32_MAX ends a chain:
 *
 *   leaders[rank] -> next_equal[...] -> next_equal[...] -> UINT32_MAX
 *
 * A leader is the lowest set of its kind; a higher rank has as many elements or more. Empty sets
 * are left out. */
typedef struct nd_equal_sets {
    uint32_t *next_equal; /* a set for each set */
    uint32_t *leaders;
    size_t num_leaders;
} nd_equal_sets;

#define ND_NO_SET UINT32_MAX

static inline size_t nd_set_size(const nd_set_list *sets, size_t set)
{
    return sets->starts[set + 1] - sets->starts[set];
}

static inline const uint64_t *nd_set_elements(const nd_set_list *sets, size_t set)
{
    return sets->elements + sets->starts[set];
}

/* Release it also after a failure. */
ND_NODISCARD nd_status nd_equal_sets_init(nd_equal_sets *equal, const nd_set_list *sets,
                                          const nd_allocator *allocator);

void nd_equal_sets_release(nd_equal_sets *equal, const nd_allocator *allocator);

/* Shared elements are numbered; the leader of rank r has
 *
 *   numbers[start[r] .. start[r + 1])
 *
 * ordered by how many leaders hold the element, then by number: one order for all sets. An element
 * that a single leader holds is in none: it can stand in no intersection. */
typedef struct nd_shared_elements {
    uint32_t *numbers;
    size_t *start;       /* leaders + 1 */
    size_t num_elements; /* that are shared: numbers are below */
} nd_shared_elements;

/* Release it also after a failure. ND_ERR_LIMIT: more numbers than 32 bits hold. */
ND_NODISCARD nd_status nd_shared_elements_init(nd_shared_elements *shared, const nd_set_list *sets,
                                               const nd_equal_sets *equal,
                                               const nd_allocator *allocator);

void nd_shared_elements_release(nd_shared_elements *shared, const nd_allocator *allocator);

#endif
