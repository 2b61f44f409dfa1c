/* Which documents share which shingles, by a sample of them, and how common each is. */
#ifndef LSH_SHARED_SHINGLES_H
#define LSH_SHARED_SHINGLES_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"

/* Distinct shingles of one document, in text order; borrowed. */
typedef struct nd_shingle_list {
    const uint64_t *shingles;
    uint32_t num;
} nd_shingle_list;

/* Every shingle whose hash lies in the lowest quarter is sampled, whatever document it stands in:
 * so a short text that stands in a long one shares a quarter of its shingles with it in the sample
 * as well, where the slots of a sketch would hold none (Broder: On the resemblance and containment
 * of documents, 1997, section 3: the shingles that are 0 modulo m). A document that would have
 * fewer than ND_SAMPLE_MIN samples takes its lowest hashes until it has. */
#define ND_SAMPLED_UP_TO ((UINT64_C(1) << 62) - 1)
enum { ND_SAMPLE_MIN = 64 };

/* A shingle in up to ND_PLAIN_FREQUENCY documents weighs ND_WEIGHT_ONE, one in df of them
 * ND_WEIGHT_ONE * sqrt(ND_PLAIN_FREQUENCY / df), at least 1: what a few documents share may be one
 * story, what hundreds share is mostly a footer. */
enum { ND_WEIGHT_ONE = 4096, ND_PLAIN_FREQUENCY = 6 };

#define ND_NO_BUCKET UINT32_MAX

/* Samples of document d, in text order, are samples[start[d] .. start[d + 1]). Read as a number the
 * rarer one is smaller:
 *
 *   | ND_WEIGHT_ONE - weight, 32 bits | bucket, 32 |
 *
 * `bucket` is where in `members` the documents (at least 2) that sampled the shingle follow,
 * ascending; ND_NO_BUCKET if no other one did:
 *
 *   members:   | num | document | document | ... | num | document | ...
 *               ^bucket
 */
typedef struct nd_shared_shingles {
    size_t num_documents;
    size_t *start;
    uint64_t *sampled_up_to; /* a shingle of d with a hash up to sampled_up_to[d] is sampled */
    uint64_t *weight_sum;    /* over the samples of d */
    uint64_t *samples;
    uint32_t *members;
} nd_shared_shingles;

static inline uint32_t nd_sample_bucket(uint64_t sample)
{
    return (uint32_t)sample;
}

static inline uint32_t nd_sample_weight(uint64_t sample)
{
    return ND_WEIGHT_ONE - (uint32_t)(sample >> 32);
}

/* The weight of a shingle that stands in `frequency` documents, 1 or more. */
uint16_t nd_shingle_weight(uint32_t frequency);

/* O(shingles); about 30 bytes a sample while it runs and 14 after. What it holds depends on the
 * documents and their numbering alone, not on num_threads. Release also after a failure.
 * ND_ERR_LIMIT: over about 2.8 * 10^9 samples. */
ND_NODISCARD nd_status nd_shared_shingles_init(nd_shared_shingles *shared,
                                               const nd_shingle_list *documents,
                                               size_t num_documents, uint32_t num_threads,
                                               const nd_allocator *allocator);

void nd_shared_shingles_release(nd_shared_shingles *shared, const nd_allocator *allocator);

#endif
