/* Every pair of sets whose jaccard reaches a threshold: what recall is measured against. */
#ifndef BENCH_EXACT_JOIN_H
#define BENCH_EXACT_JOIN_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/match.h"
#include "util/alloc.h"

/* Set i is elements[starts[i] .. starts[i + 1]), ascending, without repeats. */
typedef struct bench_set_list {
    const uint64_t *elements;
    const size_t *starts; /* num + 1 */
    size_t num;
} bench_set_list;

/* i < j; the similarity is that of set i (a) and set j (b). */
typedef nd_status (*bench_join_fn)(void *ctx, size_t i, size_t j, const nd_similarity *similarity);

/* Calls `each` for every pair with jaccard >= threshold (0 < threshold <= 1), in no particular
 * order; empty sets match nothing. No sketch, no chance: sets that reach the threshold share an
 * element among the rarest few of each (prefix filter: Chaudhuri, Ganti and Kaushik, ICDE 2006;
 * Bayardo, Ma and Srikant, WWW 2007). Needs about 60 bytes an element. */
ND_NODISCARD nd_status bench_exact_join(const bench_set_list *sets, double threshold,
                                        const nd_allocator *allocator, bench_join_fn each,
                                        void *ctx);

#endif
