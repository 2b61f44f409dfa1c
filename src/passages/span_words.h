/* How much a stretch of a text says. */
#ifndef PASSAGES_SPAN_WORDS_H
#define PASSAGES_SPAN_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "neardup/passages.h"
#include "passages/span.h"
#include "passages/vocabulary.h"

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
