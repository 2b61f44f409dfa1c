/* Candidates by rare shingles where neither samples nor lists nor pairs have room in memory: the
 * same that coverage/rare_candidates.c finds there. */
#ifndef ENGINE_FILED_CANDIDATES_H
#define ENGINE_FILED_CANDIDATES_H

#include <stdbool.h>

#include "coverage/coverage.h"
#include "neardup/scan.h"
#include "store/sorted_runs.h"

/* Texts by number, the largest first. get: the shingles of one, in text order; they hold until the
 * next call. */
typedef struct nd_text_source {
    void *ctx;
    nd_status (*get)(void *ctx, uint32_t text, const uint64_t **shingles, uint32_t *num);
    size_t num_texts;
    uint64_t num_samples; /* of all of them: see nd_sampled_text_of */
} nd_text_source;

/* A stretch of the file of rare samples: what a task searches by. */
typedef struct nd_filed_stretch {
    uint64_t at;
    size_t len;
} nd_filed_stretch;

/* Texts are counted by ranges of their numbers. */
enum { ND_MEMBER_RANGES = 4096 };

/* What is known of the samples once filed_samples.c is done with them:
 *
 *   rare:      | text, num: 32 bits each | sample, 64 bits (nd_rare_sample) | sample | ... | text,
 * num | ... members:   texts, 32 bits each: of each rare shingle of two texts or more those that
 * sample it, ascending; a sample's `member` is the place of its own text there weights:   of all
 * samples, 16 bits each, text by text; where asked for
 */
typedef struct nd_filed_samples {
    const nd_scan_options *options; /* for threads, budget and progress */
    const nd_allocator *allocator;
    size_t num_texts;
    uint8_t *shifts;        /* of the texts */
    uint32_t *num_shingles; /* of the texts */
    nd_temp_file *rare, *members, *weights;
    ND_VEC(nd_filed_stretch) stretches;
    size_t num_members;
    uint32_t texts_a_range;
    uint32_t members_in[ND_MEMBER_RANGES]; /* by range of texts */
    uint32_t
        *first_sample; /* of the texts, among the weights; NULL where these are not asked for */
} nd_filed_samples;

/* What is proposed: larger text << 32 | smaller one, the same pair perhaps twice; and of texts that
 * are mostly of what very many share, how many there are, the lowest of them (ND_NO_TEXT: none),
 * and how many comparisons were left out. */
typedef struct nd_filed_proposals {
    nd_sorted_runs *pairs;
    uint64_t num_common, capped_comparisons;
    uint32_t common_text;
} nd_filed_proposals;

/* Counts how common each sample is, writes down the rare ones, and proposes the pairs of common
 * text. Samples go to partitions by their hashes in a file, are counted there one partition after
 * the other, and come back in the order in which they went. Memory: 9 bytes a text, and about a
 * quarter of what the budget has left. ND_ERR_LIMIT: 2^32 samples. Release also after a failure. */
ND_NODISCARD nd_status nd_filed_samples_init(nd_filed_samples *samples,
                                             const nd_scan_options *options,
                                             const nd_allocator *allocator,
                                             const nd_text_source *source, bool wants_weights,
                                             nd_filed_proposals *proposals);

/* Proposes the pairs that share rare samples. The lists of as many texts as half of the budget's
 * rest has room for are in memory at a time; all texts look for theirs among these. Two bits a
 * member beside that. */
ND_NODISCARD nd_status nd_filed_samples_search(const nd_filed_samples *samples,
                                               nd_filed_proposals *proposals);

/* Gives back what only the search needs. */
void nd_filed_samples_forget_lists(nd_filed_samples *samples);

void nd_filed_samples_release(nd_filed_samples *samples);

#endif
