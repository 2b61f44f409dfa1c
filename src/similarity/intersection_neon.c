#include <arm_neon.h>

#include "similarity/similarity.h"

/* As in intersection_avx2.c, with two elements in a vector. */
enum { VECTORS = ND_MERGE_BLOCK / 2 };

/* All ones in the lanes of a that stand anywhere in b[0..ND_MERGE_BLOCK). */
static inline uint64x2_t matches(uint64x2_t a, const uint64_t *b)
{
    uint64x2_t found = vdupq_n_u64(0);
    for (size_t i = 0; i < VECTORS; i++) {
        const uint64x2_t two = vld1q_u64(b + 2 * i);
        const uint64x2_t turned = vextq_u64(two, two, 1);
        found = vorrq_u64(found, vorrq_u64(vceqq_u64(a, two), vceqq_u64(a, turned)));
    }
    return found;
}

void nd_merge_blocks_neon(nd_merge *merge, size_t steps)
{
    const uint64_t *a = merge->a, *b = merge->b;
    uint64x2_t counts = vdupq_n_u64(0);
    for (; steps > 0; steps--) {
        for (size_t i = 0; i < VECTORS; i++)
            counts = vsubq_u64(counts, matches(vld1q_u64(a + 2 * i), b));
        const uint64_t a_last = a[ND_MERGE_BLOCK - 1], b_last = b[ND_MERGE_BLOCK - 1];
        a += a_last <= b_last ? ND_MERGE_BLOCK : 0;
        b += b_last <= a_last ? ND_MERGE_BLOCK : 0;
    }
    merge->a = a;
    merge->b = b;
    merge->common += vaddvq_u64(counts);
}
