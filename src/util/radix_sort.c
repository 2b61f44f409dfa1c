#include "util/radix_sort.h"

#include <stdbool.h>
#include <string.h>

enum { DIGITS = 8, BUCKETS = 256, SMALL = 48 };

static unsigned digit_of(uint64_t key, unsigned digit)
{
    return (unsigned)(key >> (8 * digit)) & (BUCKETS - 1);
}

/* Turns counts into the places where each bucket begins; false where one bucket holds all. */
static bool places_from_counts(size_t *counts, size_t num)
{
    size_t place = 0;
    for (unsigned b = 0; b < BUCKETS; b++) {
        const size_t count = counts[b];
        if (count == num)
            return false;
        counts[b] = place;
        place += count;
    }
    return true;
}

static void insertion_sort_pairs(nd_key_value *items, size_t num)
{
    for (size_t i = 1; i < num; i++) {
        const nd_key_value item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

void nd_radix_sort_pairs(nd_key_value *items, nd_key_value *scratch, size_t num)
{
    if (num <= SMALL) {
        insertion_sort_pairs(items, num);
        return;
    }
    size_t counts[DIGITS][BUCKETS] = {{0}};
    for (size_t i = 0; i < num; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            counts[d][digit_of(items[i].key, d)]++;
    nd_key_value *from = items, *to = scratch;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (!places_from_counts(counts[d], num))
            continue;
        for (size_t i = 0; i < num; i++)
            to[counts[d][digit_of(from[i].key, d)]++] = from[i];
        nd_key_value *const swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, num * sizeof *items);
}

static void insertion_sort_u64(uint64_t *items, size_t num)
{
    for (size_t i = 1; i < num; i++) {
        const uint64_t item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1] > item; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

void nd_radix_sort_u64(uint64_t *items, uint64_t *scratch, size_t num)
{
    if (num <= SMALL) {
        insertion_sort_u64(items, num);
        return;
    }
    size_t counts[DIGITS][BUCKETS] = {{0}};
    for (size_t i = 0; i < num; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            counts[d][digit_of(items[i], d)]++;
    uint64_t *from = items, *to = scratch;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (!places_from_counts(counts[d], num))
            continue;
        for (size_t i = 0; i < num; i++)
            to[counts[d][digit_of(from[i], d)]++] = from[i];
        uint64_t *const swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, num * sizeof *items);
}
