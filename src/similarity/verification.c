#include "similarity/verification.h"

#include <math.h>

#include "neardup/document_map.h"
#include "similarity/intersection.h"
#include "util/threads.h"

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

nd_match_kind nd_verify_sets(const uint64_t *a, size_t size_a, const uint64_t *b, size_t size_b,
                             const nd_match_rule *rule, nd_similarity *similarity)
{
    const uint64_t need = nd_match_least_common(rule, size_a, size_b);
    const uint64_t common = nd_intersection_at_least(a, size_a, b, size_b, need);
    *similarity = (nd_similarity){0};
    if (common == 0)
        return ND_MATCH_NONE;
    const nd_similarity reached = nd_similarity_from_counts(size_a, size_b, common);
    const nd_match_kind kind = nd_match_classify(&reached, rule);
    if (kind != ND_MATCH_NONE)
        *similarity = reached;
    return kind;
}

enum { PAIRS_A_TASK = 256 };

typedef struct verification {
    const nd_set_list *sets;
    const nd_document_pair *pairs;
    size_t num;
    const nd_match_rule *rule;
    nd_verified_pair *verified;
} verification;

static nd_status verify_task(void *ctx, uint32_t worker, size_t task)
{
    (void)worker;
    const verification *const v = ctx;
    const size_t end = (task + 1) * PAIRS_A_TASK;
    for (size_t i = task * PAIRS_A_TASK; i < end && i < v->num; i++) {
        const nd_document_pair pair = v->pairs[i];
        if (pair.a >= v->sets->num || pair.b >= v->sets->num)
            return ND_ERR_INVALID_ARGUMENT;
        const size_t *const starts = v->sets->starts;
        nd_verified_pair *const verified = &v->verified[i];
        verified->kind = nd_verify_sets(
            v->sets->elements + starts[pair.a], starts[pair.a + (size_t)1] - starts[pair.a],
            v->sets->elements + starts[pair.b], starts[pair.b + (size_t)1] - starts[pair.b],
            v->rule, &verified->similarity);
    }
    return ND_OK;
}

nd_status nd_verify_pairs(const nd_set_list *sets, const nd_document_pair *pairs, size_t num,
                          const nd_match_rule *rule, uint32_t num_threads,
                          const nd_allocator *allocator, nd_verified_pair *verified)
{
    if (!(rule->jaccard > 0 && rule->jaccard <= 1 && rule->containment >= 0 &&
          rule->containment <= 1))
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    verification v = {sets, pairs, num, rule, verified};
    return nd_threads_for(&a, num_threads ? num_threads : nd_num_processors(),
                          (num + PAIRS_A_TASK - 1) / PAIRS_A_TASK, verify_task, &v);
}
