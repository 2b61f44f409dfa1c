#include <immintrin.h>

#include "similarity/similarity.h"

/* As in intersection_avx2.c, with eight elements in a vector. */
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

void nd_merge_blocks_avx512(nd_merge *merge, size_t steps)
{
    const uint64_t *a = merge->a, *b = merge->b;
    uint64_t common = 0;
    for (; steps > 0; steps--) {
        common += num_matches(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
        const uint64_t a_last = a[ND_MERGE_BLOCK - 1], b_last = b[ND_MERGE_BLOCK - 1];
        a += a_last <= b_last ? ND_MERGE_BLOCK : 0;
        b += b_last <= a_last ? ND_MERGE_BLOCK : 0;
    }
    merge->a = a;
    merge->b = b;
    merge->common += common;
}
