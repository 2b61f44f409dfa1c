/* Groups of near-copies, `scan --format html`. */
#ifndef CLI_REPORT_GROUPS_REPORT_H
#define CLI_REPORT_GROUPS_REPORT_H

#include "cli/job.h"
#include "cli/output/passage_list.h"
#include "neardup/scan.h"

/* Writes the report on a scan that was asked for groups. What the page has no room for is a note of
 * the job. */
ND_NODISCARD nd_status nd_groups_report_write(nd_job *job, const nd_scan *scan,
                                              nd_capped_matches *capped, nd_error *error);

#endif
