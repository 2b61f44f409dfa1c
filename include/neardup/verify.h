/* Verification: exact comparison under a rule, giving up early. */
#ifndef NEARDUP_VERIFY_H
#define NEARDUP_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/exact_join.h"
#include "neardup/match.h"
#include "neardup/scan.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* The kind of match that two sets make (ascending, no repeats: nd_shingle_set), with the exact
 * similarity in *similarity; ND_MATCH_NONE, and zeros, where they make none. Gives up as soon as
 * what is left of the sets cannot reach the rule. O(size_a + size_b). Thread-safe. */
ND_API nd_match_kind nd_verify_sets(const uint64_t *a, size_t size_a, const uint64_t *b,
                                    size_t size_b, const nd_match_rule *rule,
                                    nd_similarity *similarity);

typedef struct nd_verified_pair {
    nd_match_kind kind; /* none: the rest is zeros */
    nd_similarity similarity;
} nd_verified_pair;

/* Compares num pairs of sets, into verified[0..num), on so many threads (0: one for each
 * processor). Quickest where pairs of one `a` stand side by side. ND_ERR_INVALID_ARGUMENT: a number
 * that is none of the list's; a rule out of range. */
ND_API ND_NODISCARD nd_status nd_verify_pairs(const nd_set_list *sets,
                                              const nd_document_pair *pairs, size_t num,
                                              const nd_match_rule *rule, uint32_t num_threads,
                                              const nd_allocator *allocator,
                                              nd_verified_pair *verified);

/* Texts of a batch, with what nd_sketcher_sets and nd_sketcher_run say of them; all borrowed. */
struct nd_text_batch;
typedef struct nd_matched_texts {
    const nd_set_list *sets;
    const struct nd_text_batch *batch; /* as many; these two for a score alone */
    const uint64_t *digests;           /* [sets->num][2] */
} nd_matched_texts;

/* What a scan says of two texts, a's view. */
typedef struct nd_matched_pair {
    nd_match_kind kind; /* none: a scan does not report them */
    nd_similarity similarity;
    nd_coverage coverage; /* zeros where no score is asked for, as it is */
    double score;
} nd_matched_pair;

/* What a scan with these options says of num pairs, the same to the last bit, into
 * matched[0..num), on options->num_threads threads. Every pair is compared in full, and one that
 * shares enough is judged (nd_judge_pairs): candidates are few. Quickest where pairs of one `a`
 * stand side by side. ND_ERR_INVALID_ARGUMENT: an option out of range, a number that is no text's.
 * ND_ERR_UNSUPPORTED: options->coverage, which depends on all documents. */
ND_API ND_NODISCARD nd_status nd_match_pairs(const nd_matched_texts *texts,
                                             const nd_scan_options *options,
                                             const nd_document_pair *pairs, size_t num,
                                             const nd_allocator *allocator,
                                             nd_matched_pair *matched, nd_error *error);

/* The same match seen from b. */
ND_API nd_matched_pair nd_matched_pair_reversed(const nd_matched_pair *pair);

ND_END_DECLS

#endif
