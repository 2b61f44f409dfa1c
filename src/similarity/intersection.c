#include "similarity/intersection.h"

#include "neardup/kernel.h"

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
