/* Which documents share which shingles, by a sample of them, and how common each is; and the
 * candidates for a document. */
#ifndef COVERAGE_SHARED_SHINGLES_H
#define COVERAGE_SHARED_SHINGLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"

/* Every shingle whose hash lies in the lowest quarter is sampled, whatever document it stands in:
 * so a short text that stands in a long one shares a quarter of its shingles with it in the sample
 * as well, where the slots of a sketch would hold none (Broder: On the resemblance and containment
 * of documents, 1997, section 3: the shingles that are 0 modulo m). A document that would have
 * fewer than ND_SAMPLE_MIN samples takes the lowest half, or all: short texts find each other by
 * those. */
enum { ND_SAMPLE_MIN = 64, ND_SAMPLE_MAX_SHIFT = 2 };

/* A shingle in up to ND_PLAIN_FREQUENCY documents weighs ND_WEIGHT_ONE, one in df of them
 * ND_WEIGHT_ONE * sqrt(ND_PLAIN_FREQUENCY / df), at least 1: what a few documents share may be one
 * story, what hundreds share is mostly a footer. */
enum { ND_WEIGHT_ONE = 4096, ND_PLAIN_FREQUENCY = 6 };

/* A document by its distinct shingles, in text order. A shingle of it is a sample when its hash is
 * at most UINT64_MAX >> sample_shift. */
typedef struct nd_sampled_text {
    const uint64_t *shingles; /* borrowed */
    uint64_t weight_sum;      /* over its samples */
    uint32_t num;             /* shingles */
    uint32_t num_samples;
    uint32_t first_sample;
    uint32_t sample_shift; /* 0 to ND_SAMPLE_MAX_SHIFT */
} nd_sampled_text;

/* Chooses sample_shift, and counts the samples; the rest is left 0. O(num): best done while the
 * shingles are in the cache. */
nd_sampled_text nd_sampled_text_of(const uint64_t *shingles, uint32_t num);

/* The samples of a document, in text order, are samples[first_sample ..]. Read as a number the
 * rarer one is smaller:
 *
 *   | ND_WEIGHT_ONE - weight, 12 bits | earlier, 20 | member, 32 |
 *
 * `earlier` documents with a smaller number sampled the shingle too (ND_MAX_EARLIER: or more). One
 * is told by `member` itself. More stand right before members[member], ascending:
 *
 *   members:   | 3  17  20  58 | 4  9  9001 | ...
 *                       ^ member, earlier = 2                      */
typedef struct nd_shared_shingles {
    size_t num_documents, num_samples;
    nd_sampled_text *texts;
    uint16_t *weights; /* of the samples: weights[first_sample ..] */
    uint64_t *samples;
    uint32_t *members;
} nd_shared_shingles;

enum { ND_MAX_EARLIER = (1 << 20) - 1 };

static inline uint32_t nd_sample_member(uint64_t sample)
{
    return (uint32_t)sample;
}

static inline uint32_t nd_sample_earlier(uint64_t sample)
{
    return (uint32_t)(sample >> 32) & ND_MAX_EARLIER;
}

static inline uint32_t nd_sample_weight(uint64_t sample)
{
    return ND_WEIGHT_ONE - (uint32_t)(sample >> 52);
}

static inline uint64_t nd_sampled_up_to(const nd_sampled_text *text)
{
    return UINT64_MAX >> text->sample_shift;
}

/* The weight of a shingle that stands in `frequency` documents, 1 or more. */
uint16_t nd_shingle_weight(uint32_t frequency);

/* Takes over `texts` (allocated with `allocator`), also when it fails. O(shingles); about 22 bytes
 * a sample while it runs and 14 after. What it holds depends on the documents and their numbering
 * alone, not on num_threads. Shingles count as one by 32 bits of their hash, and more where there
 * are many: the few that meet by chance weigh a little less than they should. Release also after a
 * failure. ND_ERR_LIMIT: 2^32 samples. */
ND_NODISCARD nd_status nd_shared_shingles_init(nd_shared_shingles *shared, nd_sampled_text *texts,
                                               size_t num_documents, uint32_t num_threads,
                                               const nd_allocator *allocator);

/* Releases samples and members, and leaves the weights. */
void nd_shared_shingles_forget_members(nd_shared_shingles *shared, const nd_allocator *allocator);

void nd_shared_shingles_release(nd_shared_shingles *shared, const nd_allocator *allocator);

/* --- candidates for a document: those that share its rare shingles --- */

/* Scratch of one worker; exclusive. Zero it before the first use.
 *
 *   order:   its samples that others share, rarest first
 *   tallies: open addressing by document, at most a quarter full; `touched` are the slots in use
 */
typedef struct nd_candidate_finder {
    ND_VEC(uint64_t) order;
    ND_VEC(uint64_t) scratch;
    uint64_t *tallies;
    size_t tallies_capacity, mask;
    ND_VEC(uint32_t) touched;
    ND_VEC(uint64_t) likely;     /* tallies that may tell of candidates */
    ND_VEC(uint32_t) candidates; /* what the last call found: not ordered, without d */
    bool is_common;              /* d is mostly text that too many documents hold */
    uint64_t left_out;           /* documents that it did not follow its shared shingles to */
} nd_candidate_finder;

/* Finds the candidates of document d among those with a smaller number: numbered by size, the
 * larger ones, as it is the smaller text of a pair that is covered. Follows its sampled shingles,
 * those of fewest documents first, to where else they stand, within a budget linear in d's length;
 * a document is a candidate when it holds a part of the weight of the shingles followed, and two of
 * them. Where most of d is text that too many documents hold for that, d meets a few of them by two
 * of its shingles: the first, which lead, and those right before it. */
ND_NODISCARD nd_status nd_candidate_finder_find(nd_candidate_finder *finder,
                                                const nd_shared_shingles *shared, uint32_t d,
                                                const nd_allocator *allocator);

void nd_candidate_finder_release(nd_candidate_finder *finder, const nd_allocator *allocator);

#endif
