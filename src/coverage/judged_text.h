/* A text made ready for verdicts: its distinct words and numbers, and its trigrams. */
#ifndef COVERAGE_JUDGED_TEXT_H
#define COVERAGE_JUDGED_TEXT_H

#include "coverage/word_codes.h"
#include "util/alloc.h"

/* How much a word or a number says is counted in bits, the binary logarithm of how rare it is. */
enum { ND_BIT = 16 /* units a bit */ };

/* What a text says once or more: a word, a number (1,200 is one), or two characters after each
 * other of a script written without spaces. */
typedef struct nd_item {
    uint32_t key;  /* equal for equal items */
    uint32_t at;   /* the word that it begins at, where it stands first */
    uint16_t bits; /* what it says, in units of ND_BIT */
    uint8_t kind;  /* nd_item_kind */
    uint8_t marks; /* of ND_ITEM_*, about the pair at work */
} nd_item;

typedef enum nd_item_kind {
    ND_ITEM_PLAIN = 0, /* says less than ND_TELLING_BITS */
    ND_ITEM_TELLING,   /* a word that says more */
    ND_ITEM_NUMBER,
} nd_item_kind;

enum { ND_TELLING_BITS = 4 };

enum {
    ND_ITEM_SHARED = 1, /* stands in the other text too */
    ND_ITEM_LIKE = 2,   /* has one like it in the other text, at the same place of a run */
    ND_ITEM_INSIDE = 4, /* stands in a run somewhere */
};

#define ND_NO_ITEM UINT32_MAX

/* Three words after each other, where they stand first. Different ones have one hash once in 2^32
 * pairs; a run of such meetings there is none. */
typedef struct nd_trigram {
    uint32_t hash;
    uint32_t at;
} nd_trigram;

/* Exclusive while it is made, and while a pair is judged with it. Zero it before the first use.
 *
 *   items, trigrams:   in text order, none twice; found through open addressing, at most half full:
 *                      slots[hash >> shift] = | 32 bits that tell it | number + 1, 32 |, or 0; a
 *                      clash goes to the next slot
 *   item_of[word]:     the item that begins there, or ND_NO_ITEM
 *   credit[word]:      about the pair at work, see verdict.c */
typedef struct nd_judged_text {
    const nd_word_code *words; /* borrowed */
    uint32_t num_words, num_items, num_trigrams;
    nd_item *items;
    uint32_t *item_of;
    uint16_t *credit;
    nd_trigram *trigrams;
    uint64_t *item_slots, *trigram_slots;
    int shift;     /* of a hash: 64 - the binary logarithm of the slots */
    uint64_t seed; /* odd, so that no author of texts knows the slots; 0 before the first use */
    size_t items_capacity, item_of_capacity, credit_capacity, trigrams_capacity;
    size_t item_slots_capacity, trigram_slots_capacity;
} nd_judged_text;

/* Makes it of the words, which are borrowed. O(num). ND_ERR_LIMIT: num from 2^30 on. */
ND_NODISCARD nd_status nd_judged_text_make(nd_judged_text *text, const nd_word_code *words,
                                           uint32_t num, const nd_allocator *allocator);

/* How many words the item takes where it stands first. */
uint32_t nd_judged_text_item_words(const nd_judged_text *text, const nd_item *item);

void nd_judged_text_release(nd_judged_text *text, const nd_allocator *allocator);

/* Of the text's items or trigrams, the slot in whose upper half `tag` stands, or the empty one
 * where it would. */
static inline uint64_t *nd_slot_of(const nd_judged_text *t, uint64_t *slots, uint32_t tag)
{
    const size_t mask = (UINT64_C(1) << (64 - t->shift)) - 1;
    size_t at = (size_t)(tag * t->seed >> t->shift);
    while (slots[at] && slots[at] >> 32 != tag)
        at = (at + 1) & mask;
    return &slots[at];
}

/* The number of an item or a trigram, or ND_NO_ITEM. O(1) expected. */
static inline uint32_t nd_judged_text_find_item(const nd_judged_text *text, uint32_t key)
{
    return (uint32_t)*nd_slot_of(text, text->item_slots, key) - 1;
}

static inline uint32_t nd_judged_text_find_trigram(const nd_judged_text *text, uint32_t hash)
{
    return (uint32_t)*nd_slot_of(text, text->trigram_slots, hash) - 1;
}

#endif
