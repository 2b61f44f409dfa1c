#include "engine/text_sets.h"

#include <sched.h>
#include <string.h>

#include "neardup/shingle.h"

nd_status nd_scan_set_make(nd_set_maker *maker, nd_scan_set *set, const nd_allocator *allocator)
{
    for (;;) {
        /* Mostly it is made: a look costs less than an exchange that fails. */
        if (atomic_load_explicit(&set->state, memory_order_acquire) == ND_SET_MADE)
            return ND_OK;
        uint32_t state = ND_SET_IN_TEXT_ORDER;
        if (atomic_compare_exchange_strong(&set->state, &state, ND_SET_BEING_SORTED))
            break;
        if (state == ND_SET_BEING_SORTED)
            sched_yield();
    }
    /* Only the thread that got here may read or change the hashes. */
    const nd_status status = nd_reserve(allocator, (void **)&maker->scratch, &maker->capacity,
                                        set->num, sizeof *maker->scratch);
    if (status != ND_OK) {
        atomic_store_explicit(&set->state, ND_SET_IN_TEXT_ORDER, memory_order_release);
        return status;
    }
    set->num = (uint32_t)nd_shingle_set(set->hashes, set->num, maker->scratch);
    maker->num_shingles += set->num;
    atomic_store_explicit(&set->state, ND_SET_MADE, memory_order_release);
    return ND_OK;
}

nd_status nd_scan_set_put(nd_collection *collection, const uint64_t *hashes, size_t num,
                          nd_scan_set *set)
{
    const nd_status status =
        nd_collection_append(collection, hashes, num * sizeof *hashes, &set->at);
    set->num = (uint32_t)num;
    atomic_store_explicit(&set->state, ND_SET_IN_FILE, memory_order_relaxed);
    return status;
}

nd_status nd_scan_set_make_in_file(nd_set_maker *maker, nd_collection *collection, uint64_t at,
                                   size_t num, nd_scan_set *set)
{
    const nd_allocator *const a = collection->allocator;
    nd_status status =
        nd_reserve(a, (void **)&maker->scratch, &maker->capacity, num, sizeof *maker->scratch);
    if (status == ND_OK)
        status =
            nd_reserve(a, (void **)&maker->read, &maker->read_capacity, num, sizeof *maker->read);
    if (status == ND_OK)
        status = nd_collection_read(collection, at, maker->read, num * sizeof *maker->read);
    if (status != ND_OK)
        return status;
    num = nd_shingle_set(maker->read, num, maker->scratch);
    maker->num_shingles += num;
    return nd_scan_set_put(collection, maker->read, num, set);
}

void nd_set_maker_release(nd_set_maker *maker, const nd_allocator *allocator)
{
    nd_release(allocator, maker->scratch);
    nd_release(allocator, maker->read);
    *maker = (nd_set_maker){0};
}

void nd_set_cache_init(nd_set_cache *cache, const nd_collection *collection, size_t room_bytes)
{
    *cache = (nd_set_cache){.collection = collection, .room = room_bytes / 2 / sizeof(uint64_t)};
    for (int half = 0; half < 2; half++)
        nd_u64_map_init(&cache->halves[half].places, collection->allocator);
}

/* Makes room for num hashes in the half at work, which may become the other one. */
static nd_status make_room(nd_set_cache *cache, size_t num)
{
    struct nd_cached_sets *half = &cache->halves[cache->at_work];
    if (half->num > 0 && half->num + num > cache->room) {
        cache->at_work ^= 1;
        half = &cache->halves[cache->at_work];
        half->num = 0;
        nd_u64_map_clear(&half->places);
    }
    /* Never moved while anything is in it. */
    const size_t need = num > cache->room ? num : cache->room;
    nd_status status = ND_OK;
    if (half->num == 0 && half->capacity < need)
        status = nd_reserve(cache->collection->allocator, (void **)&half->hashes, &half->capacity,
                            need, sizeof *half->hashes);
    return status == ND_OK ? nd_u64_map_reserve(&half->places, 1) : status;
}

nd_status nd_set_cache_get(nd_set_cache *cache, uint32_t text, const nd_scan_set *set,
                           const uint64_t **hashes)
{
    const struct nd_cached_sets *const now = &cache->halves[cache->at_work];
    const struct nd_cached_sets *const other = &cache->halves[cache->at_work ^ 1];
    const uint64_t *const here = nd_u64_map_find(&now->places, text);
    if (here) {
        *hashes = now->hashes + *here;
        return ND_OK;
    }
    const uint64_t *const there = nd_u64_map_find(&other->places, text);
    const uint64_t *const old = there ? other->hashes + *there : NULL;
    nd_status status = make_room(cache, set->num);
    struct nd_cached_sets *const half = &cache->halves[cache->at_work];
    uint64_t *const to = half->hashes + half->num;
    if (status == ND_OK && old) /* perhaps in the half that was emptied for it */
        memmove(to, old, set->num * sizeof *to);
    else if (status == ND_OK)
        status = nd_collection_read(cache->collection, set->at, to, set->num * sizeof *to);
    if (status != ND_OK)
        return status;
    nd_u64_map_set(&half->places, text, half->num);
    half->num += set->num;
    *hashes = to;
    return ND_OK;
}

void nd_set_cache_release(nd_set_cache *cache)
{
    for (int half = 0; half < 2 && cache->collection; half++) {
        nd_release(cache->collection->allocator, cache->halves[half].hashes);
        nd_u64_map_release(&cache->halves[half].places);
    }
    *cache = (nd_set_cache){0};
}

uint64_t *nd_hashes_append(nd_arena *arena, size_t num)
{
    if (num > SIZE_MAX / sizeof(uint64_t))
        return NULL;
    return nd_arena_alloc(arena, num * sizeof(uint64_t));
}

void nd_hashes_trim(nd_arena *arena, uint64_t *hashes, size_t num, size_t kept)
{
    nd_arena_trim(arena, hashes, num * sizeof *hashes, kept * sizeof *hashes);
}
