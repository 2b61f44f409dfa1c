/* How much of each of two texts stands in the other, in order, edited or not. */
#ifndef COVERAGE_COVERAGE_H
#define COVERAGE_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

#include "coverage/run_chain.h"
#include "coverage/shared_shingles.h"
#include "neardup/shingle.h"
#include "util/alloc.h"

/* One text: its distinct shingles in text order, and the weights of those with a hash up to
 * sampled_up_to, in text order too. */
typedef struct nd_weighted_text {
    const uint64_t *shingles;
    uint32_t num;
    uint32_t num_samples;
    const uint16_t *weights; /* of the samples, see nd_shared_shingles */
    uint64_t weight_sum;
    uint64_t sampled_up_to;
} nd_weighted_text;

/* Parts of a text, in units of 1 / ND_COVERED_ALL: integers, so that no processor decides
 * otherwise. */
enum { ND_COVERED_ALL = 32768 };

typedef struct nd_coverage_counts {
    uint32_t common;   /* shingles in both */
    uint32_t of_held;  /* part of the held text that stands in the other, discounted */
    uint32_t of_other; /* and of the other in it */
} nd_coverage_counts;

/* Scratch of one worker; exclusive. Make it with _init, which cannot fail. */
typedef struct nd_coverage_finder {
    nd_weighted_text held;
    nd_position_index index; /* of `held` */
    nd_run_chain chain;
    ND_VEC(uint64_t) intervals;
    ND_VEC(uint64_t) scratch;
} nd_coverage_finder;

void nd_coverage_finder_init(nd_coverage_finder *finder, nd_shingle_spec shingle);

/* Holds a text to measure others against; `text` is borrowed until the next call. O(text->num). */
ND_NODISCARD nd_status nd_coverage_finder_hold(nd_coverage_finder *finder,
                                               const nd_weighted_text *text,
                                               const nd_allocator *allocator);

/* Measures `other` against the held text. O(other->num).
 *
 * Shingles of both texts are chained to runs: each next one further on in both, by no more than
 * max_gap, and by about as much in the one as in the other.
 *
 *   held:   . . a b c x d e y z f . . . . p q r . .        runs: a..f and p..r
 *   other:  p q r . . . a b c d u v w e f .                covered: all from a to f, edits included
 *
 * Runs of three shingles and more cover what lies between their ends, the edited words inside them
 * included: a copy with every tenth word replaced, or with the letters an OCR misread, is covered
 * nearly whole, while the chance meetings of two texts, scattered and out of order, cover nothing.
 * So words may break and shingles with them; what is left of them has to be in order.
 *
 * The part of a text that is covered is then weighed against the rest, each by the mean weight of
 * its sampled shingles: covered * w / (covered * w + rest * v). */
ND_NODISCARD nd_status nd_coverage_finder_measure(nd_coverage_finder *finder,
                                                  const nd_weighted_text *other,
                                                  const nd_allocator *allocator,
                                                  nd_coverage_counts *counts);

/* How many shingles of `other` stand in the held text; places[other->num] says where each one does,
 * ND_NO_POSITION if nowhere. O(other->num). */
uint32_t nd_coverage_finder_match(const nd_coverage_finder *finder, const nd_weighted_text *other,
                                  uint32_t *places);

void nd_coverage_finder_release(nd_coverage_finder *finder, const nd_allocator *allocator);

#endif
