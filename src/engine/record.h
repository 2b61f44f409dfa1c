/* What the engine keeps of a document. */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* One block of a worker's arena:
 *
 *   | nd_record | band_keys: bands x 8 bytes | id bytes |
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
    uint64_t band_keys[];
} nd_record;

static inline const char *nd_record_id(const nd_record *record, uint32_t bands)
{
    return (const char *)(record->band_keys + bands);
}

/* The record that band keys belong to. */
static inline nd_record *nd_record_of_keys(const uint64_t *band_keys)
{
    return (nd_record *)((uintptr_t)band_keys - offsetof(nd_record, band_keys));
}

#endif
