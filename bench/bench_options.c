#include "bench_options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_complain(const char *format, ...)
{
    va_list args;
    fputs("neardup-bench: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static void print_help(const bench_usage *usage)
{
    printf("usage: neardup-bench %s [options]%s%s\n\n%s\n\n", usage->command,
           usage->operands[0] ? " " : "", usage->operands, usage->summary);
    for (size_t i = 0; i < usage->num_options; i++) {
        const bench_option *const option = &usage->options[i];
        char left[40];
        snprintf(left, sizeof left, "%s %s", option->name,
                 option->value_name ? option->value_name : "");
        printf("  %-22s %s\n", left, option->help);
    }
    printf("  %-22s %s\n", "--help", "this text");
}

/* Steps of 1000 or 1024 that a suffix stands for; -1 for none of them. */
static int suffix_steps(const char *suffix)
{
    static const char letters[] = "kmgt";
    if (!*suffix)
        return 0;
    const char *const found = strchr(letters, suffix[0] | 0x20);
    return found && !suffix[1] ? (int)(found - letters) + 1 : -1;
}

static bool parse_count(const char *value, uint64_t step, uint64_t *out)
{
    char *end;
    errno = 0;
    if (value[0] < '0' || value[0] > '9')
        return false;
    unsigned long long number = strtoull(value, &end, 10);
    const int steps = suffix_steps(end);
    if (errno || steps < 0)
        return false;
    for (int i = 0; i < steps; i++)
        if (__builtin_mul_overflow(number, step, &number))
            return false;
    *out = number;
    return true;
}

static bool parse_fraction(const char *value, double *out)
{
    char *end;
    const double number = strtod(value, &end);
    if (end == value || *end || !(number >= 0 && number <= 1))
        return false;
    *out = number;
    return true;
}

static bool parse_value(const bench_option *option, const char *value)
{
    switch (option->kind) {
    case BENCH_OPTION_FLAG:
        *(bool *)option->target = true;
        return true;
    case BENCH_OPTION_COUNT:
        return parse_count(value, 1000, option->target);
    case BENCH_OPTION_SIZE:
        return parse_count(value, 1024, option->target);
    case BENCH_OPTION_FRACTION:
        return parse_fraction(value, option->target);
    case BENCH_OPTION_STRING:
        *(const char **)option->target = value;
        return true;
    }
    return false;
}

static const bench_option *find_option(const bench_usage *usage, const char *name, size_t len)
{
    for (size_t i = 0; i < usage->num_options; i++)
        if (strlen(usage->options[i].name) == len && memcmp(usage->options[i].name, name, len) == 0)
            return &usage->options[i];
    return NULL;
}

/* Takes the option at argv[*at], "--name value" or "--name=value". */
static bool take_option(const bench_usage *usage, int argc, char **argv, int *at)
{
    const char *const given = argv[*at];
    const size_t len = strcspn(given, "=");
    const bench_option *const option = find_option(usage, given, len);
    if (!option) {
        bench_complain("%s: unknown option '%.*s'", usage->command, (int)len, given);
        return false;
    }
    const char *value = given[len] ? given + len + 1 : NULL;
    if (option->kind == BENCH_OPTION_FLAG && value) {
        bench_complain("%s: option '%s' takes no value", usage->command, option->name);
        return false;
    }
    if (option->kind != BENCH_OPTION_FLAG && !value && ++*at < argc)
        value = argv[*at];
    if (option->kind != BENCH_OPTION_FLAG && !value) {
        bench_complain("%s: option '%s' needs a value", usage->command, option->name);
        return false;
    }
    if (!parse_value(option, value)) {
        bench_complain("%s: '%s' is no value for option '%s'", usage->command, value, option->name);
        return false;
    }
    return true;
}

bench_parse_result bench_options_parse(const bench_usage *usage, int argc, char **argv,
                                       int *num_operands)
{
    *num_operands = 0;
    bool options_ended = false;
    for (int i = 1; i < argc; i++) {
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = true;
        } else if (!options_ended && strcmp(argv[i], "--help") == 0) {
            print_help(usage);
            return BENCH_PARSED_HELP;
        } else if (options_ended || argv[i][0] != '-' || !argv[i][1]) {
            argv[1 + (*num_operands)++] = argv[i];
        } else if (!take_option(usage, argc, argv, &i)) {
            return BENCH_PARSE_FAILED;
        }
    }
    if (*num_operands > 0 && !usage->operands[0]) {
        bench_complain("%s: unexpected operand '%s'", usage->command, argv[1]);
        return BENCH_PARSE_FAILED;
    }
    return BENCH_PARSED;
}
