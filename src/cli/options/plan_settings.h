/* The LSH plan that a command line asks for. */
#ifndef CLI_OPTIONS_PLAN_SETTINGS_H
#define CLI_OPTIONS_PLAN_SETTINGS_H

#include "cli/options/settings.h"
#include "neardup/plan.h"

/* The plan a scan with these settings makes. ND_ERR_INVALID_ARGUMENT, with a message, where no
 * sketch can reach the recall. */
ND_NODISCARD nd_status nd_plan_settings(const nd_settings *settings, nd_plan *out, nd_error *error);

#endif
