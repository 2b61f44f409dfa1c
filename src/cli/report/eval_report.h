/* How right a scan is, `eval --format html`. */
#ifndef CLI_REPORT_EVAL_REPORT_H
#define CLI_REPORT_EVAL_REPORT_H

#include "cli/output/writers.h"
#include "cli/report/side_by_side.h"

/* Appends the beginning of the page: figures, the curve of a sweep, recall by similarity and by
 * kind. */
void nd_eval_report_begin(nd_page *page, const nd_eval_report *report);

/* Appends a pair that the scan got wrong, `what` ("false" or "missed"); numbers count from 1 over
 * all of them. */
void nd_eval_report_wrong(nd_side_by_side *sides, nd_page *page, const char *what, size_t number,
                          const nd_wrong_pair *pair, const nd_comparison *comparison,
                          double least_score);

/* Appends the end of the page. */
void nd_eval_report_end(nd_page *page);

#endif
