/* What is known of a document or a text by its number: where its record is, and what queries ask
 * for first. */
#ifndef INDEX_ENTRY_H
#define INDEX_ENTRY_H

#include <stdint.h>

#include "index/change.h"

typedef struct nd_document_entry {
    uint64_t offset; /* of its nd_document_change in the log */
    int64_t time;
    uint32_t text;
    uint32_t record_bytes;
} nd_document_entry;

typedef struct nd_text_entry {
    uint64_t offset; /* of its nd_text_change */
    uint64_t digest[2];
    uint32_t num_tokens, num_shingles;
    uint32_t normalised_bytes, stored_bytes;
    uint32_t first_document; /* the others stand in the table of copies */
    uint32_t reserved;       /* 0 */
} nd_text_entry;

/* Below, equal to or above 0: the order of texts in a bucket (neardup/bucket.h). */
static inline int nd_text_entry_compare(const nd_text_entry *a, const nd_text_entry *b)
{
    if (a->num_tokens != b->num_tokens)
        return a->num_tokens > b->num_tokens ? -1 : 1;
    for (int i = 0; i < 2; i++)
        if (a->digest[i] != b->digest[i])
            return a->digest[i] < b->digest[i] ? -1 : 1;
    return 0;
}

#endif
