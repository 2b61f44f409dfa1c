/* Buckets of documents that share a band, changing one document at a time. */
#ifndef LSH_BUCKET_TABLE_H
#define LSH_BUCKET_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "util/alloc.h"

/* Documents are small numbers of the caller's, used again after removal. Insert and remove are
 * exclusive; candidates may be asked for from several threads between them. */
typedef struct nd_bucket_table nd_bucket_table;

ND_NODISCARD nd_status nd_bucket_table_new(uint32_t bands, const nd_allocator *allocator,
                                           nd_bucket_table **out);

/* Puts a document, which is not in the table, under keys[0..bands). Amortised O(bands), however
 * large the buckets. Nothing changes on failure. ND_ERR_LIMIT: document numbers end at
 * UINT32_MAX - 1. */
ND_NODISCARD nd_status nd_bucket_table_insert(nd_bucket_table *table, const uint64_t *keys,
                                              uint32_t document);

/* Takes out a document that was inserted with the same keys. O(bands). */
void nd_bucket_table_remove(nd_bucket_table *table, const uint64_t *keys, uint32_t document);

typedef ND_VEC(uint32_t) nd_documents;

/* Appends every document that shares a band with `keys`, as often as it shares one, to *documents;
 * of a bucket with more than `cap` members the `cap` latest. *num_capped becomes how many such
 * buckets there were. On failure *documents may have grown. */
ND_NODISCARD nd_status nd_bucket_table_candidates(const nd_bucket_table *table,
                                                  const uint64_t *keys, uint32_t cap,
                                                  nd_documents *documents, uint32_t *num_capped);

/* Appends the members of one band's bucket, the latest first, at most `cap` of them; *size becomes
 * how many it has. On failure *documents is as it was. */
ND_NODISCARD nd_status nd_bucket_table_members(const nd_bucket_table *table, uint32_t band,
                                               uint64_t key, uint32_t cap, nd_documents *documents,
                                               uint32_t *size);

void nd_bucket_table_free(nd_bucket_table *table);

#endif
