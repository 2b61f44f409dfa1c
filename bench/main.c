/* neardup-bench: measures the engine, and makes what it is measured on. */
#include <stdio.h>
#include <string.h>

#include "bench_options.h"
#include "commands.h"

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} command;

static const command commands[] = {
    {"stages", bench_cmd_stages, "each stage of the engine alone, beside its limit"},
    {"scan", bench_cmd_scan, "from files to pairs, with memory, and recall on a sample"},
    {"scale", bench_cmd_scale, "growth of time and memory from 10^4 to 10^7 documents"},
    {"accuracy", bench_cmd_accuracy, "error of the sketch, and the S-curve, against theory"},
    {"gen", bench_cmd_gen, "make a news-like corpus, with planted copies and their truth"},
    {"join", bench_cmd_join, "join sets exactly: the truth that others are scored against"},
};

static void print_help(FILE *out)
{
    fputs("usage: neardup-bench COMMAND [options]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("\nneardup-bench COMMAND --help lists the options of a command\n", out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return BENCH_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return BENCH_EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    bench_complain("unknown command '%s'", argv[1]);
    return BENCH_EXIT_USAGE;
}
