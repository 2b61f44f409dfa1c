/* What a scan found among sampled documents, against the exact join of these. */
#ifndef BENCH_SAMPLE_RECALL_H
#define BENCH_SAMPLE_RECALL_H

#include <stddef.h>

#include "workload.h"

typedef struct bench_sample_score {
    size_t num_documents;
    size_t num_true;  /* pairs of the exact join */
    size_t num_found; /* pairs the scan gave */
    size_t num_common;
} bench_sample_score;

/* Joins the sample of the workload exactly and compares it with the pairs in the file, a line each:
 * id TAB id. In a process of its own, as the join needs much memory. */
ND_NODISCARD nd_status bench_sample_score_compute(const bench_workload *workload,
                                                  const char *pairs_path, uint32_t one_in,
                                                  double threshold, bench_sample_score *score);

#endif
