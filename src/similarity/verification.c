#include "similarity/verification.h"

#include <math.h>

#include "similarity/intersection.h"

/* c common elements make a jaccard of c / (size_a + size_b - c), which reaches J from
 * c = J / (1 + J) * (size_a + size_b) on; and a containment of c / the smaller size at most.
 * Rounding is paid for with one element: the exact decision is nd_match_classify's. */
uint64_t nd_match_least_common(const nd_match_rule *rule, size_t size_a, size_t size_b)
{
    const double sum = (double)size_a + (double)size_b;
    const double smaller = (double)(size_a < size_b ? size_a : size_b);
    double least = ceil(rule->jaccard / (1 + rule->jaccard) * sum);
    if (rule->containment > 0)
        least = fmin(least, ceil(rule->containment * smaller));
    return least > 2 ? (uint64_t)least - 1 : 1;
}

nd_match_kind nd_match_verify(nd_hash_set a, nd_hash_set b, const nd_match_rule *rule,
                              nd_similarity *out)
{
    const uint64_t need = nd_match_least_common(rule, a.size, b.size);
    const uint64_t common = nd_intersection_at_least(a.hashes, a.size, b.hashes, b.size, need);
    if (common == 0)
        return ND_MATCH_NONE;
    const nd_similarity similarity = nd_similarity_from_counts(a.size, b.size, common);
    const nd_match_kind kind = nd_match_classify(&similarity, rule);
    if (kind != ND_MATCH_NONE)
        *out = similarity;
    return kind;
}
