#include "sketch/distinct.h"

#include <string.h>

enum { MIN_SLOTS = 16 };

static nd_status clear_for(nd_position_index *index, const nd_allocator *allocator, size_t num)
{
    if (num > UINT32_MAX / 2)
        return ND_ERR_LIMIT;
    size_t slots = MIN_SLOTS;
    while (slots < num * 2)
        slots *= 2;
    const nd_status status = nd_reserve(allocator, (void **)&index->slots, &index->capacity, slots,
                                        sizeof *index->slots);
    if (status != ND_OK)
        return status;
    memset(index->slots, 0, slots * sizeof *index->slots);
    index->mask = slots - 1;
    return ND_OK;
}

static void insert(nd_position_index *index, uint64_t hash, size_t position)
{
    size_t at = hash & index->mask;
    while (index->slots[at])
        at = (at + 1) & index->mask;
    index->slots[at] = (hash & ~(uint64_t)UINT32_MAX) | (position + 1);
}

nd_status nd_position_index_distinct(nd_position_index *index, const nd_allocator *allocator,
                                     uint64_t *hashes, size_t num, size_t *num_distinct)
{
    *num_distinct = 0;
    const nd_status status = clear_for(index, allocator, num);
    if (status != ND_OK)
        return status;
    index->shingles = hashes;
    size_t kept = 0;
    for (size_t i = 0; i < num; i++) {
        const uint64_t hash = hashes[i];
        if (nd_position_index_find(index, hash) != ND_NO_POSITION)
            continue;
        hashes[kept] = hash;
        insert(index, hash, kept++);
    }
    *num_distinct = kept;
    return ND_OK;
}

nd_status nd_position_index_set(nd_position_index *index, const nd_allocator *allocator,
                                const uint64_t *shingles, size_t num)
{
    const nd_status status = clear_for(index, allocator, num);
    if (status != ND_OK)
        return status;
    index->shingles = shingles;
    for (size_t i = 0; i < num; i++)
        insert(index, shingles[i], i);
    return ND_OK;
}

void nd_position_index_release(nd_position_index *index, const nd_allocator *allocator)
{
    nd_release(allocator, index->slots);
    *index = (nd_position_index){0};
}
