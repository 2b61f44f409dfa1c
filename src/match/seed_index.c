#include "match/seed_index.h"

#include <string.h>

#include "text/token_buffer.h"
#include "util/xxh.h"

enum {
    MIN_SLOTS = 1 << 10,
    /* A long text starts with this many slots: it may have few different seeds. */
    MAX_FIRST_SLOTS = 1 << 23,
    GROWTH = 2,
};

void nd_seed_index_init(nd_seed_index *index, const nd_allocator *allocator)
{
    *index = (nd_seed_index){.allocator = *allocator, .epoch = 1};
}

static uint64_t hash_seed(const nd_seed_index *index, uint32_t position)
{
    const uint32_t *const start = index->text->token_start + position;
    return XXH3_64bits(index->text->normalised + start[0], start[index->width] - start[0] - 1);
}

static bool is_same_seed(const nd_seed_index *index, uint32_t a, uint32_t b)
{
    const uint32_t *const start = index->text->token_start;
    const uint32_t len = start[a + index->width] - start[a];
    const char *const bytes = index->text->normalised;
    return len == start[b + index->width] - start[b] &&
           memcmp(bytes + start[a], bytes + start[b], len) == 0;
}

/* Slots for a text of num_seeds, a power of two. */
static size_t first_num_slots(uint32_t num_seeds)
{
    size_t num = MIN_SLOTS;
    while (num < MAX_FIRST_SLOTS && num < (size_t)num_seeds * 2)
        num *= 2;
    return num;
}

/* Makes room for num_slots, all empty if they are new. */
static nd_status reserve_slots(nd_seed_index *index, size_t num_slots)
{
    if (num_slots <= index->slot_capacity)
        return ND_OK;
    uint64_t *const slots = nd_alloc_zeroed(&index->allocator, num_slots, sizeof *slots);
    if (!slots)
        return ND_ERR_NO_MEMORY;
    nd_release(&index->allocator, index->slots);
    index->slots = slots;
    index->slot_capacity = num_slots;
    return ND_OK;
}

/* Passes the epochs of the last text, whose slots become empty. */
static void advance_epoch(nd_seed_index *index, uint32_t num_seeds)
{
    const uint64_t next = (uint64_t)index->epoch + index->num_seeds;
    if (next + num_seeds <= UINT32_MAX) {
        index->epoch = (uint32_t)next;
        return;
    }
    index->epoch = 1;
    memset(index->slots, 0, index->slot_capacity * sizeof *index->slots);
}

static uint32_t count_seeds(const nd_text *text, uint32_t width)
{
    const size_t num = nd_text_num_tokens(text);
    return (uint32_t)(num < width ? 0 : num - width + 1);
}

nd_status nd_seed_index_begin(nd_seed_index *index, const nd_text *text, uint32_t width)
{
    const uint32_t num_seeds = count_seeds(text, width);
    const size_t num_slots = first_num_slots(num_seeds);
    nd_status status = nd_reserve(&index->allocator, (void **)&index->class_of,
                                  &index->class_capacity, num_seeds, sizeof *index->class_of);
    if (status == ND_OK)
        status = nd_reserve(&index->allocator, (void **)&index->previous, &index->previous_capacity,
                            num_seeds, sizeof *index->previous);
    if (status == ND_OK)
        status = nd_reserve(&index->allocator, (void **)&index->occurrences,
                            &index->occurrences_capacity, num_seeds, 1);
    if (status == ND_OK)
        status = reserve_slots(index, num_slots);
    if (status != ND_OK)
        return status;
    advance_epoch(index, num_seeds);
    index->text = text;
    index->width = width;
    index->num_seeds = num_seeds;
    index->mask = (uint32_t)(num_slots - 1);
    index->num_classes = 0;
    index->all_have_class = true;
    return ND_OK;
}

static uint64_t slot_value(const nd_seed_index *index, uint64_t hash, uint32_t position)
{
    return (hash & 0xffffffff00000000u) | (index->epoch + position);
}

/* The slot of this seed, or the empty one where it belongs. */
static uint64_t *find_slot(const nd_seed_index *index, uint64_t hash, uint32_t position)
{
    for (uint32_t at = (uint32_t)hash & index->mask;; at = (at + 1) & index->mask) {
        uint64_t *const slot = &index->slots[at];
        const uint32_t stamp = (uint32_t)*slot;
        if (stamp < index->epoch)
            return slot;
        if ((*slot ^ hash) >> 32 == 0 && is_same_seed(index, stamp - index->epoch, position))
            return slot;
    }
}

/* Moves this text's slots to a table of num_slots. */
static nd_status grow(nd_seed_index *index, size_t num_slots)
{
    uint64_t *const old = index->slots;
    const size_t num_old = (size_t)index->mask + 1;
    index->slots = nd_alloc_zeroed(&index->allocator, num_slots, sizeof *index->slots);
    if (!index->slots) {
        index->slots = old;
        return ND_ERR_NO_MEMORY;
    }
    index->slot_capacity = num_slots;
    index->mask = (uint32_t)(num_slots - 1);
    for (size_t i = 0; i < num_old; i++) {
        if ((uint32_t)old[i] < index->epoch)
            continue;
        const uint32_t position = (uint32_t)old[i] - index->epoch;
        uint32_t at = (uint32_t)hash_seed(index, position) & index->mask;
        while ((uint32_t)index->slots[at] >= index->epoch)
            at = (at + 1) & index->mask;
        index->slots[at] = old[i];
    }
    nd_release(&index->allocator, old);
    return ND_OK;
}

static nd_status keep_half_empty(nd_seed_index *index, uint32_t more)
{
    const size_t num_slots = (size_t)index->mask + 1;
    if (((size_t)index->num_classes + more) * 2 <= num_slots)
        return ND_OK;
    return grow(index, num_slots * GROWTH);
}

/* All hashes first, so that the table's cache misses overlap. */
static void hash_block(const nd_seed_index *index, uint32_t from, uint32_t to, uint64_t *hashes)
{
    for (uint32_t i = from; i < to; i++) {
        const uint64_t hash = hash_seed(index, i);
        hashes[i - from] = hash;
        __builtin_prefetch(&index->slots[(uint32_t)hash & index->mask], 1);
    }
}

nd_status nd_seed_index_add(nd_seed_index *index, uint32_t from, uint32_t to,
                            nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    *num_links = 0;
    const nd_status status = keep_half_empty(index, to - from);
    if (status != ND_OK)
        return status;
    uint64_t hashes[ND_SEED_BLOCK];
    hash_block(index, from, to, hashes);
    uint32_t num = 0;
    for (uint32_t i = from; i < to; i++) {
        uint64_t *const slot = find_slot(index, hashes[i - from], i);
        const uint32_t stamp = (uint32_t)*slot;
        *slot = slot_value(index, hashes[i - from], i);
        if (stamp < index->epoch) {
            index->class_of[i] = i;
            index->occurrences[i] = 1;
            index->num_classes++;
            continue;
        }
        const uint32_t previous = stamp - index->epoch, class = index->class_of[previous];
        index->class_of[i] = class;
        index->previous[i] = previous;
        if (index->occurrences[class] < UINT8_MAX)
            index->occurrences[class]++;
        links[num++] = (nd_seed_link){i, previous};
    }
    *num_links = num;
    return ND_OK;
}

void nd_seed_index_match(nd_seed_index *index, uint32_t from, uint32_t to,
                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    uint64_t hashes[ND_SEED_BLOCK];
    hash_block(index, from, to, hashes);
    uint32_t num = 0;
    for (uint32_t i = from; i < to; i++) {
        const uint32_t stamp = (uint32_t)*find_slot(index, hashes[i - from], i);
        if (stamp < index->epoch) {
            index->class_of[i] = ND_SEED_NONE;
            index->all_have_class = false;
            continue;
        }
        const uint32_t first = index->class_of[stamp - index->epoch];
        index->class_of[i] = first;
        links[num++] = (nd_seed_link){i, first};
    }
    *num_links = num;
}

void nd_seed_index_skip(nd_seed_index *index, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        index->class_of[i] = ND_SEED_NONE;
    index->all_have_class &= from == to;
}

void nd_seed_index_release(nd_seed_index *index)
{
    nd_release(&index->allocator, index->class_of);
    nd_release(&index->allocator, index->previous);
    nd_release(&index->allocator, index->occurrences);
    nd_release(&index->allocator, index->slots);
}
