#include "neardup/match.h"

#include "similarity/intersection.h"

nd_similarity nd_similarity_from_counts(uint64_t size_a, uint64_t size_b, uint64_t common)
{
    nd_similarity s = {.size_a = size_a, .size_b = size_b, .common = common};
    if (size_a == 0 || size_b == 0)
        return s;
    s.jaccard = (double)common / (double)(size_a + size_b - common);
    s.a_in_b = (double)common / (double)size_a;
    s.b_in_a = (double)common / (double)size_b;
    return s;
}

nd_similarity nd_similarity_compute(const uint64_t *a, size_t size_a, const uint64_t *b,
                                    size_t size_b)
{
    const uint64_t common = nd_intersection(a, size_a, b, size_b);
    return nd_similarity_from_counts(size_a, size_b, common);
}

nd_match_kind nd_match_classify(const nd_similarity *similarity, const nd_match_rule *rule)
{
    if (similarity->common == 0)
        return ND_MATCH_NONE;
    if (similarity->jaccard >= 1.0)
        return ND_MATCH_EXACT;
    if (similarity->jaccard >= rule->jaccard)
        return ND_MATCH_NEAR;
    const double a_in_b = similarity->a_in_b, b_in_a = similarity->b_in_a;
    if (rule->containment <= 0 || (a_in_b < rule->containment && b_in_a < rule->containment))
        return ND_MATCH_NONE;
    return b_in_a >= a_in_b ? ND_MATCH_CONTAINS : ND_MATCH_CONTAINED;
}

nd_match_kind nd_match_classify_covered(const nd_similarity *similarity, const nd_match_rule *rule,
                                        const nd_coverage *coverage, double threshold)
{
    const nd_match_kind kind = nd_match_classify(similarity, rule);
    const double a_in_b = coverage->a_in_b, b_in_a = coverage->b_in_a;
    if (kind != ND_MATCH_NONE || (a_in_b < threshold && b_in_a < threshold))
        return kind;
    if (a_in_b >= ND_COVERED_WHOLE && b_in_a >= ND_COVERED_WHOLE)
        return ND_MATCH_NEAR;
    if (a_in_b < ND_COVERED_WHOLE && b_in_a < ND_COVERED_WHOLE)
        return ND_MATCH_PARTIAL;
    return b_in_a > a_in_b ? ND_MATCH_CONTAINS : ND_MATCH_CONTAINED;
}

nd_match_kind nd_match_kind_reversed(nd_match_kind kind)
{
    if (kind == ND_MATCH_CONTAINS)
        return ND_MATCH_CONTAINED;
    if (kind == ND_MATCH_CONTAINED)
        return ND_MATCH_CONTAINS;
    return kind;
}

const char *nd_match_kind_name(nd_match_kind kind)
{
    switch (kind) {
    case ND_MATCH_NONE:
        return "none";
    case ND_MATCH_EXACT:
        return "exact";
    case ND_MATCH_NEAR:
        return "near";
    case ND_MATCH_CONTAINS:
        return "contains";
    case ND_MATCH_CONTAINED:
        return "contained";
    case ND_MATCH_PARTIAL:
        return "partial";
    }
    return "none";
}
