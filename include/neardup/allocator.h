/* The allocator a caller hands in. The library links none of its own. */
#ifndef NEARDUP_ALLOCATOR_H
#define NEARDUP_ALLOCATOR_H

#include <stddef.h>

#include "neardup/visibility.h"

ND_BEGIN_DECLS

/* Wherever a function takes a `const nd_allocator *`, NULL means malloc, realloc and free of the C
 * library. The struct is copied; `ctx` must outlive every object made with it. The functions are
 * called from several threads at once. They follow the C library: alignment for any type, NULL when
 * out of memory, `release` of NULL does nothing; sizes are never 0. */
typedef struct nd_allocator {
    void *(*allocate)(void *ctx, size_t size_bytes);
    void *(*resize)(void *ctx, void *block, size_t size_bytes);
    void (*release)(void *ctx, void *block);
    void *ctx;
} nd_allocator;

ND_END_DECLS

#endif
