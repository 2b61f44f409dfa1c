/* How far verification has to go. */
#ifndef SIMILARITY_VERIFICATION_H
#define SIMILARITY_VERIFICATION_H

#include "neardup/verify.h"

/* Common elements below which no pair of sets of these sizes matches, by any part of the rule. */
uint64_t nd_match_least_common(const nd_match_rule *rule, size_t size_a, size_t size_b);

#endif
