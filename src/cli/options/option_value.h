/* The value of one option, from its text into the settings and back. */
#ifndef CLI_OPTIONS_OPTION_VALUE_H
#define CLI_OPTIONS_OPTION_VALUE_H

#include "cli/options/option_table.h"
#include "cli/output/page.h"

/* Stores `text` (ignored for ND_OPTION_SET). ND_ERR_INVALID_ARGUMENT: the message says what would
 * do. Strings are borrowed. */
ND_NODISCARD nd_status nd_option_store(const nd_option *option, const char *text,
                                       const nd_allocator *allocator, nd_settings *settings,
                                       nd_error *error);

/* Appends the value as JSON: a number, a string, true or false, an array, or null. */
void nd_option_print_json(const nd_option *option, const nd_settings *settings, nd_page *page);

#endif
