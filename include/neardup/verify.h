/* Verification: exact comparison under a rule, giving up early. */
#ifndef NEARDUP_VERIFY_H
#define NEARDUP_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/exact_join.h"
#include "neardup/match.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* The kind of match that two sets make (ascending, no repeats: nd_shingle_set), with the exact
 * similarity in *similarity; ND_MATCH_NONE, and zeros, where they make none. Gives up as soon as
 * what is left of the sets cannot reach the rule. O(size_a + size_b). Thread-safe. */
ND_API nd_match_kind nd_verify_sets(const uint64_t *a, size_t size_a, const uint64_t *b,
                                    size_t size_b, const nd_match_rule *rule,
                                    nd_similarity *similarity);

/* Two sets of a list by their numbers. */
typedef struct nd_set_pair {
    uint32_t a, b;
} nd_set_pair;

typedef struct nd_verified_pair {
    nd_match_kind kind; /* none: the rest is zeros */
    nd_similarity similarity;
} nd_verified_pair;

/* Compares num pairs of sets, into verified[0..num), on so many threads (0: one for each
 * processor). Quickest where pairs of one `a` stand side by side. ND_ERR_INVALID_ARGUMENT: a number
 * that is none of the list's; a rule out of range. */
ND_API ND_NODISCARD nd_status nd_verify_pairs(const nd_set_list *sets, const nd_set_pair *pairs,
                                              size_t num, const nd_match_rule *rule,
                                              uint32_t num_threads, const nd_allocator *allocator,
                                              nd_verified_pair *verified);

ND_END_DECLS

#endif
