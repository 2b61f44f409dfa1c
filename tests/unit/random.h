/* Repeatable random numbers for tests. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>

/* splitmix64 (Steele, Lea and Flood 2014); any start will do: nd_random random = {1}; */
typedef struct nd_random {
    uint64_t state;
} nd_random;

static inline uint64_t nd_random_u64(nd_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
