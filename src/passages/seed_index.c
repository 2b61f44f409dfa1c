#include "passages/seed_index.h"

#include <assert.h>
#include <string.h>

#include "passages/token_bytes.h"
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

/* Odd, without a pattern. */
#define TOKEN_FACTOR 0x9E3779B97F4A7C15u /* the golden ratio */
#define SECOND_FACTOR 0xD6E8FEB86659FD93u
#define SEED_FACTOR 0xC2B2AE3D27D4EB4Fu

static uint64_t hash_token(const nd_text *text, uint32_t token)
{
    const uint32_t start = text->token_start[token];
    const uint32_t len = text->token_start[token + 1] - start - 1;
    const char *const p = text->normalised + start;
    if (len > ND_TOKEN_SHORT)
        return XXH3_64bits(p, len);
    const uint64_t first = nd_token_eight(p, len, 0) * TOKEN_FACTOR;
    const uint64_t second = nd_token_eight(p, len, 1) * SECOND_FACTOR;
    const uint64_t both = first + (second ^ second >> 32);
    return both ^ both >> 32;
}

/* Out of line, so that the loop over the seeds, of which few come here, stays small. */
static __attribute__((noinline)) bool equals_throughout(const nd_seed_index *index, uint32_t a,
                                                        uint32_t b)
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

static uint64_t slot_value(const nd_seed_index *index, uint32_t hash, uint32_t position)
{
    return (uint64_t)hash << 32 | (index->epoch + position);
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
    if (seed.before != ND_SEED_NONE && earlier == seed.before + 1)
        return nd_token_equals(index->text, earlier + last, seed.position + last);
    return equals_throughout(index, earlier, seed.position);
}

/* The slot of this seed, or the empty one where it belongs. */
static inline uint64_t *find_slot(const nd_seed_index *index, sought_seed seed)
{
    uint64_t *const slots = index->slots;
    const uint32_t mask = index->mask, epoch = index->epoch;
    for (uint32_t at = seed.hash & mask;; at = (at + 1) & mask) {
        const uint32_t stamp = (uint32_t)slots[at];
        if (stamp < epoch)
            return &slots[at];
        if (slots[at] >> 32 == seed.hash && is_same_seed(index, stamp - epoch, seed))
            return &slots[at];
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
        uint32_t at = (uint32_t)(old[i] >> 32) & index->mask;
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

static uint64_t power(uint64_t base, uint32_t exponent)
{
    uint64_t product = 1;
    while (exponent-- > 0)
        product *= base;
    return product;
}

/* All hashes first, so that the table's cache misses overlap. Each token is hashed once: a seed's
 * hash is the polynomial of its tokens' hashes (Karp and Rabin 1987), a difference of two prefixes:
 *
 *   prefix[k] = t[0] * F^(k-1) + ... + t[k-1]
 *   seed i    = prefix[i + width] - prefix[i] * F^width
 */
static void hash_block(const nd_seed_index *index, uint32_t from, uint32_t to, uint32_t *hashes)
{
    enum { MAX_WIDTH = 8 };
    assert(index->width <= MAX_WIDTH);
    uint64_t prefix[ND_SEED_BLOCK + MAX_WIDTH] = {0};
    const uint32_t num = to - from, width = index->width;
    for (uint32_t i = 0; i < num + width - 1; i++)
        prefix[i + 1] = prefix[i] * SEED_FACTOR + hash_token(index->text, from + i);
    const uint64_t shift = power(SEED_FACTOR, width);
    for (uint32_t i = 0; i < num; i++) {
        const uint64_t seed = prefix[i + width] - prefix[i] * shift;
        hashes[i] = (uint32_t)((seed ^ seed >> 32) * TOKEN_FACTOR >> 32);
        __builtin_prefetch(&index->slots[hashes[i] & index->mask], 1);
    }
}

nd_status nd_seed_index_add(nd_seed_index *index, uint32_t from, uint32_t to,
                            nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    *num_links = 0;
    const nd_status status = keep_half_empty(index, to - from);
    if (status != ND_OK)
        return status;
    uint32_t hashes[ND_SEED_BLOCK] = {0};
    hash_block(index, from, to, hashes);
    uint32_t num = 0, before = ND_SEED_NONE;
    for (uint32_t i = from; i < to; i++) {
        uint64_t *const slot = find_slot(index, (sought_seed){hashes[i - from], i, before});
        const uint32_t stamp = (uint32_t)*slot;
        *slot = slot_value(index, hashes[i - from], i);
        if (stamp < index->epoch) {
            index->class_of[i] = i;
            index->occurrences[i] = 1;
            index->num_classes++;
            before = ND_SEED_NONE;
            continue;
        }
        const uint32_t previous = stamp - index->epoch, class = index->class_of[previous];
        index->class_of[i] = class;
        index->previous[i] = previous;
        if (index->occurrences[class] < UINT8_MAX)
            index->occurrences[class]++;
        links[num++] = (nd_seed_link){i, previous};
        before = previous;
    }
    *num_links = num;
    return ND_OK;
}

void nd_seed_index_match(nd_seed_index *index, uint32_t from, uint32_t to,
                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links)
{
    uint32_t hashes[ND_SEED_BLOCK] = {0};
    hash_block(index, from, to, hashes);
    uint32_t num = 0;
    for (uint32_t i = from; i < to; i++) {
        const sought_seed seed = {hashes[i - from], i, ND_SEED_NONE};
        const uint32_t stamp = (uint32_t)*find_slot(index, seed);
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
