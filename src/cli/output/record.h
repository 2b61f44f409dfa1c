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
#ifndef CLI_OUTPUT_RECORD_H
#define CLI_OUTPUT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output/page.h"

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
    const char *json_key; /* ,"name": */
    size_t json_key_len;
    nd_value_kind kind;
    size_t offset;
    unsigned flags;
    unsigned when;           /* bits that must all be among those shown; 0: always */
    const nd_record *record; /* of ND_VALUE_OBJECT and ND_VALUE_LIST */
    const char *item; /* of a list: what the number of an item is called in TSV; NULL: none */
} nd_column;

#define ND_COLUMN(type, member, name_, kind_)                                                      \
    .name = (name_), .json_key = ",\"" name_ "\":", .json_key_len = sizeof(",\"" name_ "\":") - 1, \
    .kind = (kind_), .offset = offsetof(type, member)

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

#endif
