/* The tokeniser for x86-64 with AVX-512 BW, VBMI and VBMI2. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "text/tokenise/byte_sets.h"

typedef struct block {
    __m512i bytes;
} block;

static inline block block_load(const uint8_t *p)
{
    return (block){_mm512_loadu_si512(p)};
}

static inline uint64_t block_non_ascii(const block *b)
{
    return _mm512_movepi8_mask(b->bytes);
}

static inline uint64_t block_equal(const block *b, uint8_t byte)
{
    return _mm512_cmpeq_epi8_mask(b->bytes, _mm512_set1_epi8((char)byte));
}

/* Which bytes are among the num from `first` on. */
static inline uint64_t in_range(__m512i bytes, char first, char num)
{
    return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(first)),
                                  _mm512_set1_epi8(num));
}

static inline uint64_t block_fold_ascii(block *b)
{
    const __m512i space = _mm512_set1_epi8(0x20); /* also what makes a letter lower case */
    const __m512i lower = _mm512_or_si512(b->bytes, space);
    const uint64_t word = in_range(lower, 'a', 26) | in_range(b->bytes, '0', 10);
    b->bytes = _mm512_mask_mov_epi8(space, word, lower);
    return word;
}

static inline void block_fold_latin(const block *raw, block *folded)
{
    const uint64_t leads = block_equal(raw, 0xC3);
    const __m512i lower = _mm512_or_si512(raw->bytes, _mm512_set1_epi8(0x20));
    folded->bytes = _mm512_mask_mov_epi8(folded->bytes, leads << 1, lower);
    folded->bytes = _mm512_mask_mov_epi8(folded->bytes, leads, raw->bytes);
}

static inline block block_sets(const block *b, const uint8_t low[16], const uint8_t high[16])
{
    const __m512i half = _mm512_set1_epi8(0x0F);
    const __m512i low_halves = _mm512_and_si512(b->bytes, half);
    const __m512i high_halves = _mm512_and_si512(_mm512_srli_epi16(b->bytes, 4), half);
    const __m512i l = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)low));
    const __m512i h = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)high));
    return (block){
        _mm512_and_si512(_mm512_shuffle_epi8(l, low_halves), _mm512_shuffle_epi8(h, high_halves))};
}

static inline uint64_t block_test(const block *b, uint8_t bits)
{
    return _mm512_test_epi8_mask(b->bytes, _mm512_set1_epi8((char)bits));
}

static inline uint64_t block_fold_extended(const block *raw, block *folded)
{
    const block sets = block_sets(raw, extended_low_half_sets, extended_high_half_sets);
    const uint64_t c4 = block_equal(raw, 0xC4), c5 = block_equal(raw, 0xC5);
    const uint64_t last =
        (c4 << 1 & block_test(&sets, SET_C4)) | (c5 << 1 & block_test(&sets, SET_C5));
    /* A byte may be in sets of the lead it does not follow. */
    const uint64_t even = (c4 << 1 & block_test(&sets, SET_C4 & SET_EVEN)) |
                          (c5 << 1 & block_test(&sets, SET_C5 & SET_EVEN));
    const uint64_t odd = (c4 << 1 & block_test(&sets, SET_C4 & SET_ODD)) |
                         (c5 << 1 & block_test(&sets, SET_C5 & SET_ODD));
    const uint64_t is_odd = block_test(raw, 1);
    const __m512i next = _mm512_add_epi8(raw->bytes, _mm512_set1_epi8(1));
    const uint64_t is_capital = (even & ~is_odd) | (odd & is_odd);
    folded->bytes = _mm512_mask_mov_epi8(folded->bytes, c4 | c5 | last, raw->bytes);
    folded->bytes = _mm512_mask_mov_epi8(folded->bytes, is_capital, next);
    return last;
}

/* Bit 4 of a byte after D0 tells whether its small letter has D0 too: it is 0 in 8x and Ax. */
static inline uint64_t block_fold_cyrillic(const block *raw, block *folded)
{
    const uint64_t d0 = block_equal(raw, 0xD0), d1 = block_equal(raw, 0xD1);
    const uint64_t to_d1 = d0 & ~block_test(raw, 0x10) >> 1;
    const __m512i steps = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)cyrillic_steps));
    const __m512i high_half =
        _mm512_and_si512(_mm512_srli_epi16(raw->bytes, 4), _mm512_set1_epi8(0x0F));
    const __m512i small = _mm512_add_epi8(raw->bytes, _mm512_shuffle_epi8(steps, high_half));
    folded->bytes = _mm512_mask_mov_epi8(folded->bytes, d0 | d1 | d1 << 1, raw->bytes);
    folded->bytes = _mm512_mask_mov_epi8(folded->bytes, d0 << 1, small);
    folded->bytes = _mm512_mask_mov_epi8(folded->bytes, to_d1, _mm512_set1_epi8((char)0xD1));
    const uint64_t last = block_non_ascii(raw) & ~block_test(raw, 0x40);
    return last & (d0 << 1 | (d1 << 1 & ~block_test(raw, 0x20)));
}

/* Compresses in a register: to memory it is slow on some processors. */
static inline void block_compress(const block *b, uint64_t keep, uint8_t *out)
{
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(keep, b->bytes));
}

/* Every byte's number, those of the set bits moved to the front, widened: always 32 of them. */
#define BLOCK_WRITES_POSITIONS
static inline size_t write_positions(uint64_t bits, uint32_t base, uint32_t *out)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m512i positions = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers));
    const __m512i bases = _mm512_set1_epi32((int)base);
    const __m512i low = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(positions));
    const __m512i high = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(positions, 1));
    _mm512_storeu_si512(out, _mm512_add_epi32(low, bases));
    _mm512_storeu_si512(out + 16, _mm512_add_epi32(high, bases));
    return (size_t)__builtin_popcountll(bits);
}

#include "text/tokenise/tokenise_block.h"

const nd_tokenise_kernel nd_tokenise_kernel_avx512 = {easy, token_starts, EASY_LEADS};
