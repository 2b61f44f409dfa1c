/* The commands of the tool: what they are called, take and do. */
#ifndef CLI_COMMANDS_COMMAND_H
#define CLI_COMMANDS_COMMAND_H

#include "cli/options/settings.h"

enum { ND_EXIT_DONE = 0, ND_EXIT_FAILED = 1, ND_EXIT_USAGE = 2 };

typedef struct nd_command {
    nd_command_info info;
    /* Refuses what the table cannot say; may be NULL. Returns ND_ERR_INVALID_ARGUMENT. */
    nd_status (*check)(const nd_settings *settings, nd_error *error);
    int (*run)(const nd_settings *settings); /* returns the exit code */
} nd_command;

extern const nd_command nd_command_scan;
extern const nd_command nd_command_dedup;
extern const nd_command nd_command_within;
extern const nd_command nd_command_compare;
extern const nd_command nd_command_plan;
extern const nd_command nd_command_eval;

#endif
