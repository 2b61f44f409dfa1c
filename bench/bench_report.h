/* Results as a table for people, or as a JSON object a line for machines. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "neardup/status.h"

typedef enum bench_format {
    BENCH_FORMAT_TABLE = 0,
    BENCH_FORMAT_JSON,
} bench_format;

/* What every row was measured on; the strings are borrowed. */
typedef struct bench_context {
    const char *data;    /* "generated: 64 MB, latin, mean 3000 bytes, seed 1" */
    const char *options; /* "word:5, threshold 0.8, 120 slots" */
    const char *machine; /* "AMD EPYC, 2 processors" */
    const char *kernel;  /* "avx2" */
} bench_context;

/* One figure of a row: a text, or a number with so many decimals. A column without a value in this
 * row has text "-" and no number. */
typedef struct bench_field {
    const char *name; /* JSON key and column head */
    const char *text; /* NULL: a number */
    double number;
    int decimals;
} bench_field;

#define BENCH_TEXT(name, text)                                                                     \
    (bench_field)                                                                                  \
    {                                                                                              \
        (name), (text), 0, 0                                                                       \
    }
#define BENCH_NUMBER(name, number, decimals)                                                       \
    (bench_field)                                                                                  \
    {                                                                                              \
        (name), NULL, (number), (decimals)                                                         \
    }

typedef struct bench_report {
    bench_format format;
    bench_context context;
    size_t num_rows;
    const char *svg; /* where a picture is drawn too, borrowed; NULL: none is */
    FILE *drawn;     /* its rows, as JSON Lines */
} bench_report;

/* One with an `svg` has to be ended. */
void bench_report_begin(bench_report *report, bench_format format, const bench_context *context,
                        const char *svg);

/* Prints a row at once, so that a long run shows how it goes. Every row of a report has the same
 * fields in the same order. */
void bench_report_row(bench_report *report, const bench_field *fields, size_t num);

/* Whether a picture can be drawn there, to be asked before the work: it needs Python ($PYTHON, else
 * python3) with matplotlib. ND_ERR_UNSUPPORTED, ND_ERR_IO with a message. */
ND_NODISCARD nd_status bench_plot_check(const char *svg, nd_error *error);

/* Draws the picture, if one is asked for and all is well so far: `status`. Returns that, or why
 * none was drawn. */
ND_NODISCARD nd_status bench_report_end(bench_report *report, nd_status status, nd_error *error);

/* "AMD EPYC, 2 processors"; static. */
const char *bench_machine(void);

#endif
