/* Pairs and groups on their way out, in each format. */
#ifndef CLI_OUTPUT_MATCH_WRITER_H
#define CLI_OUTPUT_MATCH_WRITER_H

#include "cli/job.h"
#include "cli/output/records.h"

/* Writes all pairs or groups of a finished scan, as its job's settings say: pairs are put together
 * by the job's threads. *num_written counts them. */
ND_NODISCARD nd_status nd_matches_write(nd_job *job, const nd_scan *scan, uint64_t *num_written);

/* Appends one pair as a JSON line. */
void nd_pair_print_json(nd_page *page, nd_shown_columns shown, const nd_pair_view *pair);

#endif
