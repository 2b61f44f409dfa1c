/* Which fields of a record make a document, and what stands in them. */
#ifndef IO_FIELDS_H
#define IO_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/document.h"
#include "neardup/status.h"
#include "util/alloc.h"

enum {
    ND_FIELD_MAX_PARTS = 8, /* of one name */
    ND_MAX_TEXT_FIELDS = 8,
    /* Those of the text, the id, what a document is preferred by, its date and source. */
    ND_MAX_FIELDS = ND_MAX_TEXT_FIELDS + 1 + ND_MAX_PREFERENCES + 2,
};

typedef struct nd_field_part {
    const char *p;
    size_t len_bytes;
} nd_field_part;

/* A field by its name: "body.text" is the member of that whole name, or else the member "text" of
 * the object in "body". */
typedef struct nd_field {
    const char *name; /* terminated; the parts point into it */
    size_t name_len_bytes;
    size_t num_parts;
    nd_field_part parts[ND_FIELD_MAX_PARTS];
} nd_field;

/* Fields looked for: those of the text, in the order in which they are joined, then others. */
typedef struct nd_fields {
    nd_field items[ND_MAX_FIELDS];
    size_t num;
} nd_fields;

/* Adds the fields of a list such as "title,body.text": a comma between two names (where `most` is
 * 1, it is part of the name), a dot between the parts of one, and a backslash before a comma or a
 * dot that is meant itself. The names are copied to `copy`, which has room for strlen(list) + 1
 * bytes and outlives the fields. *num: how many. ND_ERR_INVALID_ARGUMENT with a message: more than
 * `most` names, or more parts than there is room for. */
ND_NODISCARD nd_status nd_fields_add(nd_fields *fields, const char *list, size_t most, char *copy,
                                     size_t *num, nd_error *error);

typedef enum nd_field_type {
    ND_FIELD_ABSENT = 0,
    ND_FIELD_STRING,
    ND_FIELD_NUMBER,
    ND_FIELD_NULL,
    ND_FIELD_OTHER, /* true, false, NaN, an array or an object */
} nd_field_type;

/* What a field holds. p points into the record: the inside of a string, the digits of a number as
 * written. */
typedef struct nd_field_value {
    nd_field_type type;
    bool is_raw; /* a string with escapes, or quotes twice, that are not yet undone */
    const char *p;
    size_t len_bytes;
} nd_field_value;

/* --- rows of a table --- */

/* Tables with a header: comma- or tab-separated values with quotes (RFC 4180). */

/* Why not libcsv, which Debian has: it hands over the text of each field, copied byte by byte, and
 * cannot say where a record begins and ends, which is needed to cut a file for several threads and
 * to write rows back as they were. */

/* Which column each field stands in, from 0; SIZE_MAX: there is none. */
typedef struct nd_columns {
    char delimiter;
    size_t num;
    size_t of_field[ND_MAX_FIELDS];
} nd_columns;

/* One cell: what is inside its quotes, if it has some. */
typedef struct nd_cell {
    const char *p;
    size_t len_bytes;
    bool is_quoted;
    bool is_closed; /* its quote ends, and nothing stands behind it; true without quotes */
} nd_cell;

/* The cells of a row, one after the other. */
typedef struct nd_table_row {
    const char *p, *end;
    char delimiter;
    bool has_more;
} nd_table_row;

/* Begins the row p[0..len_bytes), with its end or not. */
nd_table_row nd_row_begin(const char *p, size_t len_bytes, char delimiter);

/* The next cell; false after the last. */
bool nd_row_next(nd_table_row *row, nd_cell *cell);

/* Appends what stands in quotes, each pair of quotes as one. */
ND_NODISCARD nd_status nd_cell_append(const nd_allocator *allocator, nd_byte_vec *out,
                                      const char *p, size_t len_bytes);

/* Finds the fields in the row of names. */
ND_NODISCARD nd_status nd_columns_find(const nd_allocator *allocator, const nd_fields *fields,
                                       const char *p, size_t len_bytes, char delimiter,
                                       nd_columns *columns);

/* Whether one of the first `num_texts` fields has a column. */
bool nd_columns_have_text(const nd_columns *columns, size_t num_texts);

#endif
