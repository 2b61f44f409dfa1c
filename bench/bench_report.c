#define _GNU_SOURCE /* environ */

#include "bench_report.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/json.h"
#include "util/error.h"

enum { COLUMN_MIN = 11 };

void bench_report_begin(bench_report *report, bench_format format, const bench_context *context,
                        const char *svg)
{
    *report = (bench_report){.format = format, .context = *context, .svg = svg};
    report->drawn = svg ? tmpfile() : NULL;
    if (format == BENCH_FORMAT_TABLE)
        printf("data:    %s\noptions: %s\nmachine: %s\nkernel:  %s\n\n", context->data,
               context->options, context->machine, context->kernel);
}

/* The first column holds names and stands to the left. */
static int width_of(const bench_field *field, size_t column)
{
    const int len = (int)strlen(field->name);
    return column == 0 ? -16 : len < COLUMN_MIN ? COLUMN_MIN : len;
}

static void print_head(const bench_field *fields, size_t num)
{
    for (size_t i = 0; i < num; i++)
        printf("%s%*s", i ? "  " : "", width_of(&fields[i], i), fields[i].name);
    putchar('\n');
}

static void print_cells(const bench_field *fields, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const int width = width_of(&fields[i], i);
        fputs(i ? "  " : "", stdout);
        if (fields[i].text)
            printf("%*s", width, fields[i].text);
        else
            printf("%*.*f", width, fields[i].decimals, fields[i].number);
    }
    putchar('\n');
}

static void print_json_string(FILE *file, const char *text)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_byte_vec out = {0};
    if (nd_json_append_string(&allocator, &out, text, strlen(text)) == ND_OK)
        fwrite(out.items, 1, out.len, file);
    ND_VEC_RELEASE(&allocator, &out);
}

static void print_json_member(FILE *file, const char *name, const char *text)
{
    fprintf(file, ",\"%s\":", name);
    print_json_string(file, text);
}

/* The first field, who it was measured on, the rest. */
static void print_json(FILE *file, const bench_report *report, const bench_field *fields,
                       size_t num)
{
    fprintf(file, "{\"%s\":", fields[0].name);
    print_json_string(file, fields[0].text ? fields[0].text : "");
    print_json_member(file, "data", report->context.data);
    print_json_member(file, "options", report->context.options);
    print_json_member(file, "machine", report->context.machine);
    print_json_member(file, "kernel", report->context.kernel);
    for (size_t i = 1; i < num; i++) {
        if (fields[i].text && strcmp(fields[i].text, "-") == 0)
            fprintf(file, ",\"%s\":null", fields[i].name);
        else if (fields[i].text)
            print_json_member(file, fields[i].name, fields[i].text);
        else
            fprintf(file, ",\"%s\":%.*f", fields[i].name, fields[i].decimals, fields[i].number);
    }
    fputs("}\n", file);
}

void bench_report_row(bench_report *report, const bench_field *fields, size_t num)
{
    if (report->format == BENCH_FORMAT_JSON) {
        print_json(stdout, report, fields, num);
    } else {
        if (report->num_rows == 0)
            print_head(fields, num);
        print_cells(fields, num);
    }
    if (report->drawn)
        print_json(report->drawn, report, fields, num);
    report->num_rows++;
    fflush(stdout);
}

/* --- the picture: bench/plot draws it --- */

/* Runs bench/plot with that standard input, or with none. The first of the arguments is filled in:
 * an interpreter finds its packages by it. */
static nd_status run_plot(const char *arguments[], FILE *input, nd_error *error)
{
    enum { NO_MATPLOTLIB = 3 };
    const char *const named = getenv("PYTHON");
    const char *const python = named && *named ? named : "python3";
    posix_spawn_file_actions_t actions;
    int code = ENOMEM, state = 0;
    pid_t child = 0;
    arguments[0] = python;
    if (posix_spawn_file_actions_init(&actions) == 0) {
        code = input ? posix_spawn_file_actions_adddup2(&actions, fileno(input), STDIN_FILENO) : 0;
        if (code == 0)
            code = posix_spawnp(&child, python, &actions, NULL, (char *const *)(uintptr_t)arguments,
                                environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    if (code == 0 && waitpid(child, &state, 0) != child)
        code = errno;
    if (code == 0 && WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return ND_OK;
    if (code == ENOENT || (code == 0 && WIFEXITED(state) && WEXITSTATUS(state) == NO_MATPLOTLIB))
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "'--svg' needs Python with matplotlib: install python3-matplotlib, or "
                            "set PYTHON to an interpreter that has it");
    return nd_error_set(error, ND_ERR_IO, "'%s' drew no picture%s%s", python, code ? ": " : "",
                        code ? strerror(code) : "");
}

nd_status bench_plot_check(const char *svg, nd_error *error)
{
    const char *arguments[] = {NULL, NEARDUP_BENCH_PLOT, "--check", svg, NULL};
    return run_plot(arguments, NULL, error);
}

nd_status bench_report_end(bench_report *report, nd_status status, nd_error *error)
{
    if (!report->drawn)
        return status == ND_OK && report->svg
                   ? nd_error_set(error, ND_ERR_IO, "cannot make a temporary file for '--svg'")
                   : status;
    const char *arguments[] = {NULL, NEARDUP_BENCH_PLOT, report->svg, NULL};
    if (status == ND_OK && (fflush(report->drawn) != 0 || fseek(report->drawn, 0, SEEK_SET) != 0))
        status = nd_error_set(error, ND_ERR_IO, "cannot keep the results: %s", strerror(errno));
    if (status == ND_OK)
        status = run_plot(arguments, report->drawn, error);
    fclose(report->drawn);
    report->drawn = NULL;
    return status;
}

static void read_model(char *model, size_t size)
{
    snprintf(model, size, "unknown processor");
    FILE *const file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        const char *const value = strstr(line, ": ");
        if (value && strncmp(line, "model name", 10) == 0) {
            snprintf(model, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
            break;
        }
    }
    if (file)
        fclose(file);
}

const char *bench_machine(void)
{
    static char machine[160];
    char model[100];
    read_model(model, sizeof model);
    snprintf(machine, sizeof machine, "%s, %ld processors", model, sysconf(_SC_NPROCESSORS_ONLN));
    return machine;
}
