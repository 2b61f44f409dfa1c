/* What the engine keeps of a document, in memory all the while. */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One block of an ingester's arena; what a scan knows of the document beside it stands in the
 * collection (collection.h), under `index`.
 *
 *   | nd_record | id bytes | text length, 8 bytes | text bytes |    the last two where texts are
 * kept
 */
typedef struct nd_record {
    uint64_t tag; /* the caller's */
    uint32_t index;
    uint32_t num_tokens;
    uint32_t source; /* of the scan, where the document is lasting, else ND_NO_SOURCE */
    uint32_t id_len_bytes;
} nd_record;

#define ND_NO_SOURCE UINT32_MAX

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
