/* The tokeniser for x86-64 with AVX2 and BMI. */
#include <immintrin.h>
#include <string.h>

#include "text/tokenise/byte_sets.h"

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

/* Each byte's predecessor; `low` holds the 32 bytes before v. */
static inline __m256i bytes_before(__m256i v, __m256i low)
{
    return _mm256_alignr_epi8(v, _mm256_permute2x128_si256(low, v, 0x21), 15);
}

/* Each byte's successor; `high` holds the 32 bytes after v. */
static inline __m256i bytes_after(__m256i v, __m256i high)
{
    return _mm256_alignr_epi8(_mm256_permute2x128_si256(v, high, 0x21), v, 1);
}

static inline __m256i is_byte(__m256i v, uint8_t byte)
{
    return _mm256_cmpeq_epi8(v, _mm256_set1_epi8((char)byte));
}

static inline __m256i fold_latin(__m256i v, __m256i before, __m256i folded)
{
    const __m256i is_c3 = is_byte(v, 0xC3), after_c3 = is_byte(before, 0xC3);
    const __m256i lower = _mm256_or_si256(v, _mm256_and_si256(after_c3, _mm256_set1_epi8(0x20)));
    return _mm256_blendv_epi8(folded, lower, _mm256_or_si256(is_c3, after_c3));
}

static inline void block_fold_latin(const block *raw, block *folded)
{
    const __m256i low = raw->half[0], high = raw->half[1];
    const __m256i before_low = bytes_before(low, _mm256_setzero_si256());
    folded->half[0] = fold_latin(low, before_low, folded->half[0]);
    folded->half[1] = fold_latin(high, bytes_before(high, low), folded->half[1]);
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

static inline __m256i has_none(__m256i v, uint8_t bits)
{
    return _mm256_cmpeq_epi8(_mm256_and_si256(v, _mm256_set1_epi8((char)bits)),
                             _mm256_setzero_si256());
}

static inline uint64_t block_test(const block *b, uint8_t bits)
{
    return ~top_bits(has_none(b->half[0], bits), has_none(b->half[1], bits));
}

/* `sets` become those of the bytes that follow a C4 or C5, and belong to one of its sets. */
static inline __m256i fold_extended(__m256i v, __m256i before, __m256i folded, __m256i *sets)
{
    const __m256i one = _mm256_set1_epi8(1);
    const __m256i c4 = _mm256_and_si256(is_byte(before, 0xC4), _mm256_set1_epi8((char)SET_C4));
    const __m256i c5 = _mm256_and_si256(is_byte(before, 0xC5), _mm256_set1_epi8((char)SET_C5));
    *sets = _mm256_and_si256(*sets, _mm256_or_si256(c4, c5));
    const __m256i even = _mm256_andnot_si256(has_none(*sets, SET_EVEN), one);
    const __m256i odd = _mm256_andnot_si256(has_none(*sets, SET_ODD), _mm256_and_si256(v, one));
    const __m256i small = _mm256_add_epi8(_mm256_or_si256(v, even), odd);
    const __m256i is_lead = _mm256_or_si256(is_byte(v, 0xC4), is_byte(v, 0xC5));
    return _mm256_blendv_epi8(_mm256_blendv_epi8(small, folded, has_none(*sets, 0xFF)), v, is_lead);
}

static inline uint64_t block_fold_extended(const block *raw, block *folded)
{
    const __m256i low = raw->half[0], high = raw->half[1];
    const __m256i before_low = bytes_before(low, _mm256_setzero_si256());
    block sets = block_sets(raw, extended_low_half_sets, extended_high_half_sets);
    folded->half[0] = fold_extended(low, before_low, folded->half[0], &sets.half[0]);
    folded->half[1] = fold_extended(high, bytes_before(high, low), folded->half[1], &sets.half[1]);
    return block_test(&sets, 0xFF);
}

/* Bit 4 of a byte after D0 tells whether its small letter has D0 too: it is 0 in 8x and Ax. */
static inline __m256i fold_cyrillic(__m256i v, __m256i before, __m256i after, __m256i folded)
{
    const __m256i steps =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)cyrillic_steps));
    const __m256i high_half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
    const __m256i small = _mm256_add_epi8(v, _mm256_shuffle_epi8(steps, high_half));
    const __m256i lead = _mm256_sub_epi8(v, has_none(after, 0x10));
    const __m256i is_small = _mm256_or_si256(is_byte(v, 0xD1), is_byte(before, 0xD1));
    folded = _mm256_blendv_epi8(folded, v, is_small);
    folded = _mm256_blendv_epi8(folded, small, is_byte(before, 0xD0));
    return _mm256_blendv_epi8(folded, lead, is_byte(v, 0xD0));
}

static inline uint64_t block_fold_cyrillic(const block *raw, block *folded)
{
    const __m256i low = raw->half[0], high = raw->half[1], zero = _mm256_setzero_si256();
    folded->half[0] =
        fold_cyrillic(low, bytes_before(low, zero), bytes_after(low, high), folded->half[0]);
    folded->half[1] =
        fold_cyrillic(high, bytes_before(high, low), bytes_after(high, zero), folded->half[1]);
    const uint64_t last = block_non_ascii(raw) & ~block_test(raw, 0x40);
    return last &
           (block_equal(raw, 0xD0) << 1 | (block_equal(raw, 0xD1) << 1 & ~block_test(raw, 0x20)));
}

/* The kept ones of 16 bytes, in two stores of 8. */
static inline void compress_16(__m128i bytes, unsigned keep, uint8_t *out)
{
    const uint64_t *const positions = byte_positions;
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
        const __m128i positions =
            _mm_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)&byte_positions[bits >> i & 0xFF]));
        const uint64_t before = bits & (((uint64_t)1 << i) - 1);
        _mm_storeu_si128((__m128i *)(out + __builtin_popcountll(before)),
                         _mm_add_epi32(positions, bases));
        bases = _mm_add_epi32(bases, _mm_set1_epi32(8));
    }
    return (size_t)__builtin_popcountll(bits);
}

#include "text/tokenise/tokenise_block.h"

const nd_tokenise_kernel nd_tokenise_kernel_avx2 = {easy, token_starts, EASY_LEADS};
