/* The elements that two sets or more hold, rarest first in each set. */
#ifndef SIMILARITY_SHARED_ELEMENTS_H
#define SIMILARITY_SHARED_ELEMENTS_H

#include "similarity/equal_sets.h"

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
