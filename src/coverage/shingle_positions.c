/* Where each shingle of a text stands, and which ones a long text may have. */
#include <string.h>

#include "coverage/coverage.h"
#include "util/threads.h"

/* --- where each shingle stands --- */

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

/* A word of marks for every four shingles, or more: 16 bits each. */
static size_t num_mark_words(size_t num)
{
    size_t words = 1;
    while (words * 4 < num)
        words *= 2;
    return words;
}

/* Room for the marks. */
static nd_status clear_marks(nd_position_index *index, const nd_allocator *allocator, size_t num)
{
    const size_t words = num_mark_words(num);
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

/* The place from `at` on of the next shingle that may be indexed, or num. Four are asked at a time,
 * as most are strangers. */
static uint32_t skip_unmarked(const nd_position_index *index, const uint64_t *own, uint32_t at,
                              uint32_t num)
{
    for (; num - at >= 4; at += 4) {
        const uint32_t any = nd_position_index_may_have(index, own[at]) |
                             nd_position_index_may_have(index, own[at + 1]) |
                             nd_position_index_may_have(index, own[at + 2]) |
                             nd_position_index_may_have(index, own[at + 3]);
        if (any)
            break;
    }
    while (at < num && !nd_position_index_may_have(index, own[at]))
        at++;
    return at;
}

nd_status nd_position_index_match(const nd_position_index *index, uint32_t num_indexed,
                                  const uint64_t *own, uint32_t num, const nd_allocator *allocator,
                                  nd_stretch_vec *stretches, uint32_t *common)
{
    const uint64_t *const indexed = index->shingles;
    stretches->len = 0;
    *common = 0;
    for (uint32_t i = 0; (i = skip_unmarked(index, own, i, num)) < num;) {
        const uint32_t place = nd_position_index_find(index, own[i]);
        if (place == ND_NO_POSITION) {
            i++;
            continue;
        }
        /* What is shared mostly goes on in both: that needs no search. */
        const uint32_t left = num - i, indexed_left = num_indexed - place;
        const uint32_t most = left < indexed_left ? left : indexed_left;
        nd_stretch stretch = {{place, i}, 1, 0};
        while (stretch.num < most && own[i + stretch.num] == indexed[place + stretch.num])
            stretch.num++;
        const nd_status status = ND_VEC_RESERVE(allocator, stretches, 1);
        if (status != ND_OK)
            return status;
        stretches->items[stretches->len++] = stretch;
        *common += stretch.num;
        i += stretch.num;
    }
    return ND_OK;
}

void nd_position_index_release(nd_position_index *index, const nd_allocator *allocator)
{
    nd_release(allocator, index->slots);
    nd_release(allocator, index->marks);
    *index = (nd_position_index){0};
}

/* --- which shingles a long text may have --- */

static uint64_t mark_of(uint64_t shingle)
{
    return UINT64_C(1) << (shingle >> 32 & 63) | UINT64_C(1) << (shingle >> 26 & 63);
}

size_t nd_shingle_marks_bytes(size_t num)
{
    return sizeof(nd_shingle_marks) + num_mark_words(num) * sizeof(uint64_t);
}

void nd_shingle_marks_set(nd_shingle_marks *marks, const uint64_t *shingles, size_t num)
{
    const size_t num_words = num_mark_words(num);
    marks->mask = num_words - 1;
    memset(marks->words, 0, num_words * sizeof *marks->words);
    for (size_t i = 0; i < num; i++)
        marks->words[shingles[i] >> 38 & marks->mask] |= mark_of(shingles[i]);
}

uint32_t nd_shingle_marks_count(const nd_shingle_marks *marks, const uint64_t *shingles,
                                uint32_t num)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < num; i++) {
        const uint64_t mark = mark_of(shingles[i]);
        count += (marks->words[shingles[i] >> 38 & marks->mask] & mark) == mark;
    }
    return count;
}
