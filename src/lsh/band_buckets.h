/* The buckets of one band over a whole batch, by sorting its keys. */
#ifndef LSH_BAND_BUCKETS_H
#define LSH_BAND_BUCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"

/* Scratch memory of the sort, about 8 bytes a document; exclusive. */
typedef struct nd_band_buckets nd_band_buckets;

/* One bucket: the documents (ascending, at least two) whose key of the band is the same. `members`
 * is the callee's to reorder. Calls with the same `worker` do not overlap, and no document is in
 * two buckets of one band. */
typedef nd_status (*nd_bucket_fn)(void *ctx, uint32_t worker, uint32_t *members, size_t num);

enum { ND_BUCKET_STAGES = 3 };

/* `soon`, if not NULL, is told of a member some time before its bucket comes, once for each stage 0
 * to ND_BUCKET_STAGES - 1, so that what a comparison will read can be on its way from memory: at a
 * stage what the one before has brought may be read. */
typedef struct nd_bucket_visitor {
    nd_bucket_fn each;
    void (*soon)(void *ctx, uint32_t member, unsigned stage);
    void *ctx;
} nd_bucket_visitor;

/* For `num` documents, at most 2^32 - 1. */
ND_NODISCARD nd_status nd_band_buckets_new(size_t num, uint32_t num_threads,
                                           const nd_allocator *allocator, nd_band_buckets **out);

/* Calls visitor->each for every bucket of one band; keys[d] is the key of document d. O(num). Which
 * worker gets which bucket, and when, is not determined; what is in them is. */
ND_NODISCARD nd_status nd_band_buckets_each(nd_band_buckets *buckets, const uint32_t *keys,
                                            const nd_bucket_visitor *visitor);

void nd_band_buckets_free(nd_band_buckets *buckets);

#endif
