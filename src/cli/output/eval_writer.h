/* Measured scans on their way out, in each format. */
#ifndef CLI_OUTPUT_EVAL_WRITER_H
#define CLI_OUTPUT_EVAL_WRITER_H

#include "cli/job.h"
#include "cli/sweep.h"
#include "neardup/evaluation.h"

typedef struct nd_eval_report {
    const nd_job *job;
    const nd_evaluator *evaluator;
    const nd_sweep *sweep;
    const nd_evaluation *rows; /* one for each value of the sweep */
    size_t num_rows;
} nd_eval_report;

/* JSON Lines and TSV: a line for each row. Text: one row with its bands and kinds, or the curve of
 * a sweep. */
void nd_eval_print(nd_page *page, const nd_eval_report *report);

/* The row with the largest F1, the first of equals. */
size_t nd_eval_best_row(const nd_eval_report *report);

/* Appends at most job->settings->errors false pairs (found, not true), the least similar first, and
 * as many missed ones, the most similar first, with what their texts share: see
 * nd_evaluator_each_wrong. */
ND_NODISCARD nd_status nd_eval_errors_print(nd_page *page, const nd_eval_report *report,
                                            nd_notes *notes);

#endif
