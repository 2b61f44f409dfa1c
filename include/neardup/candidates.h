/* Which texts of a batch are worth comparing: the pairs that a scan compares. */
#ifndef NEARDUP_CANDIDATES_H
#define NEARDUP_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/exact_join.h"
#include "neardup/match.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* --- texts found by the rare shingles they share: the rule of the news preset ---
 *
 * Whether two texts are candidates depends on them, on how many texts sample the shingles that both
 * sample, and on where they stand among those that sample a few common ones; on nothing else of
 * other texts. So a batch, an index and a cluster propose the same pairs. Texts are distinct ones
 * here (exact copies are one), in the order of size: the most distinct shingles first, texts of as
 * many by digest.
 *
 * Samples. Of each text those shingles count whose hash lies in the lowest quarter of the range of
 * hashes; in the lowest half, or all, where that would be fewer than ND_SAMPLE_MIN: shift 2, 1 or
 * 0. The frequency of a shingle is the number of texts that sample it; its weight falls with that.
 *
 * Rare. Two texts are candidates where the weights of the samples in both with a frequency of up to
 * ND_RARE_FREQUENCY reach nd_rare_weight_needed(shingles of the smaller text, the larger of their
 * shifts): a twelfth of what the smaller one has in the range that both sample.
 *
 * Common. Text that more texts hold than that would cost the square of their number. The picks of a
 * text are the ND_PICKS samples with the lowest hashes (all of them where there are fewer); one is
 * hot when its frequency is above ND_HOT_FREQUENCY. Where at least half of the picks are hot, each
 * of the ND_PICKS_FOLLOWED lowest hot ones makes the text a candidate with some of the larger texts
 * that sample it: with the first ND_PICK_LEADERS of them, and the ND_PICK_NEIGHBOURS right before
 * the text itself. ND_HOT_FREQUENCY is the smaller limit, so that copies with a frequency about the
 * other are not found by half of their samples alone. */
enum {
    ND_SAMPLE_MIN = 64,
    ND_SAMPLE_MAX_SHIFT = 2,
    ND_RARE_FREQUENCY = 128,
    ND_HOT_FREQUENCY = 96,
    ND_PICKS = 8,
    ND_PICKS_FOLLOWED = 4,
    ND_PICK_LEADERS = 4,
    ND_PICK_NEIGHBOURS = 2,
};

/* A shingle of a frequency of up to ND_PLAIN_FREQUENCY weighs ND_SHINGLE_WEIGHT_ONE, one of a
 * larger frequency ND_SHINGLE_WEIGHT_ONE * sqrt(ND_PLAIN_FREQUENCY / frequency), rounded down, at
 * least 1: what a few texts share may be one story, what hundreds share is mostly a footer.
 * frequency >= 1. Thread-safe. */
enum { ND_SHINGLE_WEIGHT_ONE = 4096, ND_PLAIN_FREQUENCY = 6 };
ND_API uint32_t nd_shingle_weight(uint32_t frequency);

/* What is sampled of a text. */
typedef struct nd_sequence_sample {
    uint64_t up_to; /* a shingle is a sample when its hash is at most this: UINT64_MAX >> shift */
    uint32_t shift;
    uint32_t num_samples;
    uint32_t num_picks;
    uint64_t picks[ND_PICKS]; /* ascending */
} nd_sequence_sample;

/* Of a sequence: the distinct shingles of a text, fewer than 2^32. O(num). Thread-safe. */
ND_API nd_sequence_sample nd_sample_sequence(const uint64_t *shingles, size_t num);

/* The weight that two texts need to share in rare samples, of which the smaller one has
 * num_shingles (not samples); at most UINT32_MAX, and a larger sum counts as that. Thread-safe. */
ND_API uint64_t nd_rare_weight_needed(size_t num_shingles, uint32_t shift);

/* Whether a hot pick proposes number i of the num larger texts that sample it, in the order of
 * size. Thread-safe. */
static inline bool nd_pick_proposes(size_t num, size_t i)
{
    return i < ND_PICK_LEADERS || num - i <= ND_PICK_NEIGHBOURS;
}

/* --- candidates of a batch --- */

/* The texts of a batch, numbered from 0, by what nd_sketcher_run and nd_sketcher_sequences say of
 * them: arrays of the caller's, borrowed. Either band keys, of texts that are found by bands, or
 * sequences, of those that are found by the rare shingles they share (the news preset, whose spec
 * has no bands). */
typedef struct nd_candidate_texts {
    size_t num;
    const uint64_t *digests;      /* [num][2] */
    const uint32_t *num_tokens;   /* [num]: texts without tokens are in no pair */
    uint32_t bands;               /* 0: by sequences */
    const uint64_t *band_keys;    /* [num][bands] */
    const nd_set_list *sequences; /* num of them */
} nd_candidate_texts;

/* The candidates: *pairs, in order of a, then of b, a < b, none twice. By bands: keys are sorted to
 * buckets, of which nd_bucket_proposes says who is compared. By sequences: by the rule above.
 * Copies (texts of one digest) are one text for this, and each of them is in all its pairs, as they
 * are in pairs with each other: k copies make k * (k - 1) / 2 pairs.
 *
 * On num_threads threads (0: one for each processor); neither they nor the numbers of texts change
 * what is proposed. O(num * bands), or O(elements), and the pairs; beyond those 8 bytes a band key,
 * or 22 an element of which a quarter is sampled. ND_ERR_INVALID_ARGUMENT: neither keys nor
 * sequences. ND_ERR_LIMIT: 2^32 - 1 texts or more. Free with nd_candidates_free. */
ND_API ND_NODISCARD nd_status nd_candidates_find(const nd_candidate_texts *texts,
                                                 uint32_t num_threads,
                                                 const nd_allocator *allocator,
                                                 nd_document_pair **pairs, size_t *num_pairs);

/* With the allocator that they were found with. */
ND_API void nd_candidates_free(nd_document_pair *pairs, const nd_allocator *allocator);

ND_END_DECLS

#endif
