/* Options as rows of a table, from which command lines are parsed, checked and explained.
 *
 * A program has one table, for all of its commands, and one struct of settings, whose fields the
 * rows name. A row belongs to some of the commands; several rows may have one name, if no command
 * has two of them. Nothing here knows what an option means. */
#ifndef CLI_OPTIONS_OPTION_H
#define CLI_OPTIONS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output/page.h"
#include "neardup/allocator.h"
#include "neardup/status.h"

typedef enum nd_option_kind {
    ND_OPTION_SET = 0, /* takes no value: writes `value` to an int or a bool */
    ND_OPTION_CHOICE,  /* a name of `choices` or `name_of`, to an int */
    ND_OPTION_FLAGS,  /* names of `choices` with commas between, to an int: their values together */
    ND_OPTION_COUNT,  /* a whole number, also as 10k, 5m (decimal), to a uint32_t or uint64_t */
    ND_OPTION_SIZE,   /* bytes, also as 64k, 300M, 1G (binary), to a uint64_t or size_t */
    ND_OPTION_NUMBER, /* to a double */
    ND_OPTION_STRING, /* not empty, to a const char *, borrowed */
    ND_OPTION_STRINGS, /* the same, given once or several times, to an nd_name_list */
    ND_OPTION_LIST,    /* names with commas between, to an nd_name_list */
    ND_OPTION_SHINGLE, /* word:N or char:N, to an nd_shingle_spec */
} nd_option_kind;

typedef struct nd_choice {
    const char *name; /* NULL ends a list */
    int value;
} nd_choice;

typedef struct nd_name_list {
    char *copy; /* what `names` point into, NULL where that is borrowed; owned, as are they */
    const char **names;
    size_t num_names;
} nd_name_list;

/* Which ends of a range are outside it. */
typedef enum nd_bounds {
    ND_BOUNDS_CLOSED = 0, /* min <= x <= max */
    ND_BOUNDS_ABOVE_MIN,  /* min < x <= max */
    ND_BOUNDS_OPEN,       /* min < x < max */
} nd_bounds;

/* A field of the settings: ND_FIELD(nd_settings, threads). */
typedef struct nd_field_at {
    size_t offset, size_bytes;
} nd_field_at;

#define ND_FIELD(type, member)                                                                     \
    {                                                                                              \
        offsetof(type, member), sizeof(((type *)0)->member)                                        \
    }

/* Something that holds of an int, a number or a pointer of the settings. */
typedef struct nd_condition {
    const char *typed; /* how one would type it, such as "--pairs"; NULL: no condition */
    nd_field_at field;
    unsigned values;      /* bit v: an int is v; 0: the field is not zero */
    const char *or_typed; /* another way to type it, or NULL */
} nd_condition;

enum { ND_OPTION_MAX_CONFLICTS = 2, ND_OPTIONS_MAX = 160 };

typedef struct nd_option {
    const char *name; /* without the dashes; NULL ends a table */
    nd_option_kind kind;
    unsigned commands;    /* bits of the commands that have it */
    const char *section;  /* of the help */
    const char *argument; /* name of its value in the help; NULL: its choices, or none for a set */
    const char *help;     /* a phrase, without full stop */
    const char *initial;  /* as one would type it; NULL: what the settings held before */
    const char *unset;    /* what the help calls 0, NULL, or a value outside the choices */
    nd_field_at field;    /* options that write to one field exclude each other */
    const char *one_of;   /* options with the same word here exclude each other too */
    const nd_choice *choices;              /* of ND_OPTION_CHOICE and ND_OPTION_FLAGS, or: */
    const char *(*name_of)(int choice);    /* of each value from 0 to `max` */
    const char *(*meaning_of)(int choice); /* the help says it of each; NULL: `help` does */
    double min, max;                       /* of numbers and counts */
    nd_bounds bounds;                      /* of ND_OPTION_NUMBER */
    int value;                             /* of ND_OPTION_SET */
    nd_condition need;                     /* it only works with that */
    nd_condition or_need;                  /* or with that */
    nd_condition conflicts[ND_OPTION_MAX_CONFLICTS]; /* it cannot be used with these */
    bool is_sweepable;                               /* `eval --sweep` takes it */
    bool may_change; /* a run that goes on after an interruption may have another value */
    char letter;     /* 0: no short form */
} nd_option;

/* The rows that one command has. */
typedef struct nd_option_list {
    const nd_option *rows;
    unsigned command; /* its bit */
} nd_option_list;

/* The first row for NULL, else the one after `row`; NULL after the last. */
const nd_option *nd_option_next(const nd_option_list *list, const nd_option *row);

/* The row of that name; NULL: none. */
const nd_option *nd_option_find(const nd_option_list *list, const char *name, size_t len);

/* What was typed. */
typedef struct nd_command_line {
    bool given[ND_OPTIONS_MAX]; /* by place in the table */
    const char *const *operands;
    size_t num_operands;
} nd_command_line;

bool nd_option_given(const nd_option_list *list, const nd_command_line *line, const char *name);

/* --- parsing: option_parse.c --- */

/* Stores the values that the rows have at first. */
ND_NODISCARD nd_status nd_options_init(const nd_option_list *list, const nd_allocator *allocator,
                                       void *settings, nd_error *error);

/* Stores what argv[0..argc) says; operands move to its front, and are borrowed, as strings are.
 * ND_ERR_INVALID_ARGUMENT with a message that says what is allowed. */
ND_NODISCARD nd_status nd_options_parse(const nd_option_list *list, int argc, char **argv,
                                        const nd_allocator *allocator, void *settings,
                                        nd_command_line *line, nd_error *error);

/* Gives the options that were not typed the values they have in `from`. */
void nd_options_fill(const nd_option_list *list, const nd_command_line *line, const void *from,
                     void *settings);

/* Refuses an option that was typed where it has no effect, or beside one it excludes: a slip would
 * go unnoticed. */
ND_NODISCARD nd_status nd_options_check(const nd_option_list *list, const nd_command_line *line,
                                        const void *settings, nd_error *error);

/* The same for one option, typed or not. */
ND_NODISCARD nd_status nd_option_check(const nd_option *option, const void *settings,
                                       nd_error *error);

/* Releases the name lists. */
void nd_options_release(const nd_option_list *list, const nd_allocator *allocator, void *settings);

/* The nearest of the names it is shown to one that was mistyped. */
typedef struct nd_suggestion {
    const char *typed;
    const char *nearest; /* NULL: none is near enough */
    size_t distance;
} nd_suggestion;

nd_suggestion nd_suggestion_for(const char *typed);
void nd_suggestion_consider(nd_suggestion *suggestion, const char *name);

/* --- values: option_value.c --- */

/* Stores `text` (ignored for ND_OPTION_SET). ND_ERR_INVALID_ARGUMENT: the message says what would
 * do. */
ND_NODISCARD nd_status nd_option_store(const nd_option *option, const char *text,
                                       const nd_allocator *allocator, void *settings,
                                       nd_error *error);

/* Choice number `index`: its name and value; NULL after the last. */
const char *nd_option_choice(const nd_option *option, int index, int *value);

/* Appends the value as JSON: a number, a string, true or false, an array, or null. */
void nd_option_print_json(const nd_option *option, const void *settings, nd_page *page);

/* Appends it as one would type it, or as the help calls it. */
void nd_option_print_text(const nd_option *option, const void *settings, nd_page *page);

/* --- help: option_help.c --- */

/* A command, for its help and the checks of its operands. */
typedef struct nd_command_info {
    const char *name;
    const char *summary;          /* one line */
    const char *operands;         /* as the synopsis shows them, such as "INPUT..." */
    const char *operands_missing; /* what to say where there are too few */
    size_t min_operands, max_operands;
    const char *description; /* paragraphs; the help fills the lines. NULL: none */
    const char *examples;    /* lines, as they are printed; NULL: none */
    nd_option_list options;
} nd_command_info;

/* Refuses too few or too many operands, an empty one, and "-" twice. */
ND_NODISCARD nd_status nd_operands_check(const nd_command_info *command,
                                         const nd_command_line *line, nd_error *error);

/* Appends the name of the option's value: "FILE", "corpus|news"; nothing for a set. */
void nd_option_print_argument(const nd_option *option, nd_page *page);

/* Appends the help of a command. `initial` holds the settings that nothing was typed for, and
 * num_others further ones that have a name, such as "--preset news". */
typedef struct nd_named_settings {
    const char *typed;
    const void *settings;
} nd_named_settings;

void nd_command_print_help(const nd_command_info *command, const char *program, const void *initial,
                           const nd_named_settings *others, size_t num_others, nd_page *page);

#endif
