/* A stretch of a text, in tokens, and pairs of them that hold the same. */
#ifndef PASSAGES_SPAN_H
#define PASSAGES_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/passages.h"
#include "passages/vocabulary.h"

/* Tokens [start, end). */
typedef struct nd_span {
    uint32_t start, end;
} nd_span;

/* An earlier and a later stretch that hold mostly the same words in the same order. */
typedef struct nd_span_pair {
    nd_span earlier, later;
    uint32_t common;              /* words that stand in both in the same order */
    uint32_t first_run, num_runs; /* how they line up: see nd_passage_fitter */
} nd_span_pair;

static inline uint32_t nd_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t nd_most(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline uint32_t nd_span_len(nd_span span)
{
    return span.end - span.start;
}

static inline uint32_t nd_span_longer(nd_span a, nd_span b)
{
    return nd_most(nd_span_len(a), nd_span_len(b));
}

/* `inner` stands inside `outer`, or is it. */
static inline bool nd_span_contains(nd_span outer, nd_span inner)
{
    return outer.start <= inner.start && inner.end <= outer.end;
}

static inline bool nd_span_overlaps(nd_span a, nd_span b)
{
    return a.start < b.end && b.start < a.end;
}

/* Words in common by the words of the longer one; 1 if and only if the words are the same. */
static inline double nd_span_pair_identity(const nd_span_pair *pair)
{
    return (double)pair->common / nd_span_longer(pair->earlier, pair->later);
}

/* By start of the later span; the longer, then the more similar, then the earlier one first. */
void nd_span_pairs_sort(nd_span_pair *pairs, size_t num);

/* Drops from sorted pairs those that stand inside one of the 16 before them, aligned the same way;
 * returns how many remain. */
size_t nd_span_pairs_drop_parts(nd_span_pair *pairs, size_t num);

/* --- how much a stretch says --- */

/* What a passage has to hold in a text. */
typedef struct nd_passage_measure {
    const nd_text *text;
    const uint32_t *ids;
    bool has_part_words;   /* some tokens may count for less than a word */
    uint32_t min_bound;    /* words of what fills whole lines or sentences */
    uint32_t min_unbound;  /* words of anything else */
    uint32_t min_distinct; /* different words of either */
} nd_passage_measure;

/* Passages of `text` under these options; `words` are its tokens, and both are borrowed.
 *
 * Whole lines and sentences recur by chance the more often the longer the text (the pairs of them
 * grow with its square), so their shortest length grows by one word with each fourfold length from
 * 4,096 tokens on: 5 words in an article, 8 in a novel. */
nd_passage_measure nd_passage_measure_of(const nd_passage_options *options, const nd_text *text,
                                         const nd_vocabulary *words);

/* Whether the span has at least num_words words. Of scripts written without spaces two characters
 * count as one word, or three (Thai, Lao, Khmer, Burmese), as words have about so many. Looks at no
 * more tokens than it takes. */
bool nd_span_has_words(const nd_passage_measure *measure, nd_span span, uint32_t num_words);

/* Whether the span holds enough different tokens to be a passage and not a rule, a row of zeros or
 * laughter. Looks at no more tokens than it takes. */
bool nd_span_has_variety(const nd_passage_measure *measure, nd_span span);

/* Whether a token begins with a decimal digit of any script. */
bool nd_token_is_number(const nd_passage_measure *measure, uint32_t token);

enum { ND_SPAN_VARIETY = 5 };

#endif
