#include "coverage/verdict.h"

#include <string.h>

#include "util/threads.h"

/* How rare a word is, is guessed from its length: in every one of 35 languages short words are the
 * common ones, and a guess from the text alone is the same for two texts whatever others there are.
 * The guesses are mean logarithms of document frequencies of words of that length, over package
 * descriptions, news, encyclopedia articles and terms of service. */

enum {
    MIN_SLOTS_BITS = 4,
    MAX_JOINED = 4, /* tokens of one number */
    TRIGRAM = 3,
};

/* Of a word of so many sixteenths of a bit that is telling or plain, and of a number. */
#define TELLING(bits)                                                                              \
    {                                                                                              \
        bits, bits, 0                                                                              \
    }
#define PLAIN(bits)                                                                                \
    {                                                                                              \
        bits, 0, 0                                                                                 \
    }
#define NUMBER(bits)                                                                               \
    {                                                                                              \
        bits, 0, bits                                                                              \
    }
#define TWICE(worth) worth, worth    /* the sixth bit of the key is one of a hash */
#define PAIR TELLING(ND_BIT * 9 / 2) /* of characters: as a word of four letters */
#define LONG_NUMBER NUMBER(ND_BIT * 21 / 2)
#define FOUR(worth) worth, worth, worth, worth

/* By length in characters. */
const nd_item_worth nd_item_worths[64] = {
    TWICE(PAIR),
    TWICE(PAIR),
    TWICE(PAIR),
    TWICE(PLAIN(ND_BIT * 13 / 4)),
    TWICE(TELLING(ND_BIT * 9 / 2)),
    TWICE(TELLING(ND_BIT * 11 / 2)),
    TWICE(TELLING(ND_BIT * 6)),
    TWICE(TELLING(ND_BIT * 13 / 2)),
    TWICE(TELLING(ND_BIT * 7)),
    TWICE(TELLING(ND_BIT * 7)),
    TWICE(TELLING(ND_BIT * 15 / 2)),
    TWICE(TELLING(ND_BIT * 15 / 2)),
    TWICE(TELLING(ND_BIT * 8)),
    TWICE(TELLING(ND_BIT * 8)),
    TWICE(TELLING(ND_BIT * 8)),
    TWICE(TELLING(ND_BIT * 17 / 2)),
    NUMBER(0),
    NUMBER(ND_BIT * 5),
    NUMBER(ND_BIT * 8),
    NUMBER(ND_BIT * 9),
    NUMBER(ND_BIT * 9),
    NUMBER(ND_BIT * 10),
    LONG_NUMBER,
    LONG_NUMBER,
    FOUR(LONG_NUMBER),
    FOUR(LONG_NUMBER),
    FOUR(LONG_NUMBER),
    FOUR(LONG_NUMBER),
    FOUR(LONG_NUMBER),
    FOUR(LONG_NUMBER),
};

static inline uint64_t mix_once(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return x ^ x >> 29;
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
        *item = (nd_item){code, at};
        return true;
    }
    if (at + 1 == t->num_words || !nd_word_is_character(t->words[at + 1]))
        return false;
    const uint64_t pair = mix_once((uint64_t)code << 32 | t->words[at + 1]);
    *item = (nd_item){(uint32_t)((pair >> 32) * ND_LEAST_WORD_KEY >> 32), at};
    return true;
}

/* Adds an item, unless it is there already, and returns its number. */
static uint32_t add_item(nd_judged_text *t, const nd_item_table *table, const nd_item *item)
{
    uint32_t *const slot = nd_item_slot(table, t->items, item->key);
    if (*slot == ND_NO_ITEM) {
        t->items[++t->num_items] = *item;
        *slot = t->num_items;
    }
    return *slot;
}

/* Lists the words from `at` on up to the next number or character, which it returns the place of.
 * No branch depends on whether a word is new or too short to count: they follow each other in no
 * order that a processor could foresee. */
static uint32_t list_words(nd_judged_text *t, const nd_item_table *table, uint32_t at)
{
    const nd_item_table own = *table; /* which no store below can change */
    const nd_word_code *const words = t->words;
    const uint32_t num_words = t->num_words;
    nd_item *const items = t->items;
    uint32_t *const item_of = t->item_of;
    uint32_t num_items = t->num_items;
    for (; at < num_words; at++) {
        const nd_word_code code = words[at];
        if (nd_word_is_number(code) || nd_word_is_character(code))
            break;
        /* All bits where the word has three letters; shorter ones say too little to count, and no
         * word is like them. */
        const uint32_t counts = 0 - ((2 - nd_word_length(code)) >> 31);
        uint32_t *const slot = nd_item_slot(&own, items, code);
        const uint32_t found = *slot;
        const uint32_t is_new = (uint32_t)(found == ND_NO_ITEM) & counts;
        items[num_items + 1] = (nd_item){code, at};
        num_items += is_new;
        const uint32_t number = found + (num_items & (0 - is_new));
        *slot = number;
        item_of[at] = number & counts;
    }
    t->num_items = num_items;
    return at;
}

static void list_items(nd_judged_text *t, const nd_item_table *table)
{
    t->items[ND_NO_ITEM] = (nd_item){ND_KEY_OF_NOTHING, 0};
    for (uint32_t at = 0; (at = list_words(t, table, at)) < t->num_words; at++) {
        nd_item item;
        uint32_t num_taken;
        t->item_of[at] = ND_NO_ITEM;
        if (!long_item_at(t, at, &item, &num_taken))
            continue;
        t->item_of[at] = add_item(t, table, &item);
        if (nd_word_is_number(item.key))
            t->number_at[t->num_numbers++] = at;
        for (; num_taken > 1; num_taken--)
            t->item_of[++at] = ND_NO_ITEM;
    }
}

/* Sums up what all items say, and lists which telling ones come first. No branch of the sum depends
 * on the kind of an item. */
static void weigh_items(nd_judged_text *t)
{
    uint64_t word_sum = 0, number_sum = 0;
    for (uint32_t i = 1; i <= t->num_items; i++) {
        const nd_item_worth *const worth = nd_item_worth_of(t->items[i].key);
        word_sum += worth->telling;
        number_sum += worth->number;
    }
    t->word_bits = word_sum;
    t->number_bits = number_sum;
    for (uint32_t i = 1; i <= t->num_items && t->num_head < ND_HEAD_ITEMS; i++)
        if (nd_item_is_telling(t->items[i].key))
            t->head[t->num_head++] = i;
}

/* Hashes the trigrams of the words. */
static nd_status hash_trigrams(nd_judged_text *t, nd_trigrams *trigrams, const nd_allocator *a)
{
    const size_t num = t->num_words < TRIGRAM ? 0 : t->num_words - (TRIGRAM - 1);
    const size_t num_bits = ND_REPEATS_WORDS(num);
    nd_status status = nd_reserve(a, (void **)&t->own_trigrams, &t->own_trigrams_capacity, num,
                                  sizeof *t->own_trigrams);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&t->own_repeats, &t->own_repeats_capacity, num_bits,
                            sizeof *t->own_repeats);
    if (status != ND_OK)
        return status;
    for (size_t at = 0; at < num; at++) {
        const nd_word_code *const w = t->words + at;
        t->own_trigrams[at] = mix_once(((uint64_t)w[0] << 32 | w[1]) ^ mix_once(w[2]));
    }
    size_t num_distinct;
    status = nd_position_index_distinct(&t->index, a, t->own_trigrams, num, &num_distinct,
                                        t->own_repeats);
    *trigrams = (nd_trigrams){t->own_trigrams, (uint32_t)num_distinct, t->own_repeats};
    return status;
}

/* The places of those of num trigrams that are no repeats: 32 at a time where none of these is. */
static void place_trigrams(const uint32_t *repeats, uint32_t num, uint32_t *places)
{
    enum { A_TIME = 32 };
    uint32_t kept = 0;
    for (uint32_t first = 0; first < num; first += A_TIME) {
        const uint32_t few = num - first < A_TIME ? num - first : A_TIME;
        const uint32_t dropped = repeats[first / A_TIME];
        if (dropped == 0 && few == A_TIME) {
            for (uint32_t i = 0; i < A_TIME; i++)
                places[kept + i] = first + i;
            kept += A_TIME;
            continue;
        }
        for (uint32_t i = 0; i < few; i++) {
            places[kept] = first + i;
            kept += ~(dropped >> i) & 1;
        }
    }
}

static nd_status list_trigrams(nd_judged_text *t, const nd_trigrams *trigrams,
                               const nd_allocator *a)
{
    if (t->num_words < TRIGRAM)
        return ND_OK;
    const uint32_t num = t->num_words - (TRIGRAM - 1);
    t->has_repeats = trigrams->num < num;
    if (t->has_repeats) {
        const nd_status status = nd_reserve(a, (void **)&t->trigram_at, &t->trigram_at_capacity,
                                            num, sizeof *t->trigram_at);
        if (status != ND_OK)
            return status;
        place_trigrams(trigrams->repeats, num, t->trigram_at);
    }
    t->trigrams = trigrams->hashes;
    t->num_trigrams = trigrams->num;
    return ND_OK;
}

/* Empties it, with room for num items. */
static nd_status clear_table(nd_item_table *t, uint32_t num, const nd_allocator *a)
{
    int bits = MIN_SLOTS_BITS;
    while ((uint64_t)1 << bits < (uint64_t)num * 4)
        bits++;
    const size_t num_slots = (size_t)1 << bits;
    const nd_status status =
        nd_reserve(a, (void **)&t->slots, &t->capacity, num_slots, sizeof *t->slots);
    if (status != ND_OK)
        return status;
    t->shift = 64 - bits;
    if (t->seed == 0)
        t->seed = nd_random_seed() | 1;
    memset(t->slots, 0, num_slots * sizeof *t->slots);
    return ND_OK;
}

nd_status nd_item_table_set(nd_item_table *table, const nd_judged_text *text,
                            const nd_allocator *allocator)
{
    const nd_status status = clear_table(table, text->num_items, allocator);
    if (status != ND_OK)
        return status;
    for (uint32_t i = 1; i <= text->num_items; i++)
        *nd_item_slot(table, text->items, text->items[i].key) = i;
    return ND_OK;
}

void nd_item_table_release(nd_item_table *table, const nd_allocator *allocator)
{
    nd_release(allocator, table->slots);
    *table = (nd_item_table){0};
}

static nd_status make_room(nd_judged_text *t, uint32_t num, const nd_allocator *a)
{
    nd_status status =
        nd_reserve(a, (void **)&t->items, &t->items_capacity, (size_t)num + 2, sizeof *t->items);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&t->item_of, &t->item_of_capacity, num, sizeof *t->item_of);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&t->number_at, &t->number_at_capacity, num,
                            sizeof *t->number_at);
    return status;
}

nd_status nd_judged_text_make(nd_judged_text *text, nd_item_table *table, const nd_word_code *words,
                              uint32_t num, const nd_trigrams *trigrams,
                              const nd_allocator *allocator)
{
    text->num_words = text->num_items = text->num_numbers = text->num_trigrams = 0;
    text->num_head = 0;
    text->word_bits = text->number_bits = 0;
    text->has_repeats = false;
    text->words = words;
    if (num >= UINT32_C(1) << 30)
        return ND_ERR_LIMIT;
    nd_trigrams own;
    nd_status status = make_room(text, num, allocator);
    if (status == ND_OK)
        status = clear_table(table, num, allocator);
    if (status != ND_OK)
        return status;
    text->num_words = num;
    if (!trigrams)
        status = hash_trigrams(text, &own, allocator);
    if (status == ND_OK)
        status = list_trigrams(text, trigrams ? trigrams : &own, allocator);
    if (status != ND_OK) {
        text->num_words = text->num_trigrams = 0;
        return status;
    }
    list_items(text, table);
    weigh_items(text);
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
    nd_release(allocator, text->number_at);
    nd_release(allocator, text->trigram_at);
    nd_release(allocator, text->own_trigrams);
    nd_release(allocator, text->own_repeats);
    nd_position_index_release(&text->index, allocator);
    *text = (nd_judged_text){0};
}
