/* Seeds by a hash of their words' ids, two of them at a time as one number of 64 bits, by the
 * multiplication that wyhash is made of (Wang Yi); every match is compared word by word. */
#include "passages/seeds.h"

#include <assert.h>
#include <string.h>

#include "util/prefetch.h"

enum {
    MAX_WIDTH = 8,
    MARKS_PER_SEED = 8, /* at least, and less than twice as many */
    /* Where fewer than one in so many seeds hold a word that stands once, most of the others stand
     * several times, too, and are not marked. */
    SINGLE_SHARE = 32,
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

/* The hash of the seed at `ids`: four words a multiplication, and what is left over. */
static inline uint32_t hash_seed(const uint64_t key[2], const uint32_t *ids, uint32_t width)
{
    uint64_t hash = key[1];
    uint32_t i = 0;
    if (width % 2 == 1)
        hash += ids[width - 1] * (key[0] | 1);
    for (; i + 4 <= width; i += 4)
        hash = fold_product(two_ids(ids + i) ^ key[0], two_ids(ids + i + 2) ^ hash);
    if (i + 2 <= width)
        hash = fold_product(two_ids(ids + i) ^ key[0], hash);
    if (width == 1)
        hash = fold_product(key[0], hash);
    return (uint32_t)(hash >> 32);
}

/* --- seeds that may stand elsewhere --- */

/* Lists the seeds without a word that stands only once. */
static uint32_t list_seeds(const nd_vocabulary *words, uint32_t width, uint32_t num_seeds,
                           uint32_t *positions)
{
    const uint32_t *const ids = words->ids;
    const uint16_t *const weights = words->weights;
    uint32_t num = 0, once_end = 0; /* past the last word that stands once */
    for (uint32_t i = 0; i + 1 < width; i++)
        once_end = weights[ids[i]] == ND_WEIGHT_ONE ? i + 1 : once_end;
    for (uint32_t seed = 0, last = width - 1; seed < num_seeds; seed++, last++) {
        once_end = weights[ids[last]] == ND_WEIGHT_ONE ? last + 1 : once_end;
        positions[num] = seed;
        num += once_end <= seed;
    }
    return num;
}

/* A hash is marked by its lower bits, and looked up by its upper ones. */
static inline uint32_t mark_shift(uint32_t hash)
{
    return hash % ND_SEED_MARKS * 2;
}

static inline uint32_t slot_hash(uint32_t hash)
{
    return hash >> 16 | hash << 16;
}

/* Hashes the seeds listed. */
static inline void hash_seeds(nd_seed_index *index, uint32_t width, uint32_t num)
{
    const uint64_t key[2] = {index->words->key[0], index->words->key[1]};
    const uint32_t *const ids = index->words->ids, *const positions = index->positions;
    uint32_t *const hashes = index->hashes;
    for (uint32_t k = 0; k < num; k++)
        hashes[k] = hash_seed(key, ids + positions[k], width);
}

/* Marks the hashes of the seeds listed. */
static void mark_hashes(nd_seed_index *index, uint32_t num, uint32_t mark_mask)
{
    uint64_t *const marks = index->marks;
    const uint32_t *const hashes = index->hashes;
    const bool is_long = index->num_seeds > ND_LONG_TEXT;
    for (uint32_t from = 0; from < num;) {
        const uint32_t to = nd_seed_block_end(from, num);
        for (uint32_t k = from; is_long && k < to; k++)
            nd_prefetch_to_write(&marks[(hashes[k] & mark_mask) / ND_SEED_MARKS]);
        for (; from < to; from++) {
            const uint32_t shift = mark_shift(hashes[from]);
            uint64_t *const mark = &marks[(hashes[from] & mark_mask) / ND_SEED_MARKS];
            const uint64_t once = *mark >> shift & 1;
            *mark |= (1 + 2 * once) << shift;
        }
    }
}

/* Keeps of the seeds listed those whose hash another one may share; returns their number. */
static uint32_t keep_shared(nd_seed_index *index, uint32_t num, uint32_t mark_mask)
{
    const uint64_t *const marks = index->marks;
    uint32_t *const positions = index->positions, *const hashes = index->hashes;
    uint32_t kept = 0;
    for (uint32_t k = 0; k < num; k++) {
        const uint32_t hash = hashes[k];
        const uint64_t mark = marks[(hash & mark_mask) / ND_SEED_MARKS] >> mark_shift(hash);
        positions[kept] = positions[k];
        hashes[kept] = hash;
        kept += mark >> 1 & 1;
    }
    return kept;
}

/* Drops the seeds listed that no other one is like, but for a few; returns how many remain. */
static nd_status drop_single(nd_seed_index *index, uint32_t *num)
{
    uint64_t num_marks = ND_SEED_MARKS;
    while (num_marks < (uint64_t)index->num_seeds * MARKS_PER_SEED && num_marks <= UINT32_MAX / 2)
        num_marks *= 2;
    const size_t num_words = (size_t)(num_marks / ND_SEED_MARKS);
    const nd_status status = nd_reserve(&index->allocator, (void **)&index->marks,
                                        &index->mark_capacity, num_words, sizeof *index->marks);
    if (status != ND_OK)
        return status;
    memset(index->marks, 0, num_words * sizeof *index->marks);
    mark_hashes(index, *num, (uint32_t)(num_marks - 1));
    *num = keep_shared(index, *num, (uint32_t)(num_marks - 1));
    return ND_OK;
}

static nd_status find_candidates(nd_seed_index *index)
{
    const uint32_t num_seeds = index->num_seeds, width = index->width;
    nd_status status =
        reserve_positions(index, &index->positions, &index->position_capacity, num_seeds);
    if (status == ND_OK)
        status = reserve_positions(index, &index->hashes, &index->hash_capacity, num_seeds);
    if (status != ND_OK || num_seeds == 0)
        return status;
    uint32_t num = list_seeds(index->words, width, num_seeds, index->positions);
    if (width == 4)
        hash_seeds(index, 4, num);
    else if (width == 5)
        hash_seeds(index, 5, num);
    else
        hash_seeds(index, width, num);
    if (num_seeds - num >= num_seeds / SINGLE_SHARE)
        status = drop_single(index, &num);
    index->num_candidates = num;
    return status;
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
    index->words = words;
    index->width = width;
    index->num_seeds = num_seeds;
    index->num_candidates = index->next = 0;
    if (status == ND_OK)
        status = find_candidates(index);
    if (status == ND_OK)
        status = nd_slots_begin(&index->slots, &index->allocator, (size_t)index->num_candidates * 2,
                                num_seeds);
    if (status != ND_OK)
        return status;
    index->probes_left = (uint64_t)num_seeds * PROBES_PER_SEED;
    index->num_lost = 0;
    return ND_OK;
}

/* --- which of them do --- */

/* Where the seed at `position` stood before: `position` itself if nowhere, ND_SEED_NONE when the
 * budget is spent. *slot is where it is noted, or belongs. */
static inline uint32_t find_seed(nd_seed_index *index, uint32_t width, uint32_t hash,
                                 uint32_t position, uint32_t **slot)
{
    const uint32_t *const ids = index->words->ids;
    uint32_t *const slots = index->slots.items;
    const uint32_t base = index->slots.base, mask = index->slots.mask;
    for (uint32_t at = slot_hash(hash) & mask;; at = (at + 1) & mask) {
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

/* Indexes candidates [k, end); returns the number of links. A seed that is new takes the same steps
 * as one that stood before, with itself in place of the earlier one: which of them comes is more
 * than a branch can foresee. */
static inline uint32_t add_seeds(nd_seed_index *index, uint32_t width, uint32_t k, uint32_t end,
                                 nd_seed_link *links)
{
    const uint32_t base = index->slots.base;
    uint32_t num_links = 0;
    for (; k < end; k++) {
        uint32_t *slot;
        const uint32_t i = index->positions[k];
        const uint32_t earlier = find_seed(index, width, index->hashes[k], i, &slot);
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

/* Prefetches what a slot tells of each candidate from index->next to `end`: mostly where its seed
 * stood last. */
static void prefetch_earlier(const nd_seed_index *index, uint32_t end)
{
    const uint32_t *const slots = index->slots.items, *const ids = index->words->ids;
    const uint32_t base = index->slots.base, mask = index->slots.mask;
    for (uint32_t k = index->next; k < end; k++) {
        const uint32_t slot = slots[slot_hash(index->hashes[k]) & mask];
        const uint32_t earlier = slot < base ? 0 : slot - base;
        nd_prefetch(&ids[earlier]);
        nd_prefetch(&index->class_of[earlier]);
    }
}

/* The first candidate from `to` on, whose turn comes next. All slots before it are prefetched, so
 * that the cache misses overlap, and in a long text what they lead to. */
static uint32_t prefetch_candidates(nd_seed_index *index, uint32_t to)
{
    const uint32_t *const slots = index->slots.items;
    const uint32_t mask = index->slots.mask;
    uint32_t k = index->next;
    for (; k < index->num_candidates && index->positions[k] < to; k++)
        nd_prefetch_to_write(&slots[slot_hash(index->hashes[k]) & mask]);
    if (index->num_seeds > ND_LONG_TEXT)
        prefetch_earlier(index, k);
    return k;
}

void nd_seed_index_add(nd_seed_index *index, uint32_t from, uint32_t to,
                       nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    const uint32_t first = index->next, end = prefetch_candidates(index, to);
    begin_classes(index, from, to);
    if (index->width == 4)
        *num_links = add_seeds(index, 4, first, end, links);
    else if (index->width == 5)
        *num_links = add_seeds(index, 5, first, end, links);
    else
        *num_links = add_seeds(index, index->width, first, end, links);
    index->next = end;
}

void nd_seed_index_match(nd_seed_index *index, uint32_t from, uint32_t to,
                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    const uint32_t first = index->next, end = prefetch_candidates(index, to);
    uint32_t num = 0;
    nd_seed_index_skip(index, from, to);
    for (uint32_t k = first; k < end; k++) {
        uint32_t *slot;
        const uint32_t i = index->positions[k];
        const uint32_t earlier = find_seed(index, index->width, index->hashes[k], i, &slot);
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
    while (index->next < index->num_candidates && index->positions[index->next] < to)
        index->next++;
}

void nd_seed_index_release(nd_seed_index *index)
{
    nd_release(&index->allocator, index->class_of);
    nd_release(&index->allocator, index->previous);
    nd_release(&index->allocator, index->count);
    nd_release(&index->allocator, index->marks);
    nd_release(&index->allocator, index->positions);
    nd_release(&index->allocator, index->hashes);
    nd_release(&index->allocator, index->slots.items);
}
