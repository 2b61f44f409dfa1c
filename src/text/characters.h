/* Characters: read from UTF-8 that may be anything, what they are to the tokeniser, and what they
 * become. */
#ifndef TEXT_CHARACTERS_H
#define TEXT_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- UTF-8 --- */

/* What stands in place of invalid bytes. */
#define ND_UTF8_REPLACEMENT 0xFFFD

typedef struct nd_utf8_char {
    uint32_t code_point;
    uint8_t len_bytes; /* 1 to 4; with `invalid`, the length of the maximal invalid part */
    uint8_t invalid;   /* 1: the bytes are not UTF-8 and code_point is U+FFFD */
} nd_utf8_char;

/* The character at p[0..len), len > 0. Invalid bytes are taken as the Unicode Standard advises
 * (version 15, section 3.9, "U+FFFD substitution of maximal subparts"). */
nd_utf8_char nd_utf8_decode(const char *p, size_t len);

/* Length of the valid UTF-8 at p, up to the first invalid part: len if there is none. */
size_t nd_utf8_valid_len(const char *p, size_t len);

/* Writes code_point, which is a scalar value, and returns its length, 1 to 4. */
size_t nd_utf8_encode(uint32_t code_point, char out[4]);

/* --- classes and normal forms, as utf8proc knows them --- */

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
