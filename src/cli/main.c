/* neardup: the command line tool. */
#include <archive.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>
#include <zlib.h>
#include <zstd.h>

#include "cli/commands/command.h"
#include "cli/process.h"
#include "neardup/kernel.h"
#include "neardup/version.h"
#include "util/xxh.h"

static const nd_command *const commands[] = {
    &nd_command_scan,
    &nd_command_dedup,
    &nd_command_within,
    &nd_command_compare,
    &nd_command_plan,
    &nd_command_eval,
    NULL,
};

static const nd_command *find_in(const nd_command *const *list, const char *name)
{
    while (*list && strcmp((*list)->info.name, name) != 0)
        list++;
    return *list;
}

/* A command is one word, or "index" and another. */
typedef struct words {
    char name[64]; /* as far as it was typed */
    int num;
    bool is_index;
} words;

static words words_of(int argc, char **argv)
{
    words w = {.num = 1, .is_index = strcmp(argv[0], "index") == 0};
    if (w.is_index && argc > 1) {
        w.num = 2;
        snprintf(w.name, sizeof w.name, "index %s", argv[1]);
    } else {
        snprintf(w.name, sizeof w.name, "%s", argv[0]);
    }
    return w;
}

static const nd_command *find_command(const words *w)
{
    return find_in(w->is_index ? nd_index_commands : commands, w->name);
}

static int refuse_command(const words *w)
{
    nd_suggestion suggestion = nd_suggestion_for(w->name);
    const nd_command *const *command = w->is_index ? nd_index_commands : commands;
    for (; *command; command++)
        nd_suggestion_consider(&suggestion, (*command)->info.name);
    if (!w->is_index) {
        nd_suggestion_consider(&suggestion, "index");
        nd_suggestion_consider(&suggestion, "--help");
        nd_suggestion_consider(&suggestion, "--version");
    }
    const char *const kind = w->name[0] == '-' && w->name[1] ? "option" : "command";
    if (w->is_index && w->num == 1)
        nd_message("'index' needs a command, such as 'index add'");
    else if (suggestion.nearest)
        nd_message("unknown %s '%s', did you mean '%s'?", kind, w->name, suggestion.nearest);
    else
        nd_message("unknown %s '%s'", kind, w->name);
    nd_message(w->is_index ? "see 'neardup help index'" : "see 'neardup --help'");
    return ND_EXIT_USAGE;
}

static void list_commands(const nd_command *const *command, size_t prefix, int name_columns,
                          int operand_columns)
{
    for (; *command; command++)
        printf("  %-*s %-*s %s\n", name_columns, (*command)->info.name + prefix, operand_columns,
               (*command)->info.operands, (*command)->info.summary);
}

static int help_index(void)
{
    printf("neardup index: documents kept on disk, each checked as it comes\n\n"
           "usage: neardup index COMMAND [OPTION...] DIR [ARGUMENT...]\n\n"
           "Commands:\n");
    list_commands(nd_index_commands, sizeof "index", 8, 14);
    printf("\nneardup help index COMMAND   options and examples of a command\n\n"
           "DIR is the folder of the index. One process writes at a time, any number read.\n");
    return nd_stdout_finish();
}

static int help_tool(void)
{
    printf("neardup: finds near-duplicates in text\n\n"
           "usage: neardup COMMAND [OPTION...] [ARGUMENT...]\n\n"
           "Commands:\n");
    list_commands(commands, 0, 9, 11);
    printf("  %-9s %-11s %s\n", "index", "COMMAND...",
           "documents kept on disk, each checked as it "
           "comes");
    printf("\nneardup help COMMAND   options and examples of a command\n"
           "neardup --version      versions of the tool and of what it is built on\n\n"
           "Results go to standard output, everything else to stderr.\n"
           "Exit status: 0 done, 1 failed, 2 wrong usage.\n");
    return nd_stdout_finish();
}

static int help_command(const nd_command *command)
{
    nd_page page;
    nd_page_init(&page, nd_tool_allocator());
    nd_settings_print_help(command, &page);
    if (page.status == ND_OK)
        fwrite(page.bytes.items, 1, page.bytes.len, stdout);
    else
        nd_message("%s", nd_status_message(page.status));
    const int exit_code = page.status == ND_OK ? nd_stdout_finish() : ND_EXIT_FAILED;
    nd_page_release(&page);
    return exit_code;
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int help(int argc, char **argv)
{
    if (argc == 0)
        return help_tool();
    const words w = words_of(argc, argv);
    if (w.is_index && w.num == 1)
        return help_index();
    const nd_command *const command = find_command(&w);
    if (!command)
        return refuse_command(&w);
    if (argc > w.num) {
        nd_message("unexpected argument '%s'", argv[w.num]);
        return ND_EXIT_USAGE;
    }
    return help_command(command);
}

/* Selecting is the only way to ask whether a kernel is there; the one in use is put back. */
static void print_kernels(void)
{
    const nd_kernel current = nd_kernel_current();
    printf("kernels:    %s in use; available:", nd_kernel_name(current));
    for (int kernel = ND_KERNEL_SCALAR; kernel <= ND_KERNEL_NEON; kernel++)
        if (nd_kernel_select((nd_kernel)kernel) == ND_OK)
            printf(" %s", nd_kernel_name((nd_kernel)kernel));
    putchar('\n');
    const nd_status status = nd_kernel_select(current);
    assert(status == ND_OK);
    (void)status;
}

static int print_version(void)
{
    const int archive = archive_version_number(); /* 3006002 is 3.6.2 */
    printf("neardup %s\n", nd_version());
    printf("hash spec:  %d, Unicode %s\n", nd_hash_spec_version(), nd_unicode_version());
    printf("allocator:  %s\n", nd_tool_allocator_name());
    print_kernels();
    printf("xxHash:     %d.%d.%d\n", XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE);
    printf("utf8proc:   %s\n", utf8proc_version());
    printf("simdjson:   %s\n", NEARDUP_SIMDJSON_VERSION);
    printf("libarchive: %d.%d.%d\n", archive / 1000000, archive / 1000 % 1000, archive % 1000);
    printf("zlib:       %s\n", zlibVersion());
    printf("zstd:       %s\n", ZSTD_versionString());
    printf("compiler:   %s\n", NEARDUP_COMPILER);
    return nd_stdout_finish();
}

static int version(int argc, char **argv)
{
    if (argc > 0) {
        nd_message("unexpected argument '%s'", argv[0]);
        return ND_EXIT_USAGE;
    }
    return print_version();
}

static int run_command(const nd_command *command, int argc, char **argv)
{
    nd_settings settings;
    nd_error error = {0};
    const nd_status status =
        nd_settings_parse(command, argc, argv, nd_tool_allocator(), &settings, &error);
    int exit_code = ND_EXIT_FAILED;
    if (status == ND_OK) {
        exit_code = settings.help ? help_command(command) : command->run(&settings);
    } else {
        nd_message("%s", error.message);
        if (status == ND_ERR_INVALID_ARGUMENT) {
            nd_message("see 'neardup %s --help'", command->info.name);
            exit_code = ND_EXIT_USAGE;
        }
    }
    nd_settings_release(&settings, nd_tool_allocator());
    return exit_code;
}

int main(int argc, char **argv)
{
    nd_process_begin(argc, argv);
    if (argc < 2) {
        nd_message("no command: see 'neardup --help'");
        return ND_EXIT_USAGE;
    }
    if (is_help(argv[1]))
        return help(argc - 2, argv + 2);
    if (strcmp(argv[1], "--version") == 0)
        return version(argc - 2, argv + 2);
    const words w = words_of(argc - 1, argv + 1);
    if (w.is_index && w.num == 2 && is_help(argv[2]))
        return help_index();
    const nd_command *const command = find_command(&w);
    return command ? run_command(command, argc - 1 - w.num, argv + 1 + w.num) : refuse_command(&w);
}
