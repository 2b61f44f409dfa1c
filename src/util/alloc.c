#include "util/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/vec.h"

static void *libc_allocate(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return malloc(size_bytes);
}

static void *libc_resize(void *ctx, void *block, size_t size_bytes)
{
    (void)ctx;
    return realloc(block, size_bytes);
}

static void libc_release(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

nd_allocator nd_allocator_or_default(const nd_allocator *allocator)
{
    if (allocator)
        return *allocator;
    return (nd_allocator){libc_allocate, libc_resize, libc_release, NULL};
}

void *nd_alloc(const nd_allocator *allocator, size_t num, size_t size_bytes)
{
    size_t total;
    if (!nd_size_mul(num, size_bytes, &total))
        return NULL;
    return allocator->allocate(allocator->ctx, total ? total : 1);
}

void *nd_alloc_zeroed(const nd_allocator *allocator, size_t num, size_t size_bytes)
{
    void *const block = nd_alloc(allocator, num, size_bytes);
    if (block)
        memset(block, 0, num * size_bytes);
    return block;
}

void nd_release(const nd_allocator *allocator, void *block)
{
    if (block)
        allocator->release(allocator->ctx, block);
}

nd_status nd_reserve(const nd_allocator *allocator, void **block, size_t *capacity, size_t need,
                     size_t size_bytes)
{
    if (need <= *capacity)
        return ND_OK;
    size_t wanted = *capacity + *capacity / 2;
    if (wanted < need)
        wanted = need;
    if (wanted < 16)
        wanted = 16;
    size_t total;
    if (!nd_size_mul(wanted, size_bytes, &total))
        return ND_ERR_NO_MEMORY;
    void *const grown = *block ? allocator->resize(allocator->ctx, *block, total)
                               : allocator->allocate(allocator->ctx, total);
    if (!grown)
        return ND_ERR_NO_MEMORY;
    *block = grown;
    *capacity = wanted;
    return ND_OK;
}

nd_status nd_vec_reserve(const nd_allocator *allocator, void **items, size_t *capacity, size_t len,
                         size_t more, size_t size_bytes)
{
    size_t need;
    if (!nd_size_add(len, more, &need))
        return ND_ERR_NO_MEMORY;
    return nd_reserve(allocator, items, capacity, need, size_bytes);
}
