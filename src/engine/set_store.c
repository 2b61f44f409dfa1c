#include "engine/set_store.h"

/* Whole huge pages, few enough that the last chunk of a worker is a small share of the whole. */
enum { CHUNK_BYTES = 4 << 20 };

void nd_set_store_init(nd_set_store *store, const nd_allocator *allocator)
{
    nd_arena_init(&store->arena, allocator, CHUNK_BYTES);
}

uint64_t *nd_set_store_append(nd_set_store *store, size_t num)
{
    if (num > SIZE_MAX / sizeof(uint64_t))
        return NULL;
    return nd_arena_alloc(&store->arena, num * sizeof(uint64_t));
}

void nd_set_store_release(nd_set_store *store)
{
    nd_arena_release(&store->arena);
}
