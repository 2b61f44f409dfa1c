/* The verdict on two texts: whether an editor would call one a copy of the other. */
#ifndef COVERAGE_VERDICT_H
#define COVERAGE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "coverage/coverage.h"
#include "neardup/text.h"
#include "util/alloc.h"

/* --- texts made ready --- */

/* A text made ready for verdicts: its words as codes, the distinct words and numbers among them,
 * and its trigrams. */

/* --- words as 32-bit codes --- */

/* One code a token:
 *
 *   a word:     | 0 | length, 4 bits | hash, 21 | first letter, 3 | last letter, 3 |
 *   a number:   | 1 | length, 5 bits | hash, 26                                    |
 *
 * A number is a token with a decimal digit in it, of whatever script. The length is in characters
 * and stops at the largest that fits; of a word it is at least 1, and 0 stands for a token of a
 * script written without spaces, which is one character. Letters are hashed to three bits each, so
 * that a misspelt word is mostly like the right one (nd_word_is_like). The hash of a number goes on
 * from one to the next (nd_number_join), so that 1,200 and 1200 are one number. Codes of different
 * words are equal once in about 2^27 pairs. */
typedef uint32_t nd_word_code;

enum { ND_NUMBER_MAX_LENGTH = 31 };

/* Writes the codes of all tokens to codes[0 .. nd_text_num_tokens). O(bytes). Thread-safe. */
void nd_word_codes(const nd_text *text, nd_word_code *codes);

static inline bool nd_word_is_number(nd_word_code code)
{
    return code >> 31;
}

static inline uint32_t nd_word_length(nd_word_code code)
{
    return nd_word_is_number(code) ? code >> 26 & 31 : code >> 27;
}

/* A token of a script written without spaces. */
static inline bool nd_word_is_character(nd_word_code code)
{
    return code >> 27 == 0;
}

/* Whether one may be the other misspelt or misread: words of three letters and more, about as long,
 * that begin and end alike. */
static inline bool nd_word_is_like(nd_word_code a, nd_word_code b)
{
    const uint32_t len_a = nd_word_length(a), len_b = nd_word_length(b);
    return !nd_word_is_number(a) && !nd_word_is_number(b) && len_a >= 3 && len_b >= 3 &&
           len_a <= len_b + 1 && len_b <= len_a + 1 && (a & 63) == (b & 63);
}

/* The number that two make one after the other, as the parts of 1,200 do. */
nd_word_code nd_number_join(nd_word_code first, nd_word_code second);

/* --- a text --- */

/* How much a word or a number says is counted in bits, the binary logarithm of how rare it is. */
enum { ND_BIT = 16 /* units a bit */ };

/* What a text says once or more: a word of three letters or more, a number (1,200 is one), or two
 * characters after each other of a script written without spaces. */
typedef struct nd_item {
    uint32_t key; /* equal for equal items; it tells what the item is worth */
    uint32_t at;  /* the word that it begins at, where it stands first */
} nd_item;

/* The key of a word and of a number is its code; that of two characters is a hash below those of
 * words of three letters. */
enum {
    ND_LEAST_WORD_KEY = 3 << 27,
    ND_KEY_OF_NOTHING = ND_LEAST_WORD_KEY, /* says too little to count */
};

/* What an item says, in units of ND_BIT: a word that says less than ND_TELLING_BITS is plain, and
 * counts only where it is misspelt. */
typedef struct nd_item_worth {
    uint8_t bits;
    uint8_t telling; /* the same bits of a telling word, else 0 */
    uint8_t number;  /* and of a number */
} nd_item_worth;

extern const nd_item_worth nd_item_worths[64]; /* by the highest six bits of the key */

static inline const nd_item_worth *nd_item_worth_of(uint32_t key)
{
    return &nd_item_worths[key >> 26];
}

/* A telling word or a number. */
static inline bool nd_item_is_telling(uint32_t key)
{
    return nd_item_worth_of(key)->telling | nd_item_worth_of(key)->number;
}

enum {
    ND_TELLING_BITS = 4,
    ND_NO_ITEM = 0, /* items are numbered from 1 */
    ND_HEAD_ITEMS = 20,
};

/* Finds an item of one text by its key: open addressing, at most a quarter full. Zero it before the
 * first use; exclusive.
 *
 *   slots[key * seed >> shift] = number of the item, or ND_NO_ITEM; a clash goes to the next slot
 */
typedef struct nd_item_table {
    uint32_t *slots;
    size_t capacity;
    int shift;     /* of a hash: 64 - the binary logarithm of the slots */
    uint64_t seed; /* odd, so that no author of texts knows the slots; 0 before the first use */
} nd_item_table;

/* Three words after each other, none twice, in text order: what a scan has of a text as its
 * shingles. Borrowed. */
typedef struct nd_trigrams {
    const uint64_t *hashes;
    uint32_t num;
    const uint32_t *repeats; /* see nd_position_index_distinct; not read where there are none */
} nd_trigrams;

/* Exclusive while it is made, then immutable. Zero it before the first use.
 *
 *   items:             [1 .. num_items], in text order, none twice; items[0] says nothing
 *   item_of[word]:     the item that begins there, or ND_NO_ITEM
 *   head:              the first telling words and numbers
 *   number_at:         the words that numbers begin at, repeated ones too
 *   trigram_at:        the words that trigrams begin at; not there where the nth begins at the nth
 */
typedef struct nd_judged_text {
    const nd_word_code *words; /* borrowed */
    const uint64_t *trigrams;  /* borrowed, or own_trigrams */
    uint32_t num_words, num_items, num_numbers, num_trigrams;
    uint32_t num_head;
    bool has_repeats;                /* trigrams that stand in it twice */
    uint64_t word_bits, number_bits; /* of all telling words, and of all numbers: in ND_BIT */
    nd_item *items;
    uint32_t *item_of;
    uint32_t *number_at;
    uint32_t *trigram_at;
    uint64_t *own_trigrams;
    uint32_t *own_repeats;
    uint32_t head[ND_HEAD_ITEMS];
    size_t items_capacity, item_of_capacity;
    size_t number_at_capacity, trigram_at_capacity;
    size_t own_trigrams_capacity, own_repeats_capacity;
    nd_position_index index; /* of own_trigrams */
} nd_judged_text;

/* Makes it of the words and their trigrams, both borrowed; where these are NULL it hashes them
 * itself. Two texts whose trigrams were hashed otherwise share none. The table is scratch, which
 * may be used for one text after the other. O(num). ND_ERR_LIMIT: num from 2^30 on. */
ND_NODISCARD nd_status nd_judged_text_make(nd_judged_text *text, nd_item_table *table,
                                           const nd_word_code *words, uint32_t num,
                                           const nd_trigrams *trigrams,
                                           const nd_allocator *allocator);

/* How many words the item takes where it stands first. */
uint32_t nd_judged_text_item_words(const nd_judged_text *text, const nd_item *item);

void nd_judged_text_release(nd_judged_text *text, const nd_allocator *allocator);

/* Fills the table with the items of a text. O(items). */
ND_NODISCARD nd_status nd_item_table_set(nd_item_table *table, const nd_judged_text *text,
                                         const nd_allocator *allocator);

/* The slot where one of `items` stands, or the empty one where it would. Its one branch is on a
 * clash, which is rare: whether a word is known cannot be predicted. O(1) expected. */
static inline uint32_t *nd_item_slot(const nd_item_table *t, const nd_item *items, uint32_t key)
{
    const size_t mask = (UINT64_C(1) << (64 - t->shift)) - 1;
    size_t at = (size_t)(key * t->seed >> t->shift);
    for (;; at = (at + 1) & mask) {
        const uint32_t number = t->slots[at];
        const uint32_t other_bits = items[number].key ^ key;
        if ((other_bits & (UINT32_C(0) - (uint32_t)(number != ND_NO_ITEM))) == 0)
            return &t->slots[at];
    }
}

void nd_item_table_release(nd_item_table *table, const nd_allocator *allocator);

/* The word that a trigram begins at where it stands first. */
static inline uint32_t nd_judged_text_trigram_at(const nd_judged_text *text, uint32_t trigram)
{
    return text->has_repeats ? text->trigram_at[trigram] : trigram;
}

/* --- verdicts --- */

/* --- logarithms and the logistic function in integers, so that every processor gives the same ---
 */

/* 1 in numbers of this kind. */
enum { ND_FIXED_ONE = 4096 };

/* What nd_fixed_logistic tends to; half of it at 0. */
enum { ND_LOGISTIC_ONE = 32768 };

/* ln(num / den) in 1 / ND_FIXED_ONE; both at least 1. Off by 3 units at most. */
int32_t nd_fixed_log_ratio(uint64_t num, uint64_t den);

/* 1 / (1 + exp(-x)) in 1 / ND_LOGISTIC_ONE, for x in 1 / ND_FIXED_ONE. Never falls as x grows; off
 * by 0.001 at most. */
int32_t nd_fixed_logistic(int64_t x);

/* --- the verdict --- */

/* A verdict rests on the two texts alone, not on what else is scanned. It asks three questions, and
 * each answer is a number: above 0 yes, below it no. The least of them is the verdict, and its
 * logistic function the score: 0.5 says that the weakest answer is a bare yes. */
typedef enum nd_question {
    ND_ASKS_HELD = 0, /* does most of one text stand in the other? */
    ND_ASKS_EDITED,   /* is what differs editing, or other facts? */
    ND_ASKS_OWN,      /* do they share more than what stands under both, a footer? */
    ND_NUM_QUESTIONS
} nd_question;

typedef struct nd_judgement {
    int64_t answers[ND_NUM_QUESTIONS]; /* in 1 / ND_FIXED_ONE */
    int32_t score;                     /* in 1 / ND_LOGISTIC_ONE */
    uint32_t covered[2]; /* of each text, the part that stands in the other in order, edited words
                            inside included: in 1 / ND_LOGISTIC_ONE */
} nd_judgement;

enum {
    ND_ITEM_SHARED = 1, /* stands in the other text too */
    ND_ITEM_LIKE = 2,   /* has one like it in the other text, at the same place of a run */
    ND_ITEM_INSIDE = 4, /* a number that stands in a run somewhere */
};

/* One of the two texts at work.
 *
 *   marks[item]:   of ND_ITEM_*
 *   credit[word]:  see verdict.c */
typedef struct nd_judged_side {
    const nd_judged_text *text; /* borrowed */
    uint8_t *marks;
    uint16_t *credit;
    size_t marks_capacity, credit_capacity;
} nd_judged_side;

/* Scratch of one worker; exclusive. Zero it before the first use. */
typedef struct nd_judge {
    nd_judged_side sides[2]; /* the held text, and the other one */
    nd_item_table items;     /* of the held text */
    nd_item_table making;    /* for whoever makes texts */
    nd_position_index index;
    nd_stretch_vec matched; /* what the texts share, where nobody tells */
    ND_VEC(uint64_t) order; /* of those, by where they stand in the held text */
    nd_run_chain chain;
    nd_stretch_vec stretches;     /* by the sides of the pair, and in order of the shorter text */
    ND_VEC(uint32_t) last_of_run; /* stretches */
} nd_judge;

/* What is asked for. */
typedef enum nd_judge_need {
    ND_JUDGE_ALL = 0,
    ND_JUDGE_UNLESS_LOW, /* a score below `least` may be 0, and so may all else then */
} nd_judge_need;

/* Holds a text to judge others with; it is borrowed until the next call. O(items). */
ND_NODISCARD nd_status nd_judge_hold(nd_judge *judge, const nd_judged_text *text,
                                     const nd_allocator *allocator);

/* The same of a text that was made right before, with judge->making: its table is taken over. */
ND_NODISCARD nd_status nd_judge_hold_made(nd_judge *judge, const nd_judged_text *text,
                                          const nd_allocator *allocator);

/* What to judge by. */
typedef struct nd_judge_request {
    const nd_stretch_vec *shared; /* trigrams of the held text and the other one, as
                                     nd_position_index_match tells; NULL: not known yet */
    nd_judge_need need;
    int32_t least; /* score that ND_JUDGE_UNLESS_LOW goes by */
} nd_judge_request;

/* Judges the held text and another one, which may change places without changing the answer. The
 * marks and credits of judge->sides are then those of this pair. O(words of both). */
ND_NODISCARD nd_status nd_judge_held(nd_judge *judge, const nd_judged_text *other,
                                     const nd_judge_request *request, const nd_allocator *allocator,
                                     nd_judgement *judgement);

/* Holds a and judges b. */
ND_NODISCARD nd_status nd_judge_pair(nd_judge *judge, const nd_judged_text *a,
                                     const nd_judged_text *b, const nd_judge_request *request,
                                     const nd_allocator *allocator, nd_judgement *judgement);

void nd_judge_release(nd_judge *judge, const nd_allocator *allocator);

/* The least score in 1 / ND_LOGISTIC_ONE that reaches `score`. */
static inline int32_t nd_least_score(double score)
{
    const int32_t floor = (int32_t)(score * ND_LOGISTIC_ONE);
    return floor + (floor < score * ND_LOGISTIC_ONE);
}

/* Whether the verdict on two texts of so many shingles, which have `common` of them in common, can
 * be worth its price: no copy in sight shares less than a tenth of those of either text. And of
 * texts of which one is much longer, 33 pairs of wire stories and of package descriptions were read
 * that share less than a seventh of the shorter one's and that the verdict took for copies: 27 had
 * no more in common than an event or a formula. Whoever judges pairs asks this first, so that all
 * judge the same ones. */
static inline bool nd_is_worth_judging(uint64_t common, uint64_t size_a, uint64_t size_b)
{
    enum { LEAST_SHARE = 10, LEAST_SHARE_OF_LONGER = 7 };
    const uint64_t smaller = size_a < size_b ? size_a : size_b;
    const bool is_much_longer = size_a / 2 >= size_b || size_b / 2 >= size_a;
    return common * (is_much_longer ? LEAST_SHARE_OF_LONGER : LEAST_SHARE) >= smaller;
}

#endif
