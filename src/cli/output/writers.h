/* Results on their way out, in each format. */
#ifndef CLI_OUTPUT_WRITERS_H
#define CLI_OUTPUT_WRITERS_H

#include "cli/job.h"
#include "cli/notes.h"
#include "cli/options/settings.h"
#include "cli/output/records.h"
#include "neardup/document.h"
#include "neardup/evaluation.h"
#include "neardup/index.h"
#include "neardup/match.h"
#include "neardup/passages.h"
#include "neardup/scan.h"

/* --- why two texts are copies of each other, or are not --- */

/* Why two texts are copies of each other, or are not: the verdict on them, and the strongest words
 * behind it. */

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

/* --- the passages that two matching texts share, beside the match --- */

/* Matches whose texts repeat so much that the passage finder reached a cap. Begins with zeros. */
typedef struct nd_capped_matches {
    uint64_t num;
    uint64_t caps_reached; /* times, in all of them */
    nd_first_id first;
} nd_capped_matches;

void nd_capped_matches_merge(nd_capped_matches *sum, const nd_capped_matches *part);

void nd_capped_matches_note(const nd_capped_matches *capped, nd_notes *notes,
                            const nd_input *input);

/* Filled for one match after the other. Zeros: not asked for, and always empty. */
typedef struct nd_passage_list {
    nd_passage_finder *finder;
    const nd_shared_passage *passages; /* the finder's */
    size_t num_passages;
    nd_array array;           /* the same */
    nd_capped_matches capped; /* of all fills */
} nd_passage_list;

/* With the settings' repairs and folds. Release also after a failure. */
ND_NODISCARD nd_status nd_passage_list_init(nd_passage_list *list, const nd_settings *settings,
                                            const nd_allocator *allocator);

/* `a_id` names the match where a cap is reached. */
ND_NODISCARD nd_status nd_passage_list_fill(nd_passage_list *list, nd_id a_id, nd_kept_text a,
                                            nd_kept_text b);

/* The passages, for a record; they hold until the next fill. */
nd_items nd_passage_list_items(nd_passage_list *list);

/* Appends a line a passage. */
void nd_passage_list_print_text(const nd_passage_list *list, nd_page *page);

void nd_passage_list_release(nd_passage_list *list);

/* --- what two texts have in common: see nd_comparison_record --- */

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

/* --- pairs and groups --- */

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

/* --- what an index answers and is made of --- */

/* The matches of one document: see nd_index_answer_record. */
typedef struct nd_index_answer {
    nd_bytes id;
    const nd_index_match *matches;
    size_t num_matches;
} nd_index_answer;

/* What stands before the first answer of the index: the header of a TSV. */
void nd_index_answer_print_header(const nd_job *job, nd_page *page, const nd_index *index);

void nd_index_answer_print(const nd_job *job, nd_page *page, const nd_index *index,
                           const nd_index_answer *answer);

void nd_index_stats_print(const nd_job *job, nd_page *page, const nd_index *index,
                          const nd_index_stats *stats);

/* --- measured scans --- */

typedef struct nd_eval_report {
    const nd_job *job;
    const nd_evaluator *evaluator;
    const nd_sweep *sweep;
    const nd_evaluation *rows; /* one for each value of the sweep */
    size_t num_rows;
} nd_eval_report;

/* JSON Lines and TSV: a line for each row. Text: one row with its bands and kinds, or the curve of
 * a sweep. */
void nd_eval_print(nd_page *page, const nd_eval_report *report);

/* The row with the largest F1, the first of equals. */
size_t nd_eval_best_row(const nd_eval_report *report);

/* Appends at most job->settings->errors false pairs (found, not true), the least similar first, and
 * as many missed ones, the most similar first, with what their texts share: see
 * nd_evaluator_each_wrong. */
ND_NODISCARD nd_status nd_eval_errors_print(nd_page *page, const nd_eval_report *report,
                                            nd_notes *notes);

#endif
