/* The key a band gives a document. */
#ifndef LSH_BAND_KEYS_H
#define LSH_BAND_KEYS_H

#include <stdint.h>

/* Writes keys[0..bands): key j is XXH3_64bits, seeded with j, of slots j * rows to
 * (j + 1) * rows - 1 as little-endian bytes:
 *
 *   slots:  | band 0: rows slots | band 1 | ... | band bands-1 | slots no band uses |
 *
 * Documents whose slots agree over a whole band have its key in common; others have it by a chance
 * of 2^-64. Whole slots are hashed: bands of one or two truncated slots would meet by chance. */
void nd_band_keys(const uint64_t *slots, uint32_t bands, uint32_t rows, uint64_t *keys);

/* What a batch keeps of a key. Two documents whose keys differ agree in it once in 2^32 pairs:
 * among 10^7 documents that makes 12,000 false candidates a band, which verification drops, and
 * half the bytes to sort. */
static inline uint32_t nd_band_key_short(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

#endif
