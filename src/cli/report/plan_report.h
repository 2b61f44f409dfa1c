/* A plan with its S-curve, `plan --format html`. */
#ifndef CLI_REPORT_PLAN_REPORT_H
#define CLI_REPORT_PLAN_REPORT_H

#include "cli/output/page.h"
#include "cli/output/records.h"

/* Appends the whole page. */
void nd_plan_report_print(nd_page *page, const nd_plan_view *plan);

#endif
