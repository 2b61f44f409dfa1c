/* The vectorised tokeniser, 64 bytes at a time, over the operations of one instruction set.
 *
 *   source         T h e   c a f C3 A9 ,   E2 80 94   o ...
 *   word           1 1 1 0 1 1 1 1  1  0 0 0  0  0  0 1      letters and digits
 *   keep           1 1 1 1 1 1 1 1  1  1 0 0  0  0  0 1      and the first separator after them
 *   folded         t h e . c a f C3 A9 . . .  .  .  . o      lower case, separators as space
 *   normalised     t h e . c a f C3 A9 . o                   folded where keep
 *
 * In a mask bit i stands for byte i of the block. */
/* clang-format off */
/* A file that includes this one defines before:
 *   block                            64 bytes in registers
 *   block_load(p)                    from any address
 *   block_non_ascii(b)               mask of the bytes >= 80
 *   block_equal(b, byte)             mask of the bytes that are `byte`
 *   block_fold_ascii(&b)             lower-cases ASCII letters, leaves digits, makes all else a space;
 *                                    returns the mask of the letters and digits
 *   block_fold_latin(raw, &folded)   puts every C3 and the byte after it into folded, lower-cased
 *   block_fold_extended(raw, &folded)  the same for letters after C4 and C5; returns the mask of their
 *   block_fold_cyrillic(raw, &folded)  last bytes. And after D0 and D1
 *   block_sets(b, low, high)         for each byte low[its low half] & high[its high half]
 *   block_test(b, bits)              mask of the bytes that have any of the bits
 *   block_compress(b, keep, out)     writes the kept bytes one after the other, and 64 in all at most
 *
 * and, with BLOCK_WRITES_POSITIONS, a write_positions of its own. */
/* clang-format on */
#ifndef TEXT_TOKENISE_TOKENISE_BLOCK_H
#define TEXT_TOKENISE_TOKENISE_BLOCK_H

#include <string.h>

#include "text/tokenise/byte_sets.h"
#include "text/tokenise/tokeniser.h"

enum { BLOCK_BYTES = 64 };

static inline uint64_t low_bits(unsigned num)
{
    return num < 64 ? ((uint64_t)1 << num) - 1 : UINT64_MAX;
}

static inline unsigned count_bits(uint64_t bits)
{
    return (unsigned)__builtin_popcountll(bits);
}

#ifndef BLOCK_WRITES_POSITIONS
/* Writes base + the position of each set bit, and 32 entries at most, as no two neighbours may be
 * set. Eight at a time: the branches are taken the same way in nearly every block of a language. */
static inline size_t write_positions(uint64_t bits, uint32_t base, uint32_t *out)
{
    const unsigned num = count_bits(bits);
    for (unsigned i = 0; i < num; i += 8) {
        for (unsigned j = 0; j < 8; j++) {
            /* Past the last bit this is base + 63 or so, and overwritten by the next block. */
            out[i + j] = base + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
            bits &= bits - 1;
        }
    }
    return num;
}
#endif

/* What is known of a block that is not all ASCII. */
typedef struct mixed_block {
    uint64_t letters; /* both bytes of each C3 xx letter */
    uint64_t starts;  /* ASCII bytes and the first bytes of the characters named above */
    uint64_t hard;    /* bytes of any other character, or of one the block cuts off */
} mixed_block;

static inline mixed_block look_at(const block *raw)
{
    const block sets = block_sets(raw, low_half_sets, high_half_sets);
    const uint64_t c3 = block_equal(raw, 0xC3) & block_test(&sets, SET_C3) >> 1;
    const uint64_t c2 = block_equal(raw, 0xC2) & block_test(&sets, SET_C2) >> 1;
    const uint64_t e2 =
        block_equal(raw, 0xE2) & block_equal(raw, 0x80) >> 1 & block_test(&sets, SET_E2) >> 2;
    const uint64_t ascii = ~block_non_ascii(raw);
    const uint64_t easy = ascii | c3 | c3 << 1 | c2 | c2 << 1 | e2 | e2 << 1 | e2 << 2;
    return (mixed_block){.letters = c3 | c3 << 1, .starts = ascii | c3 | c2 | e2, .hard = ~easy};
}

/* Takes some of what seems hard for letters of two bytes, given the mask of their last bytes. */
static inline void add_letters(mixed_block *m, uint64_t last)
{
    m->letters |= last | last >> 1;
    m->starts |= last >> 1;
    m->hard &= ~(last | last >> 1);
}

static inline void look_further(const block *raw, mixed_block *m, block *folded)
{
    if (block_equal(raw, 0xC4) | block_equal(raw, 0xC5))
        add_letters(m, block_fold_extended(raw, folded));
    if (block_equal(raw, 0xD0) | block_equal(raw, 0xD1))
        add_letters(m, block_fold_cyrillic(raw, folded));
}

/* Where the registers' loop is; written back to the nd_tokeniser when it ends. */
typedef struct cursor {
    const uint8_t *in;
    uint8_t *out;
    uint32_t *starts, *ends; /* where the next source_start and source_end go */
    uint32_t at;             /* `in` as an offset */
    uint32_t in_word;        /* 1: the byte before `in` belongs to an open word */
} cursor;

/* Writes the first num > 0 bytes of a block. */
static inline void put_block(cursor *c, const block *folded, uint64_t word, unsigned num,
                             nd_text_offsets offsets)
{
    word &= low_bits(num);
    const uint64_t after_word = word << 1 | c->in_word;
    const uint64_t ends = after_word & ~word & low_bits(num);
    const uint64_t keep = word | ends;
    block_compress(folded, keep, c->out);
    c->out += count_bits(keep);
    if (offsets == ND_TEXT_WITH_OFFSETS) {
        c->starts += write_positions(word & ~after_word, c->at, c->starts);
        c->ends += write_positions(ends, c->at, c->ends);
    }
    c->in_word = (uint32_t)(word >> (num - 1)) & 1;
    c->in += num;
    c->at += num;
}

typedef enum block_result { BLOCK_EASY, BLOCK_HARD } block_result;

/* What stands after a block's bytes: more text, of which `ascii` tells the first byte, or its end.
 */
typedef enum block_next { NEXT_ASCII, NEXT_NON_ASCII, NEXT_END } block_next;

/* Takes the easy part of a block's first num bytes; the rest of the 64 is spaces. A character that
 * more text might change (by a mark, or by its own last bytes) is left for the next block. */
static inline block_result take_mixed(cursor *c, const block *raw, unsigned num, block_next next,
                                      nd_text_offsets offsets)
{
    mixed_block m = look_at(raw);
    block folded = *raw;
    uint64_t word = block_fold_ascii(&folded);
    block_fold_latin(raw, &folded);
    if (m.hard)
        look_further(raw, &m, &folded);
    word |= m.letters;
    unsigned cut = num;
    if (m.hard || next == NEXT_NON_ASCII) {
        const uint64_t before = m.hard ? m.hard ^ (m.hard - 1) : UINT64_MAX;
        const uint64_t starts = m.starts & before;
        cut = starts ? 63 - (unsigned)__builtin_clzll(starts) : 0;
    }
    if (cut > 0)
        put_block(c, &folded, word, cut, offsets);
    /* Only from byte 62 on can the block's end have made a character look hard. */
    const uint64_t sure = next == NEXT_END ? UINT64_MAX : low_bits(62);
    return m.hard & (0 - m.hard) & sure ? BLOCK_HARD : BLOCK_EASY;
}

static inline block_result take_block(cursor *c, nd_text_offsets offsets)
{
    block b = block_load(c->in);
    const bool next_is_ascii = c->in[BLOCK_BYTES] < 0x80;
    if (block_non_ascii(&b) || !next_is_ascii)
        return take_mixed(c, &b, BLOCK_BYTES, next_is_ascii ? NEXT_ASCII : NEXT_NON_ASCII, offsets);
    const uint64_t word = block_fold_ascii(&b);
    put_block(c, &b, word, BLOCK_BYTES, offsets);
    return BLOCK_EASY;
}

/* The last 1 to 64 bytes of the text. */
static inline block_result take_tail(cursor *c, unsigned num, nd_text_offsets offsets)
{
    uint8_t bytes[BLOCK_BYTES];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, c->in, num);
    const block b = block_load(bytes);
    return take_mixed(c, &b, num, NEXT_END, offsets);
}

static inline void take_all(nd_tokeniser *t, nd_text_offsets offsets)
{
    cursor c = {.in = t->bytes + t->at,
                .out = t->out + t->out_len,
                .at = (uint32_t)t->at,
                .in_word = t->is_open};
    if (offsets == ND_TEXT_WITH_OFFSETS) {
        c.starts = t->source_start + t->num_starts;
        c.ends = t->source_end + t->num_ends;
    }
    const uint8_t *const end = t->bytes + t->len_bytes, *const stop = t->out + t->out_stop;
    block_result result = BLOCK_EASY;
    while (end - c.in > BLOCK_BYTES && c.out < stop && result == BLOCK_EASY)
        result = take_block(&c, offsets);
    if (end - c.in <= BLOCK_BYTES && c.in < end && c.out < stop && result == BLOCK_EASY)
        take_tail(&c, (unsigned)(end - c.in), offsets);
    t->at = t->token_end = (size_t)(c.in - t->bytes);
    t->out_len = (size_t)(c.out - t->out);
    t->is_open = c.in_word;
    if (offsets == ND_TEXT_WITH_OFFSETS) {
        t->num_starts = (size_t)(c.starts - t->source_start);
        t->num_ends = (size_t)(c.ends - t->source_end);
    }
}

static void easy(nd_tokeniser *t)
{
    if (t->source_start)
        take_all(t, ND_TEXT_WITH_OFFSETS);
    else
        take_all(t, ND_TEXT_NO_OFFSETS);
}

static size_t token_starts(const uint8_t *out, size_t from, size_t to, uint32_t *starts)
{
    size_t num = 0;
    for (size_t at = from; at < to; at += BLOCK_BYTES) {
        const block b = block_load(out + at);
        const size_t left = to - at;
        const uint64_t spaces =
            block_equal(&b, ' ') & low_bits(left < BLOCK_BYTES ? (unsigned)left : BLOCK_BYTES);
        num += write_positions(spaces, (uint32_t)at + 1, starts + num);
    }
    return num;
}

#endif
