/* What the engine keeps of a document. */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One block of a worker's arena:
 *
 *   | nd_record | id bytes | text length, 8 bytes | text bytes |      the last two where texts are
 * kept
 *
 * The shingle hashes stand elsewhere (set_store.h). Where the document is lasting they are made
 * when the text is compared, from the text read again (set_fetch.h). Else they are in text order,
 * repeats included, until somebody asks for the set (nd_record_make_set): most documents share a
 * bucket with none, and sorting would cost more than sketching. Where coverage is asked for they
 * are a set in text order from the start. */
typedef enum nd_hashes_state {
    ND_HASHES_IN_TEXT_ORDER = 0,
    ND_HASHES_BEING_SORTED,
    ND_HASHES_ARE_SET,
} nd_hashes_state;

#define ND_NO_SOURCE UINT32_MAX

typedef struct nd_record {
    uint64_t digest[2];  /* XXH3_128bits of the normalised text */
    uint64_t check;      /* of it too, by a seed that no author of texts knows */
    uint64_t raw_digest; /* XXH3_64bits of the text as it came */
    uint64_t tag;        /* the caller's */
    uint64_t preference; /* likewise */
    uint64_t *hashes;    /* NULL where the text is read again before they are needed */
    uint32_t *band_keys; /* until the catalog has gathered them; see nd_band_key_short */
    uint32_t source;     /* of the scan, where the document is lasting, else ND_NO_SOURCE */
    uint32_t num_hashes; /* of the set, once it is made */
    uint32_t num_tokens;
    uint32_t id_len_bytes;
    _Atomic uint32_t hashes_state; /* nd_hashes_state */
    uint32_t num_samples;          /* coverage: see nd_sampled_text_of */
    uint32_t sample_shift;
} nd_record;

static inline const char *nd_record_id(const nd_record *record)
{
    return (const char *)(record + 1);
}

/* Where texts are kept: the text, and its length. */
static inline const char *nd_record_text(const nd_record *record, uint64_t *len)
{
    const char *const after_id = nd_record_id(record) + record->id_len_bytes;
    memcpy(len, after_id, sizeof *len);
    return after_id + sizeof *len;
}

#endif
