#include <immintrin.h>

#include "similarity/similarity.h"

/* Blocks of eight against blocks of eight: every element of one with every element of the other, by
 * turning one around. Then the block that ends lower is left behind, or both:
 *
 *   a:  | a0 | a1 |                 a0 against b0 turned by 0, 1, 2, 3, and so on
 *   b:     | b0 | b1 |
 *
 * Where to go next is known only after both ends are loaded and compared, some nine cycles; with
 * blocks of four the comparisons would not fill them. */
static inline __m256i load(const uint64_t *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

/* Lanes of a that stand anywhere in b: all ones. */
static inline __m256i matches(__m256i a, __m256i b)
{
    const __m256i same = _mm256_cmpeq_epi64(a, b);
    const __m256i by_1 = _mm256_cmpeq_epi64(a, _mm256_permute4x64_epi64(b, 0x39));
    const __m256i by_2 = _mm256_cmpeq_epi64(a, _mm256_permute4x64_epi64(b, 0x4e));
    const __m256i by_3 = _mm256_cmpeq_epi64(a, _mm256_permute4x64_epi64(b, 0x93));
    return _mm256_or_si256(_mm256_or_si256(same, by_1), _mm256_or_si256(by_2, by_3));
}

static inline uint64_t sum(__m256i counts)
{
    const __m128i halves =
        _mm_add_epi64(_mm256_castsi256_si128(counts), _mm256_extracti128_si256(counts, 1));
    return (uint64_t)_mm_cvtsi128_si64(halves) + (uint64_t)_mm_extract_epi64(halves, 1);
}

void nd_merge_blocks_avx2(nd_merge *merge, size_t steps)
{
    const uint64_t *a = merge->a, *b = merge->b;
    __m256i counts = _mm256_setzero_si256();
    for (; steps > 0; steps--) {
        const __m256i a0 = load(a), a1 = load(a + 4), b0 = load(b), b1 = load(b + 4);
        const __m256i in_a0 = _mm256_or_si256(matches(a0, b0), matches(a0, b1));
        const __m256i in_a1 = _mm256_or_si256(matches(a1, b0), matches(a1, b1));
        counts = _mm256_sub_epi64(counts, _mm256_add_epi64(in_a0, in_a1));
        const uint64_t a_last = a[ND_MERGE_BLOCK - 1], b_last = b[ND_MERGE_BLOCK - 1];
        a += a_last <= b_last ? ND_MERGE_BLOCK : 0;
        b += b_last <= a_last ? ND_MERGE_BLOCK : 0;
    }
    merge->a = a;
    merge->b = b;
    merge->common += sum(counts);
}
