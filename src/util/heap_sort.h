/* Sorting without memory of its own. */
#ifndef UTIL_HEAP_SORT_H
#define UTIL_HEAP_SORT_H

#include <stddef.h>

enum { ND_HEAP_SORT_MAX_BYTES = 128 };

/* Below, equal to or above 0, as a comes before b, is equal to it, or comes after it. */
typedef int (*nd_compare_fn)(void *ctx, const void *a, const void *b);

/* Sorts num items of size_bytes, at most ND_HEAP_SORT_MAX_BYTES, ascending by a total order; qsort,
 * but in place for any size: the C library's allocates. O(num log num) (Williams, Algorithm 232,
 * CACM 1964). */
void nd_heap_sort(void *items, size_t num, size_t size_bytes, nd_compare_fn compare, void *ctx);

#endif
