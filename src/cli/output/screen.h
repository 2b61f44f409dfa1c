/* Text for people: what the terminal is like, and text cut to its columns. */
#ifndef CLI_OUTPUT_SCREEN_H
#define CLI_OUTPUT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output/page.h"

/* --- numbers as people read them --- */

typedef struct nd_amount {
    char text[48];
} nd_amount;

/* 1234567 -> "1,234,567". */
nd_amount nd_amount_count(uint64_t count);

/* 1, "group" -> "1 group"; 1234, "group" -> "1,234 groups". */
nd_amount nd_amount_of(uint64_t count, const char *noun);

/* "17 bytes", "3.4 MB" (powers of 1000). */
nd_amount nd_amount_bytes(double bytes);

/* A share in percent: "93 %"; "100 %" and "0 %" only where it is all and nothing. */
nd_amount nd_amount_percent(double ratio);

/* Of a passage: "412 words, 93 % alike", or "412 words, the same". */
nd_amount nd_amount_alike(uint64_t words, double similarity);

/* "0.42 s", "2:05", "1:02:05". */
nd_amount nd_amount_seconds(double seconds);

/* --- a screen --- */

/* What is at the other end of a stream. */
typedef struct nd_screen {
    bool is_terminal;
    size_t columns;   /* 80 where it is no terminal or does not say */
    bool is_coloured; /* a terminal, not a dumb one, and no NO_COLOR (https://no-color.org) */
} nd_screen;

/* fd -1: no terminal. */
nd_screen nd_screen_of(int fd);

typedef enum nd_style_name {
    ND_STYLE_PLAIN = 0, /* ends the others */
    ND_STYLE_STRONG,    /* what a result is about */
    ND_STYLE_FAINT,     /* numbers beside the text */
} nd_style_name;

/* The escape sequence to write, "" without colours; static. */
const char *nd_style(const nd_screen *screen, nd_style_name style);

/* --- characters --- */

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

/* Appends text so that no document can steer the terminal: control characters and invalid UTF-8
 * become U+FFFD, white space becomes one space. Returns the columns written. */
size_t nd_page_shown(nd_page *page, const char *p, size_t len_bytes);

/* Appends the beginning of p[0..len_bytes) in at most `columns` on one line, cut after a word where
 * it is too long, "..." at the cut. */
void nd_page_excerpt(nd_page *page, const char *p, size_t len_bytes, size_t columns);

/* --- rows --- */

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

typedef struct nd_side {
    const char *text;
    size_t len_bytes;
    uint64_t line; /* of its first byte */
} nd_side;

/* Appends two texts in two columns as wide as the screen, with the numbers of their lines; of a
 * long one the first rows, and how many more there are.
 *
 *      3  The mill by the river  |     7  The old mill by the
 *         was sold on Monday.    |        river was sold on
 *                                |        Monday.
 */
void nd_page_side_by_side(nd_page *page, const nd_screen *screen, const nd_side *left,
                          const nd_side *right);

#endif
