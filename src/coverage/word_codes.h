/* Words as 32-bit codes, which the verdict reads. */
#ifndef COVERAGE_WORD_CODES_H
#define COVERAGE_WORD_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include "neardup/text.h"

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

#endif
