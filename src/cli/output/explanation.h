/* Why two texts are copies of each other, or are not: the verdict on them, and the strongest words
 * behind it. */
#ifndef CLI_OUTPUT_EXPLANATION_H
#define CLI_OUTPUT_EXPLANATION_H

#include "cli/output/records.h"

enum { ND_SHOWN_EVIDENCE = 8 };

typedef struct nd_explanation {
    nd_verdict verdict;
    nd_evidence evidence[3][ND_SHOWN_EVIDENCE]; /* by nd_evidence_place */
    nd_array lists[3];                          /* the same */
} nd_explanation;

/* Judges the texts; their words are borrowed from the reader until its next verdict. */
ND_NODISCARD nd_status nd_explain(nd_verdict_reader *reader, nd_kept_text a, nd_kept_text b,
                                  nd_explanation *explanation);

/* For a record; borrows the explanation. */
nd_explanation_view nd_explanation_items(nd_explanation *explanation);

/* Appends a line for each answer and each place with evidence, after `indent`; `places` are the
 * places' names. */
void nd_explanation_print_text(const nd_explanation *explanation, const char *indent,
                               const char *const places[3], nd_page *page);

#endif
