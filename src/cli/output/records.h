/* Records of the output: what a record is, and those that there are. */
#ifndef CLI_OUTPUT_RECORDS_H
#define CLI_OUTPUT_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output/page.h"
#include "neardup/index.h"
#include "neardup/passages.h"
#include "neardup/plan.h"
#include "neardup/scan.h"
#include "neardup/verdict.h"

/* --- records --- */

/* Records of the output, declared as columns, and written as JSON Lines and TSV from that.
 *
 * A record describes a C struct: its columns in the order in which they appear, each with its name,
 * kind and place in the struct. A column may be a record itself (an object) or several (a list).
 *
 *   JSON   {"id":"a","repeats":[{"words":7,"places":[{"start":0},{"start":9}]}]}
 *   TSV    one line for each item of the innermost list: the scalars of the outer record, the
 *          numbers of the items (from 1) where they have a name, the scalars of the inner ones:
 *            id   repeat   place   words   start
 *            a    1        1       7       0
 *            a    1        2       7       9
 *          An object's columns are named OBJECT_COLUMN. The items of a spread list are columns
 *          instead of lines, named COLUMN_ITEM. */

typedef enum nd_value_kind {
    ND_VALUE_BYTES = 0, /* nd_bytes: any bytes, such as an id */
    ND_VALUE_NAME,      /* const char *: a word of our own; NULL is nothing */
    ND_VALUE_LITERAL,   /* const char *: written as it is, such as a number */
    ND_VALUE_COUNT,     /* uint64_t */
    ND_VALUE_ORDINAL,   /* uint64_t, from 1; 0 is nothing */
    ND_VALUE_BYTES_IF,  /* nd_bytes; NULL is nothing */
    ND_VALUE_COUNT32,   /* uint32_t */
    ND_VALUE_RATIO,     /* double, with 6 decimals; NaN is nothing */
    ND_VALUE_MATCH,     /* nd_match_kind */
    ND_VALUE_OBJECT,    /* the struct of `record` */
    ND_VALUE_LIST,      /* nd_items: structs of `record` */
} nd_value_kind;

/* Bytes somewhere else; what nd_id and the id of an nd_document begin with. */
typedef struct nd_bytes {
    const char *p;
    size_t len_bytes;
} nd_bytes;

/* The items of a list, made one after the other. */
typedef struct nd_items {
    size_t num;
    /* Item `index`, valid until the next call; NULL after a failure, which the page then has. */
    const void *(*at)(void *ctx, size_t index, nd_page *page);
    void *ctx;
} nd_items;

/* Items that lie in an array. */
typedef struct nd_array {
    const void *items;
    size_t num, item_bytes;
} nd_array;

/* Borrows the array, not just its items. */
nd_items nd_items_of(nd_array *array);

/* Where a column appears; 0: everywhere. */
enum {
    ND_COLUMN_JSON_ONLY = 1,
    ND_COLUMN_TSV_ONLY = 2,
    ND_COLUMN_SPREAD = 4, /* of a list: see above */
    ND_COLUMN_WHOLE =
        8, /* of a list: without an item there is one line, with these columns empty */
    ND_COLUMN_UNNAMED = 16, /* of an object in TSV: its columns have no prefix */
};

typedef struct nd_record nd_record;

typedef struct nd_column {
    const char *name;
    const char *json_key; /* ,"name": and zeros, ND_PIECE_BYTES and more in all */
    size_t json_key_len;
    nd_value_kind kind;
    size_t offset;
    unsigned flags;
    unsigned when;           /* bits that must all be among those shown; 0: always */
    const nd_record *record; /* of ND_VALUE_OBJECT and ND_VALUE_LIST */
    const char *item; /* of a list: what the number of an item is called in TSV; NULL: none */
} nd_column;

#define ND_EIGHT_ZEROS "\0\0\0\0\0\0\0\0"
#define ND_JSON_KEY_END "\":" ND_EIGHT_ZEROS ND_EIGHT_ZEROS ND_EIGHT_ZEROS ND_EIGHT_ZEROS
#define ND_COLUMN(type, member, name_, kind_)                                                      \
    .name = (name_), .json_key = ",\"" name_ ND_JSON_KEY_END,                                      \
    .json_key_len = sizeof(",\"" name_ "\":") - 1, .kind = (kind_),                                \
    .offset = offsetof(type, member)

struct nd_record {
    const nd_column *columns;
    size_t num_columns;
    /* The name of an item in a spread list, such as "0.9"; NULL: the record is in none. */
    nd_bytes (*label)(const void *item);
};

/* What the columns `when` something is asked for go by. */
typedef unsigned nd_shown_columns;

/* Appends one JSON object, without a line end. */
void nd_record_json(nd_page *page, const nd_record *record, nd_shown_columns shown,
                    const void *item);

/* The same without its braces, for one that begins with members of another kind. */
void nd_record_json_members(nd_page *page, const nd_record *record, nd_shown_columns shown,
                            const void *item);

/* Appends the header line. The items of spread lists are those of `item`; NULL: there are none. */
void nd_record_tsv_header(nd_page *page, const nd_record *record, nd_shown_columns shown,
                          const void *item);

/* Appends the lines of one record. */
void nd_record_tsv(nd_page *page, const nd_record *record, nd_shown_columns shown,
                   const void *item);

/* Appends a line "name TAB value" for each column, which are spread where they are lists. */
void nd_record_tsv_pairs(nd_page *page, const nd_record *record, nd_shown_columns shown,
                         const void *item);

/* Appends the scalars of an item, or for NULL their names, as cells of somebody else's table, each
 * with the delimiter before it (RFC 4180). */
void nd_record_cells(nd_page *page, const nd_record *record, char delimiter, const void *item);

/* --- the records of this tool --- */

/* Every record that the tool writes. JSON Lines and TSV come from these declarations; text for
 * people is laid out by hand beside each. */

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
    nd_memory_view memory;
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
