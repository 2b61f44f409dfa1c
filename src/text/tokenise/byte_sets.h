/* Which bytes may follow which in the characters a block of bytes can be folded with. */
#ifndef TEXT_TOKENISE_BYTE_SETS_H
#define TEXT_TOKENISE_BYTE_SETS_H

#include <stdint.h>

/* The two- and three-byte characters that stay in the vector path: by their lead bytes, and by the
 * last bytes that may follow each lead.
 *
 *   C3 80..BF     Latin-1 letters, without 97 and B7 (signs) and 9F (becomes two letters)
 *   C2 A0..BF     Latin-1 signs that are separators and nothing else
 *   E2 80 80..BF  spaces, dashes, quotes and points that are separators and nothing else
 *
 * A last byte belongs to a set when the entries of its two halves in these tables share a bit of
 * the set. */
enum {
    SET_C2 = 1 | 2,
    SET_C3 = 4 | 8 | 16,
    SET_E2 = 8 | 32 | 64 | 128,
};

/* For each set and high half the low halves that belong to it, as bits 0 to 15. */
enum {
    C2_A = 0x5AFF,  /* not A8 AA AF, which become letters or marks, nor the ignorable AD */
    C2_B = 0x88C3,  /* B0 B1 B6 B7 BB BF: the others become letters, digits or marks */
    ANY_9 = 0x7F7F, /* not 97 9F */
    C3_B = 0xFF7F,  /* not B7 */
    E2_8 = 0x07FF,  /* not the ignorable 8B to 8F */
    E2_A = 0x83FF,  /* not the ignorable AA to AE */
    E2_B = 0xBFFF,  /* not BE, which becomes a mark */
};

/* More letters, that are looked for where these are not all:
 *
 *   C4, C5 80..BF           Latin Extended-A: pairs of a capital and the small letter after it, of
 *                           which the capital is even up to some point and then odd, and so on
 *   D0 80..BF, D1 80..9F    Cyrillic: of D0, 80..8F become D1 90..9F, 90..9F become D0 B0..BF, and
 *                           A0..AF become D1 80..8F; the others are small letters
 *
 * The sets of the last bytes of C4 and C5, by what is done to fold them. */
enum {
    PAIR_9A = 1,      /* either: even capitals */
    PAIR_C4_8 = 2,    /* C4: even capitals */
    PAIR_C5_8 = 4,    /* C5: even capitals */
    ODD_C5_8 = 8,     /* C5: odd capitals */
    PAIR_C4_B = 16,   /* C4: even capitals */
    PAIR_C5_B = 32,   /* C5: even capitals */
    ODD_B = 64,       /* either: odd capitals */
    SMALL_C4_B = 128, /* C4: small letters without a capital */
    SET_C4 = PAIR_9A | PAIR_C4_8 | PAIR_C4_B | ODD_B | SMALL_C4_B,
    SET_C5 = PAIR_9A | PAIR_C5_8 | ODD_C5_8 | PAIR_C5_B | ODD_B,
    SET_EVEN = PAIR_9A | PAIR_C4_8 | PAIR_C5_8 | PAIR_C4_B | PAIR_C5_B,
    SET_ODD = ODD_C5_8 | ODD_B,
};

#define IN_SET(lows, low, bit) ((((lows) >> (low)) & 1) ? (bit) : 0)
#define LOW_HALF(low)                                                                              \
    (uint8_t)(IN_SET(C2_A, low, 1) | IN_SET(C2_B, low, 2) | 4 | IN_SET(ANY_9, low, 8) |            \
              IN_SET(C3_B, low, 16) | IN_SET(E2_8, low, 32) | IN_SET(E2_A, low, 64) |              \
              IN_SET(E2_B, low, 128))

static const uint8_t low_half_sets[16] = {LOW_HALF(0),  LOW_HALF(1),  LOW_HALF(2),  LOW_HALF(3),
                                          LOW_HALF(4),  LOW_HALF(5),  LOW_HALF(6),  LOW_HALF(7),
                                          LOW_HALF(8),  LOW_HALF(9),  LOW_HALF(10), LOW_HALF(11),
                                          LOW_HALF(12), LOW_HALF(13), LOW_HALF(14), LOW_HALF(15)};
static const uint8_t high_half_sets[16] = {
    [0x8] = 4 | 32, [0x9] = 8, [0xA] = 1 | 4 | 64, [0xB] = 2 | 16 | 128};

/* Not in a set: C4 B0, B2, B3, BF and C5 80, 89, B8, BF, which fold to something else. */
#define EXTENDED_LOW_HALF(low)                                                                     \
    (uint8_t)(PAIR_9A | PAIR_C4_8 | IN_SET(0xFC00, low, PAIR_C5_8) |                               \
              IN_SET(0x01FE, low, ODD_C5_8) | IN_SET(0x00F0, low, PAIR_C4_B) |                     \
              IN_SET(0x00FF, low, PAIR_C5_B) | IN_SET(0x7E00, low, ODD_B) |                        \
              IN_SET(0x0102, low, SMALL_C4_B))

static const uint8_t extended_low_half_sets[16] = {
    EXTENDED_LOW_HALF(0),  EXTENDED_LOW_HALF(1),  EXTENDED_LOW_HALF(2),  EXTENDED_LOW_HALF(3),
    EXTENDED_LOW_HALF(4),  EXTENDED_LOW_HALF(5),  EXTENDED_LOW_HALF(6),  EXTENDED_LOW_HALF(7),
    EXTENDED_LOW_HALF(8),  EXTENDED_LOW_HALF(9),  EXTENDED_LOW_HALF(10), EXTENDED_LOW_HALF(11),
    EXTENDED_LOW_HALF(12), EXTENDED_LOW_HALF(13), EXTENDED_LOW_HALF(14), EXTENDED_LOW_HALF(15)};
static const uint8_t extended_high_half_sets[16] = {
    [0x8] = PAIR_C4_8 | PAIR_C5_8 | ODD_C5_8,
    [0x9] = PAIR_9A,
    [0xA] = PAIR_9A,
    [0xB] = PAIR_C4_B | PAIR_C5_B | ODD_B | SMALL_C4_B,
};

/* What folds a last byte after D0, by its high half. */
static const uint8_t cyrillic_steps[16] = {[0x8] = 0x10, [0x9] = 0x20, [0xA] = 0xE0};

#define LEAD_BIT(lead) ((uint64_t)1 << ((lead)-0xC0))
#define EASY_LEADS                                                                                 \
    (LEAD_BIT(0xC2) | LEAD_BIT(0xC3) | LEAD_BIT(0xC4) | LEAD_BIT(0xC5) | LEAD_BIT(0xD0) |          \
     LEAD_BIT(0xD1) | LEAD_BIT(0xE2))

/* Byte k of nd_byte_positions[mask] is the position of the k-th set bit of mask; unused bytes are
 * 0. As a byte shuffle it moves the bytes named by the mask to the front. */
extern const uint64_t nd_byte_positions[256];

#endif
