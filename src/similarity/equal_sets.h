/* Sets that are the same, so that one of them can stand for all. */
#ifndef SIMILARITY_EQUAL_SETS_H
#define SIMILARITY_EQUAL_SETS_H

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

#endif
