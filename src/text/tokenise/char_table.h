/* What each character becomes, looked up instead of computed. */
#ifndef TEXT_TOKENISE_CHAR_TABLE_H
#define TEXT_TOKENISE_CHAR_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Facts about a character c; those about normalisation are of NFKC_Casefold. */
enum {
    /* Normalisation can be cut before c: see nd_char_is_boundary. */
    ND_CHAR_BOUNDARY = 1,
    /* A boundary, and c alone becomes utf8[0..len_bytes): characters of one token, or nothing but
     * separators (then len_bytes is 0). */
    ND_CHAR_SIMPLE = 2,
    /* What c becomes is one code point. */
    ND_CHAR_SINGLE = 4,
    /* And that is not composed of others. */
    ND_CHAR_ATOMIC = 8,
    /* Mark, conjoining jamo or the like: no boundary, and stays itself unless it composes. */
    ND_CHAR_FOLLOWS = 16,
    /* One that does compose with some character before it. */
    ND_CHAR_COMPOSES = 32,
    /* c becomes nothing: it is ignorable by default. */
    ND_CHAR_DROPPED = 64,
    /* U+FFFD for bytes that are not UTF-8: never in the table, set by who decodes. */
    ND_CHAR_INVALID = 128,
};

/* All that is known of a character, in one register:
 *
 *   bits  0..31      32..39     40..47   48..55            56..63
 *       | utf8     | len      | class  | combining class | flags  |
 *
 * utf8: the first byte lowest, unused ones 0. class: the nd_char_class of the first code point the
 * character becomes. */
typedef uint64_t nd_char_entry;

static inline nd_char_entry nd_char_entry_of(uint32_t utf8, unsigned len_bytes, unsigned class)
{
    return utf8 | (uint64_t)len_bytes << 32 | (uint64_t) class << 40;
}

static inline uint32_t nd_char_utf8(nd_char_entry entry)
{
    return (uint32_t)entry;
}

static inline unsigned nd_char_len_bytes(nd_char_entry entry)
{
    return entry >> 32 & 0xFF;
}

/* The nd_char_class. */
static inline unsigned nd_char_class_in(nd_char_entry entry)
{
    return entry >> 40 & 0xFF;
}

static inline unsigned nd_char_combining_class(nd_char_entry entry)
{
    return entry >> 48 & 0xFF;
}

/* Whether it has any of the flags. */
static inline bool nd_char_is(nd_char_entry entry, unsigned flags)
{
    return (entry & (uint64_t)flags << 56) != 0;
}

/* Planes 0 and 1; what lies above is rare. */
enum { ND_CHAR_TABLE_SIZE = 0x20000 };

/* The entries known so far, and 0, which is no entry, where nobody asked yet. */
extern _Atomic(nd_char_entry) nd_char_table[ND_CHAR_TABLE_SIZE];

/* The entry of a code point of the table; 0, which has none of the flags, where it is not known
 * yet. Thread-safe. */
static inline nd_char_entry nd_char_peek(uint32_t code_point)
{
    return atomic_load_explicit(&nd_char_table[code_point], memory_order_relaxed);
}

/* The entry of any Unicode scalar value; of the table it makes those around it as well.
 * Thread-safe. */
nd_char_entry nd_char_entry_get(uint32_t code_point);

/* The entry of a code point that stands in normalised text: it becomes itself. Thread-safe. */
nd_char_entry nd_char_normalised(uint32_t code_point);

/* Whether a normalisation can be cut before this original code point: nothing it becomes composes
 * with, or is reordered before, what stands in front of it. Slow. Thread-safe. */
bool nd_char_is_boundary(uint32_t code_point);

/* What two characters become when nothing stands between them, or 0 where they do not compose;
 * only for a second that has ND_CHAR_FOLLOWS. Thread-safe. */
nd_char_entry nd_char_compose(nd_char_entry first, nd_char_entry second);

#endif
