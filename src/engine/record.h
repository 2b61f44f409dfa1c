/* What the engine keeps of a document. */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One block of a worker's arena:
 *
 *   | nd_record | band_keys: bands x 4 bytes | id bytes |
 *   ... | text length, 8 bytes | text bytes |                 where texts are kept
 *
 * The shingle hashes stand elsewhere (set_store.h), so that they can be given up or written out
 * while the record stays. They are in text order, repeats included, until the first comparison
 * turns them into a set (nd_record_set): most documents are never compared, and sorting would cost
 * more than sketching. Where coverage is asked for they are a set in text order from the start. */
typedef struct nd_record {
    uint64_t digest[2]; /* XXH3_128bits of the normalised text */
    uint64_t *hashes;
    uint64_t preference;
    uint32_t num_hashes; /* of the set, once is_set */
    uint32_t num_tokens;
    uint32_t id_len_bytes;
    uint32_t is_set;
    uint32_t num_samples; /* coverage: see nd_sampled_text_of */
    uint32_t sample_shift;
    uint32_t band_keys[]; /* see nd_band_key_short */
} nd_record;

static inline const char *nd_record_id(const nd_record *record, uint32_t bands)
{
    return (const char *)(record->band_keys + bands);
}

/* Where texts are kept: the text, and its length. */
static inline const char *nd_record_text(const nd_record *record, uint32_t bands, uint64_t *len)
{
    const char *const after_id = nd_record_id(record, bands) + record->id_len_bytes;
    memcpy(len, after_id, sizeof *len);
    return after_id + sizeof *len;
}

#endif
