/* Decoding UTF-8 that may be anything. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stddef.h>
#include <stdint.h>

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

/* Writes code_point, which is a scalar value, and returns its length, 1 to 4. */
size_t nd_utf8_encode(uint32_t code_point, char out[4]);

#endif
