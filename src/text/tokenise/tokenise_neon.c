/* The tokeniser for AArch64 with NEON. */
#include <arm_neon.h>
#include <string.h>

#include "text/tokenise/byte_sets.h"

typedef struct block {
    uint8x16_t part[4];
} block;

static inline block block_load(const uint8_t *p)
{
    return (block){{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
}

/* One bit for each byte, which is FF or 00. */
static inline uint64_t bits_of(const block *b)
{
    static const uint8_t bit_of_byte[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                            1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t bit = vld1q_u8(bit_of_byte);
    const uint8x16_t low = vpaddq_u8(vandq_u8(b->part[0], bit), vandq_u8(b->part[1], bit));
    const uint8x16_t high = vpaddq_u8(vandq_u8(b->part[2], bit), vandq_u8(b->part[3], bit));
    const uint8x16_t pairs = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)), 0);
}

static inline uint64_t block_test(const block *b, uint8_t bits)
{
    block set;
    for (int i = 0; i < 4; i++)
        set.part[i] = vtstq_u8(b->part[i], vdupq_n_u8(bits));
    return bits_of(&set);
}

static inline uint64_t block_non_ascii(const block *b)
{
    return block_test(b, 0x80);
}

static inline uint64_t block_equal(const block *b, uint8_t byte)
{
    block equal;
    for (int i = 0; i < 4; i++)
        equal.part[i] = vceqq_u8(b->part[i], vdupq_n_u8(byte));
    return bits_of(&equal);
}

static inline uint64_t block_fold_ascii(block *b)
{
    const uint8x16_t space = vdupq_n_u8(0x20); /* also what makes a letter lower case */
    block word;
    for (int i = 0; i < 4; i++) {
        const uint8x16_t v = b->part[i], lower = vorrq_u8(v, space);
        const uint8x16_t letter = vcltq_u8(vsubq_u8(lower, vdupq_n_u8('a')), vdupq_n_u8(26));
        const uint8x16_t digit = vcltq_u8(vsubq_u8(v, vdupq_n_u8('0')), vdupq_n_u8(10));
        word.part[i] = vorrq_u8(letter, digit);
        b->part[i] = vbslq_u8(word.part[i], lower, space);
    }
    return bits_of(&word);
}

static inline void block_fold_latin(const block *raw, block *folded)
{
    uint8x16_t is_c3_before = vdupq_n_u8(0);
    for (int i = 0; i < 4; i++) {
        const uint8x16_t v = raw->part[i];
        const uint8x16_t is_c3 = vceqq_u8(v, vdupq_n_u8(0xC3));
        const uint8x16_t after_c3 = vextq_u8(is_c3_before, is_c3, 15);
        const uint8x16_t lower = vorrq_u8(v, vandq_u8(after_c3, vdupq_n_u8(0x20)));
        folded->part[i] = vbslq_u8(vorrq_u8(is_c3, after_c3), lower, folded->part[i]);
        is_c3_before = is_c3;
    }
}

static inline block block_sets(const block *b, const uint8_t low[16], const uint8_t high[16])
{
    const uint8x16_t l = vld1q_u8(low), h = vld1q_u8(high);
    block sets;
    for (int i = 0; i < 4; i++)
        sets.part[i] = vandq_u8(vqtbl1q_u8(l, vandq_u8(b->part[i], vdupq_n_u8(0x0F))),
                                vqtbl1q_u8(h, vshrq_n_u8(b->part[i], 4)));
    return sets;
}

static inline uint64_t block_fold_extended(const block *raw, block *folded)
{
    block sets = block_sets(raw, extended_low_half_sets, extended_high_half_sets);
    const uint8x16_t one = vdupq_n_u8(1);
    uint8x16_t previous = vdupq_n_u8(0);
    for (int i = 0; i < 4; i++) {
        const uint8x16_t v = raw->part[i], before = vextq_u8(previous, v, 15);
        const uint8x16_t c4 = vandq_u8(vceqq_u8(before, vdupq_n_u8(0xC4)), vdupq_n_u8(SET_C4));
        const uint8x16_t c5 = vandq_u8(vceqq_u8(before, vdupq_n_u8(0xC5)), vdupq_n_u8(SET_C5));
        sets.part[i] = vandq_u8(sets.part[i], vorrq_u8(c4, c5));
        const uint8x16_t is_last = vtstq_u8(sets.part[i], vdupq_n_u8(0xFF));
        const uint8x16_t even = vandq_u8(vtstq_u8(sets.part[i], vdupq_n_u8(SET_EVEN)), one);
        const uint8x16_t odd = vandq_u8(vtstq_u8(sets.part[i], vdupq_n_u8(SET_ODD)), one);
        const uint8x16_t small = vaddq_u8(vorrq_u8(v, even), vandq_u8(v, odd));
        const uint8x16_t is_lead =
            vorrq_u8(vceqq_u8(v, vdupq_n_u8(0xC4)), vceqq_u8(v, vdupq_n_u8(0xC5)));
        folded->part[i] = vbslq_u8(vorrq_u8(is_lead, is_last), small, folded->part[i]);
        previous = v;
    }
    return block_test(&sets, 0xFF);
}

/* Bit 4 of a byte after D0 tells whether its small letter has D0 too: it is 0 in 8x and Ax. */
static inline uint64_t block_fold_cyrillic(const block *raw, block *folded)
{
    const uint8x16_t d0 = vdupq_n_u8(0xD0), d1 = vdupq_n_u8(0xD1), bit_4 = vdupq_n_u8(0x10);
    const uint8x16_t steps = vld1q_u8(cyrillic_steps);
    uint8x16_t previous = vdupq_n_u8(0);
    for (int i = 0; i < 4; i++) {
        const uint8x16_t v = raw->part[i], before = vextq_u8(previous, v, 15);
        const uint8x16_t after = vextq_u8(v, i < 3 ? raw->part[i + 1] : d0, 1);
        const uint8x16_t small = vaddq_u8(v, vqtbl1q_u8(steps, vshrq_n_u8(v, 4)));
        const uint8x16_t lead = vbslq_u8(vtstq_u8(after, bit_4), v, d1);
        const uint8x16_t is_small = vorrq_u8(vceqq_u8(v, d1), vceqq_u8(before, d1));
        uint8x16_t f = vbslq_u8(is_small, v, folded->part[i]);
        f = vbslq_u8(vceqq_u8(before, d0), small, f);
        folded->part[i] = vbslq_u8(vceqq_u8(v, d0), lead, f);
        previous = v;
    }
    const uint64_t last = block_non_ascii(raw) & ~block_test(raw, 0x40);
    return last &
           (block_equal(raw, 0xD0) << 1 | (block_equal(raw, 0xD1) << 1 & ~block_test(raw, 0x20)));
}

/* Eight bytes at a time; byte i of `before` is how many are kept of the bytes up to the 8 i-th. */
static inline void block_compress(const block *b, uint64_t keep, uint8_t *out)
{
    const uint64_t counts = vget_lane_u64(vreinterpret_u64_u8(vcnt_u8(vcreate_u8(keep))), 0);
    const uint64_t before = counts * 0x0101010101010101u << 8;
    for (int i = 0; i < 4; i++) {
        const uint8x8_t low = vcreate_u8(byte_positions[keep >> 16 * i & 0xFF]);
        const uint8x8_t high = vcreate_u8(byte_positions[keep >> (16 * i + 8) & 0xFF]);
        vst1_u8(out + (before >> 16 * i & 0xFF), vqtbl1_u8(b->part[i], low));
        vst1_u8(out + (before >> (16 * i + 8) & 0xFF),
                vqtbl1_u8(b->part[i], vadd_u8(high, vdup_n_u8(8))));
    }
}

#include "text/tokenise/tokenise_block.h"

const nd_tokenise_kernel nd_tokenise_kernel_neon = {easy, token_starts, EASY_LEADS};
