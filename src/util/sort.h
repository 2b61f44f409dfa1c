/* Sorting, and what is made of an order: searches and comparisons. */
#ifndef UTIL_SORT_H
#define UTIL_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* --- 64-bit keys in linear time --- */

typedef struct nd_key_value {
    uint64_t key;
    uint64_t value;
} nd_key_value;

/* Sorts items[0..num) by key, ascending; items of one key stay in their order. `scratch` has room
 * for num items. Linear in num for any keys; quickest for evenly spread ones. Takes about 10 KiB of
 * stack, whatever the keys. */
void nd_radix_sort_pairs(nd_key_value *items, nd_key_value *scratch, size_t num);

/* The same for keys alone. */
void nd_radix_sort_u64(uint64_t *items, uint64_t *scratch, size_t num);

/* --- items of any kind, without memory of its own --- */

enum { ND_HEAP_SORT_MAX_BYTES = 128 };

/* Below, equal to or above 0, as a comes before b, is equal to it, or comes after it. */
typedef int (*nd_compare_fn)(void *ctx, const void *a, const void *b);

/* Sorts num items of size_bytes, at most ND_HEAP_SORT_MAX_BYTES, ascending by a total order; qsort,
 * but in place for any size: the C library's allocates. O(num log num) (Williams, Algorithm 232,
 * CACM 1964). */
void nd_heap_sort(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx);

/* The same for items that are few or mostly in order, which takes O(num) then: by insertion, as
 * long as that takes few steps. */
void nd_near_sort(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx);

/* Makes a heap of num items: the one that comes last is items[0]. O(num). */
void nd_heap_make(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx);

/* Makes it a heap again after items[0] has changed. O(log num). */
void nd_heap_settle(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx);

/* --- search in ascending numbers --- */

/* The place of the first of num ascending items that is not below `least`; num where there is none.
 * O(log num). */
static inline size_t nd_first_u32(const uint32_t *items, size_t num, uint32_t least)
{
    size_t low = 0, high = num;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (items[middle] < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline size_t nd_first_u64(const uint64_t *items, size_t num, uint64_t least)
{
    size_t low = 0, high = num;
    while (items && low < high) {
        const size_t middle = low + (high - low) / 2;
        if (items[middle] < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- strings of bytes in the order of unsigned bytes, a beginning before what it begins --- */

/* Below, equal to or above 0. A pointer may be NULL where the length is 0. */
static inline int nd_compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    const size_t both = a_len < b_len ? a_len : b_len;
    const int order = both ? memcmp(a, b, both) : 0;
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

#endif
