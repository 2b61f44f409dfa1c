/* Options that several sub-commands have. */
#ifndef BENCH_COMMON_OPTIONS_H
#define BENCH_COMMON_OPTIONS_H

#include <stdbool.h>

#include "bench_options.h"
#include "bench_report.h"
#include "workload.h"

typedef struct bench_common {
    bench_workload_options workload;
    double threshold;
    const char *script, *kernel;
    bool is_json;
} bench_common;

/* What they are when not given. */
void bench_common_init(bench_common *common);

/* The rows of an option table for them: of who makes a corpus of one size, and of everybody. */
#define BENCH_SIZE_OPTIONS(common)                                                                 \
    {"--bytes", BENCH_OPTION_SIZE, "SIZE", "made-up corpus of about so much text (default 64M)",   \
     &(common)->workload.size_bytes},                                                              \
    {                                                                                              \
        "--mean-bytes", BENCH_OPTION_SIZE, "N", "mean length of its texts (default 3000)",         \
            &(common)->workload.mean_bytes                                                         \
    }
#define BENCH_COMMON_OPTIONS(common)                                                               \
    {"--script", BENCH_OPTION_STRING, "NAME", "script of a made-up corpus (default latin)",        \
     &(common)->script},                                                                           \
        {"--seed", BENCH_OPTION_COUNT, "N", "another such corpus (default 1)",                     \
         &(common)->workload.seed},                                                                \
        {"--threshold", BENCH_OPTION_FRACTION, "J", "jaccard threshold (default 0.8)",             \
         &(common)->threshold},                                                                    \
        {"--kernel", BENCH_OPTION_STRING, "NAME", "scalar, avx2, avx512 or neon (default: best)",  \
         &(common)->kernel},                                                                       \
    {                                                                                              \
        "--json", BENCH_OPTION_FLAG, NULL, "a JSON object a line", &(common)->is_json              \
    }

/* Parses argv[1..argc), takes the operands as inputs, which must outlive `common`, and selects the
 * kernel. Returns BENCH_GO_ON, or the exit code where help was asked for or something is wrong,
 * which it has said. */
enum { BENCH_GO_ON = -1 };
int bench_common_parse(bench_common *common, const bench_usage *usage, int argc, char **argv);

/* The context of the report; `options` is borrowed. */
bench_context bench_common_context(const bench_workload *workload, const char *options);

#endif
