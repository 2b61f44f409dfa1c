#include <arm_neon.h>

#include "sketch/sketch_kernels.h"

enum { LANES = 32 };

/* The general registers multiply 64 bits, which NEON does not. */
static inline void mix_elements(const uint64_t *hashes, size_t num, uint32_t num_slots,
                                uint64_t *elements, uint64_t *words)
{
    for (size_t i = 0; i < num; i++) {
        elements[i] = nd_mix_element(hashes[i]);
        words[i] = nd_first_round(elements[i], num_slots);
    }
}

static inline void end_first_round(uint64_t *slots, uint32_t num_slots, uint64_t *open)
{
    for (uint32_t i = 0; i < num_slots; i++) {
        const uint64_t is_open = slots[i] == ND_SLOT_EMPTY;
        slots[i] &= ND_SLOT_VALUE_MASK | (0 - is_open);
        open[i / 64] = is_open << i % 64 | (i % 64 ? open[i / 64] : 0);
    }
}

/* Slot s is bit s % 8 of byte s / 8 of all tables together; each register holds 128 slots. */
typedef struct open_map {
    uint8x16_t tables[ND_SKETCH_MAX_SLOTS / 128];
} open_map;

static inline int open_map_load(open_map *map, const uint64_t *open, uint32_t num_slots)
{
    uint64_t any = 0;
    for (size_t t = 0; t * 128 < num_slots; t++) {
        const uint64_t low = open[2 * t];
        const uint64_t high = t * 128 + 64 < num_slots ? open[2 * t + 1] : 0;
        map->tables[t] = vcombine_u8(vcreate_u8(low), vcreate_u8(high));
        any |= low | high;
    }
    return any != 0;
}

/* Every bin stays at the place of its lane. */
static const uint8_t lane_of_place[2 * LANES] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};

/* The first `num` of every mask + 1 places. */
static inline uint32_t places_of_few(size_t num, unsigned mask)
{
    const uint32_t one_set = (uint32_t)((UINT64_C(1) << num) - 1);
    return mask == 7 ? one_set * 0x01010101u : mask == 15 ? one_set * 0x00010001u : one_set;
}

/* Four elements in a pair of rounds: nd_fold_pair of each. */
static inline uint32x4_t fold_pairs(const uint64_t *lanes, uint64x2_t key)
{
    const uint32x4_t a = vreinterpretq_u32_u64(veorq_u64(vld1q_u64(lanes), key));
    const uint32x4_t b = vreinterpretq_u32_u64(veorq_u64(vld1q_u64(lanes + 2), key));
    const uint32x4_t low = vuzp1q_u32(a, b), high = vuzp2q_u32(a, b);
    const uint32x4_t first =
        vreinterpretq_u32_u64(vmull_u32(vget_low_u32(low), vget_low_u32(high)));
    const uint32x4_t second =
        vreinterpretq_u32_u64(vmull_u32(vget_high_u32(low), vget_high_u32(high)));
    return veorq_u32(vuzp1q_u32(first, second), vuzp2q_u32(first, second));
}

/* nd_bin of eight 16-bit hashes. */
static inline uint16x8_t bins_of(uint16x8_t hashes, uint16x4_t num_slots)
{
    const uint32x4_t low = vmull_u16(vget_low_u16(hashes), num_slots);
    const uint32x4_t high = vmull_u16(vget_high_u16(hashes), num_slots);
    return vuzp2q_u16(vreinterpretq_u16_u32(low), vreinterpretq_u16_u32(high));
}

static inline void block_bins(const uint64_t *lanes, const uint64_t *keys, unsigned key_shift,
                              uint32_t num_slots, uint16_t *first, uint16_t *second)
{
    const uint16x4_t slots = vdup_n_u16((uint16_t)num_slots);
    for (size_t group = 0; group < 4; group++) {
        const uint64x2_t key = vdupq_n_u64(keys[group << key_shift >> 2]);
        const uint16x8_t a = vreinterpretq_u16_u32(fold_pairs(lanes + 8 * group, key));
        const uint16x8_t b = vreinterpretq_u16_u32(fold_pairs(lanes + 8 * group + 4, key));
        vst1q_u16(first + 8 * group, bins_of(vuzp1q_u16(a, b), slots));
        vst1q_u16(second + 8 * group, bins_of(vuzp2q_u16(a, b), slots));
    }
}

/* Bit i is set where byte i is not 0 but all ones. */
static inline uint32_t mask_of(uint8x16_t bytes)
{
    const uint8x16_t bits = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    const uint8x16_t picked = vandq_u8(bytes, bits);
    return (uint32_t)vaddv_u8(vget_low_u8(picked)) | (uint32_t)vaddv_u8(vget_high_u8(picked)) << 8;
}

static inline uint32_t half_block_hits(const uint16_t *bins, const open_map *open,
                                       uint32_t num_slots)
{
    const uint16x8_t low = vld1q_u16(bins), high = vld1q_u16(bins + 8);
    uint8x16_t byte = vcombine_u8(vshrn_n_u16(low, 3), vshrn_n_u16(high, 3));
    const uint8x16_t bin = vuzp1q_u8(vreinterpretq_u8_u16(low), vreinterpretq_u8_u16(high));
    const uint8x16_t bit_index = vandq_u8(bin, vdupq_n_u8(7));
    uint8x16_t bits = vqtbl1q_u8(open->tables[0], byte);
    for (size_t t = 1; t * 128 < num_slots; t++) { /* an index past the table gives 0 */
        byte = vsubq_u8(byte, vdupq_n_u8(16));
        bits = vorrq_u8(bits, vqtbl1q_u8(open->tables[t], byte));
    }
    const uint8x16_t mask = vshlq_u8(vdupq_n_u8(1), vreinterpretq_s8_u8(bit_index));
    return mask_of(vtstq_u8(bits, mask));
}

static inline uint32_t block_hits(const uint16_t *bins, const open_map *open, uint32_t num_slots)
{
    return half_block_hits(bins, open, num_slots) | half_block_hits(bins + 16, open, num_slots)
                                                        << 16;
}

#include "sketch/sketch_rounds.h"

void nd_sketch_neon(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots, uint64_t *slots)
{
    compute_sketch(hashes, num_hashes, num_slots, slots);
}
