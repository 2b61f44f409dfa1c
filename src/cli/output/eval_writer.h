/* Measured scans on their way out, in each format. */
#ifndef CLI_OUTPUT_EVAL_WRITER_H
#define CLI_OUTPUT_EVAL_WRITER_H

#include "cli/evaluator.h"
#include "cli/sweep.h"

typedef struct nd_eval_report {
    const nd_evaluator *evaluator;
    const nd_sweep *sweep;
    const nd_eval_row *rows; /* one for each value of the sweep */
    size_t num_rows;
} nd_eval_report;

/* JSON Lines and TSV: a line for each row. Text: one row with its bands and kinds, or the curve of
 * a sweep. */
void nd_eval_print(const nd_job *job, nd_page *page, const nd_eval_report *report);

/* The row with the largest F1, the first of equals. */
size_t nd_eval_best_row(const nd_eval_report *report);

/* Appends at most job->settings->errors false pairs (found, not true), the least similar first, and
 * as many missed ones, the most similar first. Similar: by jaccard or, where the scan asks for
 * containment or coverage, by the larger containment. Memory: 16 bytes an error. */
ND_NODISCARD nd_status nd_eval_errors_print(const nd_evaluator *evaluator, nd_page *page);

#endif
