/* The header of xxHash takes the vectors of the instruction set that it is built for. */
#include "util/digest.h"
#include "util/xxh.h"

uint64_t nd_digest64_avx2(const void *p, size_t len_bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(p, len_bytes, seed);
}

nd_digest128 nd_digest128_avx2(const void *p, size_t len_bytes)
{
    const XXH128_hash_t hash = XXH3_128bits(p, len_bytes);
    return (nd_digest128){hash.low64, hash.high64};
}
