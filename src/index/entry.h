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
    uint32_t sample_shift;   /* see nd_sampling; 0 where texts are found by bands */
} nd_text_entry;

/* What the larger of two texts has more of. */
typedef enum nd_text_order {
    ND_ORDER_BY_TOKENS = 0, /* in buckets (neardup/bucket.h) */
    ND_ORDER_BY_SHINGLES,   /* where they are found by the shingles they share */
} nd_text_order;

/* Below, equal to or above 0: the larger first, then by digest. */
static inline int nd_text_entry_compare(nd_text_order order, const nd_text_entry *a,
                                        const nd_text_entry *b)
{
    const bool by_tokens = order == ND_ORDER_BY_TOKENS;
    const uint32_t size_a = by_tokens ? a->num_tokens : a->num_shingles;
    const uint32_t size_b = by_tokens ? b->num_tokens : b->num_shingles;
    if (size_a != size_b)
        return size_a > size_b ? -1 : 1;
    for (int i = 0; i < 2; i++)
        if (a->digest[i] != b->digest[i])
            return a->digest[i] < b->digest[i] ? -1 : 1;
    return 0;
}

#endif
