/* An allocator that fails on demand and counts what is not given back. */
#ifndef TESTS_FAILING_ALLOCATOR_H
#define TESTS_FAILING_ALLOCATOR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "neardup/allocator.h"

/* Lets `left` calls pass and fails all that follow. After use, `live` is 0 unless something leaked.
 *
 *   failing_allocator f = {.left = 3};
 *   nd_allocator a = failing_allocator_make(&f);                                                 */
typedef struct failing_allocator {
    atomic_long left;
    atomic_long live;
} failing_allocator;

static inline void *failing_allocate(void *ctx, size_t size_bytes)
{
    failing_allocator *const f = ctx;
    if (atomic_fetch_sub(&f->left, 1) <= 0)
        return NULL;
    void *const block = malloc(size_bytes);
    if (block)
        atomic_fetch_add(&f->live, 1);
    return block;
}

static inline void *failing_resize(void *ctx, void *block, size_t size_bytes)
{
    failing_allocator *const f = ctx;
    return atomic_fetch_sub(&f->left, 1) <= 0 ? NULL : realloc(block, size_bytes);
}

static inline void failing_release(void *ctx, void *block)
{
    failing_allocator *const f = ctx;
    if (block)
        atomic_fetch_sub(&f->live, 1);
    free(block);
}

static inline nd_allocator failing_allocator_make(failing_allocator *f)
{
    return (nd_allocator){failing_allocate, failing_resize, failing_release, f};
}

#endif
