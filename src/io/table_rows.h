/* Tables with a header: comma- or tab-separated values with quotes (RFC 4180). */
#ifndef IO_TABLE_ROWS_H
#define IO_TABLE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "io/fields.h"
#include "util/alloc.h"

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
typedef struct nd_row {
    const char *p, *end;
    char delimiter;
    bool has_more;
} nd_row;

/* Begins the row p[0..len_bytes), with its end or not. */
nd_row nd_row_begin(const char *p, size_t len_bytes, char delimiter);

/* The next cell; false after the last. */
bool nd_row_next(nd_row *row, nd_cell *cell);

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
