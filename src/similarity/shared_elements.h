/* Sets that are the same, so that one of them can stand for all; and the elements that two sets or
 * more hold, rarest first in each set. */
#ifndef SIMILARITY_SHARED_ELEMENTS_H
#define SIMILARITY_SHARED_ELEMENTS_H

#include "neardup/exact_join.h"
#include "util/alloc.h"

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
