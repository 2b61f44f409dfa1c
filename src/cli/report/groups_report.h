/* Groups of near-copies: `scan --format html` and `dedup --removed FILE.html`. */
#ifndef CLI_REPORT_GROUPS_REPORT_H
#define CLI_REPORT_GROUPS_REPORT_H

#include "cli/job.h"
#include "cli/output/writers.h"
#include "neardup/scan.h"

typedef enum nd_groups_report_kind {
    ND_GROUPS_FOUND = 0, /* to the job's output */
    ND_GROUPS_REMOVED,   /* all but the representatives are removed; to job->removed */
    ND_GROUPS_REMOVABLE, /* the same, in a dry run */
} nd_groups_report_kind;

/* Writes the report on a scan that was asked for groups. What the page has no room for is a note of
 * the job. A failed write has its message from the job's commit, or of job->removed, here. */
ND_NODISCARD nd_status nd_groups_report_write(nd_job *job, nd_groups_report_kind kind,
                                              const nd_scan *scan, nd_capped_matches *capped,
                                              nd_error *error);

#endif
