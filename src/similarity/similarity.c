#include "similarity/similarity.h"

#include <math.h>

#include "neardup/document_map.h"
#include "neardup/kernel.h"
#include "neardup/match.h"
#include "util/threads.h"

/* --- intersection --- */

/* Where one set is this many times larger, its elements are looked up instead of passed by. */
enum { GALLOP_RATIO = 32 };

/* Steps between looks at what is left. */
enum { STEPS = 32 };

static void merge_one_by_one(nd_merge *merge)
{
    const uint64_t *a = merge->a, *b = merge->b;
    uint64_t common = merge->common;
    while (a < merge->a_end && b < merge->b_end) {
        const uint64_t x = *a, y = *b;
        common += x == y;
        a += x <= y;
        b += y <= x;
    }
    merge->a = a;
    merge->b = b;
    merge->common = common;
}

void nd_merge_finish(nd_merge *merge, nd_merge_blocks_fn *merge_blocks, uint64_t need)
{
    size_t left = nd_merge_left(merge);
    while (merge_blocks && left >= ND_MERGE_BLOCK && merge->common + left >= need) {
        const size_t steps = left / ND_MERGE_BLOCK;
        merge_blocks(merge, steps < STEPS ? steps : STEPS);
        left = nd_merge_left(merge);
    }
    if (merge->common + left >= need)
        merge_one_by_one(merge);
}

static nd_merge_blocks_fn *current_kernel(void)
{
    switch (nd_kernel_current()) {
#if defined(__x86_64__)
    case ND_KERNEL_AVX512:
        return nd_merge_blocks_avx512;
    case ND_KERNEL_AVX2:
        return nd_merge_blocks_avx2;
#elif defined(__aarch64__)
    case ND_KERNEL_NEON:
        return nd_merge_blocks_neon;
#endif
    default:
        return NULL;
    }
}

/* The first of [at, end) that is not below `value`: doubling steps, then halving ones (Bentley and
 * Yao, An almost optimal algorithm for unbounded searching, 1976). */
static const uint64_t *gallop(const uint64_t *at, const uint64_t *end, uint64_t value)
{
    size_t step = 1;
    while ((size_t)(end - at) > step && at[step] < value) {
        at += step;
        step *= 2;
    }
    size_t num = (size_t)(end - at) < step + 1 ? (size_t)(end - at) : step + 1;
    while (num > 0) {
        const size_t half = num / 2;
        const size_t is_below = at[half] < value;
        at += is_below * (half + 1);
        num = is_below ? num - half - 1 : half;
    }
    return at;
}

/* a is the small set. */
static uint64_t look_up_all(nd_merge merge, uint64_t need)
{
    for (; merge.a < merge.a_end && merge.b < merge.b_end; merge.a++) {
        if (merge.common + nd_merge_left(&merge) < need)
            return 0;
        merge.b = gallop(merge.b, merge.b_end, *merge.a);
        merge.common += merge.b < merge.b_end && *merge.b == *merge.a;
    }
    return merge.common;
}

uint64_t nd_intersection_at_least(const uint64_t *a, size_t size_a, const uint64_t *b,
                                  size_t size_b, uint64_t need)
{
    if (size_a == 0 || size_b == 0)
        return 0;
    if (size_a > size_b)
        return nd_intersection_at_least(b, size_b, a, size_a, need);
    nd_merge merge = {a, a + size_a, b, b + size_b, 0};
    if (size_b / GALLOP_RATIO >= size_a)
        merge.common = look_up_all(merge, need);
    else
        nd_merge_finish(&merge, current_kernel(), need);
    return merge.common >= need ? merge.common : 0;
}

uint64_t nd_intersection(const uint64_t *a, size_t size_a, const uint64_t *b, size_t size_b)
{
    return nd_intersection_at_least(a, size_a, b, size_b, 0);
}

/* --- similarities and kinds of matches --- */

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

/* --- verification --- */

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
