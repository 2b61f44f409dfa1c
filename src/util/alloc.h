/* Allocation through the caller's allocator. */
#ifndef UTIL_ALLOC_H
#define UTIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

/* The allocator to keep a copy of: *allocator, or the C library's for NULL. */
nd_allocator nd_allocator_or_default(const nd_allocator *allocator);

/* num * size_bytes bytes, NULL when out of memory or when the product overflows. A request for
 * nothing is one for a single byte, so NULL always means failure. */
void *nd_alloc(const nd_allocator *allocator, size_t num, size_t size_bytes);

/* The same, filled with zeros. */
void *nd_alloc_zeroed(const nd_allocator *allocator, size_t num, size_t size_bytes);

/* Releases a block of this allocator; NULL does nothing. */
void nd_release(const nd_allocator *allocator, void *block);

/* Makes room for `need` elements of size_bytes in *block, which has room for *capacity: grows by
 * half at least, so appending costs O(1) amortised. Nothing changes on failure. */
ND_NODISCARD nd_status nd_reserve(const nd_allocator *allocator, void **block, size_t *capacity,
                                  size_t need, size_t size_bytes);

/* Arithmetic on sizes that come from outside: false where the result does not fit. */
static inline bool nd_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool nd_size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

#endif
