#include "eval/evaluator.h"

#include <string.h>

#include "group/groups.h"
#include "util/sort.h"

/* --- lists of pairs --- */

static nd_status reserve(nd_pair_list *list, size_t more)
{
    if (more > ND_EVALUATION_MAX_PAIRS || list->pairs.len > ND_EVALUATION_MAX_PAIRS - more)
        return ND_ERR_LIMIT;
    return ND_VEC_RESERVE(list->allocator, &list->pairs, more);
}

nd_status nd_pair_list_add(nd_pair_list *list, uint32_t a, uint32_t b)
{
    if (a == b)
        return ND_OK;
    const nd_status status = reserve(list, 1);
    if (status == ND_OK)
        list->pairs.items[list->pairs.len++] = nd_pair_key(a, b);
    return status;
}

nd_status nd_pair_list_add_all(nd_pair_list *list, const uint32_t *members, size_t num)
{
    const nd_status status = num < 2 ? ND_OK
                             : num > UINT32_MAX
                                 ? ND_ERR_LIMIT
                                 : reserve(list, (size_t)((uint64_t)num * (num - 1) / 2));
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num; i++)
        for (size_t k = i + 1; k < num; k++)
            if (members[i] != members[k])
                list->pairs.items[list->pairs.len++] = nd_pair_key(members[i], members[k]);
    return ND_OK;
}

nd_status nd_pair_list_append(nd_pair_list *list, const nd_pair_list *other)
{
    const nd_status status = reserve(list, other->pairs.len);
    if (status != ND_OK || other->pairs.len == 0)
        return status;
    memcpy(list->pairs.items + list->pairs.len, other->pairs.items,
           other->pairs.len * sizeof *other->pairs.items);
    list->pairs.len += other->pairs.len;
    return ND_OK;
}

nd_status nd_pair_list_sort(nd_pair_list *list)
{
    uint64_t *const pairs = list->pairs.items;
    uint64_t *const scratch = nd_alloc(list->allocator, list->pairs.len, sizeof *scratch);
    if (!scratch)
        return ND_ERR_NO_MEMORY;
    nd_radix_sort_u64(pairs, scratch, list->pairs.len);
    nd_release(list->allocator, scratch);
    size_t num = 0;
    for (size_t i = 0; i < list->pairs.len; i++)
        if (num == 0 || pairs[i] != pairs[num - 1])
            pairs[num++] = pairs[i];
    list->pairs.len = num;
    return ND_OK;
}

size_t nd_pair_list_subtract(nd_pair_list *list, const nd_pair_list *other)
{
    size_t num = 0, at = 0;
    for (size_t i = 0; i < list->pairs.len; i++)
        if (!nd_pair_list_meets(other, list->pairs.items[i], &at))
            list->pairs.items[num++] = list->pairs.items[i];
    const size_t dropped = list->pairs.len - num;
    list->pairs.len = num;
    return dropped;
}

void nd_pair_list_components(const nd_pair_list *list, size_t num, uint32_t *label)
{
    nd_links_begin(label, num);
    for (size_t i = 0; i < list->pairs.len; i++)
        nd_links_add(label, nd_pair_low(list->pairs.items[i]), nd_pair_high(list->pairs.items[i]));
    nd_links_end(label, num);
}

void nd_pair_list_clear(nd_pair_list *list)
{
    list->pairs.len = 0;
}

void nd_pair_list_release(nd_pair_list *list)
{
    ND_VEC_RELEASE(list->allocator, &list->pairs);
}

/* --- scores --- */

/* Pairs of two sorted lists that stand in both. */
static uint64_t count_common(const nd_pair_list *a, const nd_pair_list *b)
{
    uint64_t common = 0;
    for (size_t i = 0, k = 0; i < a->pairs.len && k < b->pairs.len;) {
        const uint64_t x = a->pairs.items[i], y = b->pairs.items[k];
        common += x == y;
        i += x <= y;
        k += y <= x;
    }
    return common;
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 1;
}

nd_scores nd_scores_of(const nd_pair_list *truth, const nd_pair_list *found)
{
    nd_scores s = {.pairs_true = truth->pairs.len,
                   .pairs_found = found->pairs.len,
                   .true_positives = count_common(truth, found)};
    s.precision = ratio(s.true_positives, s.pairs_found);
    s.recall = ratio(s.true_positives, s.pairs_true);
    s.f1 = ratio(2 * s.true_positives, s.pairs_true + s.pairs_found);
    return s;
}

static uint64_t choose_two(uint64_t num)
{
    return num < 2 ? 0 : num * (num - 1) / 2;
}

/* Pairs of documents whose keys are equal. Sorts the keys. */
static uint64_t pairs_of_equal_keys(uint64_t *keys, uint64_t *scratch, size_t num)
{
    nd_radix_sort_u64(keys, scratch, num);
    uint64_t pairs = 0;
    for (size_t run = 0, end; run < num; run = end) {
        for (end = run + 1; end < num && keys[end] == keys[run]; end++)
            ;
        pairs += choose_two(end - run);
    }
    return pairs;
}

nd_status nd_adjusted_rand_index(const uint32_t *label_a, const uint32_t *label_b, size_t num,
                                 const nd_allocator *allocator, double *out)
{
    *out = 0;
    uint64_t *const keys = nd_alloc(allocator, num, sizeof *keys);
    uint64_t *const scratch = nd_alloc(allocator, num, sizeof *scratch);
    if (keys && scratch) {
        for (size_t i = 0; i < num; i++)
            keys[i] = (uint64_t)label_a[i] << 32 | label_b[i];
        const double both = (double)pairs_of_equal_keys(keys, scratch, num);
        for (size_t i = 0; i < num; i++)
            keys[i] = label_a[i];
        const double in_a = (double)pairs_of_equal_keys(keys, scratch, num);
        for (size_t i = 0; i < num; i++)
            keys[i] = label_b[i];
        const double in_b = (double)pairs_of_equal_keys(keys, scratch, num);
        const double all = (double)choose_two(num);
        const double by_chance = all > 0 ? in_a * in_b / all : 0;
        const double most = (in_a + in_b) / 2;
        /* Where they are equal both partitions are all alone or all together: the same. */
        *out = most > by_chance ? (both - by_chance) / (most - by_chance) : 1;
    }
    nd_release(allocator, keys);
    nd_release(allocator, scratch);
    return keys && scratch ? ND_OK : ND_ERR_NO_MEMORY;
}

static const double band_begins[ND_NUM_BANDS] = {0.9, 0.8, 0.7, 0.5, 0};

double nd_band_begin(int band)
{
    return band < 0 ? 1 : band_begins[band];
}

int nd_band_of(double jaccard)
{
    int band = 0;
    while (band < ND_NUM_BANDS - 1 && jaccard < band_begins[band])
        band++;
    return band;
}
