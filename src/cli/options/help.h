/* The help texts, from the tables of commands and options. */
#ifndef CLI_OPTIONS_HELP_H
#define CLI_OPTIONS_HELP_H

#include "cli/commands/command.h"

/* Help of one command to stdout. Returns the exit code. */
int nd_help_command(const nd_command *command);

/* Help of the tool. `commands` ends with NULL. */
int nd_help_tool(const nd_command *const *commands);

#endif
