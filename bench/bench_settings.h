/* The options and commands of neardup-bench. */
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include "bench_report.h"
#include "cli/options/option.h"
#include "news_corpus.h"
#include "workload.h"

/* The commands, as bits of nd_option.commands. */
enum {
    BENCH_STAGES = 1,
    BENCH_SCAN = 2,
    BENCH_SCALE = 4,
    BENCH_ACCURACY = 8,
    BENCH_GEN = 16,
    BENCH_JOIN = 32,
    BENCH_INDEX = 64,
};

/* Filled from the table of options; a command sees its own alone. */
typedef struct bench_settings {
    nd_command_line line;

    bench_workload_options workload; /* the paths are the operands */
    double threshold;
    int preset; /* nd_preset */
    int kernel; /* nd_kernel; -1: the best */
    int is_json;

    uint64_t passes, millis;
    const char *only;

    uint64_t threads, runs, one_in;
    int is_groups;
    uint64_t from, to;
    uint64_t memory_bytes; /* 0: no limit */
    uint64_t queries;
    uint64_t trials;

    bench_corpus_spec corpus;
    uint64_t size_bytes;
    nd_name_list scripts, edits;
    const char *truth, *output;
    const char *svg;

    int is_of_sets;
    int help;
} bench_settings;

typedef struct bench_command {
    nd_command_info info;
    /* Refuses what the table cannot say, and completes the settings; may be NULL. Returns
     * ND_ERR_INVALID_ARGUMENT with a message. */
    nd_status (*check)(bench_settings *settings, nd_error *error);
    /* A failure without a message is told by its status. */
    nd_status (*run)(const bench_settings *settings, nd_error *error);
} bench_command;

extern const bench_command bench_command_stages, bench_command_scan, bench_command_scale,
    bench_command_accuracy, bench_command_gen, bench_command_join, bench_command_index;

/* Every option, by command and section in the order of the help. */
extern const nd_option bench_options[];

/* Reads what follows the command's name. Release the settings in either case. */
ND_NODISCARD nd_status bench_settings_parse(const bench_command *command, int argc, char **argv,
                                            bench_settings *settings, nd_error *error);
void bench_settings_release(const bench_command *command, bench_settings *settings);

void bench_settings_print_help(const bench_command *command, nd_page *page);

/* Begins a report on the workload; `options` says what else the figures hold for, and is borrowed.
 * One with an SVG has to be ended by bench_report_end. */
void bench_settings_begin_report(const bench_settings *settings, const bench_workload *workload,
                                 const char *options, bench_report *report);

#endif
