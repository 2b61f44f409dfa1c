/* What each character becomes, looked up instead of computed. */
#ifndef TEXT_CHAR_TABLE_H
#define TEXT_CHAR_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* Facts about a character c; those about normalisation are of NFKC_Casefold. */
enum {
    /* Normalisation can be cut before c (see char_class.h). */
    ND_CHAR_BOUNDARY = 1,
    /* A boundary, and c alone becomes utf8[0..len_bytes): characters of one token, or nothing but
     * separators (then len_bytes is 0). */
    ND_CHAR_SIMPLE = 2,
    /* What c becomes is one code point. */
    ND_CHAR_SINGLE = 4,
    /* And that is not composed of others. */
    ND_CHAR_ATOMIC = 32,
    /* Combining mark that stays itself unless it composes with what stands before it. */
    ND_CHAR_PLAIN_MARK = 8,
    /* A plain mark that does compose with some character. */
    ND_CHAR_COMPOSES = 16,
};

/*    utf8            len  class  ccc  flags
 *  | b0 b1 b2 b3 | bytes | 0..3 | 0..254 | ND_CHAR_* |     8 bytes, unused utf8 bytes are 0
 */
typedef struct nd_char_entry {
    uint32_t utf8; /* in memory order */
    uint8_t len_bytes;
    uint8_t char_class; /* nd_char_class of the first code point c becomes */
    uint8_t combining_class;
    uint8_t flags;
} nd_char_entry;

enum { ND_CHAR_PLANES = 2, ND_CHAR_PLANE_SIZE = 0x10000 };

/* The entries of the planes 0 and 1, immutable once made. The first call for a plane makes its
 * table (about 3 ms); thread-safe. */
const nd_char_entry *nd_char_plane(unsigned plane);

/* The entry of any Unicode scalar value, computed: as slow as a normalisation. Thread-safe. */
nd_char_entry nd_char_describe(uint32_t code_point);

/* Whether two characters, of which the second is a plain mark, become one when nothing stands
 * between them. nd_char_plane has been called. Thread-safe. */
bool nd_char_pair_composes(const nd_char_entry *first, const nd_char_entry *second);

#endif
