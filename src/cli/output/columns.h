/* Columns that text takes on a terminal, and where to cut it. */
#ifndef CLI_OUTPUT_COLUMNS_H
#define CLI_OUTPUT_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

typedef enum nd_shown_kind {
    ND_SHOWN_AS_IS = 0,
    ND_SHOWN_SPACE,    /* white space of any kind, line ends too */
    ND_SHOWN_REPLACED, /* a control character or invalid UTF-8: shown as U+FFFD */
    ND_SHOWN_NOTHING   /* invisible: soft hyphens, byte order marks, marks of writing direction */
} nd_shown_kind;

typedef struct nd_shown_char {
    size_t len_bytes;
    size_t columns; /* 0 to 2 */
    nd_shown_kind kind;
} nd_shown_char;

/* The character at p[0..len_bytes), len_bytes > 0. */
nd_shown_char nd_shown_char_at(const char *p, size_t len_bytes);

size_t nd_columns_of(const char *p, size_t len_bytes);

/* One row of a text cut into rows. */
typedef struct nd_row {
    const char *p;
    size_t len_bytes;
    size_t columns;
    uint64_t line; /* number of the line that begins here; 0 on a row that goes on with one */
} nd_row;

/* Cuts text[0..len_bytes) into rows of at most `columns`, at words where it can, and at the ends of
 * its lines; blank lines are left out. Set p, end and line, and go_on 0. */
typedef struct nd_wrap {
    const char *p, *end;
    uint64_t line; /* of the character at p */
    int go_on;     /* inside a line that has begun */
} nd_wrap;

/* Takes the next row; returns 0 after the last. columns >= 2. */
int nd_wrap_next(nd_wrap *wrap, size_t columns, nd_row *row);

#endif
