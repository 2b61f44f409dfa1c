/* The passage options of a command line, for the library. */
#ifndef CLI_OPTIONS_PASSAGE_SETTINGS_H
#define CLI_OPTIONS_PASSAGE_SETTINGS_H

#include "cli/options/settings.h"
#include "neardup/passages.h"

/* An nd_command.check of what passages are asked for. */
nd_status nd_passage_settings_check(const nd_settings *settings, nd_error *error);

nd_passage_options nd_passage_settings(const nd_settings *settings);

#endif
