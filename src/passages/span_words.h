/* How much a stretch of a text says. */
#ifndef PASSAGES_SPAN_WORDS_H
#define PASSAGES_SPAN_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "neardup/text.h"
#include "passages/span.h"

/* Whether the span has at least num_words words. Two characters of a script written without spaces
 * count as one word: its words have about two (Chinese, Japanese) or more (Thai). Looks at no more
 * tokens than it takes. */
bool nd_span_has_words(const nd_text *text, nd_span span, uint32_t num_words);

/* Whether any token of the text may count for less than a word: where none does, a span has as many
 * words as tokens. */
bool nd_text_has_half_words(const nd_text *text);

/* Whether the span holds enough different tokens, num_words or ND_SPAN_VARIETY of them, to be a
 * passage and not a rule, a row of zeros or laughter. */
bool nd_span_has_variety(const nd_text *text, nd_span span, uint32_t num_words);

enum { ND_SPAN_VARIETY = 5 };

#endif
