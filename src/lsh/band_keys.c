#include "lsh/band_keys.h"

#include <stddef.h>

#include "util/xxh.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#    error "band keys are hashes of little-endian slots"
#endif

void nd_band_keys(const uint64_t *slots, uint32_t bands, uint32_t rows, uint64_t *keys)
{
    const size_t len_bytes = rows * sizeof *slots;
    for (uint32_t j = 0; j < bands; j++)
        keys[j] = XXH3_64bits_withSeed(slots + (size_t)j * rows, len_bytes, j);
}
