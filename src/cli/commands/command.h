/* The commands of the tool: what they are called, take and do. */
#ifndef CLI_COMMANDS_COMMAND_H
#define CLI_COMMANDS_COMMAND_H

#include "cli/job.h"
#include "cli/options/settings.h"
#include "neardup/index.h"
#include "neardup/scan.h"

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

/* --- a scan of a job's input, whatever is done with what it finds --- */

/* Uses a finished scan. */
typedef nd_status (*nd_scan_use_fn)(nd_job *job, const nd_scan *scan, void *ctx, nd_error *error);

/* Reads the input and finds what the settings ask for; notes and statistics go to the job. With
 * --strict fails before `use` where something was left out. */
ND_NODISCARD nd_status nd_scan_run(nd_job *job, nd_scan_use_fn use, void *ctx, nd_error *error);

/* --- the commands of an index: 'neardup index add' and so on --- */

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
