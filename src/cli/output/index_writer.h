/* What an index answers and is made of, in each format. */
#ifndef CLI_OUTPUT_INDEX_WRITER_H
#define CLI_OUTPUT_INDEX_WRITER_H

#include "cli/job.h"
#include "cli/output/records.h"
#include "neardup/index.h"

/* The matches of one document: see nd_index_answer_record. */
typedef struct nd_index_answer {
    nd_bytes id;
    const nd_index_match *matches;
    size_t num_matches;
} nd_index_answer;

/* What stands before the first answer: the header of a TSV. */
void nd_index_answer_print_header(const nd_job *job, nd_page *page);

void nd_index_answer_print(const nd_job *job, nd_page *page, const nd_index_answer *answer);

void nd_index_stats_print(const nd_job *job, nd_page *page, const nd_index *index,
                          const nd_index_stats *stats);

#endif
