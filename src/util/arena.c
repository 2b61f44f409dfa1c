#include "util/arena.h"

#include <stdint.h>

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
