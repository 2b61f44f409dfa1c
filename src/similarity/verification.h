/* How far verification has to go, and which of two matches is the better one. */
#ifndef SIMILARITY_VERIFICATION_H
#define SIMILARITY_VERIFICATION_H

#include <stdint.h>

#include "neardup/verify.h"

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

#endif
