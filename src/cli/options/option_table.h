/* Options as a table: parsed, given their initial values and explained from the same rows. */
#ifndef CLI_OPTIONS_OPTION_TABLE_H
#define CLI_OPTIONS_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options/settings.h"
#include "neardup/allocator.h"
#include "neardup/status.h"

typedef enum nd_option_kind {
    ND_OPTION_SET = 0, /* takes no value: writes `value` to an int */
    ND_OPTION_CHOICE,  /* a name of `choices`, to an int */
    ND_OPTION_FLAGS,  /* names of `choices` with commas between, to an int: their values together */
    ND_OPTION_COUNT,  /* a whole number from min to max, to a uint64_t */
    ND_OPTION_NUMBER, /* a number within min and max, to a double */
    ND_OPTION_STRING, /* to a const char * */
    ND_OPTION_LIST,   /* names with commas between, to an nd_name_list */
    ND_OPTION_SHINGLE, /* word:N or char:N, to an nd_shingle_spec */
} nd_option_kind;

typedef struct nd_choice {
    const char *name; /* NULL ends a list */
    int value;
} nd_choice;

/* Which ends of a range are outside it. */
typedef enum nd_bounds {
    ND_BOUNDS_CLOSED = 0, /* min <= x <= max */
    ND_BOUNDS_ABOVE_MIN,  /* min < x <= max */
    ND_BOUNDS_OPEN,       /* min < x < max */
} nd_bounds;

/* An option that has an effect only where an int of the settings has one of some values. */
typedef struct nd_option_need {
    const char *typed; /* what to type for it, such as "--pairs"; NULL: no need */
    size_t offset;
    unsigned values; /* bit v: the value v will do */
} nd_option_need;

typedef struct nd_option {
    const char *name; /* without the dashes; NULL ends a table */
    nd_option_kind kind;
    char letter;              /* 0: no short form */
    const char *argument;     /* name of its value in the help; NULL for ND_OPTION_SET */
    const char *help;         /* one sentence, without full stop */
    const char *initial;      /* as one would type it; NULL: zero */
    const char *initial_news; /* with --preset news; NULL: the same */
    const char *initial_help; /* what the help says instead */
    size_t offset;            /* in nd_settings */
    const nd_choice *choices; /* of ND_OPTION_CHOICE and ND_OPTION_FLAGS */
    int value;                /* of ND_OPTION_SET */
    nd_bounds bounds;         /* of ND_OPTION_NUMBER */
    double min, max;          /* of ND_OPTION_NUMBER and ND_OPTION_COUNT */
    nd_option_need need;
} nd_option;

typedef struct nd_option_group {
    const char *title;
    const nd_option *options;
} nd_option_group;

struct nd_command;

/* Reads argv[0..argc), which is what follows the command's name; operands move to its front, and
 * the settings borrow them. Checks everything that the table says; ND_ERR_INVALID_ARGUMENT with a
 * message that says what is allowed. Release the settings in either case. */
ND_NODISCARD nd_status nd_settings_parse(const struct nd_command *command, int argc, char **argv,
                                         const nd_allocator *allocator, nd_settings *settings,
                                         nd_error *error);

void nd_settings_release(nd_settings *settings, const nd_allocator *allocator);

/* Whether the option of that name was typed. */
bool nd_settings_given(const nd_settings *settings, const char *name);

/* Whether what the option needs is set. */
bool nd_option_has_effect(const nd_option *option, const nd_settings *settings);

/* The `index`-th option of the command, group after group; NULL after the last. */
const nd_option *nd_command_option(const struct nd_command *command, size_t index);

#endif
