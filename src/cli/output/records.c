#include "cli/output/records.h"

#include <string.h>

#define RECORD(columns_)                                                                           \
    {                                                                                              \
        .columns = (columns_), .num_columns = sizeof(columns_) / sizeof *(columns_)                \
    }

/* --- passages --- */

static const nd_column span_columns[] = {
    {ND_COLUMN(nd_place, start, "start", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_place, end, "end", ND_VALUE_COUNT)},
};
static const nd_record span_record = RECORD(span_columns);

static const nd_column place_columns[] = {
    {ND_COLUMN(nd_place, start, "start", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_place, end, "end", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_place, line, "line", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_place, end_line, "end_line", ND_VALUE_COUNT)},
};
static const nd_record place_record = RECORD(place_columns);

/* A passage of two texts, which are called `a_name` and `b_name`. */
#define PASSAGE_COLUMNS(a_name, b_name, places)                                                    \
    {                                                                                              \
        {ND_COLUMN(nd_shared_passage, similarity, "similarity", ND_VALUE_RATIO)},                  \
            {ND_COLUMN(nd_shared_passage, words, "words", ND_VALUE_COUNT)},                        \
            {ND_COLUMN(nd_shared_passage, a, a_name, ND_VALUE_OBJECT), .record = (places)},        \
            {ND_COLUMN(nd_shared_passage, b, b_name, ND_VALUE_OBJECT), .record = (places)},        \
    }

static const nd_column pair_passage_columns[] = PASSAGE_COLUMNS("a", "b", &span_record);
static const nd_record pair_passage_record = RECORD(pair_passage_columns);

static const nd_column member_passage_columns[] =
    PASSAGE_COLUMNS("member", "representative", &span_record);
static const nd_record member_passage_record = RECORD(member_passage_columns);

static const nd_column compared_passage_columns[] = PASSAGE_COLUMNS("a", "b", &place_record);
static const nd_record compared_passage_record = RECORD(compared_passage_columns);

/* --- verdicts --- */

static const nd_column evidence_columns[] = {
    {ND_COLUMN(nd_evidence, text, "text", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_evidence, bits, "bits", ND_VALUE_RATIO)},
};
static const nd_record evidence_record = RECORD(evidence_columns);

#define EVIDENCE_COLUMN(view, place, name)                                                         \
    {                                                                                              \
        ND_COLUMN(view, explained.evidence[place], name, ND_VALUE_LIST),                           \
            .record = &evidence_record, .when = ND_SHOW_EXPLANATION, .flags = ND_COLUMN_JSON_ONLY  \
    }

/* The answers, and the evidence, of which a place's name says whose text it is. */
#define EXPLANATION_COLUMNS(view, only_in_a, only_in_b)                                            \
    {ND_COLUMN(view, explained.verdict.held, "held", ND_VALUE_RATIO),                              \
     .when = ND_SHOW_EXPLANATION},                                                                 \
        {ND_COLUMN(view, explained.verdict.edited, "edited", ND_VALUE_RATIO),                      \
         .when = ND_SHOW_EXPLANATION},                                                             \
        {ND_COLUMN(view, explained.verdict.own, "own", ND_VALUE_RATIO),                            \
         .when = ND_SHOW_EXPLANATION},                                                             \
        EVIDENCE_COLUMN(view, ND_EVIDENCE_IN_BOTH, "in_both"),                                     \
        EVIDENCE_COLUMN(view, ND_EVIDENCE_ONLY_IN_A, only_in_a),                                   \
        EVIDENCE_COLUMN(view, ND_EVIDENCE_ONLY_IN_B, only_in_b)

/* --- scan --- */

static const nd_column pair_columns[] = {
    {ND_COLUMN(nd_pair_view, pair.a, "a", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_pair_view, pair.b, "b", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_pair_view, pair.kind, "kind", ND_VALUE_MATCH)},
    {ND_COLUMN(nd_pair_view, pair.similarity.jaccard, "jaccard", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_pair_view, pair.similarity.a_in_b, "a_in_b", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_pair_view, pair.similarity.b_in_a, "b_in_a", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_pair_view, pair.coverage.a_in_b, "a_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_pair_view, pair.coverage.b_in_a, "b_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_pair_view, pair.score, "score", ND_VALUE_RATIO), .when = ND_SHOW_SCORE},
    EXPLANATION_COLUMNS(nd_pair_view, "only_in_a", "only_in_b"),
    {ND_COLUMN(nd_pair_view, passages, "passages", ND_VALUE_LIST), .record = &pair_passage_record,
     .when = ND_SHOW_PASSAGES, .flags = ND_COLUMN_JSON_ONLY},
};
const nd_record nd_pair_record = RECORD(pair_columns);

static const nd_column member_columns[] = {
    {ND_COLUMN(nd_member_view, member.id, "id", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_member_view, member.kind, "kind", ND_VALUE_MATCH)},
    {ND_COLUMN(nd_member_view, member.similarity.jaccard, "jaccard", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_member_view, member.similarity.a_in_b, "in_representative", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_member_view, member.similarity.b_in_a, "representative_in", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_member_view, member.coverage.a_in_b, "covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_member_view, member.coverage.b_in_a, "representative_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_member_view, member.score, "score", ND_VALUE_RATIO), .when = ND_SHOW_SCORE},
    EXPLANATION_COLUMNS(nd_member_view, "only_in_member", "only_in_representative"),
    {ND_COLUMN(nd_member_view, passages, "passages", ND_VALUE_LIST),
     .record = &member_passage_record, .when = ND_SHOW_PASSAGES, .flags = ND_COLUMN_JSON_ONLY},
};
static const nd_record member_record = RECORD(member_columns);

static const nd_column group_columns[] = {
    {ND_COLUMN(nd_group_view, representative, "representative", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_group_view, size, "size", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_group_view, members, "members", ND_VALUE_LIST), .record = &member_record},
};
const nd_record nd_group_record = RECORD(group_columns);

/* --- dedup --- */

static const nd_column removed_columns[] = {
    {ND_COLUMN(nd_removed_view, member.id, "id", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_removed_view, representative, "representative", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_removed_view, member.kind, "kind", ND_VALUE_MATCH)},
    {ND_COLUMN(nd_removed_view, member.similarity.jaccard, "jaccard", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_removed_view, member.similarity.a_in_b, "in_representative", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_removed_view, member.similarity.b_in_a, "representative_in", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_removed_view, member.coverage.a_in_b, "covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_removed_view, member.coverage.b_in_a, "representative_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_removed_view, member.score, "score", ND_VALUE_RATIO), .when = ND_SHOW_SCORE},
    {ND_COLUMN(nd_removed_view, passages, "passages", ND_VALUE_LIST),
     .record = &member_passage_record, .when = ND_SHOW_PASSAGES, .flags = ND_COLUMN_JSON_ONLY},
};
const nd_record nd_removed_record = RECORD(removed_columns);

static const nd_column annotation_columns[] = {
    {ND_COLUMN(nd_annotation_view, group, "neardup_group", ND_VALUE_ORDINAL)},
    {ND_COLUMN(nd_annotation_view, representative, "neardup_representative", ND_VALUE_BYTES_IF)},
    {ND_COLUMN(nd_annotation_view, kind, "neardup_kind", ND_VALUE_NAME)},
    {ND_COLUMN(nd_annotation_view, similarity, "neardup_similarity", ND_VALUE_RATIO)},
};
const nd_record nd_annotation_record = RECORD(annotation_columns);

/* --- within --- */

static const nd_column repeat_columns[] = {
    {ND_COLUMN(nd_repeat_view, similarity, "similarity", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_repeat_view, words, "words", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_repeat_view, places, "places", ND_VALUE_LIST), .record = &place_record,
     .item = "place"},
};
static const nd_record repeat_record = RECORD(repeat_columns);

static const nd_column repeating_columns[] = {
    {ND_COLUMN(nd_repeating_view, id, "id", ND_VALUE_BYTES), .when = ND_SHOW_NAMES},
    {ND_COLUMN(nd_repeating_view, repeats, "repeats", ND_VALUE_LIST), .record = &repeat_record,
     .item = "repeat"},
};
const nd_record nd_repeating_record = RECORD(repeating_columns);

/* --- compare --- */

static const nd_column comparison_columns[] = {
    {ND_COLUMN(nd_comparison_view, a, "a", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_comparison_view, b, "b", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_comparison_view, kind, "kind", ND_VALUE_MATCH)},
    {ND_COLUMN(nd_comparison_view, similarity.jaccard, "jaccard", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_comparison_view, similarity.a_in_b, "a_in_b", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_comparison_view, similarity.b_in_a, "b_in_a", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_comparison_view, similarity.size_a, "shingles_a", ND_VALUE_COUNT),
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_comparison_view, similarity.size_b, "shingles_b", ND_VALUE_COUNT),
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_comparison_view, similarity.common, "shingles_common", ND_VALUE_COUNT),
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_comparison_view, explained.verdict.a_covered, "a_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_SCORE},
    {ND_COLUMN(nd_comparison_view, explained.verdict.b_covered, "b_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_SCORE},
    {ND_COLUMN(nd_comparison_view, explained.verdict.score, "score", ND_VALUE_RATIO),
     .when = ND_SHOW_SCORE},
    EXPLANATION_COLUMNS(nd_comparison_view, "only_in_a", "only_in_b"),
    {ND_COLUMN(nd_comparison_view, passages, "passages", ND_VALUE_LIST),
     .record = &compared_passage_record, .flags = ND_COLUMN_WHOLE},
};
const nd_record nd_comparison_record = RECORD(comparison_columns);

/* --- index --- */

static const nd_column index_match_columns[] = {
    {ND_COLUMN(nd_index_match, id, "id", ND_VALUE_BYTES), .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_index_match, id, "match", ND_VALUE_BYTES), .flags = ND_COLUMN_TSV_ONLY},
    {ND_COLUMN(nd_index_match, kind, "kind", ND_VALUE_MATCH)},
    {ND_COLUMN(nd_index_match, similarity.jaccard, "jaccard", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_index_match, similarity.a_in_b, "query_in_match", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_index_match, similarity.b_in_a, "match_in_query", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_index_match, coverage.a_in_b, "query_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_index_match, coverage.b_in_a, "match_covered", ND_VALUE_RATIO),
     .when = ND_SHOW_COVERAGE},
    {ND_COLUMN(nd_index_match, score, "score", ND_VALUE_RATIO), .when = ND_SHOW_SCORE},
};
static const nd_record index_match_record = RECORD(index_match_columns);

static const nd_column index_answer_columns[] = {
    {ND_COLUMN(nd_index_answer_view, id, "id", ND_VALUE_BYTES)},
    {ND_COLUMN(nd_index_answer_view, matches, "matches", ND_VALUE_LIST),
     .record = &index_match_record},
};
const nd_record nd_index_answer_record = RECORD(index_answer_columns);

/* --- plan --- */

static nd_bytes label_of_point(const void *item)
{
    const nd_curve_point *const point = item;
    return (nd_bytes){point->label, strlen(point->label)};
}

static const nd_column curve_columns[] = {
    {ND_COLUMN(nd_curve_point, jaccard, "jaccard", ND_VALUE_RATIO), .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_curve_point, probability, "probability", ND_VALUE_RATIO),
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_curve_point, probability, "probability_at", ND_VALUE_RATIO),
     .flags = ND_COLUMN_TSV_ONLY},
};
static const nd_record curve_record = {
    .columns = curve_columns,
    .num_columns = sizeof curve_columns / sizeof *curve_columns,
    .label = label_of_point,
};

static const nd_column memory_columns[] = {
    {ND_COLUMN(nd_memory_view, documents, "documents", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_memory_view, mean_shingles, "mean_shingles", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_memory_view, mean_id_bytes, "mean_id_bytes", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_memory_view, estimate.index_bytes, "index_bytes", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_memory_view, estimate.set_bytes, "set_bytes", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_memory_view, limit_bytes, "limit_bytes", ND_VALUE_COUNT), .when = ND_SHOW_LIMIT},
    {ND_COLUMN(nd_memory_view, limit.least_bytes, "least_bytes", ND_VALUE_COUNT),
     .when = ND_SHOW_LIMIT},
    {ND_COLUMN(nd_memory_view, limit.disk_bytes, "disk_bytes", ND_VALUE_COUNT),
     .when = ND_SHOW_LIMIT},
    {ND_COLUMN(nd_memory_view, limit.key_passes, "key_passes", ND_VALUE_COUNT32),
     .when = ND_SHOW_LIMIT},
};
static const nd_record memory_record = RECORD(memory_columns);

static const nd_column plan_columns[] = {
    {ND_COLUMN(nd_plan_view, plan.threshold, "threshold", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_plan_view, recall_asked, "recall_asked", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_plan_view, plan.recall, "recall", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_plan_view, plan.bands, "bands", ND_VALUE_COUNT32)},
    {ND_COLUMN(nd_plan_view, plan.rows, "rows", ND_VALUE_COUNT32)},
    {ND_COLUMN(nd_plan_view, plan.slots, "slots", ND_VALUE_COUNT32)},
    {ND_COLUMN(nd_plan_view, missed_at_threshold, "missed_at_threshold", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_plan_view, missed_above_threshold, "missed_above_threshold", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_plan_view, curve, "curve", ND_VALUE_LIST), .record = &curve_record,
     .flags = ND_COLUMN_SPREAD},
    {ND_COLUMN(nd_plan_view, memory, "memory", ND_VALUE_OBJECT), .record = &memory_record,
     .flags = ND_COLUMN_UNNAMED},
};
const nd_record nd_plan_record = RECORD(plan_columns);

static const nd_column search_curve_columns[] = {
    {ND_COLUMN(nd_curve_point, jaccard, "share", ND_VALUE_RATIO), .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_curve_point, probability, "probability", ND_VALUE_RATIO),
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_curve_point, probability, "probability_at", ND_VALUE_RATIO),
     .flags = ND_COLUMN_TSV_ONLY},
};
static const nd_record search_curve_record = {
    .columns = search_curve_columns,
    .num_columns = sizeof search_curve_columns / sizeof *search_curve_columns,
    .label = label_of_point,
};

static const nd_column search_columns[] = {
    {ND_COLUMN(nd_search_view, score, "score", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_search_view, coverage, "coverage", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_search_view, shingles, "shingles", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_search_view, curve, "curve", ND_VALUE_LIST), .record = &search_curve_record,
     .flags = ND_COLUMN_SPREAD},
    {ND_COLUMN(nd_search_view, memory, "memory", ND_VALUE_OBJECT), .record = &memory_record,
     .flags = ND_COLUMN_UNNAMED},
};
const nd_record nd_search_record = RECORD(search_columns);

/* --- eval --- */

static nd_bytes label_of_recall(const void *item)
{
    return ((const nd_recall_view *)item)->label;
}

static const nd_column band_columns[] = {
    {ND_COLUMN(nd_recall_view, from, "from", ND_VALUE_RATIO), .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_recall_view, to, "to", ND_VALUE_RATIO), .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_recall_view, pairs_true, "pairs_true", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_recall_view, true_positives, "true_positives", ND_VALUE_COUNT),
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_recall_view, recall, "recall", ND_VALUE_RATIO)},
};
static const nd_record band_record = {
    .columns = band_columns,
    .num_columns = sizeof band_columns / sizeof *band_columns,
    .label = label_of_recall,
};

static const nd_column kind_columns[] = {
    {ND_COLUMN(nd_recall_view, label, "kind", ND_VALUE_BYTES), .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_recall_view, pairs_true, "pairs_true", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_recall_view, true_positives, "true_positives", ND_VALUE_COUNT),
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_recall_view, recall, "recall", ND_VALUE_RATIO)},
};
static const nd_record kind_record = {
    .columns = kind_columns,
    .num_columns = sizeof kind_columns / sizeof *kind_columns,
    .label = label_of_recall,
};

static const nd_column label_columns[] = {
    {ND_COLUMN(nd_recall_view, label, "label", ND_VALUE_BYTES), .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_recall_view, pairs_true, "pairs", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_recall_view, true_positives, "found", ND_VALUE_COUNT)},
};
static const nd_record label_record = {
    .columns = label_columns,
    .num_columns = sizeof label_columns / sizeof *label_columns,
    .label = label_of_recall,
};

static const nd_column evaluation_columns[] = {
    {ND_COLUMN(nd_evaluation_view, pairs_true, "pairs_true", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_evaluation_view, pairs_found, "pairs_found", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_evaluation_view, true_positives, "true_positives", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_evaluation_view, precision, "precision", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_evaluation_view, recall, "recall", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_evaluation_view, f1, "f1", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_evaluation_view, ari, "ari", ND_VALUE_RATIO)},
    {ND_COLUMN(nd_evaluation_view, weighted_precision, "weighted_precision", ND_VALUE_RATIO),
     .when = ND_SHOW_WEIGHTS},
    {ND_COLUMN(nd_evaluation_view, weighted_recall, "weighted_recall", ND_VALUE_RATIO),
     .when = ND_SHOW_WEIGHTS},
    {ND_COLUMN(nd_evaluation_view, weighted_f1, "weighted_f1", ND_VALUE_RATIO),
     .when = ND_SHOW_WEIGHTS},
    {ND_COLUMN(nd_evaluation_view, option, "option", ND_VALUE_NAME), .when = ND_SHOW_SWEEP},
    {ND_COLUMN(nd_evaluation_view, value, "value", ND_VALUE_LITERAL), .when = ND_SHOW_SWEEP,
     .flags = ND_COLUMN_JSON_ONLY},
    {ND_COLUMN(nd_evaluation_view, typed, "value", ND_VALUE_NAME), .when = ND_SHOW_SWEEP,
     .flags = ND_COLUMN_TSV_ONLY},
    {ND_COLUMN(nd_evaluation_view, pairs_ignored, "pairs_ignored", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_evaluation_view, documents, "documents", ND_VALUE_COUNT)},
    {ND_COLUMN(nd_evaluation_view, bands, "bands", ND_VALUE_LIST), .record = &band_record,
     .flags = ND_COLUMN_SPREAD},
    {ND_COLUMN(nd_evaluation_view, kinds, "kinds", ND_VALUE_LIST), .record = &kind_record,
     .when = ND_SHOW_KINDS, .flags = ND_COLUMN_SPREAD},
    {ND_COLUMN(nd_evaluation_view, kinds, "labels", ND_VALUE_LIST), .record = &label_record,
     .when = ND_SHOW_LABELS, .flags = ND_COLUMN_SPREAD},
};
const nd_record nd_evaluation_record = RECORD(evaluation_columns);
