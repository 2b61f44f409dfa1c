#include <immintrin.h>

#include "match/intersection.h"

/* As in intersection_avx2.c, with eight elements in a vector. */
enum { BLOCK = 8, STEPS = 32 };

static inline unsigned num_matches(__m512i a, __m512i b)
{
    __mmask8 found = _mm512_cmpeq_epi64_mask(a, b);
    found |= _mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, 1));
    found |= _mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, 2));
    found |= _mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, 3));
    found |= _mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, 4));
    found |= _mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, 5));
    found |= _mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, 6));
    found |= _mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, 7));
    return (unsigned)__builtin_popcount(found);
}

static inline void merge_blocks(nd_merge *merge, size_t steps)
{
    const uint64_t *a = merge->a, *b = merge->b;
    uint64_t common = 0;
    for (; steps > 0; steps--) {
        common += num_matches(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
        const uint64_t a_last = a[BLOCK - 1], b_last = b[BLOCK - 1];
        a += a_last <= b_last ? BLOCK : 0;
        b += b_last <= a_last ? BLOCK : 0;
    }
    merge->a = a;
    merge->b = b;
    merge->common += common;
}

void nd_merge_avx512(nd_merge *merge, uint64_t need)
{
    size_t left = nd_merge_left(merge);
    while (left >= BLOCK && merge->common + left >= need) {
        const size_t steps = left / BLOCK;
        merge_blocks(merge, steps < STEPS ? steps : STEPS);
        left = nd_merge_left(merge);
    }
}
