/* What the options of scan ask of the engine. */
#ifndef CLI_OPTIONS_SCAN_SETTINGS_H
#define CLI_OPTIONS_SCAN_SETTINGS_H

#include "cli/options/settings.h"
#include "neardup/scan.h"

nd_scan_options nd_scan_settings(const nd_settings *settings, uint32_t num_threads,
                                 nd_progress_fn progress, void *progress_ctx);

/* Refuses what the option table cannot say: ND_ERR_INVALID_ARGUMENT with a message. */
ND_NODISCARD nd_status nd_scan_settings_check(const nd_settings *settings, nd_error *error);

#endif
