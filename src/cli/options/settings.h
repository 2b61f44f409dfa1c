/* What a command was asked to do: the values of its options, and its operands. */
#ifndef CLI_OPTIONS_SETTINGS_H
#define CLI_OPTIONS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options/option.h"
#include "io/input.h"
#include "neardup/index.h"
#include "neardup/passages.h"
#include "neardup/plan.h"
#include "neardup/scan.h"

/* --- which document of a group is kept --- */

/* Keys in the order in which they decide. The length of the text is one of them, but none of a
 * document's preferences: `size_place` says after how many of those it counts. */
typedef struct nd_keep_keys {
    nd_preference_key items[ND_MAX_PREFERENCES];
    size_t num;
    uint32_t size_place;
    void *memory; /* what the keys point into; owned. NULL: others' */
} nd_keep_keys;

/* Reads what `--keep` was given, once or several times, as "latest:date,longest" or
 * "prefer:source=a,b", where the names go on to the end. ND_ERR_INVALID_ARGUMENT with a message
 * that says what is allowed. Release the keys in either case. */
ND_NODISCARD nd_status nd_keep_parse(const nd_name_list *typed, const nd_allocator *allocator,
                                     nd_keep_keys *keys, nd_error *error);

/* Whether a document needs a field to be preferred. */
bool nd_keep_has_field(const nd_keep_keys *keys);

void nd_keep_release(nd_keep_keys *keys, const nd_allocator *allocator);

/* --- settings --- */

typedef enum nd_format {
    ND_FORMAT_AUTO = 0, /* text on a terminal, JSON Lines elsewhere */
    ND_FORMAT_JSONL,
    ND_FORMAT_TSV,
    ND_FORMAT_TEXT, /* for people */
    ND_FORMAT_HTML, /* a page for a browser */
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

/* Which document of a group is kept, as --representative says: the short form of one key of --keep,
 * but for the first id. */
typedef enum nd_keep {
    ND_KEEP_LONGEST = 0,
    ND_KEEP_EARLIEST,
    ND_KEEP_PREFERRED,
    ND_KEEP_FIRST_ID,
    ND_KEEP_FIRST,
} nd_keep;

/* What becomes of passages that a document repeats. */
typedef enum nd_within_documents {
    ND_WITHIN_KEEP = 0,
    ND_WITHIN_REMOVE,
} nd_within_documents;

/* The commands, as bits of nd_option.commands. */
enum {
    ND_COMMAND_SCAN = 1,
    ND_COMMAND_WITHIN = 2,
    ND_COMMAND_COMPARE = 4,
    ND_COMMAND_PLAN = 8,
    ND_COMMAND_EVAL = 16,
    ND_COMMAND_INDEX_CREATE = 32,
    ND_COMMAND_INDEX_ADD = 64,
    ND_COMMAND_INDEX_QUERY = 128,
    ND_COMMAND_INDEX_REMOVE = 256,
    ND_COMMAND_INDEX_STAT = 512,
    ND_COMMAND_INDEX_CHECK = 1024,
    ND_COMMAND_INDEX_COMPACT = 2048,
    ND_COMMAND_INDEX_MERGE = 4096,
    ND_COMMAND_INDEX_COPY = 8192,
    ND_COMMAND_DEDUP = 16384,
};

struct nd_command;

/* Filled from the table of options; a command sees its own options alone. */
typedef struct nd_settings {
    const struct nd_command *command;
    nd_command_line line;

    nd_scan_options scan; /* for the library: nd_settings_scan */
    nd_preset preset;
    int lists_passages, explains;
    nd_keep keep;
    nd_name_list keep_typed; /* --keep */
    nd_keep_keys keep_keys;  /* what it says */
    const char *date_field, *source_field;
    nd_name_list prefer;

    nd_passage_options passage; /* for the library: nd_settings_passage */

    uint64_t documents;
    double mean_shingles, mean_bytes, mean_id_bytes;

    const char *truth_path, *clusters_path, *ignore_path;
    int exact, by_kind;
    const char *kind_column, *label_column, *weight_column, *unsure_column;
    nd_name_list true_labels;
    const char *sweep;
    uint64_t errors;
    uint64_t report_top; /* groups of a report; 0: no limit */

    int index_mode; /* nd_index_mode */
    int reports, is_unsynced;
    double wait_seconds;
    nd_match_rule asked_rule;
    double asked_score;
    uint64_t max_asked;
    const char *asked_id, *since, *before, *not_source;

    nd_input_options input; /* for the reader: nd_settings_input */

    const char *output_path, *stats_path, *removed_path;
    nd_format format;
    int resumes;
    int dry_run, annotates, within_documents; /* nd_within_documents */
    uint64_t memory_bytes;                    /* 0: no limit */
    const char *temp_dir;
    int kernel; /* nd_kernel, or ND_KERNEL_BEST */
    int strict;
    nd_progress_mode progress;
    nd_verbosity verbosity;
    int help;
} nd_settings;

enum { ND_KERNEL_BEST = -1 };

/* Every option of the tool, by command and section in the order of the help. Ended by a row without
 * a name. */
extern const nd_option nd_tool_options[];

/* Reads argv[0..argc), which is what follows the command's name; operands move to its front, and
 * the settings borrow them. Checks everything that the table and the command say;
 * ND_ERR_INVALID_ARGUMENT with a message that says what is allowed. With --help nothing more is
 * checked than that. Release the settings in either case. */
ND_NODISCARD nd_status nd_settings_parse(const struct nd_command *command, int argc, char **argv,
                                         const nd_allocator *allocator, nd_settings *settings,
                                         nd_error *error);

void nd_settings_release(nd_settings *settings, const nd_allocator *allocator);

/* Whether the option of that name was typed. */
bool nd_settings_given(const nd_settings *settings, const char *name);

/* Appends the help of a command. */
void nd_settings_print_help(const struct nd_command *command, nd_page *page);

/* What the settings ask of the engine; progress and notices are the caller's. */
nd_scan_options nd_settings_scan(const nd_settings *settings, uint32_t num_threads);

/* Whether a page with groups is written: the format says so, or the ending of --removed. */
bool nd_settings_makes_page(const nd_settings *settings);

/* What they ask of the passage finder. */
nd_passage_options nd_settings_passage(const nd_settings *settings);

/* What decides which document of a group is kept, by --keep or by --representative; borrows from
 * the settings. */
nd_keep_keys nd_settings_keep(const nd_settings *settings);

/* What they ask of the reader; borrows from the settings and the keys, which are
 * nd_settings_keep's.
 */
nd_input_options nd_settings_input(const nd_settings *settings, const nd_keep_keys *keys);

/* The plan that a scan with these settings makes. ND_ERR_INVALID_ARGUMENT, with a message, where no
 * sketch can reach the recall. */
ND_NODISCARD nd_status nd_settings_plan(const nd_settings *settings, nd_plan *out, nd_error *error);

/* Whether two paths would be written to one file, however they are spelt, and whether there is such
 * a file yet or not. Devices and pipes are no files: two may share them. */
bool nd_is_same_file(const char *a, const char *b);

/* What they ask of an index, but for the rule: see asked_rule. ND_ERR_INVALID_ARGUMENT, with a
 * message. */
ND_NODISCARD nd_status nd_settings_query(const nd_settings *settings, nd_index_query *out,
                                         nd_error *error);

/* Refuse what the table of options cannot say: ND_ERR_INVALID_ARGUMENT with a message. */
ND_NODISCARD nd_status nd_settings_check_scan(const nd_settings *settings, nd_error *error);
ND_NODISCARD nd_status nd_settings_check_dedup(const nd_settings *settings, nd_error *error);
ND_NODISCARD nd_status nd_settings_check_passage(const nd_settings *settings, nd_error *error);
ND_NODISCARD nd_status nd_settings_check_times(const nd_settings *settings, nd_error *error);

/* --- one option of a scan, given several values in turn --- */

enum { ND_SWEEP_MAX_VALUES = 1000, ND_SWEEP_VALUE_BYTES = 32 };

typedef struct nd_sweep {
    const nd_option *option; /* NULL: nothing is swept, and there is one value: what is set */
    size_t num_values;
    char (*values)[ND_SWEEP_VALUE_BYTES]; /* as they would be typed */
} nd_sweep;

/* Takes settings->sweep, "NAME=FROM:TO:STEP" or "NAME=A,B,...", apart. ND_ERR_INVALID_ARGUMENT with
 * a message where it, or one of its values, is not allowed. Release it also after a failure. */
ND_NODISCARD nd_status nd_sweep_init(nd_sweep *sweep, const nd_settings *settings,
                                     const nd_allocator *allocator, nd_error *error);

/* *out: the settings with value `index`. Borrows from `settings`; not to be released. */
ND_NODISCARD nd_status nd_sweep_settings(const nd_sweep *sweep, size_t index,
                                         const nd_settings *settings, nd_settings *out,
                                         nd_error *error);

void nd_sweep_release(nd_sweep *sweep, const nd_allocator *allocator);

#endif
