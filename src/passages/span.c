#include "passages/span.h"

#include "util/heap_sort.h"

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_pairs(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_span_pair *const a = left, *const b = right;
    int order = compare_numbers(a->later.start, b->later.start);
    if (order == 0)
        order = compare_numbers(b->later.end, a->later.end);
    if (order == 0)
        order = compare_numbers(b->common, a->common);
    if (order == 0)
        order = compare_numbers(a->earlier.start, b->earlier.start);
    return order ? order : compare_numbers(a->earlier.end, b->earlier.end);
}

void nd_span_pairs_sort(nd_span_pair *pairs, size_t num)
{
    nd_heap_sort(pairs, num, sizeof *pairs, compare_pairs, NULL);
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* `inner` lines up the same tokens as `outer`, and fewer. */
static bool is_part_of(const nd_span_pair *inner, const nd_span_pair *outer)
{
    enum { SHIFT_MAX = 16 }; /* what widening to borders may move an end */
    if (!nd_span_contains(outer->later, inner->later) ||
        !nd_span_contains(outer->earlier, inner->earlier))
        return false;
    const uint32_t in_later = inner->later.start - outer->later.start;
    const uint32_t in_earlier = inner->earlier.start - outer->earlier.start;
    const uint32_t len_difference =
        distance(nd_span_len(outer->later), nd_span_len(outer->earlier));
    return distance(in_later, in_earlier) <= SHIFT_MAX + len_difference;
}

size_t nd_span_pairs_drop_parts(nd_span_pair *pairs, size_t num)
{
    enum { WINDOW = 16 };
    size_t kept = 0;
    for (size_t i = 0; i < num; i++) {
        bool is_part = false;
        for (size_t k = kept; k > 0 && kept - k < WINDOW && !is_part; k--)
            is_part = is_part_of(&pairs[i], &pairs[k - 1]);
        if (!is_part)
            pairs[kept++] = pairs[i];
    }
    return kept;
}
