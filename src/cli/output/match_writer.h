/* Pairs and groups on their way out, in each format. */
#ifndef CLI_OUTPUT_MATCH_WRITER_H
#define CLI_OUTPUT_MATCH_WRITER_H

#include "cli/job.h"
#include "cli/output/passage_list.h"
#include "cli/output/records.h"

/* What was written, and what the passage finder left out on the way. */
typedef struct nd_written {
    uint64_t num; /* pairs or groups */
    nd_capped_matches capped;
} nd_written;

/* Writes all pairs or groups of a finished scan, as its job's settings say: pairs are put together
 * by the job's threads. */
ND_NODISCARD nd_status nd_matches_write(nd_job *job, const nd_scan *scan, nd_written *written);

/* Appends one pair as a JSON line. */
void nd_pair_print_json(nd_page *page, nd_shown_columns shown, const nd_pair_view *pair);

/* Appends the kind of a match and its jaccard, as a line of text begins: "  near       93 %  ". */
void nd_match_print_kind(nd_page *page, nd_match_kind kind, const nd_similarity *similarity);

#endif
