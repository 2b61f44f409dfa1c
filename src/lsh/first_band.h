/* A pair of candidates is taken from the first band it shares. */
#ifndef LSH_FIRST_BAND_H
#define LSH_FIRST_BAND_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the keys agree in a band before `band` that the pair was taken from: one whose bit in
 * `capped` is not set. `capped` has a bit for each band, set where the bucket of (either and so
 * both of) the documents was too large to be expanded whole. */
static inline bool nd_bands_shared_before(const uint32_t *keys_a, const uint32_t *keys_b,
                                          uint32_t band, const uint8_t *capped)
{
    uint32_t shared = 0; /* most share none, so an early end would only be a branch more */
    for (uint32_t j = 0; j < band; j++)
        shared |= (keys_a[j] == keys_b[j]) & ~(uint32_t)(capped[j / 8] >> (j % 8)) & 1;
    return shared;
}

#endif
