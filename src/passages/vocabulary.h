/* The tokens of a text as numbers, so that nothing after compares bytes. */
#ifndef PASSAGES_VOCABULARY_H
#define PASSAGES_VOCABULARY_H

#include <stdint.h>

#include "neardup/text.h"
#include "util/alloc.h"

/* What tells one word from all others: its bytes, zeros behind the end, or of one longer than 16
 * bytes the hash and where it stood first. */
typedef struct nd_word_head {
    uint64_t first, second;
} nd_word_head;

enum {
    ND_WEIGHT_ONE = 1 << 10, /* the weight of a word that stands once */
    ND_WEIGHT_TABLE = 256,
};

/* Two tokens have the same id if and only if they are the same bytes. Ids count from 0 in the order
 * of first appearance:
 *
 *   text    | the | ferry | and | the | pier |
 *   ids     |  0  |   1   |  2  |  0  |  3   |
 *
 *   heads   | the | ferry | and | pier |       per id
 *   counts  |  2  |   1   |  1  |  1   |
 *
 * Hash table with linear probing, at most half full, by the low bits of the hash; a slot is the id
 * + 1, or 0. It is small, so that the words of an article stay in the first-level cache. The hash
 * is keyed by the text itself, so that words which collide cannot be chosen beforehand; and should
 * many collide nevertheless, a budget linear in the text bounds the probing: see num_unidentified.
 */
typedef struct nd_vocabulary {
    nd_allocator allocator;
    uint32_t *ids;       /* per token */
    uint32_t *counts;    /* per id: how many tokens have it */
    nd_word_head *heads; /* per id */
    uint32_t num_tokens;
    uint32_t num_ids;
    uint64_t key[2];           /* of this text */
    uint32_t probes_per_token; /* past the first one; 16 is far more than ordinary texts take */
    uint64_t probes_left;
    uint64_t num_unidentified; /* tokens that got an id of their own when the budget was spent */
    uint32_t *slots;
    size_t ids_capacity, count_capacity, head_capacity, slot_capacity;
    uint32_t mask; /* slots in use for this text - 1 */
    uint16_t weights[ND_WEIGHT_TABLE];
} nd_vocabulary;

void nd_vocabulary_init(nd_vocabulary *vocabulary, const nd_allocator *allocator);

/* Numbers the tokens of `text`, less than 2^31 of them. Expected O(1) a token, and O(tokens) for
 * any text. */
ND_NODISCARD nd_status nd_vocabulary_set(nd_vocabulary *vocabulary, const nd_text *text);

/* How often the word of a token stands in the text. */
static inline uint32_t nd_vocabulary_count(const nd_vocabulary *vocabulary, uint32_t token)
{
    return vocabulary->counts[vocabulary->ids[token]];
}

/* What it says that two places have this token in common: 1 / sqrt(count), in units of
 * ND_WEIGHT_ONE. Words that stand in many places say little, and all that a form is made of stands
 * in each. */
static inline uint32_t nd_vocabulary_weight(const nd_vocabulary *vocabulary, uint32_t token)
{
    const uint32_t count = nd_vocabulary_count(vocabulary, token);
    if (count < ND_WEIGHT_TABLE)
        return vocabulary->weights[count];
    if (count < ND_WEIGHT_TABLE * ND_WEIGHT_TABLE)
        return vocabulary->weights[count / ND_WEIGHT_TABLE] / 16u;
    return 4;
}

void nd_vocabulary_release(nd_vocabulary *vocabulary);

#endif
