#include "coverage/distinct.h"

#include <string.h>

#include "util/threads.h"

enum { MIN_BITS = 4, MIN_SLOTS = 1 << MIN_BITS };

static nd_status clear_for(nd_position_index *index, const nd_allocator *allocator, size_t num)
{
    if (num > UINT32_MAX / 4)
        return ND_ERR_LIMIT;
    size_t slots = MIN_SLOTS;
    unsigned bits = MIN_BITS;
    for (; slots < num * 4; bits++)
        slots *= 2;
    const nd_status status = nd_reserve(allocator, (void **)&index->slots, &index->capacity, slots,
                                        sizeof *index->slots);
    if (status != ND_OK)
        return status;
    memset(index->slots, 0, slots * sizeof *index->slots);
    index->mask = slots - 1;
    index->shift = 64 - bits;
    if (index->seed == 0)
        index->seed = nd_random_seed() | 1;
    return ND_OK;
}

/* The slot where `hash` stands, or the empty one where it would. */
static size_t slot_of(const nd_position_index *index, uint64_t hash)
{
    size_t at = nd_position_slot(index, hash);
    for (; index->slots[at]; at = (at + 1) & index->mask)
        if (index->shingles[index->slots[at] - 1] == hash)
            break;
    return at;
}

nd_status nd_position_index_distinct(nd_position_index *index, const nd_allocator *allocator,
                                     uint64_t *hashes, size_t num, size_t *num_distinct,
                                     uint32_t *repeats)
{
    *num_distinct = 0;
    const nd_status status = clear_for(index, allocator, num);
    if (status != ND_OK)
        return status;
    index->shingles = hashes;
    if (repeats && num > 0)
        memset(repeats, 0, ND_REPEATS_WORDS(num) * sizeof *repeats);
    size_t kept = 0;
    for (size_t i = 0; i < num; i++) {
        const uint64_t hash = hashes[i];
        const size_t at = slot_of(index, hash);
        if (index->slots[at]) {
            if (repeats)
                repeats[i / 32] |= UINT32_C(1) << i % 32;
            continue;
        }
        hashes[kept++] = hash;
        index->slots[at] = (uint32_t)kept;
    }
    *num_distinct = kept;
    return ND_OK;
}

/* Room for the marks, 16 bits a shingle or more: a word for every four. */
static nd_status clear_marks(nd_position_index *index, const nd_allocator *allocator, size_t num)
{
    size_t words = 1;
    while (words * 4 < num)
        words *= 2;
    const nd_status status = nd_reserve(allocator, (void **)&index->marks, &index->marks_capacity,
                                        words, sizeof *index->marks);
    if (status != ND_OK)
        return status;
    memset(index->marks, 0, words * sizeof *index->marks);
    index->mark_mask = words - 1;
    return ND_OK;
}

nd_status nd_position_index_set(nd_position_index *index, const nd_allocator *allocator,
                                const uint64_t *shingles, size_t num)
{
    nd_status status = clear_for(index, allocator, num);
    if (status == ND_OK)
        status = clear_marks(index, allocator, num);
    if (status != ND_OK)
        return status;
    index->shingles = shingles;
    for (size_t i = 0; i < num; i++) {
        const uint64_t hash = shingles[i];
        index->slots[slot_of(index, hash)] = (uint32_t)i + 1;
        index->marks[hash >> 38 & index->mark_mask] |= UINT64_C(1) << (hash >> 32 & 63);
    }
    return ND_OK;
}

void nd_position_index_release(nd_position_index *index, const nd_allocator *allocator)
{
    nd_release(allocator, index->slots);
    nd_release(allocator, index->marks);
    *index = (nd_position_index){0};
}
