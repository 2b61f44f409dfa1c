/* What the log of an index consists of: records of what was added and removed. */
#ifndef INDEX_CHANGE_H
#define INDEX_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "index/folder.h"
#include "neardup/index.h"

/* Every record begins with this, and is a multiple of 8 bytes long. The checksum is of what follows
 * it, but for the stored bytes of a text, whose digest is checked; it is seeded with the
 * log's salt and where the record stands. */
typedef struct nd_change {
    uint32_t kind;  /* nd_change_kind */
    uint32_t bytes; /* of the whole record */
    uint64_t checksum;
} nd_change;

typedef enum nd_change_kind {
    ND_CHANGE_TEXT = 1,
    ND_CHANGE_DOCUMENT,
    ND_CHANGE_REMOVAL,
} nd_change_kind;

#define ND_NO_NUMBER UINT32_MAX

/* A normalised text that the index did not have:
 *
 *   | nd_text_change | band keys, 4 bytes each, or picks (sampling.h) | stored bytes | zeros up to
 * a multiple of 8 |
 */
typedef struct nd_text_change {
    nd_change head;
    uint32_t number;           /* the next one */
    uint32_t num_tokens;       /* at least 1 */
    uint32_t num_shingles;     /* of the set */
    uint32_t normalised_bytes; /* of the text */
    uint32_t stored_bytes;     /* as many where it is not compressed */
    uint32_t num_keys;
    uint64_t digest[2]; /* XXH3_128bits of the normalised text, the low half first */
} nd_text_change;

/* A document:
 *
 *   | nd_document_change | id | source | zeros up to a multiple of 8 |
 */
typedef struct nd_document_change {
    nd_change head;
    uint32_t number; /* the next one */
    uint32_t text;   /* of its text, which came before; ND_NO_NUMBER where it has no tokens */
    uint32_t id_bytes, source_bytes;
    int64_t time;        /* microseconds since 1970; 0: not known */
    uint64_t tag;        /* the caller's */
    uint64_t text_bytes; /* of the text as it came */
} nd_document_change;

/* The end of a document, and of its text if no other document has it. */
typedef struct nd_removal_change {
    nd_change head;
    uint32_t document;
    uint32_t text; /* ND_NO_NUMBER: it stays */
} nd_removal_change;

enum {
    /* Of a record, without the stored bytes of a text. */
    ND_CHANGE_MAX_BYTES =
        sizeof(nd_document_change) + ND_INDEX_MAX_ID_BYTES + ND_INDEX_MAX_SOURCE_BYTES + 8,
};

/* Bytes of the record up to what its checksum does not cover. 0: it is none that can be. */
size_t nd_change_covered_bytes(const nd_change *head);

/* Sets the checksum of a record; `place` seeds it. */
void nd_change_seal(nd_change *head, uint64_t place);

/* Whether a record is whole: its lengths, and its checksum. */
bool nd_change_is_whole(const nd_change *head, uint64_t place);

static inline const uint32_t *nd_text_change_keys(const nd_text_change *change)
{
    return (const uint32_t *)(const void *)(change + 1);
}

static inline const char *nd_document_change_id(const nd_document_change *change)
{
    return (const char *)(change + 1);
}

static inline const char *nd_document_change_source(const nd_document_change *change)
{
    return nd_document_change_id(change) + change->id_bytes;
}

static inline size_t nd_round_up_8(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

#endif
