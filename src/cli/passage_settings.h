/* The passage options of a command line, for the library. */
#ifndef CLI_PASSAGE_SETTINGS_H
#define CLI_PASSAGE_SETTINGS_H

#include "cli/settings.h"
#include "neardup/passages.h"

nd_passage_options nd_passage_settings(const nd_settings *settings);

#endif
