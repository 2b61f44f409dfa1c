/* What utf8proc knows about code points: what they are to the tokeniser, and what they become. */
#ifndef TEXT_TOKENISE_CHAR_CLASS_H
#define TEXT_TOKENISE_CHAR_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum nd_char_class {
    ND_CHAR_SEPARATOR = 0,
    ND_CHAR_WORD, /* letter or digit of a word */
    ND_CHAR_MARK, /* combining mark: belongs to the token before it */
    ND_CHAR_ALONE /* letter of a script written without spaces */
} nd_char_class;

/* Class of a normalised code point (general category from utf8proc, script by range). */
nd_char_class nd_char_class_of(uint32_t code_point);

/* Whether it is a decimal digit (general category Nd), of any script. */
bool nd_char_is_digit(uint32_t code_point);

enum {
    /* A starter and 30 marks (Stream-Safe Text Format): bounds the work of canonical ordering. */
    ND_CHUNK_CHARS = 31,
    /* Longest NFKC_Casefold form of one code point, in code points: 18 (U+FDFA). */
    ND_CHUNK_DECOMPOSED = ND_CHUNK_CHARS * 18,
};

/* The NFKC_Casefold form of chars[0..num), num <= ND_CHUNK_CHARS, which are Unicode scalar values.
 * Returns its length, at most ND_CHUNK_DECOMPOSED; 0 where all are ignorable. */
size_t nd_chunk_normalise(const uint32_t *chars, size_t num, int32_t out[ND_CHUNK_DECOMPOSED]);

#endif
