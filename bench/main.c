/* neardup-bench: measures the engine, and makes what it is measured on. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench_settings.h"
#include "cli/process.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const bench_command *const commands[] = {
    &bench_command_stages, &bench_command_scan, &bench_command_scale, &bench_command_accuracy,
    &bench_command_gen,    &bench_command_join, &bench_command_index,
};

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void complain(const char *format, ...)
{
    va_list args;
    fputs("neardup-bench: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static void print_help(FILE *out)
{
    fputs("usage: neardup-bench COMMAND [OPTION...] [ARGUMENT...]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-9s %s\n", commands[i]->info.name, commands[i]->info.summary);
    fputs("\nneardup-bench COMMAND --help lists the options of a command\n", out);
}

static int help(const bench_command *command)
{
    nd_page page;
    nd_page_init(&page, nd_tool_allocator());
    bench_settings_print_help(command, &page);
    const nd_status status = page.status;
    if (status == ND_OK)
        fwrite(page.bytes.items, 1, page.bytes.len, stdout);
    else
        complain("%s", nd_status_message(status));
    nd_page_release(&page);
    return status == ND_OK && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int run(const bench_command *command, int argc, char **argv)
{
    bench_settings settings;
    nd_error error = {0};
    int exit_code = EXIT_DONE;
    nd_status status = bench_settings_parse(command, argc, argv, &settings, &error);
    if (status != ND_OK)
        exit_code = status == ND_ERR_INVALID_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
    else if (settings.help)
        exit_code = help(command);
    else if ((status = command->run(&settings, &error)) != ND_OK)
        exit_code = EXIT_FAILED;
    if (status != ND_OK)
        complain("%s: %s", command->info.name,
                 error.message[0] ? error.message : nd_status_message(status));
    bench_settings_release(command, &settings);
    return exit_code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i]->info.name) == 0)
            return run(commands[i], argc - 2, argv + 2);
    complain("unknown command '%s'", argv[1]);
    return EXIT_USAGE;
}
