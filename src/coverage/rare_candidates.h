/* Candidates for a document: those that share its rare shingles. */
#ifndef COVERAGE_RARE_CANDIDATES_H
#define COVERAGE_RARE_CANDIDATES_H

#include <stdbool.h>

#include "coverage/shared_shingles.h"
#include "util/alloc.h"

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
