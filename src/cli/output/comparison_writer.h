/* What two texts have in common, in each format: see nd_comparison_record. */
#ifndef CLI_OUTPUT_COMPARISON_WRITER_H
#define CLI_OUTPUT_COMPARISON_WRITER_H

#include "cli/job.h"
#include "cli/output/explanation.h"
#include "neardup/document.h"
#include "neardup/match.h"
#include "neardup/passages.h"

typedef struct nd_comparison {
    nd_document a, b;
    nd_similarity similarity;
    nd_match_kind kind;        /* none: they match by no threshold and share no passage */
    nd_explanation *explained; /* NULL where no score is asked for */
    const nd_shared_passage *passages;
    size_t num_passages;
} nd_comparison;

/* Judges both texts, and keeps the words behind it, which the reader owns, in *explained: the
 * comparison refers to that from then on. */
ND_NODISCARD nd_status nd_comparison_explain(nd_comparison *comparison, nd_verdict_reader *reader,
                                             nd_explanation *explanation);

/* The members of the JSON object, without its braces. */
void nd_comparison_print_members(nd_page *page, const nd_comparison *comparison);

void nd_comparison_print(const nd_job *job, nd_page *page, const nd_comparison *comparison);

#endif
