/* The commands of the tool: what they are called, take and do. */
#ifndef CLI_COMMANDS_COMMAND_H
#define CLI_COMMANDS_COMMAND_H

#include <stddef.h>

#include "cli/options/option_table.h"
#include "cli/options/settings.h"

enum { ND_EXIT_DONE = 0, ND_EXIT_FAILED = 1, ND_EXIT_USAGE = 2 };

enum { ND_COMMAND_MAX_GROUPS = 24 };

typedef struct nd_command {
    const char *name;
    const char *summary;          /* one line */
    const char *operands;         /* as the synopsis shows them, such as "INPUT..." */
    const char *operands_missing; /* what to say where there are too few */
    size_t min_operands, max_operands;
    const char *description; /* paragraphs; the help fills the lines */
    const char *examples;    /* lines of "command  what it does", as they are printed */
    const nd_option_group *groups[ND_COMMAND_MAX_GROUPS]; /* ended by NULL */

    /* Refuses what the table cannot say; may be NULL. Returns ND_ERR_INVALID_ARGUMENT. */
    nd_status (*check)(const nd_settings *settings, nd_error *error);
    int (*run)(const nd_settings *settings); /* returns the exit code */
} nd_command;

extern const nd_command nd_command_scan;
extern const nd_command nd_command_within;
extern const nd_command nd_command_compare;
extern const nd_command nd_command_plan;
extern const nd_command nd_command_eval;

#endif
