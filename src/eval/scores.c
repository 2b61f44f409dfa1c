#include "eval/scores.h"

#include "util/sort.h"

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
