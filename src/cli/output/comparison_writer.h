/* What two texts have in common, in each format.
 *
 * JSON:
 *   {"a":"id","b":"id","kind":"near","jaccard":0.931034,"a_in_b":0.981818,"b_in_a":0.947368,
 *    "shingles_a":330,"shingles_b":342,"shingles_common":324,
 *    "passages":[{"similarity":1.000000,"words":120,
 *                 "a":{"start":0,"end":700,"line":1,"end_line":9},
 *                 "b":{"start":90,"end":790,"line":3,"end_line":11}}, ...]}
 * TSV: a line a passage, the pair's columns before each; a line with empty passage columns where
 * there is none. */
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
