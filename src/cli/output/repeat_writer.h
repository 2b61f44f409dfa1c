/* The repeats of one document, formatted. */
#ifndef CLI_OUTPUT_REPEAT_WRITER_H
#define CLI_OUTPUT_REPEAT_WRITER_H

#include "cli/job.h"
#include "neardup/passages.h"

/* What stands before the first document: the header of a TSV. */
void nd_repeats_print_header(const nd_job *job, nd_page *page);

/* num_repeats > 0. Thread-safe for pages of their own. */
void nd_repeats_print(const nd_job *job, nd_page *page, const nd_document *document,
                      const nd_repeat *repeats, size_t num_repeats);

#endif
