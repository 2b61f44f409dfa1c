/* What the kernels of the sketch share, one kernel for each instruction set: the hash functions,
 * where each round sends an element, and with what value. */
#ifndef SKETCH_SKETCH_KERNELS_H
#define SKETCH_SKETCH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/sketch.h"

/* Changing anything here moves the test vectors of the hash spec (ND_HASH_SPEC_VERSION).
 *
 * Everything is made of 32 x 32 -> 64 bit multiplications, the widest a vector unit without
 * AVX-512 has; a full 64-bit product costs it six instructions, and only the first round, which
 * meets every element once, spends two of them.
 *
 *   slot:   | round, 16 bits | value, 48 bits |        smaller is taken first
 *
 *   round 0      element z = mix(hash):    bin + fraction = high 32 bits of z * num_slots / 2^32
 *                                          value = fraction (32) | low 16 bits of z
 *   round 1, 2   w = fold(z, key 0):       bin = 16 bits of w * num_slots / 2^16: round 1 takes the
 *   round 3, 4   w = fold(z, key 1) ...    low half of w, round 2 the high one
 *                                          value = 48 bits of another product, made only for an
 *                                          element that falls into an empty slot
 *   round k + i  bin = i                   value as above
 */
enum { ND_SLOT_VALUE_BITS = 48, ND_ROUND_KEYS = ND_SKETCH_MAX_SLOTS / 2 };

#define ND_SLOT_VALUE_MASK ((UINT64_C(1) << ND_SLOT_VALUE_BITS) - 1)

#define ND_MIX_FIRST UINT64_C(0xbf58476d1ce4e5b9)
#define ND_MIX_SECOND UINT64_C(0x94d049bb133111eb)
#define ND_VALUE_STEP UINT64_C(0x9e3779b97f4a7c15)
#define ND_VALUE_MULTIPLIER UINT64_C(0xd6e8feb86659fd93)

/* One key for each pair of rounds after round 0. */
extern const uint64_t nd_round_keys[ND_ROUND_KEYS];

/* Spreads any set of distinct hashes, counters too, over 64 bits; a bijection, so it joins no two
 * (the multipliers are those of splitmix64: Steele, Lea and Flood, Fast splittable pseudorandom
 * number generators, 2014). */
static inline uint64_t nd_mix_element(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= ND_MIX_FIRST;
    hash ^= hash >> 32;
    return hash * ND_MIX_SECOND;
}

/* Round 0: the bin above ND_SLOT_VALUE_BITS, the value below. */
static inline uint64_t nd_first_round(uint64_t z, uint32_t num_slots)
{
    return ((z >> 32) * num_slots) << 16 | (z & 0xffff);
}

/* Two rounds' hashes of 16 bits. The product of two 32-bit numbers is uneven at both ends; its
 * halves, one xored onto the other, are even. */
static inline uint32_t nd_fold_pair(uint64_t z, uint64_t key)
{
    const uint64_t keyed = z ^ key;
    const uint64_t product = (keyed & 0xffffffff) * (keyed >> 32);
    return (uint32_t)(product ^ product >> 32);
}

/* The bin that 16 bits of hash select. */
static inline uint32_t nd_bin(uint32_t hash16, uint32_t num_slots)
{
    return hash16 * num_slots >> 16;
}

/* The value in any round but the first, under the key of the round. */
static inline uint64_t nd_later_key(uint32_t round)
{
    return round * ND_VALUE_STEP;
}

static inline uint64_t nd_later_value(uint64_t z, uint64_t key)
{
    return (z ^ key) * ND_VALUE_MULTIPLIER >> (64 - ND_SLOT_VALUE_BITS);
}

/* The slot an element leaves in any round but the first. */
static inline uint64_t nd_later_slot(uint64_t z, uint32_t round)
{
    return (uint64_t)round << ND_SLOT_VALUE_BITS | nd_later_value(z, nd_later_key(round));
}

/* nd_sketch_compute for num_hashes > 0 and a valid num_slots. Equal slots from each. */
typedef void nd_sketch_kernel_fn(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots,
                                 uint64_t *slots);

nd_sketch_kernel_fn nd_sketch_scalar;
nd_sketch_kernel_fn nd_sketch_avx2;
nd_sketch_kernel_fn nd_sketch_avx512;
nd_sketch_kernel_fn nd_sketch_neon;

#endif
