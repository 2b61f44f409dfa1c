/* What two texts have in common, in each format: see nd_comparison_record. */
#ifndef CLI_OUTPUT_COMPARISON_WRITER_H
#define CLI_OUTPUT_COMPARISON_WRITER_H

#include "cli/job.h"
#include "neardup/document.h"
#include "neardup/match.h"
#include "neardup/passages.h"

typedef struct nd_comparison {
    nd_document a, b;
    nd_similarity similarity;
    nd_match_kind kind; /* none: they match by no threshold and share no passage */
    const nd_shared_passage *passages;
    size_t num_passages;
} nd_comparison;

/* The members of the JSON object, without its braces. */
void nd_comparison_print_members(nd_page *page, const nd_comparison *comparison);

void nd_comparison_print(const nd_job *job, nd_page *page, const nd_comparison *comparison);

#endif
