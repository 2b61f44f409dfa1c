#include "bench_report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/json.h"

enum { COLUMN_MIN = 11 };

void bench_report_begin(bench_report *report, bench_format format, const bench_context *context)
{
    *report = (bench_report){.format = format, .context = *context};
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

static void print_json_string(const char *text)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_byte_vec out = {0};
    if (nd_json_append_string(&allocator, &out, text, strlen(text)) == ND_OK)
        fwrite(out.items, 1, out.len, stdout);
    ND_VEC_RELEASE(&allocator, &out);
}

static void print_json_member(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    print_json_string(text);
}

/* The first field, who it was measured on, the rest. */
static void print_json(const bench_report *report, const bench_field *fields, size_t num)
{
    printf("{\"%s\":", fields[0].name);
    print_json_string(fields[0].text ? fields[0].text : "");
    print_json_member("data", report->context.data);
    print_json_member("options", report->context.options);
    print_json_member("machine", report->context.machine);
    print_json_member("kernel", report->context.kernel);
    for (size_t i = 1; i < num; i++) {
        if (fields[i].text && strcmp(fields[i].text, "-") == 0)
            printf(",\"%s\":null", fields[i].name);
        else if (fields[i].text)
            print_json_member(fields[i].name, fields[i].text);
        else
            printf(",\"%s\":%.*f", fields[i].name, fields[i].decimals, fields[i].number);
    }
    puts("}");
}

void bench_report_row(bench_report *report, const bench_field *fields, size_t num)
{
    if (report->format == BENCH_FORMAT_JSON) {
        print_json(report, fields, num);
    } else {
        if (report->num_rows == 0)
            print_head(fields, num);
        print_cells(fields, num);
    }
    report->num_rows++;
    fflush(stdout);
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
