/* How rare a word is, is guessed from its length: in every one of 35 languages short words are the
 * common ones, and a guess from the text alone is the same for two texts whatever others there are.
 * The guesses are mean logarithms of document frequencies of words of that length, over package
 * descriptions, news, encyclopedia articles and terms of service. */
#include "coverage/judged_text.h"

#include <string.h>

#include "util/random_seed.h"

enum {
    MIN_SLOTS_BITS = 4,
    MAX_JOINED = 4, /* tokens of one number */
    PAIR_OF_CHARACTERS_LENGTH = 4,
    TRIGRAM = 3,
};

/* By length in characters, the last one for all that are longer. */
static const uint16_t word_bits[] = {
    0,          ND_BIT * 3 / 2,  ND_BIT * 2, ND_BIT * 13 / 4, ND_BIT * 9 / 2,  ND_BIT * 11 / 2,
    ND_BIT * 6, ND_BIT * 13 / 2, ND_BIT * 7, ND_BIT * 7,      ND_BIT * 15 / 2, ND_BIT * 15 / 2,
    ND_BIT * 8, ND_BIT * 8,      ND_BIT * 8, ND_BIT * 17 / 2};
static const uint16_t number_bits[] = {0,          ND_BIT * 5,  ND_BIT * 8,     ND_BIT * 9,
                                       ND_BIT * 9, ND_BIT * 10, ND_BIT * 21 / 2};

enum {
    NUM_NUMBER_BITS = sizeof number_bits / sizeof *number_bits,
};

static inline uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return x ^ x >> 29;
}

static inline nd_item word_item(uint32_t key, uint32_t at, uint32_t length)
{
    const uint16_t bits = word_bits[length];
    return (nd_item){key, at, bits, bits >= ND_TELLING_BITS * ND_BIT, 0};
}

static nd_item number_item(uint32_t key, uint32_t at, uint32_t length)
{
    const uint32_t last = NUM_NUMBER_BITS - 1;
    return (nd_item){key, at, number_bits[length < last ? length : last], ND_ITEM_NUMBER, 0};
}

/* The number or the pair of characters that begins at word `at`, and how many words it takes; false
 * where none does. */
static bool long_item_at(const nd_judged_text *t, uint32_t at, nd_item *item, uint32_t *num_taken)
{
    nd_word_code code = t->words[at];
    *num_taken = 1;
    if (nd_word_is_number(code)) {
        while (*num_taken < MAX_JOINED && at + *num_taken < t->num_words &&
               nd_word_is_number(t->words[at + *num_taken]))
            code = nd_number_join(code, t->words[at + (*num_taken)++]);
        *item = number_item(code, at, nd_word_length(code));
        return true;
    }
    if (at + 1 == t->num_words || !nd_word_is_character(t->words[at + 1]))
        return false;
    const uint64_t pair = mix((uint64_t)code << 32 | t->words[at + 1]);
    *item = word_item((uint32_t)(pair >> 32), at, PAIR_OF_CHARACTERS_LENGTH);
    return true;
}

/* Adds an item, unless it is there already, and returns its number. Without a branch: words are
 * new and known in no order that a processor could foresee. */
static inline uint32_t add_item(nd_judged_text *t, const nd_item *item)
{
    uint64_t *const slot = nd_slot_of(t, t->item_slots, item->key);
    const uint32_t is_new = *slot == 0;
    const uint32_t number = is_new ? t->num_items : (uint32_t)*slot - 1;
    t->items[t->num_items] = *item;
    t->num_items += is_new;
    *slot = (uint64_t)item->key << 32 | (number + 1);
    return number;
}

static void list_items(nd_judged_text *t)
{
    for (uint32_t at = 0; at < t->num_words; at++) {
        const nd_word_code code = t->words[at];
        nd_item item;
        if (!nd_word_is_number(code) && !nd_word_is_character(code)) {
            item = word_item(code, at, nd_word_length(code));
            t->item_of[at] = add_item(t, &item);
            continue;
        }
        uint32_t num_taken;
        const bool begins = long_item_at(t, at, &item, &num_taken);
        t->item_of[at] = begins ? add_item(t, &item) : ND_NO_ITEM;
        for (; num_taken > 1; num_taken--)
            t->item_of[++at] = ND_NO_ITEM;
    }
}

static void list_trigrams(nd_judged_text *t)
{
    for (uint32_t at = 0; at + TRIGRAM <= t->num_words; at++) {
        const nd_word_code *const w = t->words + at;
        const uint64_t mixed = mix(((uint64_t)w[0] << 32 | w[1]) ^ mix(w[2]));
        const uint32_t hash = (uint32_t)(mixed >> 32);
        uint64_t *const slot = nd_slot_of(t, t->trigram_slots, hash);
        const uint32_t is_new = *slot == 0;
        const uint32_t number = is_new ? t->num_trigrams : (uint32_t)*slot - 1;
        t->trigrams[t->num_trigrams] = (nd_trigram){hash, at};
        t->num_trigrams += is_new;
        *slot = (uint64_t)hash << 32 | (number + 1);
    }
}

static nd_status clear_slots(uint64_t **slots, size_t *capacity, int bits,
                             const nd_allocator *allocator)
{
    const size_t num = (size_t)1 << bits;
    const nd_status status = nd_reserve(allocator, (void **)slots, capacity, num, sizeof **slots);
    if (status == ND_OK)
        memset(*slots, 0, num * sizeof **slots);
    return status;
}

static nd_status make_room(nd_judged_text *t, uint32_t num, const nd_allocator *a)
{
    int bits = MIN_SLOTS_BITS;
    while ((uint64_t)1 << bits < (uint64_t)num * 2)
        bits++;
    t->shift = 64 - bits;
    if (t->seed == 0)
        t->seed = nd_random_seed() | 1;
    nd_status status =
        nd_reserve(a, (void **)&t->items, &t->items_capacity, (size_t)num + 1, sizeof *t->items);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&t->item_of, &t->item_of_capacity, num, sizeof *t->item_of);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&t->credit, &t->credit_capacity, num, sizeof *t->credit);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&t->trigrams, &t->trigrams_capacity, (size_t)num + 1,
                            sizeof *t->trigrams);
    if (status == ND_OK)
        status = clear_slots(&t->item_slots, &t->item_slots_capacity, bits, a);
    return status == ND_OK ? clear_slots(&t->trigram_slots, &t->trigram_slots_capacity, bits, a)
                           : status;
}

nd_status nd_judged_text_make(nd_judged_text *text, const nd_word_code *words, uint32_t num,
                              const nd_allocator *allocator)
{
    text->num_words = text->num_items = text->num_trigrams = 0;
    text->words = words;
    if (num >= UINT32_C(1) << 30)
        return ND_ERR_LIMIT;
    const nd_status status = make_room(text, num, allocator);
    if (status != ND_OK)
        return status;
    text->num_words = num;
    list_items(text);
    list_trigrams(text);
    return ND_OK;
}

uint32_t nd_judged_text_item_words(const nd_judged_text *text, const nd_item *item)
{
    const nd_word_code code = text->words[item->at];
    nd_item same;
    uint32_t num = 1;
    if (nd_word_is_number(code) || nd_word_is_character(code))
        (void)long_item_at(text, item->at, &same, &num);
    return nd_word_is_character(code) ? 2 : num;
}

void nd_judged_text_release(nd_judged_text *text, const nd_allocator *allocator)
{
    nd_release(allocator, text->items);
    nd_release(allocator, text->item_of);
    nd_release(allocator, text->credit);
    nd_release(allocator, text->trigrams);
    nd_release(allocator, text->item_slots);
    nd_release(allocator, text->trigram_slots);
    *text = (nd_judged_text){0};
}
