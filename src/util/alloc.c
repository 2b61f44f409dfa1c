#include "util/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

nd_status nd_vec_grow(const nd_allocator *allocator, void **items, size_t *capacity, size_t len,
                      size_t more, size_t size_bytes)
{
    size_t need;
    if (!nd_size_add(len, more, &need))
        return ND_ERR_NO_MEMORY;
    return nd_reserve(allocator, items, capacity, need, size_bytes);
}

/* --- growing buffers of bytes --- */

nd_status nd_bytes_append(const nd_allocator *allocator, nd_byte_vec *out, const void *bytes,
                          size_t len_bytes)
{
    const nd_status status = ND_VEC_RESERVE(allocator, out, len_bytes);
    if (status != ND_OK)
        return status;
    if (len_bytes)
        memcpy(out->items + out->len, bytes, len_bytes);
    out->len += len_bytes;
    return ND_OK;
}

nd_status nd_bytes_printf(const nd_allocator *allocator, nd_byte_vec *out, const char *format, ...)
{
    nd_status status = ND_VEC_RESERVE(allocator, out, 64);
    for (int attempt = 0; status == ND_OK && attempt < 2; attempt++) {
        const size_t room = out->capacity - out->len;
        va_list args;
        va_start(args, format);
        const int len = vsnprintf(out->items + out->len, room, format, args);
        va_end(args);
        if (len < 0)
            return ND_ERR_INVALID_ARGUMENT;
        if ((size_t)len < room) {
            out->len += (size_t)len;
            return ND_OK;
        }
        status = ND_VEC_RESERVE(allocator, out, (size_t)len + 1);
    }
    return status;
}

void nd_bytes_trim(const nd_allocator *allocator, nd_byte_vec *bytes, size_t keep_bytes)
{
    bytes->len = 0;
    if (bytes->capacity > keep_bytes)
        ND_VEC_RELEASE(allocator, bytes);
}

/* --- arenas --- */

struct nd_arena_chunk {
    struct nd_arena_chunk *next;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

/* Few bytes should not cost a large chunk: each is a quarter of what there is already, so that what
 * lies idle in the last one, where it comes in huge pages, is a small share of the whole. */
enum { FIRST_BYTES = 1 << 16, GROWTH = 4 };

void nd_arena_init(nd_arena *arena, const nd_allocator *allocator, size_t chunk_bytes)
{
    *arena = (nd_arena){
        .allocator = *allocator,
        .chunk_bytes = chunk_bytes,
    };
}

static struct nd_arena_chunk *add_chunk(nd_arena *arena, size_t size)
{
    size_t total;
    if (!nd_size_add(sizeof(struct nd_arena_chunk), size, &total))
        return NULL;
    struct nd_arena_chunk *const chunk = nd_alloc(&arena->allocator, 1, total);
    if (!chunk)
        return NULL;
    chunk->used = 0;
    chunk->size = size;
    arena->total_bytes += total;
    return chunk;
}

static size_t next_chunk_bytes(const nd_arena *arena)
{
    const size_t share = arena->total_bytes / GROWTH & ~(size_t)(FIRST_BYTES - 1);
    const size_t wanted = share < FIRST_BYTES ? FIRST_BYTES : share;
    return wanted < arena->chunk_bytes ? wanted : arena->chunk_bytes;
}

static size_t padded_size(size_t size_bytes)
{
    return (size_bytes + 7) & ~(size_t)7;
}

void *nd_arena_alloc(nd_arena *arena, size_t size_bytes)
{
    size_t padded;
    if (!nd_size_add(size_bytes, 7, &padded))
        return NULL;
    padded &= ~(size_t)7;
    struct nd_arena_chunk *chunk = arena->chunks;
    if (chunk && chunk->size - chunk->used >= padded) {
        void *const block = chunk->bytes + chunk->used;
        chunk->used += padded;
        return block;
    }
    const size_t usual = next_chunk_bytes(arena) - sizeof *chunk;
    const size_t wanted = padded > usual ? padded : usual;
    struct nd_arena_chunk *const fresh = add_chunk(arena, wanted);
    if (!fresh)
        return NULL;
    fresh->used = padded;
    if (padded == wanted && chunk) { /* filled at once: keep the one that still has room in front */
        fresh->next = chunk->next;
        chunk->next = fresh;
    } else {
        fresh->next = chunk;
        arena->chunks = fresh;
    }
    return fresh->bytes;
}

void nd_arena_trim(nd_arena *arena, void *block, size_t size_bytes, size_t kept_bytes)
{
    struct nd_arena_chunk *const chunk = arena->chunks;
    const size_t padded = padded_size(size_bytes);
    if (chunk && (unsigned char *)block + padded == chunk->bytes + chunk->used)
        chunk->used -= padded - padded_size(kept_bytes);
}

void nd_arena_release(nd_arena *arena)
{
    struct nd_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct nd_arena_chunk *const next = chunk->next;
        nd_release(&arena->allocator, chunk);
        chunk = next;
    }
    arena->chunks = NULL;
    arena->total_bytes = 0;
}
