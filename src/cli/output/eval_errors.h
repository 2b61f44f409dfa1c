/* The pairs that a scan got most wrong, with what their texts share. */
#ifndef CLI_OUTPUT_EVAL_ERRORS_H
#define CLI_OUTPUT_EVAL_ERRORS_H

#include "cli/evaluator.h"

/* Appends at most job->settings->errors false pairs (found, not true), the least similar first, and
 * as many missed ones, the most similar first. Similar: by jaccard or, where the scan asks for
 * containment or coverage, by the larger containment. Memory: 16 bytes an error. */
ND_NODISCARD nd_status nd_eval_errors_print(const nd_evaluator *evaluator, nd_page *page);

#endif
