/* Which texts of a batch are worth comparing: the pairs that a scan compares. */
#ifndef NEARDUP_CANDIDATES_H
#define NEARDUP_CANDIDATES_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/exact_join.h"
#include "neardup/match.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

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
 * buckets, of which nd_bucket_proposes says who is compared. By sequences: each text follows its
 * rarest shingles to larger texts, within a budget linear in its length
 * (src/coverage/rare_candidates.c). Copies (texts of one digest) are one text for this, and each of
 * them is in all its pairs, as they are in pairs with each other: k copies make k * (k - 1) / 2
 * pairs.
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
