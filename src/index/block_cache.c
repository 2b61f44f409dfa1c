#include "index/block_cache.h"

#include <string.h>

#include "index/run.h"
#include "util/alloc.h"

/* What stands in a place. */
typedef struct cached_block {
    uint64_t block;
    uint32_t run; /* 0: nothing; no run has that number */
} cached_block;

struct nd_block_cache {
    nd_allocator allocator;
    cached_block *places; /* num of them */
    unsigned char *pages;
    size_t num;
};

nd_status nd_block_cache_new(size_t num_bytes, const nd_allocator *allocator, nd_block_cache **out)
{
    const size_t num = num_bytes / ND_RUN_BLOCK_BYTES;
    *out = NULL;
    if (num == 0)
        return ND_OK;
    nd_block_cache *const cache = nd_alloc(allocator, 1, sizeof *cache);
    if (!cache)
        return ND_ERR_NO_MEMORY;
    *cache = (nd_block_cache){.allocator = *allocator, .num = num};
    cache->places = nd_alloc_zeroed(allocator, num, sizeof *cache->places);
    cache->pages = nd_alloc(allocator, num, ND_RUN_BLOCK_BYTES);
    if (cache->places && cache->pages) {
        *out = cache;
        return ND_OK;
    }
    nd_block_cache_free(cache);
    return ND_ERR_NO_MEMORY;
}

static size_t place_of(const nd_block_cache *cache, uint32_t run, uint64_t block)
{
    const uint64_t mixed = (block + ((uint64_t)run << 40)) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)((mixed >> 32) * cache->num >> 32);
}

bool nd_block_cache_get(const nd_block_cache *cache, uint32_t run, uint64_t block, void *page)
{
    const size_t at = place_of(cache, run, block);
    if (cache->places[at].run != run || cache->places[at].block != block)
        return false;
    memcpy(page, cache->pages + at * ND_RUN_BLOCK_BYTES, ND_RUN_BLOCK_BYTES);
    return true;
}

void nd_block_cache_put(nd_block_cache *cache, uint32_t run, uint64_t block, const void *page)
{
    const size_t at = place_of(cache, run, block);
    cache->places[at] = (cached_block){block, run};
    memcpy(cache->pages + at * ND_RUN_BLOCK_BYTES, page, ND_RUN_BLOCK_BYTES);
}

void nd_block_cache_clear(nd_block_cache *cache)
{
    memset(cache->places, 0, cache->num * sizeof *cache->places);
}

void nd_block_cache_free(nd_block_cache *cache)
{
    if (!cache)
        return;
    const nd_allocator a = cache->allocator;
    nd_release(&a, cache->places);
    nd_release(&a, cache->pages);
    nd_release(&a, cache);
}
