/* Comparing two documents exactly, no further than a rule needs. */
#ifndef SIMILARITY_VERIFICATION_H
#define SIMILARITY_VERIFICATION_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/match.h"

/* A shingle set as nd_shingle_set makes it; borrowed. */
typedef struct nd_hash_set {
    const uint64_t *hashes;
    size_t size;
} nd_hash_set;

/* Common elements below which no pair of sets of these sizes matches, by any part of the rule. */
uint64_t nd_match_least_common(const nd_match_rule *rule, size_t size_a, size_t size_b);

/* The kind of match the sets make, with the similarity in *out; ND_MATCH_NONE, and *out is not
 * filled, where they make none. Gives up as soon as what is left cannot reach the rule. */
nd_match_kind nd_match_verify(nd_hash_set a, nd_hash_set b, const nd_match_rule *rule,
                              nd_similarity *out);

#endif
