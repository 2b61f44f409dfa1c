/* A bijection of 0 .. num - 1 that scatters neighbours, without a table. */
#ifndef BENCH_SHUFFLE_H
#define BENCH_SHUFFLE_H

#include <stdint.h>

#include "bench_random.h"

/* A Feistel network over the next even power of two, walked along its cycle until the number is
 * below num (Black and Rogaway: Ciphers with Arbitrary Finite Domains, CT-RSA 2002, section 5): at
 * most four steps on average. */
typedef struct bench_shuffle {
    uint64_t num, seed;
    uint32_t half_bits;
} bench_shuffle;

enum { BENCH_SHUFFLE_ROUNDS = 4 };

static inline bench_shuffle bench_shuffle_of(uint64_t num, uint64_t seed)
{
    bench_shuffle s = {num, seed, 1};
    while (s.half_bits < 31 && num > UINT64_C(1) << (2 * s.half_bits))
        s.half_bits++;
    return s;
}

static inline uint64_t bench_shuffle_key(const bench_shuffle *s, uint64_t half, uint64_t round)
{
    return bench_mix(s->seed + half * BENCH_SHUFFLE_ROUNDS + round) &
           ((UINT64_C(1) << s->half_bits) - 1);
}

static inline uint64_t bench_shuffle_forward(const bench_shuffle *s, uint64_t x)
{
    do {
        uint64_t left = x >> s->half_bits, right = x & ((UINT64_C(1) << s->half_bits) - 1);
        for (uint64_t round = 0; round < BENCH_SHUFFLE_ROUNDS; round++) {
            const uint64_t next = left ^ bench_shuffle_key(s, right, round);
            left = right;
            right = next;
        }
        x = left << s->half_bits | right;
    } while (x >= s->num);
    return x;
}

static inline uint64_t bench_shuffle_backward(const bench_shuffle *s, uint64_t x)
{
    do {
        uint64_t left = x >> s->half_bits, right = x & ((UINT64_C(1) << s->half_bits) - 1);
        for (uint64_t round = BENCH_SHUFFLE_ROUNDS; round-- > 0;) {
            const uint64_t before = right ^ bench_shuffle_key(s, left, round);
            right = left;
            left = before;
        }
        x = left << s->half_bits | right;
    } while (x >= s->num);
    return x;
}

#endif
