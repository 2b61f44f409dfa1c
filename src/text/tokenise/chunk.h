/* Normalising a few code points at a time. */
#ifndef TEXT_TOKENISE_CHUNK_H
#define TEXT_TOKENISE_CHUNK_H

#include <stddef.h>
#include <stdint.h>

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
