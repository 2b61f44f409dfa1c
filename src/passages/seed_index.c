/* Seeds by a hash of their words' ids, two of them at a time as one number of 64 bits, by the
 * multiplication that wyhash is made of (Wang Yi); every match is compared word by word. */
#include "passages/seeds.h"

#include <assert.h>
#include <string.h>

enum {
    MAX_WIDTH = 8,
    /* Probes past the first one, for each seed of a text: ordinary texts take about one. */
    PROBES_PER_SEED = 16,
};

void nd_seed_index_init(nd_seed_index *index, const nd_allocator *allocator)
{
    *index = (nd_seed_index){.allocator = *allocator};
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
        status = nd_slots_begin(&index->slots, &index->allocator, (size_t)num_seeds * 2, num_seeds);
    if (status != ND_OK)
        return status;
    index->words = words;
    index->width = width;
    index->num_seeds = num_seeds;
    index->probes_left = (uint64_t)num_seeds * PROBES_PER_SEED;
    index->num_lost = 0;
    return ND_OK;
}

/* --- one seed --- */

static inline uint64_t two_ids(const uint32_t *ids)
{
    uint64_t both;
    memcpy(&both, ids, sizeof both);
    return both;
}

/* Whether the seeds at a and b are the same. Where `width` is known, this takes no branch. */
static inline bool is_same_seed(const uint32_t *a, const uint32_t *b, uint32_t width)
{
    if (width == 1)
        return *a == *b;
    uint64_t differing = two_ids(a + width - 2) ^ two_ids(b + width - 2);
    for (uint32_t i = 0; i + 2 < width; i += 2)
        differing |= two_ids(a + i) ^ two_ids(b + i);
    return differing == 0;
}

static inline uint64_t fold_product(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 product_type;
    const product_type product = (product_type)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The hash of the seed at `ids`; a word in the middle may count twice. */
static inline uint32_t hash_seed(const uint64_t key[2], const uint32_t *ids, uint32_t width)
{
    if (width == 1)
        return (uint32_t)(fold_product(ids[0] ^ key[0], key[1]) >> 32);
    uint64_t hash = two_ids(ids + width - 2) ^ key[1];
    for (uint32_t i = 0; i + 2 < width; i += 2)
        hash = fold_product(two_ids(ids + i) ^ key[0], hash);
    return (uint32_t)((width == 2 ? fold_product(hash, key[0]) : hash) >> 32);
}

/* --- seeds of a block --- */

/* Seeds of a block that may stand elsewhere, for they hold no word that stands only once in the
 * text, and their hashes: all before the first is looked up, so that the cache misses overlap. */
typedef struct seed_block {
    uint32_t num;
    uint32_t positions[ND_SEED_BLOCK];
    uint32_t hashes[ND_SEED_BLOCK];
} seed_block;

static void list_seeds(const nd_vocabulary *words, uint32_t width, uint32_t from, uint32_t to,
                       seed_block *block)
{
    const uint32_t *const ids = words->ids;
    const uint16_t *const weights = words->weights;
    uint32_t num = 0, once_end = from; /* past the last word that stands once */
    for (uint32_t i = from; i < from + width - 1; i++)
        once_end = weights[ids[i]] == ND_WEIGHT_ONE ? i + 1 : once_end;
    for (uint32_t seed = from, last = from + width - 1; seed < to; seed++, last++) {
        once_end = weights[ids[last]] == ND_WEIGHT_ONE ? last + 1 : once_end;
        block->positions[num] = seed;
        num += once_end <= seed;
    }
    block->num = num;
}

static inline void hash_seeds(const nd_seed_index *index, uint32_t width, seed_block *block)
{
    const uint64_t key[2] = {index->words->key[0], index->words->key[1]};
    const uint32_t *const ids = index->words->ids, *const slots = index->slots.items;
    const uint32_t mask = index->slots.mask;
    for (uint32_t k = 0; k < block->num; k++) {
        block->hashes[k] = hash_seed(key, ids + block->positions[k], width);
        __builtin_prefetch(&slots[block->hashes[k] & mask], 1);
    }
}

static void prepare_block(const nd_seed_index *index, uint32_t from, uint32_t to, seed_block *block)
{
    list_seeds(index->words, index->width, from, to, block);
    if (index->width == 4)
        hash_seeds(index, 4, block);
    else if (index->width == 5)
        hash_seeds(index, 5, block);
    else
        hash_seeds(index, index->width, block);
}

/* Where the seed at `position` stood before: `position` itself if nowhere, ND_SEED_NONE when the
 * budget is spent. *slot is where it is noted, or belongs. */
static inline uint32_t find_seed(nd_seed_index *index, uint32_t width, uint32_t hash,
                                 uint32_t position, uint32_t **slot)
{
    const uint32_t *const ids = index->words->ids;
    uint32_t *const slots = index->slots.items;
    const uint32_t base = index->slots.base, mask = index->slots.mask;
    for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
        const uint32_t known = slots[at] - base, earlier = slots[at] < base ? position : known;
        *slot = &slots[at];
        if (is_same_seed(ids + earlier, ids + position, width))
            return earlier;
        if (index->probes_left == 0) {
            index->num_lost++;
            return ND_SEED_NONE;
        }
        index->probes_left--;
    }
}

/* Each position is a class of its own, until an earlier one is found. */
static void begin_classes(nd_seed_index *index, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        index->class_of[i] = i;
    for (uint32_t i = from; i < to; i++)
        index->previous[i] = i;
    for (uint32_t i = from; i < to; i++)
        index->count[i] = 1;
}

/* Indexes the seeds of a block; returns the number of links. A seed that is new takes the same
 * steps as one that stood before, with itself in place of the earlier one: which of them comes is
 * more than a branch can foresee. */
static inline uint32_t add_seeds(nd_seed_index *index, uint32_t width, const seed_block *block,
                                 nd_seed_link *links)
{
    const uint32_t base = index->slots.base;
    uint32_t num_links = 0;
    for (uint32_t k = 0; k < block->num; k++) {
        uint32_t *slot;
        const uint32_t i = block->positions[k];
        const uint32_t earlier = find_seed(index, width, block->hashes[k], i, &slot);
        if (__builtin_expect(earlier == ND_SEED_NONE, 0))
            continue;
        const uint32_t class = index->class_of[earlier], is_known = earlier != i;
        *slot = base + i;
        index->class_of[i] = class;
        index->previous[i] = earlier;
        index->previous[class] = i;
        index->count[class] += is_known;
        links[num_links] = (nd_seed_link){i, earlier};
        num_links += is_known;
    }
    return num_links;
}

void nd_seed_index_add(nd_seed_index *index, uint32_t from, uint32_t to,
                       nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    seed_block block;
    prepare_block(index, from, to, &block);
    begin_classes(index, from, to);
    if (index->width == 4)
        *num_links = add_seeds(index, 4, &block, links);
    else if (index->width == 5)
        *num_links = add_seeds(index, 5, &block, links);
    else
        *num_links = add_seeds(index, index->width, &block, links);
}

void nd_seed_index_match(nd_seed_index *index, uint32_t from, uint32_t to,
                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    seed_block block;
    uint32_t num = 0;
    prepare_block(index, from, to, &block);
    nd_seed_index_skip(index, from, to);
    for (uint32_t k = 0; k < block.num; k++) {
        uint32_t *slot;
        const uint32_t i = block.positions[k];
        const uint32_t earlier = find_seed(index, index->width, block.hashes[k], i, &slot);
        if (earlier == i || earlier == ND_SEED_NONE)
            continue;
        index->class_of[i] = index->class_of[earlier];
        links[num++] = (nd_seed_link){i, index->class_of[i]};
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
    nd_release(&index->allocator, index->slots.items);
}
