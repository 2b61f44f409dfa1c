#include "cli/job.h"

#include <string.h>

#include "cli/commands/command.h"
#include "cli/process.h"
#include "neardup/kernel.h"
#include "neardup/version.h"

/* The key of an option is its name with '_' for '-'. */
static void print_key(const char *name, nd_page *page)
{
    nd_page_put(page, "\"");
    for (; *name; name++)
        nd_page_append(page, *name == '-' ? "_" : name, 1);
    nd_page_put(page, "\":");
}

static void print_options(const nd_job *job, nd_page *page)
{
    nd_page_put(page, ",\"options\":{");
    const nd_option *option = NULL;
    const char *before = "";
    while ((option = nd_option_next(&job->settings->command->info.options, option)) != NULL) {
        if (option->field.offset == offsetof(nd_settings, help))
            continue;
        nd_page_put(page, before);
        print_key(option->name, page);
        nd_option_print_json(option, job->settings, page);
        before = ",";
    }
    nd_page_put(page, "},\"inputs\":[");
    for (size_t i = 0; i < job->settings->line.num_operands; i++) {
        const char *const operand = job->settings->line.operands[i];
        nd_page_put(page, i ? "," : "");
        nd_page_json(page, operand, strlen(operand));
    }
    nd_page_put(page, "]");
}

static void print_seconds(const nd_job *job, nd_page *page)
{
    nd_page_put(page, ",\"seconds\":{");
    for (size_t i = 0; i < job->num_laps; i++)
        nd_page_printf(page, "\"%s\":%.6f,", job->laps[i].name, job->laps[i].seconds);
    nd_page_printf(page, "\"all\":%.6f}", nd_clock_seconds() - job->started);
}

static void print_all(const nd_job *job, nd_status status, nd_page *page)
{
    nd_page_printf(page,
                   "{\"neardup\":\"%s\",\"hash_spec\":%d,\"unicode\":\"%s\",\"command\":\"%s\","
                   "\"status\":\"%s\""
                   ",\"kernel\":\"%s\",\"threads\":%u",
                   nd_version(), nd_hash_spec_version(), nd_unicode_version(),
                   job->settings->command->info.name, status == ND_OK ? "done" : "failed",
                   nd_kernel_name(nd_kernel_current()), job->num_threads);
    print_options(job, page);
    nd_page_printf(page, ",\"input\":{\"files\":%llu,\"documents\":%llu,\"bytes\":%llu}",
                   (unsigned long long)job->report.files, (unsigned long long)job->report.documents,
                   (unsigned long long)job->report.bytes);
    nd_page_append(page, job->stats.bytes.items, job->stats.bytes.len);
    if (job->budget) {
        const nd_budget_use use = nd_budget_use_get(job->budget);
        nd_page_printf(page, ",\"peak_memory_bytes\":%llu,\"peak_disk_bytes\":%llu",
                       (unsigned long long)use.peak_memory_bytes,
                       (unsigned long long)use.peak_disk_bytes);
    }
    nd_page_put(page, ",\"notes\":");
    nd_notes_print_json(&job->notes, page);
    if (job->settings->verbosity == ND_VERBOSITY_VERBOSE)
        print_seconds(job, page);
    nd_page_put(page, "}\n");
}

nd_status nd_stats_file_write(const nd_job *job, nd_status run_status, nd_error *error)
{
    nd_page page;
    nd_page_init(&page, job->allocator);
    print_all(job, run_status, &page);
    nd_output *file = NULL;
    nd_status status = page.status;
    sigset_t before;
    nd_signals_hold(job->settings->stats_path, &before);
    if (status == ND_OK)
        status = nd_output_new(job->settings->stats_path, job->allocator, &file, error);
    if (status == ND_OK)
        nd_interrupt_removes(nd_output_temp_path(file), NULL);
    nd_signals_release(&before);
    if (status == ND_OK)
        status = nd_output_write(file, page.bytes.items, page.bytes.len);
    if (file)
        status = nd_output_commit(file, error);
    nd_output_free(file);
    nd_page_release(&page);
    return status;
}
