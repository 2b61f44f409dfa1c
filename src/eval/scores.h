/* How well found pairs and groups agree with the true ones. */
#ifndef EVAL_SCORES_H
#define EVAL_SCORES_H

#include <stddef.h>
#include <stdint.h>

#include "eval/pair_list.h"

/* Precision is 1 where nothing is found, and recall where nothing is true: no mistake was made. */
typedef struct nd_scores {
    uint64_t pairs_true, pairs_found, true_positives;
    double precision; /* true positives / found */
    double recall;    /* true positives / true */
    double f1;        /* 2 true positives / (true + found): 1 where there is neither */
} nd_scores;

/* Both lists are sorted. */
nd_scores nd_scores_of(const nd_pair_list *truth, const nd_pair_list *found);

/* The adjusted Rand index of two partitions of documents 0 .. num - 1, each by a label a document
 * (Hubert and Arabie, Comparing partitions, Journal of Classification 2, 1985): 1 where they are
 * the same, about 0 where one is chance, below where it is worse. */
ND_NODISCARD nd_status nd_adjusted_rand_index(const uint32_t *label_a, const uint32_t *label_b,
                                              size_t num, const nd_allocator *allocator,
                                              double *out);

/* The band of a similarity. */
int nd_band_of(double jaccard);

#endif
