/* Options of a sub-command: one table parses them and prints the help. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stddef.h>

typedef enum bench_option_kind {
    BENCH_OPTION_FLAG,     /* bool */
    BENCH_OPTION_COUNT,    /* uint64_t, such as 1000 or 10k, 5m (decimal) */
    BENCH_OPTION_SIZE,     /* uint64_t bytes, such as 500, 64k, 300M, 1G (binary) */
    BENCH_OPTION_FRACTION, /* double, 0 to 1 */
    BENCH_OPTION_STRING,   /* const char *, borrowed from argv */
} bench_option_kind;

typedef struct bench_option {
    const char *name; /* "--documents" or "-o" */
    bench_option_kind kind;
    const char *value_name; /* "N"; NULL for a flag */
    const char *help;
    void *target; /* of the kind's type; left alone where the option is not given */
} bench_option;

typedef struct bench_usage {
    const char *command;  /* "gen" */
    const char *operands; /* "FILE..." or "" */
    const char *summary;  /* one sentence for the help */
    const bench_option *options;
    size_t num_options;
} bench_usage;

enum { BENCH_EXIT_DONE = 0, BENCH_EXIT_FAILED = 1, BENCH_EXIT_USAGE = 2 };

typedef enum bench_parse_result {
    BENCH_PARSED = 0,
    BENCH_PARSED_HELP, /* printed; exit with BENCH_EXIT_DONE */
    BENCH_PARSE_FAILED /* said on stderr; exit with BENCH_EXIT_USAGE */
} bench_parse_result;

/* Parses argv[1..argc) into the options' targets. Operands, in their order, are moved to
 * argv[1..1 + *num_operands). --help is understood everywhere; "--" ends the options. */
bench_parse_result bench_options_parse(const bench_usage *usage, int argc, char **argv,
                                       int *num_operands);

/* "neardup-bench: MESSAGE" on stderr, printf-style. */
void bench_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
