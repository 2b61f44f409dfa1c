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

#endif
