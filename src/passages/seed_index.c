/* Seeds by a hash of their words: the polynomial of the words' mixed ids (Karp and Rabin 1987), so
 * that each word is mixed once, and every match compared word by word. */
#include "passages/seeds.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
    MIN_SLOTS = 1 << 10,
    GROWTH = 2,
    MAX_WIDTH = 8,
    /* Probes past the first one, for each seed of a text: ordinary texts take about one. */
    PROBES_PER_SEED = 16,
};

void nd_seed_index_init(nd_seed_index *index, const nd_allocator *allocator)
{
    *index = (nd_seed_index){.allocator = *allocator};
}

/* A slot for each seed, which is enough where half of them are different; else the table grows
 * once, and stays large. */
static nd_status reserve_slots(nd_seed_index *index, uint32_t num_seeds)
{
    size_t num = MIN_SLOTS;
    while (num < num_seeds)
        num *= 2;
    if (num * GROWTH <= index->slot_capacity)
        num *= GROWTH;
    index->mask = (uint32_t)(num - 1);
    const nd_status status = nd_reserve(&index->allocator, (void **)&index->slots,
                                        &index->slot_capacity, num, sizeof *index->slots);
    if (status == ND_OK)
        memset(index->slots, 0, num * sizeof *index->slots);
    return status;
}

static nd_status reserve_positions(nd_seed_index *index, uint32_t **items, size_t *capacity,
                                   uint32_t num)
{
    return nd_reserve(&index->allocator, (void **)items, capacity, num, sizeof **items);
}

nd_status nd_seed_index_begin(nd_seed_index *index, const nd_vocabulary *words, uint32_t width)
{
    assert(width <= MAX_WIDTH);
    const uint32_t num_seeds = words->num_tokens < width ? 0 : words->num_tokens - width + 1;
    nd_status status =
        reserve_positions(index, &index->class_of, &index->class_capacity, num_seeds);
    if (status == ND_OK)
        status = reserve_positions(index, &index->previous, &index->previous_capacity, num_seeds);
    if (status == ND_OK)
        status = reserve_positions(index, &index->count, &index->count_capacity, num_seeds);
    if (status == ND_OK)
        status = reserve_slots(index, num_seeds);
    if (status != ND_OK)
        return status;
    index->words = words;
    index->width = width;
    index->num_seeds = num_seeds;
    index->num_classes = 0;
    index->probes_left = (uint64_t)num_seeds * PROBES_PER_SEED;
    index->num_lost = 0;
    return ND_OK;
}

/* A seed to be found, and, if the one before it was found, where that stood. */
typedef struct sought_seed {
    uint32_t hash, position;
    uint32_t before; /* ND_SEED_NONE: nowhere */
} sought_seed;

/* Along a stretch that repeats, the seed before stood before `earlier`, and only the last token can
 * differ. */
static inline bool is_same_seed(const nd_seed_index *index, uint32_t earlier, sought_seed seed)
{
    const uint32_t last = index->width - 1;
    const uint32_t *const ids = index->words->ids;
    if (seed.before != ND_SEED_NONE && earlier == seed.before + 1)
        return ids[earlier + last] == ids[seed.position + last];
    for (uint32_t i = 0; i <= last; i++)
        if (ids[earlier + i] != ids[seed.position + i])
            return false;
    return true;
}

/* The slot of this seed, or the empty one where it belongs; NULL when the budget is spent. */
static inline uint32_t *find_slot(nd_seed_index *index, sought_seed seed)
{
    uint32_t *const slots = index->slots;
    const uint32_t mask = index->mask;
    for (uint32_t at = seed.hash & mask;; at = (at + 1) & mask) {
        if (slots[at] == 0 || is_same_seed(index, slots[at] - 1, seed))
            return &slots[at];
        if (index->probes_left == 0)
            return NULL;
        index->probes_left--;
    }
}

static uint64_t power(uint64_t base, uint32_t exponent)
{
    uint64_t product = 1;
    while (exponent-- > 0)
        product *= base;
    return product;
}

/* The multipliers of this text: of a word's id, and of the polynomial. */
typedef struct seed_hasher {
    uint64_t word_factor, seed_factor, shift;
} seed_hasher;

static seed_hasher hasher_of(const nd_seed_index *index)
{
    const uint64_t factor = index->words->key[1] | 1;
    return (seed_hasher){index->words->key[0] | 1, factor, power(factor, index->width)};
}

static inline uint64_t mix(const seed_hasher *h, uint32_t id)
{
    const uint64_t mixed = (id + UINT64_C(1)) * h->word_factor;
    return mixed ^ mixed >> 32;
}

static inline uint32_t finish(const seed_hasher *h, uint64_t polynomial)
{
    return (uint32_t)((polynomial ^ polynomial >> 32) * h->word_factor >> 32);
}

static uint32_t hash_seed(const nd_seed_index *index, const seed_hasher *h, uint32_t position)
{
    uint64_t polynomial = 0;
    for (uint32_t i = 0; i < index->width; i++)
        polynomial = polynomial * h->seed_factor + mix(h, index->words->ids[position + i]);
    return finish(h, polynomial);
}

static nd_status grow(nd_seed_index *index, uint32_t num_indexed)
{
    const size_t num = ((size_t)index->mask + 1) * GROWTH;
    const nd_status status = nd_reserve(&index->allocator, (void **)&index->slots,
                                        &index->slot_capacity, num, sizeof *index->slots);
    if (status != ND_OK)
        return status;
    const seed_hasher h = hasher_of(index);
    index->mask = (uint32_t)(num - 1);
    memset(index->slots, 0, num * sizeof *index->slots);
    for (uint32_t i = 0; i < num_indexed; i++) {
        if (index->class_of[i] != i)
            continue;
        uint32_t at = hash_seed(index, &h, i) & index->mask;
        while (index->slots[at] != 0)
            at = (at + 1) & index->mask;
        index->slots[at] = index->previous[i] + 1;
    }
    return ND_OK;
}

/* What is known of a block of seeds before they are looked up: all hashes first, so that the
 * table's cache misses overlap. */
typedef struct seed_block {
    uint32_t hashes[ND_SEED_BLOCK];
    bool is_unique[ND_SEED_BLOCK]; /* it holds a word that stands only once in the text */
} seed_block;

/* A seed's hash is a difference of two prefixes:
 *
 *   prefix[k] = t[0] * F^(k-1) + ... + t[k-1]
 *   seed i    = prefix[i + width] - prefix[i] * F^width
 */
static void prepare_block(const nd_seed_index *index, uint32_t from, uint32_t to, seed_block *block)
{
    const seed_hasher h = hasher_of(index);
    const uint32_t *const ids = index->words->ids + from, *const counts = index->words->counts;
    const uint32_t num = to - from, width = index->width;
    uint64_t prefix[ND_SEED_BLOCK + MAX_WIDTH];
    uint32_t unique_end = 0; /* of the seeds that hold the last word that stands once */
    prefix[0] = 0;
    for (uint32_t i = 0; i < num + width - 1; i++) {
        prefix[i + 1] = prefix[i] * h.seed_factor + mix(&h, ids[i]);
        unique_end = counts[ids[i]] == 1 ? i + 1 : unique_end;
        if (i + 1 < width)
            continue;
        const uint32_t seed = i + 1 - width;
        block->hashes[seed] = finish(&h, prefix[i + 1] - prefix[seed] * h.shift);
        block->is_unique[seed] = seed < unique_end;
        __builtin_prefetch(&index->slots[block->hashes[seed] & index->mask], 1);
    }
}

/* Position i is the first one of its class. */
static void begin_class(nd_seed_index *index, uint32_t i)
{
    index->class_of[i] = i;
    index->previous[i] = i;
    index->count[i] = 1;
}

/* Indexes a seed that holds no unique word; where it stood last, or ND_SEED_NONE. */
static inline uint32_t add_seed(nd_seed_index *index, sought_seed seed)
{
    const uint32_t i = seed.position;
    uint32_t *const slot = find_slot(index, seed);
    if (!slot || *slot == 0) {
        if (slot)
            *slot = i + 1;
        index->num_classes += slot != NULL;
        index->num_lost += slot == NULL;
        begin_class(index, i);
        return ND_SEED_NONE;
    }
    const uint32_t previous = *slot - 1, class = index->class_of[previous];
    *slot = i + 1;
    index->class_of[i] = class;
    index->previous[i] = previous;
    index->previous[class] = i;
    index->count[class]++;
    return previous;
}

nd_status nd_seed_index_add(nd_seed_index *index, uint32_t from, uint32_t to,
                            nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    seed_block block;
    uint32_t num = 0, before = ND_SEED_NONE;
    *num_links = 0;
    if (((size_t)index->num_classes + (to - from)) * 2 > (size_t)index->mask + 1) {
        const nd_status status = grow(index, from);
        if (status != ND_OK)
            return status;
    }
    prepare_block(index, from, to, &block);
    for (uint32_t i = from; i < to; i++) {
        if (block.is_unique[i - from]) {
            begin_class(index, i);
            before = ND_SEED_NONE;
            continue;
        }
        before = add_seed(index, (sought_seed){block.hashes[i - from], i, before});
        if (before != ND_SEED_NONE)
            links[num++] = (nd_seed_link){i, before};
    }
    *num_links = num;
    return ND_OK;
}

void nd_seed_index_match(nd_seed_index *index, uint32_t from, uint32_t to,
                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    seed_block block;
    memset(block.is_unique, 0, sizeof block.is_unique);
    uint32_t num = 0;
    prepare_block(index, from, to, &block);
    for (uint32_t i = from; i < to; i++) {
        index->class_of[i] = ND_SEED_NONE;
        if (block.is_unique[i - from])
            continue;
        const uint32_t *const slot =
            find_slot(index, (sought_seed){block.hashes[i - from], i, ND_SEED_NONE});
        index->num_lost += !slot;
        if (!slot || *slot == 0)
            continue;
        const uint32_t first = index->class_of[*slot - 1];
        index->class_of[i] = first;
        links[num++] = (nd_seed_link){i, first};
    }
    *num_links = num;
}

void nd_seed_index_skip(nd_seed_index *index, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        index->class_of[i] = ND_SEED_NONE;
}

void nd_seed_index_release(nd_seed_index *index)
{
    nd_release(&index->allocator, index->class_of);
    nd_release(&index->allocator, index->previous);
    nd_release(&index->allocator, index->count);
    nd_release(&index->allocator, index->slots);
}
