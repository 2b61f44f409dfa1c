/* What a command was asked to do: the values of its options, and its operands. */
#ifndef CLI_OPTIONS_SETTINGS_H
#define CLI_OPTIONS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/scan.h"
#include "neardup/shingle.h"

typedef enum nd_format {
    ND_FORMAT_AUTO = 0, /* text on a terminal, JSON Lines elsewhere */
    ND_FORMAT_JSONL,
    ND_FORMAT_TSV,
    ND_FORMAT_TEXT, /* for people */
} nd_format;

typedef enum nd_verbosity {
    ND_VERBOSITY_NORMAL = 0, /* a summary */
    ND_VERBOSITY_QUIET,      /* errors alone */
    ND_VERBOSITY_VERBOSE,    /* and times */
} nd_verbosity;

typedef enum nd_progress_mode {
    ND_PROGRESS_AUTO = 0, /* on a terminal, after a second */
    ND_PROGRESS_ALWAYS,
    ND_PROGRESS_NEVER,
} nd_progress_mode;

/* Which document of a group is kept. */
typedef enum nd_keep {
    ND_KEEP_LONGEST = 0,
    ND_KEEP_EARLIEST,
    ND_KEEP_PREFERRED,
    ND_KEEP_FIRST_ID,
} nd_keep;

typedef struct nd_name_list {
    char *copy; /* what `names` point into */
    const char **names;
    size_t num_names;
} nd_name_list;

/* Filled from the option table (option_groups.c); a command sees its own options alone. The choices
 * are int: one kind of field for every enum. */
typedef struct nd_settings {
    const struct nd_command *command;
    uint64_t given; /* bit i: the i-th option of the command's groups was typed */
    const char *const *operands;
    size_t num_operands;

    int preset;
    nd_shingle_spec shingle;
    double threshold, containment, coverage, recall;
    int repairs; /* ND_REPAIR_* */
    int passages;
    uint64_t max_matches;
    int scan_output; /* nd_scan_output */
    int link;        /* nd_link */
    int keep;        /* nd_keep */
    const char *date_field, *source_field;
    nd_name_list prefer;

    uint64_t min_words, min_words_inside;
    double similarity;

    uint64_t documents;
    double mean_shingles, mean_id_bytes;

    const char *truth_path, *clusters_path, *ignore_path;
    int exact, by_kind;
    const char *kind_column;
    const char *sweep;
    uint64_t errors;

    const char *text_field, *id_field;
    int input_format; /* nd_input_format */
    int hidden;

    int format; /* nd_format */
    const char *output_path, *stats_path;
    uint64_t threads; /* 0: one for each processor */
    int kernel;       /* nd_kernel, or ND_KERNEL_BEST */
    int strict;
    int progress;  /* nd_progress_mode */
    int verbosity; /* nd_verbosity */
    int help;
} nd_settings;

enum { ND_KERNEL_BEST = -1 };

#endif
