#include <immintrin.h>

#include "sketch/sketch_kernels.h"

enum { LANES = 32 };

static inline __m512i load(const void *at)
{
    return _mm512_loadu_si512(at);
}

/* The first `num` of eight numbers, and zeros. */
static inline __m512i load_up_to_8(const uint64_t *at, size_t num)
{
    return num < 8 ? _mm512_maskz_loadu_epi64((__mmask8)((1u << num) - 1), at) : load(at);
}

static inline __m512i mix(__m512i hash)
{
    hash = _mm512_xor_si512(hash, _mm512_srli_epi64(hash, 32));
    hash = _mm512_mullo_epi64(hash, _mm512_set1_epi64((long long)ND_MIX_FIRST));
    hash = _mm512_xor_si512(hash, _mm512_srli_epi64(hash, 32));
    return _mm512_mullo_epi64(hash, _mm512_set1_epi64((long long)ND_MIX_SECOND));
}

/* Whole vectors are stored, here and below: a masked store can't be forwarded to the loads that
 * follow. The arrays end on a vector. */
static inline void mix_elements(const uint64_t *hashes, size_t num, uint32_t num_slots,
                                uint64_t *elements, uint64_t *words)
{
    const __m512i bins = _mm512_set1_epi64(num_slots);
    for (size_t i = 0; i < num; i += 8) {
        const __m512i z = mix(load_up_to_8(hashes + i, num - i));
        const __m512i scaled = _mm512_mul_epu32(_mm512_srli_epi64(z, 32), bins);
        const __m512i word = _mm512_mask_blend_epi16(0x11111111, _mm512_slli_epi64(scaled, 16), z);
        _mm512_storeu_si512(elements + i, z);
        _mm512_storeu_si512(words + i, word);
    }
}

static inline void end_first_round(uint64_t *slots, uint32_t num_slots, uint64_t *open)
{
    const __m512i empty = _mm512_set1_epi64(-1);
    const __m512i value_mask = _mm512_set1_epi64((long long)ND_SLOT_VALUE_MASK);
    for (uint32_t i = 0; i < num_slots; i += 8) {
        const uint32_t left = num_slots - i < 8 ? num_slots - i : 8;
        const __mmask8 lanes = (__mmask8)((1u << left) - 1);
        const __m512i slot = _mm512_maskz_loadu_epi64(lanes, slots + i);
        const __mmask8 is_open = _mm512_mask_cmpeq_epi64_mask(lanes, slot, empty);
        const __m512i value = _mm512_mask_and_epi64(slot, (__mmask8)~is_open, slot, value_mask);
        if (left == 8)
            _mm512_storeu_si512(slots + i, value);
        else
            _mm512_mask_storeu_epi64(slots + i, lanes, value);
        const uint64_t bits = (uint64_t)is_open << i % 64;
        open[i / 64] = i % 64 ? open[i / 64] | bits : bits;
    }
}

/* Slot s is bit s % 8 of byte s / 8 of both tables together. */
typedef struct open_map {
    __m512i tables[2];
} open_map;

static inline int open_map_load(open_map *map, const uint64_t *open, uint32_t num_slots)
{
    const uint32_t words = (num_slots + 63) / 64;
    const uint32_t low_words = words < 8 ? words : 8;
    const __mmask8 low = (__mmask8)((1u << low_words) - 1);
    const __mmask8 high = (__mmask8)((1u << (words - low_words)) - 1);
    map->tables[0] = _mm512_maskz_loadu_epi64(low, open);
    map->tables[1] = _mm512_maskz_loadu_epi64(high, open + 8);
    const __m512i any = _mm512_or_si512(map->tables[0], map->tables[1]);
    return _mm512_test_epi64_mask(any, any) != 0;
}

/* Where narrowing leaves the lanes of two blocks. */
static const uint8_t lane_of_place[2 * LANES] = {
    0,  8,  1,  9,  2,  10, 3,  11, 4,  12, 5,  13, 6,  14, 7,  15, 16, 24, 17, 25, 18, 26,
    19, 27, 20, 28, 21, 29, 22, 30, 23, 31, 32, 40, 33, 41, 34, 42, 35, 43, 36, 44, 37, 45,
    38, 46, 39, 47, 48, 56, 49, 57, 50, 58, 51, 59, 52, 60, 53, 61, 54, 62, 55, 63,
};

static inline uint32_t places_of_few(size_t num, unsigned mask)
{
    const __m512i lanes = _mm512_loadu_si512(lane_of_place);
    const __m512i element = _mm512_and_si512(lanes, _mm512_set1_epi8((char)mask));
    return (uint32_t)_mm512_cmplt_epu8_mask(element, _mm512_set1_epi8((char)num));
}

/* Halves of the product of the keyed halves, one xored onto the other: in the low 32 bits. */
static inline __m512i product(const uint64_t *lanes, uint64_t key)
{
    const __m512i z = _mm512_xor_si512(load(lanes), _mm512_set1_epi64((long long)key));
    return _mm512_mul_epu32(z, _mm512_srli_epi64(z, 32));
}

static const uint16_t even_places[LANES] = {
    0,  2,  4,  6,  8,  10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30,
    32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62,
};

static inline void block_bins(const uint64_t *lanes, const uint64_t *keys, unsigned key_shift,
                              uint32_t num_slots, uint16_t *first, uint16_t *second)
{
    const __m512i slots = _mm512_set1_epi16((short)num_slots);
    __m512i pairs[2];
    for (size_t h = 0; h < 2; h++) {
        const size_t key_a = 2 * h << key_shift >> 2, key_b = (2 * h + 1) << key_shift >> 2;
        const __m512i a = product(lanes + 16 * h, keys[key_a]);
        const __m512i b = product(lanes + 16 * h + 8, keys[key_b]);
        const __m512i fa = _mm512_xor_si512(a, _mm512_srli_epi64(a, 32));
        const __m512i fb = _mm512_xor_si512(b, _mm512_slli_epi64(b, 32));
        pairs[h] = _mm512_mulhi_epu16(_mm512_mask_blend_epi32(0xaaaa, fa, fb), slots);
    }
    const __m512i even = _mm512_loadu_si512(even_places);
    const __m512i odd = _mm512_or_si512(even, _mm512_set1_epi16(1));
    _mm512_storeu_si512(first, _mm512_permutex2var_epi16(pairs[0], even, pairs[1]));
    _mm512_storeu_si512(second, _mm512_permutex2var_epi16(pairs[0], odd, pairs[1]));
}

static inline uint32_t block_hits(const uint16_t *bins, const open_map *open, uint32_t num_slots)
{
    (void)num_slots; /* the tables hold all slots there can be */
    const __m512i bin = load(bins);
    const __m512i byte = _mm512_srli_epi16(bin, 3);
    const __m512i bits = _mm512_permutex2var_epi8(open->tables[0], byte, open->tables[1]);
    const __m512i bit_index = _mm512_and_si512(bin, _mm512_set1_epi16(7));
    const __m512i mask = _mm512_sllv_epi16(_mm512_set1_epi16(1), bit_index);
    return (uint32_t)_mm512_test_epi16_mask(bits, mask);
}

#include "sketch/sketch_rounds.h"

void nd_sketch_avx512(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots,
                      uint64_t *slots)
{
    compute_sketch(hashes, num_hashes, num_slots, slots);
}
