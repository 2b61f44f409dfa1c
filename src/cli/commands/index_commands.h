/* The commands of an index: 'neardup index add' and so on. */
#ifndef CLI_COMMANDS_INDEX_COMMANDS_H
#define CLI_COMMANDS_INDEX_COMMANDS_H

#include "cli/commands/command.h"
#include "cli/job.h"
#include "neardup/index.h"

/* In the order of the help; NULL ends the list. */
extern const nd_command *const nd_index_commands[];

extern const nd_command nd_command_index_add;
extern const nd_command nd_command_index_query;

/* The folder that the command is about: its first operand. */
static inline const char *nd_index_folder(const nd_job *job)
{
    return job->settings->line.operands[0];
}

/* Opens the index as the settings say. */
ND_NODISCARD nd_status nd_index_open_for(const nd_job *job, nd_index_access access, nd_index **out,
                                         nd_error *error);

#endif
