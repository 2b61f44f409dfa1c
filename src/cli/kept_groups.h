/* The groups that a scan has found, in the journal of --resume: for a run that was interrupted
 * later, while it wrote. */
#ifndef CLI_KEPT_GROUPS_H
#define CLI_KEPT_GROUPS_H

#include <stdbool.h>

#include "cli/job.h"
#include "io/journal.h"
#include "neardup/scan.h"

typedef struct nd_kept_groups {
    nd_job *job;
    nd_journal_key key; /* of the input's files */
    uint64_t num_parts;
    nd_byte_vec bytes;   /* of a part that is written, or read */
    nd_scan_stats stats; /* of the scan */
} nd_kept_groups;

/* Looks for the groups of the job's input. Where they are found, the job is as its scan had left
 * it: its notes, statistics and the report of its input. Release it in any case. */
ND_NODISCARD nd_status nd_kept_groups_find(nd_kept_groups *kept, nd_job *job, bool *found,
                                           nd_error *error);

/* nd_scan_each_group of those that were found. Names hold for the call. ND_ERR_FORMAT: damaged. */
ND_NODISCARD nd_status nd_kept_groups_each(nd_kept_groups *kept, nd_group_fn each, void *ctx,
                                           nd_error *error);

/* Keeps the groups of a scan, with what the job knows after it; of what nd_kept_groups_find did not
 * find. */
ND_NODISCARD nd_status nd_kept_groups_save(nd_kept_groups *kept, const nd_scan *scan,
                                           nd_error *error);

void nd_kept_groups_release(nd_kept_groups *kept);

#endif
