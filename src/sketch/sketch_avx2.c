#include <immintrin.h>
#include <string.h>

#include "sketch/sketch_kernels.h"

enum { LANES = 32 };

/* a * multiplier modulo 2^64 in each lane; `crossed` is the multiplier with its halves swapped. */
static inline __m256i multiply(__m256i a, __m256i multiplier, __m256i crossed)
{
    const __m256i cross = _mm256_mullo_epi32(a, crossed);
    const __m256i upper = _mm256_add_epi32(_mm256_slli_epi64(cross, 32), cross);
    const __m256i high = _mm256_blend_epi32(upper, _mm256_setzero_si256(), 0x55);
    return _mm256_add_epi64(_mm256_mul_epu32(a, multiplier), high);
}

static inline __m256i mix(__m256i hash)
{
    const __m256i first = _mm256_set1_epi64x((long long)ND_MIX_FIRST);
    const __m256i second = _mm256_set1_epi64x((long long)ND_MIX_SECOND);
    hash = _mm256_xor_si256(hash, _mm256_srli_epi64(hash, 32));
    hash = multiply(hash, first, _mm256_shuffle_epi32(first, 0xb1));
    hash = _mm256_xor_si256(hash, _mm256_srli_epi64(hash, 32));
    return multiply(hash, second, _mm256_shuffle_epi32(second, 0xb1));
}

static inline void mix_elements(const uint64_t *hashes, size_t num, uint32_t num_slots,
                                uint64_t *elements, uint64_t *words)
{
    const __m256i bins = _mm256_set1_epi64x(num_slots);
    size_t i = 0;
    for (; i + 4 <= num; i += 4) {
        const __m256i z = mix(_mm256_loadu_si256((const __m256i *)(hashes + i)));
        const __m256i scaled = _mm256_mul_epu32(_mm256_srli_epi64(z, 32), bins);
        const __m256i word = _mm256_blend_epi16(_mm256_slli_epi64(scaled, 16), z, 0x11);
        _mm256_storeu_si256((__m256i *)(elements + i), z);
        _mm256_storeu_si256((__m256i *)(words + i), word);
    }
    for (; i < num; i++) {
        elements[i] = nd_mix_element(hashes[i]);
        words[i] = nd_first_round(elements[i], num_slots);
    }
}

static inline uint64_t end_first_round_of_64(uint64_t *slots, uint32_t num)
{
    const __m256i empty = _mm256_set1_epi64x(-1);
    const __m256i value_mask = _mm256_set1_epi64x((long long)ND_SLOT_VALUE_MASK);
    uint64_t bits = 0;
    uint32_t i = 0;
    for (; i + 4 <= num; i += 4) {
        const __m256i slot = _mm256_loadu_si256((const __m256i *)(slots + i));
        const __m256i open = _mm256_cmpeq_epi64(slot, empty);
        const __m256i kept = _mm256_or_si256(open, value_mask);
        _mm256_storeu_si256((__m256i *)(slots + i), _mm256_and_si256(slot, kept));
        bits |= (uint64_t)(uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(open)) << i;
    }
    for (; i < num; i++) {
        const uint64_t open = slots[i] == ND_SLOT_EMPTY;
        slots[i] &= ND_SLOT_VALUE_MASK | (0 - open);
        bits |= open << i;
    }
    return bits;
}

static inline void end_first_round(uint64_t *slots, uint32_t num_slots, uint64_t *open)
{
    uint32_t i = 0;
    for (; i + 64 <= num_slots; i += 64)
        open[i / 64] = end_first_round_of_64(slots + i, 64);
    if (i < num_slots)
        open[i / 64] = end_first_round_of_64(slots + i, num_slots - i);
}

/* tables[t], in both halves: slot 128 t + s is bit s % 8 of byte s / 8. */
typedef struct open_map {
    __m256i tables[ND_SKETCH_MAX_SLOTS / 128];
} open_map;

static inline int open_map_load(open_map *map, const uint64_t *open, uint32_t num_slots)
{
    uint64_t any = 0;
    for (size_t t = 0; t * 128 < num_slots; t++) {
        const uint64_t high = t * 128 + 64 < num_slots ? open[2 * t + 1] : 0;
        const __m128i table = _mm_set_epi64x((long long)high, (long long)open[2 * t]);
        map->tables[t] = _mm256_broadcastsi128_si256(table);
        any |= high | open[2 * t];
    }
    return any != 0;
}

/* Where the packing instructions leave the lanes of two blocks. */
static const uint8_t lane_of_place[2 * LANES] = {
    0,  4,  1,  5,  8,  12, 9,  13, 2,  6,  3,  7,  10, 14, 11, 15, 16, 20, 17, 21, 24, 28,
    25, 29, 18, 22, 19, 23, 26, 30, 27, 31, 32, 36, 33, 37, 40, 44, 41, 45, 34, 38, 35, 39,
    42, 46, 43, 47, 48, 52, 49, 53, 56, 60, 57, 61, 50, 54, 51, 55, 58, 62, 59, 63,
};

static inline uint32_t places_of_few(size_t num, unsigned mask)
{
    const __m256i lane = _mm256_loadu_si256((const __m256i *)lane_of_place);
    const __m256i element = _mm256_and_si256(lane, _mm256_set1_epi8((char)mask));
    const __m256i valid = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)num), element);
    return (uint32_t)_mm256_movemask_epi8(valid);
}

/* Bins of eight lanes in a pair of rounds: one 32-bit lane holds the two of an element. */
static inline __m256i pair_bins(const uint64_t *lanes, uint64_t key, __m256i num_slots)
{
    const __m256i keys = _mm256_set1_epi64x((long long)key);
    const __m256i a = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)lanes), keys);
    const __m256i b = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(lanes + 4)), keys);
    const __m256i pa = _mm256_mul_epu32(a, _mm256_srli_epi64(a, 32));
    const __m256i pb = _mm256_mul_epu32(b, _mm256_srli_epi64(b, 32));
    const __m256i fa = _mm256_xor_si256(pa, _mm256_srli_epi64(pa, 32));
    const __m256i fb = _mm256_xor_si256(pb, _mm256_slli_epi64(pb, 32));
    return _mm256_mulhi_epu16(_mm256_blend_epi32(fa, fb, 0xaa), num_slots);
}

static inline void block_bins(const uint64_t *lanes, const uint64_t *keys, unsigned key_shift,
                              uint32_t num_slots, uint16_t *first, uint16_t *second)
{
    const __m256i slots = _mm256_set1_epi16((short)num_slots);
    const __m256i low_half = _mm256_set1_epi32(0xffff);
    for (size_t h = 0; h < 2; h++) {
        const size_t key_a = 2 * h << key_shift >> 2, key_b = (2 * h + 1) << key_shift >> 2;
        const __m256i a = pair_bins(lanes + 16 * h, keys[key_a], slots);
        const __m256i b = pair_bins(lanes + 16 * h + 8, keys[key_b], slots);
        const __m256i low =
            _mm256_packus_epi32(_mm256_and_si256(a, low_half), _mm256_and_si256(b, low_half));
        const __m256i high =
            _mm256_packus_epi32(_mm256_srli_epi32(a, 16), _mm256_srli_epi32(b, 16));
        _mm256_storeu_si256((__m256i *)(first + 16 * h), low);
        _mm256_storeu_si256((__m256i *)(second + 16 * h), high);
    }
}

static inline __m256i pack_in_order(__m256i low, __m256i high)
{
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xd8);
}

static inline uint32_t block_hits(const uint16_t *bins, const open_map *open, uint32_t num_slots)
{
    const __m256i low = _mm256_loadu_si256((const __m256i *)bins);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(bins + 16));
    const __m256i powers = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i seven = _mm256_set1_epi8(7);
    __m256i bits, bit_index;
    if (num_slots <= 128) {
        const __m256i bin = pack_in_order(low, high);
        const __m256i byte = _mm256_and_si256(_mm256_srli_epi16(bin, 3), _mm256_set1_epi8(15));
        bit_index = _mm256_and_si256(bin, seven);
        bits = _mm256_shuffle_epi8(open->tables[0], byte);
    } else {
        /* Saturation sets bit 7 of every index that is not of this table, which then gives 0. */
        const __m256i bias = _mm256_set1_epi8(0x70);
        const __m256i word_seven = _mm256_set1_epi16(7);
        __m256i byte = pack_in_order(_mm256_srli_epi16(low, 3), _mm256_srli_epi16(high, 3));
        bit_index =
            pack_in_order(_mm256_and_si256(low, word_seven), _mm256_and_si256(high, word_seven));
        bits = _mm256_setzero_si256();
        for (size_t t = 0; t * 128 < num_slots; t++) {
            const __m256i index = _mm256_adds_epu8(byte, bias);
            bits = _mm256_or_si256(bits, _mm256_shuffle_epi8(open->tables[t], index));
            byte = _mm256_sub_epi8(byte, _mm256_set1_epi8(16));
        }
    }
    const __m256i mask = _mm256_shuffle_epi8(powers, bit_index);
    const __m256i hit = _mm256_cmpeq_epi8(_mm256_and_si256(bits, mask), mask);
    return (uint32_t)_mm256_movemask_epi8(hit);
}

#include "sketch/sketch_rounds.h"

void nd_sketch_avx2(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots, uint64_t *slots)
{
    compute_sketch(hashes, num_hashes, num_slots, slots);
}
