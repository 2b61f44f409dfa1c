/* Every record that the tool writes. JSON Lines and TSV come from these declarations; text for
 * people is laid out by hand beside each. */
#ifndef CLI_OUTPUT_RECORDS_H
#define CLI_OUTPUT_RECORDS_H

#include "cli/output/record.h"
#include "neardup/index.h"
#include "neardup/passages.h"
#include "neardup/plan.h"
#include "neardup/scan.h"
#include "neardup/verdict.h"

/* Columns that are shown where they are asked for. */
enum {
    ND_SHOW_COVERAGE = 1,
    ND_SHOW_PASSAGES = 2,
    ND_SHOW_SWEEP = 4,
    ND_SHOW_KINDS = 8,
    ND_SHOW_WEIGHTS = 16,
    ND_SHOW_LABELS = 32,
    ND_SHOW_NAMES = 64, /* of documents with repeats */
    ND_SHOW_SCORE = 128,
    ND_SHOW_LIMIT = 256, /* on memory */
    ND_SHOW_EXPLANATION = 512,
};

/* The verdict on two texts, and the words behind it */
typedef struct nd_explanation_view {
    nd_verdict verdict;
    nd_items evidence[3]; /* nd_evidence, by nd_evidence_place */
} nd_explanation_view;

/* scan --pairs */
typedef struct nd_pair_view {
    nd_pair pair;
    nd_items passages; /* nd_shared_passage */
    nd_explanation_view explained;
} nd_pair_view;
extern const nd_record nd_pair_record;

/* scan --groups */
typedef struct nd_member_view {
    nd_member member;
    nd_items passages;             /* nd_shared_passage: a is the member */
    nd_explanation_view explained; /* the same */
} nd_member_view;

typedef struct nd_group_view {
    nd_id representative;
    uint64_t size;
    nd_items members; /* nd_member_view */
} nd_group_view;
extern const nd_record nd_group_record;

/* dedup --removed: a member of a group, and its representative */
typedef struct nd_removed_view {
    nd_id representative;
    nd_member member;
    nd_items passages; /* nd_shared_passage: a is the member */
} nd_removed_view;
extern const nd_record nd_removed_record;

/* dedup --annotate: what each document gets. Nothing but zeros and NULL: it is in no group. */
typedef struct nd_annotation_view {
    uint64_t group; /* from 1, in the order of their representatives */
    nd_bytes representative;
    const char *kind;  /* NULL: it is the representative itself */
    double similarity; /* jaccard; NaN likewise */
} nd_annotation_view;
extern const nd_record nd_annotation_record;
#define ND_ANNOTATION_NAMES "neardup_group,neardup_representative,neardup_kind,neardup_similarity"

/* within: a document with its repeats */
typedef struct nd_repeat_view {
    double similarity;
    uint64_t words;
    nd_items places; /* nd_place */
} nd_repeat_view;

typedef struct nd_repeating_view {
    nd_bytes id;
    nd_items repeats; /* nd_repeat_view */
} nd_repeating_view;
extern const nd_record nd_repeating_record;

/* compare */
typedef struct nd_comparison_view {
    nd_bytes a, b;
    nd_match_kind kind;
    nd_similarity similarity;
    nd_explanation_view explained;
    nd_items passages; /* nd_shared_passage */
} nd_comparison_view;
extern const nd_record nd_comparison_record;

/* index query, index add --report */
typedef struct nd_index_answer_view {
    nd_bytes id;
    nd_items matches; /* nd_index_match */
} nd_index_answer_view;
extern const nd_record nd_index_answer_record;

/* plan; in TSV a line a value */
typedef struct nd_curve_point {
    double jaccard, probability;
    char label[8]; /* "0.05" */
} nd_curve_point;

typedef struct nd_memory_view {
    uint64_t documents;
    double mean_shingles, mean_id_bytes;
    nd_plan_memory estimate;
    uint64_t limit_bytes;
    nd_plan_limit limit;
} nd_memory_view;

typedef struct nd_plan_view {
    nd_plan plan;
    double recall_asked, missed_at_threshold, missed_above_threshold;
    nd_items curve; /* nd_curve_point */
    nd_memory_view memory;
} nd_plan_view;
extern const nd_record nd_plan_record;

/* plan, where a scan has no bands */
typedef struct nd_search_view {
    double score, coverage;
    double shingles; /* of the smaller text */
    nd_items curve;  /* nd_curve_point: its jaccard is the share */
} nd_search_view;
extern const nd_record nd_search_record;

/* eval: what one scan reached */
typedef struct nd_recall_view {
    nd_bytes label;  /* of a kind, or the lower end of a band */
    double from, to; /* of a band */
    uint64_t pairs_true, true_positives;
    double recall; /* NaN without a true pair */
} nd_recall_view;

typedef struct nd_evaluation_view {
    uint64_t pairs_true, pairs_found, true_positives;
    double precision, recall, f1, ari;
    double weighted_precision, weighted_recall, weighted_f1;
    const char *option;        /* that is swept */
    const char *value, *typed; /* as JSON, and as one would type it */
    uint64_t pairs_ignored, documents;
    nd_items bands, kinds; /* nd_recall_view: of labels, `recall` is the share found */
} nd_evaluation_view;
extern const nd_record nd_evaluation_record;

#endif
