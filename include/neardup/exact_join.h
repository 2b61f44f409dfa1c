/* Every pair of sets that reaches a threshold, without a sketch: what recall is measured against.
 */
#ifndef NEARDUP_EXACT_JOIN_H
#define NEARDUP_EXACT_JOIN_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/document.h"
#include "neardup/match.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* Set i is elements[starts[i] .. starts[i + 1]), as nd_shingle_set makes it: ascending, without
 * repeats. */
typedef struct nd_set_list {
    const uint64_t *elements;
    const size_t *starts; /* num + 1 of them, ascending */
    size_t num;
} nd_set_list;

typedef struct nd_exact_join_options {
    size_t size_bytes;       /* of this struct as the caller knows it; set by _init */
    double jaccard;          /* 0 < x <= 1 */
    double containment;      /* of either set in the other, 0 < x <= 1; 0: not asked for */
    uint32_t num_threads;    /* at least 1; the caller's thread is one of them */
    nd_progress_fn progress; /* ND_PHASE_JOIN; may be NULL */
    void *progress_ctx;
    const nd_allocator *allocator; /* may be NULL */
} nd_exact_join_options;

/* Jaccard 0.8, no containment, one thread. */
static inline void nd_exact_join_options_init(nd_exact_join_options *options);

/* One pair, i < j, and the similarity of set i (a) and set j (b). Called from several threads:
 * `worker` counts from 0 to num_threads - 1, so what a caller keeps for each worker needs no lock.
 * A status other than ND_OK stops the join, which returns it. */
typedef nd_status (*nd_joined_pair_fn)(void *ctx, uint32_t worker, size_t i, size_t j,
                                       const nd_similarity *similarity);

/* Calls `each` once for every pair that reaches a threshold, in no particular order; empty sets
 * match nothing. Sets that reach it share an element among the rarest few of each (prefix filter:
 * Chaudhuri, Ganti and Kaushik, A primitive operator for similarity joins, ICDE 2006; Bayardo, Ma
 * and Srikant, WWW 2007), and among the places of that element (positional filter and the shorter
 * prefix of the smaller set: Xiao, Wang, Lin and Yu, PPJoin, WWW 2008). Equal sets are compared
 * with others once.
 *
 * Time grows with the number of pairs that share an element of their prefixes: close to linear for
 * word 5-grams at 0.5, and close to quadratic for elements that most sets hold, such as single
 * characters, or a low containment. Memory beyond the sets: at most about 20 bytes an element, 32
 * bytes and 4 for each thread a distinct set, and 50 MB, where elements are spread like hashes.
 * ND_ERR_INVALID_ARGUMENT: an option out of range. ND_ERR_LIMIT: 2^32 - 1 sets or more. */
ND_API ND_NODISCARD nd_status nd_exact_join(const nd_set_list *sets,
                                            const nd_exact_join_options *options,
                                            nd_joined_pair_fn each, void *ctx);

/* Behind nd_exact_join_options_init. */
ND_API void nd_exact_join_options_init_sized(nd_exact_join_options *options, size_t size_bytes);

static inline void nd_exact_join_options_init(nd_exact_join_options *options)
{
    nd_exact_join_options_init_sized(options, sizeof *options);
}

ND_END_DECLS

#endif
