/* Words to numbers by a hash table. The hash multiplies two keyed halves of a short word to 128
 * bits and folds them (Wang Yi's wyhash); longer words go through XXH3 with a seed. */
#include "passages/seeds.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "text/tokenise/tokeniser.h"
#include "util/prefetch.h"
#include "util/xxh.h"

enum {
    MIN_SLOTS = 1 << 10,
    GROWTH = 4,
    /* To begin with: most words stand several times, and a small table stays in the first-level
     * cache. */
    TOKENS_PER_SLOT = 2,
    /* For each token of a text: ordinary texts take less than one. */
    PROBES_PER_TOKEN = 16,
    BLOCK = 128,
    LEAST_WEIGHT = 4,
};

/* --- slots --- */

/* Puts num slots in use, and empties them: the base moves past all entries so far, or, where no
 * numbers are left, begins anew. */
static nd_status use_slots(nd_slots *slots, const nd_allocator *allocator, size_t num,
                           uint32_t max_entries)
{
    const nd_status status =
        nd_reserve(allocator, (void **)&slots->items, &slots->capacity, num, sizeof *slots->items);
    if (status != ND_OK)
        return status;
    const uint64_t base = (uint64_t)slots->base + slots->max_entries;
    const bool is_spent = base == 0 || base + max_entries > UINT32_MAX;
    slots->num_set = is_spent ? 0 : slots->num_set;
    slots->base = is_spent ? 1 : (uint32_t)base;
    slots->max_entries = max_entries;
    slots->mask = (uint32_t)(num - 1);
    if (num > slots->num_set) {
        memset(slots->items + slots->num_set, 0, (num - slots->num_set) * sizeof *slots->items);
        slots->num_set = num;
    }
    return ND_OK;
}

nd_status nd_slots_begin(nd_slots *slots, const nd_allocator *allocator, size_t least_num,
                         uint32_t max_entries)
{
    size_t num = MIN_SLOTS;
    while (num < least_num)
        num *= 2;
    return use_slots(slots, allocator, num, max_entries);
}

/* --- tokens, eight bytes at a time --- */

enum { SHORT_TOKEN = 16 };

/* Bytes 8 * part .. 8 * part + 7 of a token of at most SHORT_TOKEN bytes at p, 0 behind its end,
 * without a branch for the length: `kept` has as many FFs from where it is read as the token has
 * bytes left. The normalised text may be read for 63 bytes behind its end, see tokeniser.h. */
static uint64_t token_eight(const char *p, uint32_t len_bytes, size_t part)
{
    static const uint8_t kept[2 * SHORT_TOKEN] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                  0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    uint64_t eight, mask;
    memcpy(&eight, p + 8 * part, 8);
    memcpy(&mask, kept + SHORT_TOKEN - len_bytes + 8 * part, 8);
    return eight & mask;
}

/* Whether tokens a and b are the same. */
static bool token_equals(const nd_text *text, uint32_t a, uint32_t b)
{
    const uint32_t *const start = text->token_start;
    const uint32_t len = start[a + 1] - start[a] - 1;
    const char *const p = text->normalised + start[a], *const q = text->normalised + start[b];
    if (len != start[b + 1] - start[b] - 1)
        return false;
    if (len > SHORT_TOKEN)
        return memcmp(p, q, len) == 0;
    return token_eight(p, len, 0) == token_eight(q, len, 0) &&
           token_eight(p, len, 1) == token_eight(q, len, 1);
}

/* --- the table --- */

void nd_vocabulary_init(nd_vocabulary *vocabulary, const nd_allocator *allocator)
{
    *vocabulary = (nd_vocabulary){.allocator = *allocator, .probes_per_token = PROBES_PER_TOKEN};
    for (int count = 1; count < ND_WEIGHT_TABLE; count++)
        vocabulary->count_weights[count] = (uint16_t)(ND_WEIGHT_ONE / sqrt(count));
}

/* The byte 0xFF stands in no text, and so marks the head of a word longer than 16 bytes. */
#define LONG_MARK UINT64_C(0xFF00000000000000)

static bool is_long(nd_word_head head)
{
    return head.second >= LONG_MARK;
}

/* The upper half of a word's hash; `second` is LONG_MARK for a long one. */
static inline uint32_t hash_of(const uint64_t key[2], uint64_t first, uint64_t second)
{
    __extension__ typedef unsigned __int128 product_type;
    const product_type product = (product_type)(first ^ key[0]) * (second ^ key[1]);
    return (uint32_t)(((uint64_t)product ^ (uint64_t)(product >> 64)) >> 32);
}

static uint32_t hash_head(const nd_vocabulary *v, nd_word_head head)
{
    return hash_of(v->key, head.first, is_long(head) ? LONG_MARK : head.second);
}

/* Makes the table larger, which stays as it was if that fails. */
static nd_status grow(nd_vocabulary *v)
{
    nd_slots *const slots = &v->slots;
    const nd_status status =
        use_slots(slots, &v->allocator, ((size_t)slots->mask + 1) * GROWTH, slots->max_entries);
    if (status != ND_OK)
        return status;
    for (uint32_t id = 0; id < v->num_ids; id++) {
        uint32_t at = hash_head(v, v->heads[id]) & slots->mask;
        while (slots->items[at] >= slots->base)
            at = (at + 1) & slots->mask;
        slots->items[at] = slots->base + id;
    }
    return ND_OK;
}

static inline bool is_same_word(const nd_text *text, const nd_word_head *a, const nd_word_head *b)
{
    if (a->first != b->first)
        return false;
    if (a->second == b->second)
        return true;
    return is_long(*a) && is_long(*b) &&
           token_equals(text, (uint32_t)a->second, (uint32_t)b->second);
}

static uint32_t add_word(nd_vocabulary *v, nd_word_head head)
{
    v->heads[v->num_ids] = head;
    return v->num_ids++;
}

/* Makes room for `more` further words. */
static nd_status reserve_words(nd_vocabulary *v, uint32_t more)
{
    const size_t num = (size_t)v->num_ids + more;
    nd_status status =
        nd_reserve(&v->allocator, (void **)&v->counts, &v->count_capacity, num, sizeof *v->counts);
    if (status == ND_OK)
        status =
            nd_reserve(&v->allocator, (void **)&v->heads, &v->head_capacity, num, sizeof *v->heads);
    if (status == ND_OK && num * 2 > (size_t)v->slots.mask + 1)
        status = grow(v);
    return status;
}

/* Words of a block of tokens before they are looked up: all first, so that the multiplications and
 * the table's cache misses overlap. */
typedef struct word_block {
    nd_word_head heads[BLOCK];
    uint32_t slots[BLOCK]; /* where each belongs */
} word_block;

static __attribute__((noinline)) nd_word_head long_head(const nd_vocabulary *v, const char *p,
                                                        uint32_t len, uint32_t token)
{
    return (nd_word_head){XXH3_64bits_withSeed(p, len, v->key[0]), LONG_MARK | token};
}

static __attribute__((noinline)) void prepare_block(const nd_vocabulary *v, const nd_text *text,
                                                    uint32_t from, uint32_t num, word_block *block)
{
    const uint32_t *const starts = text->token_start + from, *const slots = v->slots.items;
    const uint32_t mask = v->slots.mask;
    const uint64_t key[2] = {v->key[0], v->key[1]};
    const char *const bytes = text->normalised;
    for (uint32_t i = 0; i < num; i++) {
        const uint32_t len = starts[i + 1] - starts[i] - 1;
        const char *const p = bytes + starts[i];
        nd_word_head head;
        if (__builtin_expect(len > SHORT_TOKEN, 0)) {
            head = long_head(v, p, len, from + i);
            block->slots[i] = hash_of(key, head.first, LONG_MARK) & mask;
        } else {
            head = (nd_word_head){token_eight(p, len, 0), token_eight(p, len, 1)};
            block->slots[i] = hash_of(key, head.first, head.second) & mask;
        }
        block->heads[i] = head;
        nd_prefetch_to_write(&slots[block->slots[i]]);
    }
}

/* Where probing goes on from an entry that holds another word; the id of the word, in the end. */
static __attribute__((noinline)) uint32_t probe(nd_vocabulary *v, const nd_text *text,
                                                const nd_word_head *head, uint32_t at)
{
    const nd_slots *const slots = &v->slots;
    for (;;) {
        const uint32_t slot = slots->items[at];
        if (slot < slots->base) {
            slots->items[at] = slots->base + v->num_ids;
            return add_word(v, *head);
        }
        if (is_same_word(text, &v->heads[slot - slots->base], head))
            return slot - slots->base;
        if (v->probes_left == 0) {
            v->num_unidentified++;
            return add_word(v, *head);
        }
        v->probes_left--;
        at = (at + 1) & slots->mask;
    }
}

/* The id of each token of a block. Most are settled at the first look, which takes the same steps
 * for a new word as for a known one: which of them comes is more than a branch can foresee. */
static __attribute__((noinline)) void identify_block(nd_vocabulary *v, const nd_text *text,
                                                     const word_block *block, uint32_t num,
                                                     uint32_t *ids)
{
    uint32_t *const slots = v->slots.items, *const counts = v->counts;
    const uint32_t base = v->slots.base;
    nd_word_head *const heads = v->heads;
    uint32_t num_ids = v->num_ids;
    memset(counts + num_ids, 0, num * sizeof *counts);
    for (uint32_t i = 0; i < num; i++) {
        uint32_t *const slot = &slots[block->slots[i]];
        const uint32_t known = *slot - base; /* of an empty slot: more than the text has words */
        uint32_t id = known < num_ids ? known : num_ids;
        const nd_word_head head = block->heads[i];
        heads[num_ids] = head;
        const uint64_t differing =
            (heads[id].first ^ head.first) | (heads[id].second ^ head.second);
        if (__builtin_expect(differing == 0, 1)) {
            *slot = base + id;
            num_ids += id == num_ids;
        } else {
            v->num_ids = num_ids;
            id = probe(v, text, &block->heads[i], (uint32_t)(slot - slots));
            num_ids = v->num_ids;
        }
        ids[i] = id;
        counts[id]++;
    }
    v->num_ids = num_ids;
}

static nd_status number_tokens(nd_vocabulary *v, const nd_text *text)
{
    word_block block;
    v->probes_left = (uint64_t)v->num_tokens * v->probes_per_token;
    for (uint32_t from = 0; from < v->num_tokens; from += BLOCK) {
        const uint32_t rest = v->num_tokens - from, num = rest < BLOCK ? rest : BLOCK;
        const nd_status status = reserve_words(v, num);
        if (status != ND_OK)
            return status;
        prepare_block(v, text, from, num, &block);
        identify_block(v, text, &block, num, v->ids + from);
    }
    return ND_OK;
}

static nd_status weigh_words(nd_vocabulary *v)
{
    enum { NUM = ND_WEIGHT_TABLE };
    const nd_status status = nd_reserve(&v->allocator, (void **)&v->weights, &v->weight_capacity,
                                        v->num_ids, sizeof *v->weights);
    if (status != ND_OK)
        return status;
    for (uint32_t id = 0; id < v->num_ids; id++) {
        const uint32_t count = v->counts[id];
        if (count < NUM)
            v->weights[id] = v->count_weights[count];
        else
            v->weights[id] =
                count < NUM * NUM ? (uint16_t)(v->count_weights[count / NUM] / 16) : LEAST_WEIGHT;
    }
    return ND_OK;
}

nd_status nd_vocabulary_set(nd_vocabulary *vocabulary, const nd_text *text)
{
    size_t len_bytes;
    const char *const bytes = nd_text_normalised(text, &len_bytes);
    const size_t num_tokens = nd_text_num_tokens(text);
    const XXH128_hash_t key = XXH3_128bits(bytes, len_bytes);
    vocabulary->key[0] = key.low64;
    vocabulary->key[1] = key.high64;
    vocabulary->num_unidentified = 0;
    vocabulary->num_tokens = 0;
    vocabulary->num_ids = 0;
    nd_status status = nd_reserve(&vocabulary->allocator, (void **)&vocabulary->ids,
                                  &vocabulary->ids_capacity, num_tokens, sizeof *vocabulary->ids);
    if (status == ND_OK)
        status = nd_slots_begin(&vocabulary->slots, &vocabulary->allocator,
                                num_tokens / TOKENS_PER_SLOT, (uint32_t)num_tokens);
    if (status != ND_OK)
        return status;
    vocabulary->num_tokens = (uint32_t)num_tokens;
    status = number_tokens(vocabulary, text);
    return status == ND_OK ? weigh_words(vocabulary) : status;
}

void nd_vocabulary_release(nd_vocabulary *vocabulary)
{
    nd_release(&vocabulary->allocator, vocabulary->ids);
    nd_release(&vocabulary->allocator, vocabulary->counts);
    nd_release(&vocabulary->allocator, vocabulary->heads);
    nd_release(&vocabulary->allocator, vocabulary->weights);
    nd_release(&vocabulary->allocator, vocabulary->slots.items);
}
