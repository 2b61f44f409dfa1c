/* The tokeniser for x86-64 with AVX2 and BMI. */
#include <immintrin.h>
#include <string.h>

#include "text/byte_positions.h"

typedef struct block {
    __m256i half[2];
} block;

static inline block block_load(const uint8_t *p)
{
    return (block){
        {_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32))}};
}

/* The top bit of each byte. */
static inline uint64_t top_bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

static inline uint64_t block_non_ascii(const block *b)
{
    return top_bits(b->half[0], b->half[1]);
}

static inline uint64_t block_equal(const block *b, uint8_t byte)
{
    const __m256i wanted = _mm256_set1_epi8((char)byte);
    return top_bits(_mm256_cmpeq_epi8(b->half[0], wanted), _mm256_cmpeq_epi8(b->half[1], wanted));
}

/* FF where the byte is an ASCII letter or digit: each range is moved to the top of the signed
 * bytes, where one comparison tells it. */
static inline __m256i is_word(__m256i v)
{
    const __m256i lower = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
    const __m256i letters = _mm256_add_epi8(lower, _mm256_set1_epi8(127 - 'z'));
    const __m256i digits = _mm256_add_epi8(v, _mm256_set1_epi8(127 - '9'));
    return _mm256_or_si256(_mm256_cmpgt_epi8(letters, _mm256_set1_epi8(127 - 26)),
                           _mm256_cmpgt_epi8(digits, _mm256_set1_epi8(127 - 10)));
}

static inline uint64_t block_fold_ascii(block *b)
{
    const __m256i low = is_word(b->half[0]), high = is_word(b->half[1]);
    const __m256i space = _mm256_set1_epi8(0x20); /* also what makes a letter lower case */
    b->half[0] = _mm256_or_si256(_mm256_and_si256(b->half[0], low), space);
    b->half[1] = _mm256_or_si256(_mm256_and_si256(b->half[1], high), space);
    return top_bits(low, high);
}

/* Puts the C3 bytes of raw and the bytes after them, in lower case, into folded. Byte 15 of
 * is_c3_before's upper lane is the byte before raw. */
static inline __m256i fold_latin(__m256i raw, __m256i folded, __m256i is_c3, __m256i is_c3_before)
{
    const __m256i after_c3 =
        _mm256_alignr_epi8(is_c3, _mm256_permute2x128_si256(is_c3_before, is_c3, 0x21), 15);
    const __m256i lower = _mm256_or_si256(raw, _mm256_and_si256(after_c3, _mm256_set1_epi8(0x20)));
    return _mm256_blendv_epi8(folded, lower, _mm256_or_si256(is_c3, after_c3));
}

static inline void block_fold_latin(const block *raw, block *folded)
{
    const __m256i lead = _mm256_set1_epi8((char)0xC3);
    const __m256i low = _mm256_cmpeq_epi8(raw->half[0], lead);
    const __m256i high = _mm256_cmpeq_epi8(raw->half[1], lead);
    folded->half[0] = fold_latin(raw->half[0], folded->half[0], low, _mm256_setzero_si256());
    folded->half[1] = fold_latin(raw->half[1], folded->half[1], high, low);
}

static inline __m256i sets_of(__m256i v, __m256i low, __m256i high)
{
    const __m256i low_half = _mm256_and_si256(v, _mm256_set1_epi8(0x0F));
    const __m256i high_half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
    return _mm256_and_si256(_mm256_shuffle_epi8(low, low_half),
                            _mm256_shuffle_epi8(high, high_half));
}

static inline block block_sets(const block *b, const uint8_t low[16], const uint8_t high[16])
{
    const __m256i l = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)low));
    const __m256i h = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)high));
    return (block){{sets_of(b->half[0], l, h), sets_of(b->half[1], l, h)}};
}

static inline uint64_t block_test(const block *b, uint8_t bits)
{
    const __m256i wanted = _mm256_set1_epi8((char)bits), zero = _mm256_setzero_si256();
    const __m256i low = _mm256_cmpeq_epi8(_mm256_and_si256(b->half[0], wanted), zero);
    const __m256i high = _mm256_cmpeq_epi8(_mm256_and_si256(b->half[1], wanted), zero);
    return ~top_bits(low, high);
}

/* The kept ones of 16 bytes, in two stores of 8. */
static inline void compress_16(__m128i bytes, unsigned keep, uint8_t *out)
{
    const uint64_t *const positions = nd_byte_positions;
    const __m128i low = _mm_loadl_epi64((const __m128i *)&positions[keep & 0xFF]);
    const __m128i high = _mm_loadl_epi64((const __m128i *)&positions[keep >> 8 & 0xFF]);
    const __m128i shuffle =
        _mm_add_epi8(_mm_unpacklo_epi64(low, high), _mm_set_epi64x(0x0808080808080808, 0));
    const __m128i packed = _mm_shuffle_epi8(bytes, shuffle);
    _mm_storel_epi64((__m128i *)out, packed);
    const int64_t packed_high = _mm_extract_epi64(packed, 1);
    memcpy(out + __builtin_popcount(keep & 0xFF), &packed_high, sizeof packed_high);
}

static inline void block_compress(const block *b, uint64_t keep, uint8_t *out)
{
    const unsigned kept_16 = (unsigned)__builtin_popcountll(keep & 0xFFFF);
    const unsigned kept_32 = (unsigned)__builtin_popcountll(keep & 0xFFFFFFFF);
    const unsigned kept_48 = (unsigned)__builtin_popcountll(keep & 0xFFFFFFFFFFFF);
    compress_16(_mm256_castsi256_si128(b->half[0]), (unsigned)keep & 0xFFFF, out);
    compress_16(_mm256_extracti128_si256(b->half[0], 1), (unsigned)(keep >> 16) & 0xFFFF,
                out + kept_16);
    compress_16(_mm256_castsi256_si128(b->half[1]), (unsigned)(keep >> 32) & 0xFFFF, out + kept_32);
    compress_16(_mm256_extracti128_si256(b->half[1], 1), (unsigned)(keep >> 48), out + kept_48);
}

/* The four positions an eighth of the bits can name, looked up and widened. */
#define BLOCK_WRITES_POSITIONS
static inline size_t write_positions(uint64_t bits, uint32_t base, uint32_t *out)
{
    __m128i bases = _mm_set1_epi32((int)base);
    for (unsigned i = 0; i < 64; i += 8) {
        const __m128i positions = _mm_cvtepu8_epi32(
            _mm_loadl_epi64((const __m128i *)&nd_byte_positions[bits >> i & 0xFF]));
        const uint64_t before = bits & (((uint64_t)1 << i) - 1);
        _mm_storeu_si128((__m128i *)(out + __builtin_popcountll(before)),
                         _mm_add_epi32(positions, bases));
        bases = _mm_add_epi32(bases, _mm_set1_epi32(8));
    }
    return (size_t)__builtin_popcountll(bits);
}

#include "text/tokenise_block.h"

const nd_tokenise_kernel nd_tokenise_kernel_avx2 = {easy, token_starts};
