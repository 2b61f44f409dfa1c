/* What the engine keeps of a document. */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* One block of a worker's arena:
 *
 *   | nd_record | band_keys: bands x 4 bytes | id bytes |
 *
 * The shingle hashes stand elsewhere (set_store.h), so that they can be given up or written out
 * while the record stays. They are in text order, repeats included, until the first comparison
 * turns them into a set (nd_record_set): most documents are never compared, and sorting would cost
 * more than sketching. */
typedef struct nd_record {
    uint64_t digest[2]; /* XXH3_128bits of the normalised text */
    uint64_t *hashes;
    uint64_t preference;
    uint32_t num_hashes; /* of the set, once is_set */
    uint32_t num_tokens;
    uint32_t id_len_bytes;
    uint32_t is_set;
    uint32_t band_keys[]; /* see nd_band_key_short */
} nd_record;

static inline const char *nd_record_id(const nd_record *record, uint32_t bands)
{
    return (const char *)(record->band_keys + bands);
}

#endif
