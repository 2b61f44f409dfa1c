/* Any command line: every command's options are parsed from arguments that a NUL ends, and what was
 * accepted can be printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands/command.h"
#include "cli/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ARGUMENTS = 64, NUM_COMMANDS = 5 };

static void parse(unsigned bit, int argc, char **argv)
{
    const nd_command command = {.info.name = "any",
                                .info.operands = "",
                                .info.operands_missing = "none",
                                .info.max_operands = MAX_ARGUMENTS,
                                .info.options = {nd_tool_options, bit},
                                .check = nd_settings_check_scan};
    nd_settings settings;
    nd_error error;
    nd_page page;
    nd_page_init(&page, nd_tool_allocator());
    if (nd_settings_parse(&command, argc, argv, nd_tool_allocator(), &settings, &error) == ND_OK) {
        const nd_option *option = NULL;
        while ((option = nd_option_next(&command.info.options, option)) != NULL) {
            nd_option_print_json(option, &settings, &page);
            nd_option_print_text(option, &settings, &page);
        }
        if (settings.help)
            nd_settings_print_help(&command, &page);
    } else if (error.message[0] == '\0') {
        abort();
    }
    nd_settings_release(&settings, nd_tool_allocator());
    nd_page_release(&page);
}

/* The first byte chooses the command. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *argv[MAX_ARGUMENTS];
    int argc = 0;
    if (size < 2)
        return 0;
    char *const copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';
    for (size_t at = 0; at < size && argc < MAX_ARGUMENTS; at += strlen(copy + at) + 1)
        argv[argc++] = copy + at;
    parse(1u << data[0] % NUM_COMMANDS, argc, argv);
    free(copy);
    return 0;
}
