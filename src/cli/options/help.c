#include "cli/options/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/output/columns.h"
#include "cli/stdout_end.h"

enum { HELP_COLUMNS = 80, OPTION_COLUMNS = 26 };

/* Fills lines with `text`; the first goes on at column `at`, the others begin at `indent`. */
static void print_filled(const char *text, size_t at, size_t indent)
{
    nd_wrap wrap = {.p = text, .end = text + strlen(text)};
    nd_row row;
    while (nd_wrap_next(&wrap, HELP_COLUMNS - indent, &row)) {
        const size_t pad = at < indent ? indent - at : 0;
        printf("%*s%.*s\n", (int)pad, "", (int)row.len_bytes, row.p);
        at = 0;
    }
}

/* Paragraphs are separated by an empty line, and filled each. */
static void print_paragraphs(const char *text)
{
    for (const char *p = text; *p;) {
        const char *const line_end = p + strcspn(p, "\n");
        char line[1024];
        snprintf(line, sizeof line, "%.*s", (int)(line_end - p), p);
        print_filled(line, 0, 0);
        putchar('\n');
        p = line_end + strspn(line_end, "\n");
    }
}

static size_t print_option_name(const nd_option *option)
{
    int columns = option->letter ? printf("  -%c, --%s", option->letter, option->name)
                                 : printf("      --%s", option->name);
    if (option->argument)
        columns += printf(" %s", option->argument);
    return columns > 0 ? (size_t)columns : 0;
}

static void print_option(const nd_option *option)
{
    size_t at = print_option_name(option);
    if (at + 2 > OPTION_COLUMNS) {
        putchar('\n');
        at = 0;
    }
    const char *initial = option->initial_help ? option->initial_help : option->initial;
    if (option->kind == ND_OPTION_SET)
        initial = NULL;
    char text[512];
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", option->help, initial ? " [default: " : "",
             initial ? initial : "", initial ? "]" : "", option->need.typed ? " (with " : "",
             option->need.typed ? option->need.typed : "", option->need.typed ? ")" : "");
    print_filled(text, at, OPTION_COLUMNS);
}

int nd_help_command(const nd_command *command)
{
    printf("neardup %s: %s\n\n", command->name, command->summary);
    printf("usage: neardup %s [OPTION...]%s%s\n\n", command->name, *command->operands ? " " : "",
           command->operands);
    print_paragraphs(command->description);
    const char *title = "";
    for (const nd_option_group *const *group = command->groups; *group; group++) {
        if ((*group)->title && strcmp((*group)->title, title) != 0) {
            printf("%s%s:\n", *title ? "\n" : "", (*group)->title);
            title = (*group)->title;
        }
        for (const nd_option *option = (*group)->options; option->name; option++)
            print_option(option);
    }
    printf("\nExamples:\n%s", command->examples);
    return nd_stdout_finish();
}

int nd_help_tool(const nd_command *const *commands)
{
    printf("neardup: finds near-duplicates in text\n\n"
           "usage: neardup COMMAND [OPTION...] [ARGUMENT...]\n\n"
           "Commands:\n");
    for (; *commands; commands++)
        printf("  %-9s %-11s %s\n", (*commands)->name, (*commands)->operands, (*commands)->summary);
    printf("\nneardup help COMMAND   options and examples of a command\n"
           "neardup --version      versions of the tool and of what it is built on\n\n"
           "Results go to standard output, everything else to stderr.\n"
           "Exit status: 0 done, 1 failed, 2 wrong usage.\n");
    return nd_stdout_finish();
}
