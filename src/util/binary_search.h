/* Search in ascending numbers. */
#ifndef UTIL_BINARY_SEARCH_H
#define UTIL_BINARY_SEARCH_H

#include <stddef.h>
#include <stdint.h>

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

#endif
