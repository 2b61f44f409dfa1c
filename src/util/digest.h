/* Digests of whole texts: XXH3 by the widest vectors that the processor has. The values are those
 * of any other build of it. */
#ifndef UTIL_DIGEST_H
#define UTIL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct nd_digest128 {
    uint64_t low, high;
} nd_digest128;

/* XXH3_64bits_withSeed, XXH3_64bits with seed 0. */
uint64_t nd_digest64(const void *p, size_t len_bytes, uint64_t seed);

/* XXH3_128bits. */
nd_digest128 nd_digest128_of(const void *p, size_t len_bytes);

/* Kernels, which must not be called where the processor lacks them. */
typedef uint64_t nd_digest64_kernel_fn(const void *p, size_t len_bytes, uint64_t seed);
typedef nd_digest128 nd_digest128_kernel_fn(const void *p, size_t len_bytes);

#if defined(__x86_64__)
nd_digest64_kernel_fn nd_digest64_avx2;
nd_digest128_kernel_fn nd_digest128_avx2;
#endif

#endif
