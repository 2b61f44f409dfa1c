/* Repeatable random numbers: the same on every machine, and any document's stream on its own. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>

/* SplitMix64 (Steele, Lea and Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014,
 * figure 17): one addition and a finaliser a number, and any 64 bits are a good seed. */
typedef struct bench_random {
    uint64_t state;
} bench_random;

static inline uint64_t bench_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* The stream of what `key` names for the purpose `purpose`: independent of all others. */
static inline bench_random bench_random_of(uint64_t seed, uint64_t key, uint64_t purpose)
{
    return (bench_random){bench_mix(bench_mix(bench_mix(seed) + key) + purpose)};
}

static inline uint64_t bench_random_next(bench_random *random)
{
    random->state += 0x9E3779B97F4A7C15u;
    return bench_mix(random->state);
}

/* 0 .. bound - 1, bound > 0; the bias of bound / 2^32 does not matter here. */
static inline uint32_t bench_random_below(bench_random *random, uint32_t bound)
{
    return (uint32_t)(((bench_random_next(random) >> 32) * bound) >> 32);
}

/* A fraction 0 .. 1 as a bound for bench_random_hits. */
static inline uint64_t bench_random_bound(double fraction)
{
    return (uint64_t)(fraction * 4294967296.0);
}

static inline int bench_random_hits(bench_random *random, uint64_t bound)
{
    return (bench_random_next(random) >> 32) < bound;
}

#endif
