/* A scan of a job's input, whatever is done with what it finds. */
#ifndef CLI_SCAN_RUN_H
#define CLI_SCAN_RUN_H

#include "cli/job.h"
#include "neardup/scan.h"

/* Uses a finished scan. */
typedef nd_status (*nd_scan_use_fn)(nd_job *job, const nd_scan *scan, void *ctx, nd_error *error);

/* Reads the input and finds what the settings ask for; notes and statistics go to the job. With
 * --strict fails before `use` where something was left out. */
ND_NODISCARD nd_status nd_scan_run(nd_job *job, nd_scan_use_fn use, void *ctx, nd_error *error);

#endif
