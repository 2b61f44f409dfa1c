/* Sorting of 64-bit keys in linear time. */
#ifndef UTIL_RADIX_SORT_H
#define UTIL_RADIX_SORT_H

#include <stddef.h>
#include <stdint.h>

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

#endif
