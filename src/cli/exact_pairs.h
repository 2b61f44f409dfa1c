/* What a scan should have found: every pair of held documents that reaches a threshold. */
#ifndef CLI_EXACT_PAIRS_H
#define CLI_EXACT_PAIRS_H

#include "cli/held_sets.h"
#include "cli/pair_list.h"

/* Fills *pairs by the exact join of the sets; sorted. */
ND_NODISCARD nd_status nd_exact_pairs_make(const nd_held_documents *held, const nd_held_sets *sets,
                                           const nd_exact_join_options *options,
                                           nd_pair_list *pairs);

#endif
