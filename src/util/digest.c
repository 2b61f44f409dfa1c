#include "util/digest.h"

#include "neardup/kernel.h"
#include "util/xxh.h"

enum { SHORT_BYTES = 240 }; /* XXH3 takes no vectors up to here */

#if defined(__x86_64__)
static int has_avx2(void)
{
    const nd_kernel kernel = nd_kernel_current();
    return kernel == ND_KERNEL_AVX2 || kernel == ND_KERNEL_AVX512;
}
#endif

uint64_t nd_digest64(const void *p, size_t len_bytes, uint64_t seed)
{
#if defined(__x86_64__)
    if (len_bytes > SHORT_BYTES && has_avx2())
        return nd_digest64_avx2(p, len_bytes, seed);
#endif
    return XXH3_64bits_withSeed(p, len_bytes, seed);
}

nd_digest128 nd_digest128_of(const void *p, size_t len_bytes)
{
#if defined(__x86_64__)
    if (len_bytes > SHORT_BYTES && has_avx2())
        return nd_digest128_avx2(p, len_bytes);
#endif
    const XXH128_hash_t hash = XXH3_128bits(p, len_bytes);
    return (nd_digest128){hash.low64, hash.high64};
}
