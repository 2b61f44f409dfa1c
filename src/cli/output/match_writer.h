/* Pairs and groups on their way out, in each format. */
#ifndef CLI_OUTPUT_MATCH_WRITER_H
#define CLI_OUTPUT_MATCH_WRITER_H

#include "cli/job.h"
#include "cli/output/passage_list.h"
#include "neardup/scan.h"

typedef struct nd_match_writer {
    nd_job *job;
    nd_page page;
    nd_passage_list passages; /* filled with --passages */
    uint64_t num_written;     /* pairs or groups */
} nd_match_writer;

/* Release also after a failure. */
ND_NODISCARD nd_status nd_match_writer_init(nd_match_writer *writer, nd_job *job);

/* What stands before the first result: the header of a TSV. */
ND_NODISCARD nd_status nd_match_writer_begin(nd_match_writer *writer);

/* An nd_pair_fn; `ctx` is the writer. Appends to its page: see nd_write_pairs. */
nd_status nd_match_writer_pair(void *ctx, const nd_pair *pair);

/* An nd_group_fn; `ctx` is the writer. Writes. */
nd_status nd_match_writer_group(void *ctx, const nd_group *group);

void nd_match_writer_release(nd_match_writer *writer);

#endif
