/* Results as a table for people, or as a JSON object a line for machines. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stddef.h>
#include <stdint.h>

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
} bench_report;

void bench_report_begin(bench_report *report, bench_format format, const bench_context *context);

/* Prints a row at once, so that a long run shows how it goes. Every row of a report has the same
 * fields in the same order. */
void bench_report_row(bench_report *report, const bench_field *fields, size_t num);

/* "AMD EPYC, 2 processors"; static. */
const char *bench_machine(void);

#endif
