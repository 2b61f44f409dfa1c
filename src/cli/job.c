#include "cli/job.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands/command.h"
#include "cli/output/screen.h"
#include "cli/process.h"
#include "cli/resumption.h"
#include "io/journal.h"
#include "io/paths.h"
#include "neardup/document_map.h"
#include "neardup/kernel.h"
#include "util/error.h"

nd_document_map_options nd_job_map_options(nd_job *job)
{
    nd_document_map_options options;
    nd_document_map_options_init(&options);
    options.num_threads = job->num_threads;
    options.progress = nd_progress_step;
    options.progress_ctx = &job->progress;
    options.allocator = job->allocator;
    return options;
}

nd_status nd_job_open_input(const nd_job *job, const char *const *paths, size_t num_paths,
                            nd_input **out, nd_error *error)
{
    const nd_keep_keys keys = nd_settings_keep(job->settings);
    nd_input_options options = nd_settings_input(job->settings, &keys);
    options.keeps_records = job->keeps_records;
    options.keeps_files = job->writes_folder || job->settings->dry_run;
    options.lasting_from_bytes = 1;
    options.journal = job->input ? NULL : job->journal; /* of another reading there is nothing */
    options.is_live = job->is_fed;
    nd_status status = nd_input_new(&options, paths, num_paths, job->allocator, out, error);
    if (status == ND_OK && job->output)
        status = nd_input_leave_out(*out, nd_output_descriptor(job->output), error);
    if (status == ND_OK && job->journal)
        status = nd_input_leave_out(*out, nd_journal_descriptor(job->journal), error);
    return status;
}

nd_status nd_job_reading_done(nd_job *job, nd_error *error)
{
    job->report = nd_input_report_get(job->input);
    nd_notes_add_findings(&job->notes, &job->report);
    nd_resumption_reading_done(job);
    nd_job_lap(job, "reading");
    if (job->report.documents == 0 && nd_notes_num_losses(&job->notes) > 0)
        return nd_error_set(error, ND_ERR_FORMAT, "no document is left");
    return ND_OK;
}

nd_status nd_job_check_strict(const nd_job *job, nd_error *error)
{
    if (job->settings->strict && nd_notes_num_losses(&job->notes) > 0)
        return nd_error_set(error, ND_ERR_FORMAT, "stopped by '--strict'");
    return ND_OK;
}

nd_status nd_job_write(nd_job *job, nd_page *page)
{
    if (page->status != ND_OK)
        return page->status;
    const nd_status status = nd_output_write(job->output, page->bytes.items, page->bytes.len);
    nd_page_clear(page);
    job->is_write_failed = status != ND_OK;
    return status;
}

nd_status nd_job_flush(nd_job *job)
{
    const nd_status status = nd_output_flush(job->output);
    job->is_write_failed |= status != ND_OK;
    return status;
}

void nd_job_lap(nd_job *job, const char *name)
{
    const double now = nd_clock_seconds();
    if (job->num_laps < ND_JOB_MAX_LAPS) {
        job->laps[job->num_laps].name = name;
        job->laps[job->num_laps++].seconds = now - job->lap_started;
    }
    job->lap_started = now;
}

static nd_format format_for(const nd_settings *settings)
{
    if (settings->format != ND_FORMAT_AUTO)
        return (nd_format)settings->format;
    const bool to_stdout = !settings->output_path || strcmp(settings->output_path, "-") == 0;
    return to_stdout && nd_screen_of(STDOUT_FILENO).is_terminal ? ND_FORMAT_TEXT : ND_FORMAT_JSONL;
}

static void init(nd_job *job, const nd_settings *settings)
{
    const bool to_stdout = !settings->output_path || strcmp(settings->output_path, "-") == 0;
    *job = (nd_job){
        .settings = settings,
        .allocator = nd_tool_allocator(),
        .format = format_for(settings),
        .screen = nd_screen_of(to_stdout ? STDOUT_FILENO : -1),
        .num_threads =
            settings->scan.num_threads ? settings->scan.num_threads : nd_num_processors(),
        .started = nd_clock_seconds(),
    };
    job->lap_started = job->started;
    nd_page_init(&job->headline, job->allocator);
    nd_page_init(&job->stats, job->allocator);
}

/* That statistics cannot be written is to be known before the work. Only a file is tried: opening a
 * FIFO would be noticed. */
static nd_status try_stats_path(nd_job *job, nd_error *error)
{
    const char *const path = job->settings->stats_path;
    struct stat info;
    if (!path || strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode)))
        return ND_OK;
    nd_output *output = NULL;
    sigset_t before;
    nd_signals_hold(path, &before);
    const nd_status status = nd_output_new(path, job->allocator, &output, error);
    nd_output_free(output);
    nd_signals_release(&before);
    job->is_stats_refused = status != ND_OK;
    return status;
}

/* Refuses to write a file that the run reads; `option` is what names it. */
static nd_status refuse_input(const nd_settings *settings, const char *option, const char *path,
                              nd_error *error)
{
    const char *const sides[] = {settings->truth_path, settings->clusters_path,
                                 settings->ignore_path};
    const char *read = NULL;
    if (path)
        read = nd_path_reaching(settings->line.operands, settings->line.num_operands,
                                settings->input.reads_hidden, path);
    for (size_t i = 0; path && !read && i < sizeof sides / sizeof *sides; i++)
        if (sides[i])
            read = nd_path_reaching(&sides[i], 1, true, path);
    if (!read)
        return ND_OK;
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s %s' would replace an input: '%s' %s",
                        option, path, read,
                        nd_is_same_file(read, path) ? "is the same file" : "holds that file");
}

/* Whether the output is a folder: it is one, or ends as one does. */
static bool names_folder(const char *path)
{
    struct stat info;
    const size_t len = path ? strlen(path) : 0;
    return len && (path[len - 1] == '/' || (stat(path, &info) == 0 && S_ISDIR(info.st_mode)));
}

/* Refuses a folder that holds inputs, or lies in one, and other results in the folder: they would
 * be documents of whoever reads it. */
static nd_status refuse_folder(nd_job *job, nd_error *error)
{
    const nd_settings *const settings = job->settings;
    const char *const folder = settings->output_path;
    const char *const input =
        nd_path_overlapping(settings->line.operands, settings->line.num_operands, folder);
    if (input)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "the output folder '%s' and the input '%s' lie in one another", folder,
                            input);
    const char *const others[] = {settings->removed_path, settings->stats_path};
    for (size_t i = 0; i < 2; i++) {
        if (!others[i] || !nd_path_overlapping(&others[i], 1, folder))
            continue;
        job->is_stats_refused |= others[i] == settings->stats_path;
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'%s' cannot be in the output folder '%s'", others[i], folder);
    }
    return ND_OK;
}

static nd_status refuse_inputs(nd_job *job, nd_error *error)
{
    const nd_settings *const settings = job->settings;
    const nd_status stats_status = refuse_input(settings, "--stats", settings->stats_path, error);
    job->is_stats_refused = stats_status != ND_OK;
    nd_status status = job->writes_folder
                           ? refuse_folder(job, error)
                           : refuse_input(settings, "-o", settings->output_path, error);
    if (status == ND_OK)
        status = refuse_input(settings, "--removed", settings->removed_path, error);
    return status != ND_OK ? status : stats_status;
}

/* Whether standard input is among the operands, and somebody may still write it. */
static bool is_fed(const nd_settings *settings)
{
    struct stat info;
    bool is_named = false;
    for (size_t i = 1; i < settings->line.num_operands; i++)
        is_named |= strcmp(settings->line.operands[i], "-") == 0;
    return is_named && fstat(STDIN_FILENO, &info) == 0 && !S_ISREG(info.st_mode);
}

static nd_status open_input(nd_job *job, nd_job_input input, nd_error *error)
{
    const nd_command_line *const line = &job->settings->line;
    const size_t first = input == ND_JOB_READS_AFTER_FIRST;
    if (input == ND_JOB_OPENS_NOTHING)
        return ND_OK;
    job->is_fed = first > 0 && is_fed(job->settings);
    const bool keeps_stdin = job->keeps_records || input == ND_JOB_READS_TWICE;
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && keeps_stdin && i < line->num_operands; i++)
        if (strcmp(line->operands[i], "-") == 0)
            status = nd_stdin_keep(job->settings->temp_dir, error);
    if (status != ND_OK)
        return status;
    return nd_job_open_input(job, line->operands + first, line->num_operands - first, &job->input,
                             error);
}

static nd_status open_budget(nd_job *job, nd_error *error)
{
    const nd_settings *const settings = job->settings;
    if (settings->memory_bytes == 0)
        return ND_OK;
    const nd_status status = nd_tool_budget_new(settings->memory_bytes, settings->temp_dir,
                                                job->num_threads, &job->budget, error);
    if (status == ND_OK)
        job->allocator = nd_budget_allocator(job->budget);
    return status;
}

static nd_status open_folder(nd_job *job, nd_error *error)
{
    const bool goes_on = job->journal && nd_journal_goes_on(job->journal);
    const nd_status status = nd_output_folder_new(
        job->settings->output_path, goes_on ? ND_WHOLE_MOVES_UNDONE : ND_WHOLE_MOVES_STAY,
        job->allocator, &job->folder, error);
    if (status == ND_OK) {
        const nd_staging staging = nd_output_folder_staging(job->folder);
        if (job->journal) /* which is removed between the commit and the end */
            nd_output_folder_keep_moves(job->folder);
        nd_interrupt_removes_staging(&staging);
    }
    return status;
}

static nd_status open_file(nd_job *job, const char *path, nd_output **out, nd_error *error)
{
    const nd_status status = nd_output_new(path, job->allocator, out, error);
    if (status == ND_OK)
        nd_interrupt_removes(job->output ? nd_output_temp_path(job->output) : NULL,
                             job->removed ? nd_output_temp_path(job->removed) : NULL);
    return status;
}

/* The folder that is said, or that of the output, which has room for it. */
static void set_parts_folder(nd_job *job)
{
    const char *const said = job->settings->temp_dir;
    const char *const beside = job->output ? nd_output_temp_path(job->output) : NULL;
    const char *const slash = beside ? strrchr(beside, '/') : NULL;
    if (said || (!job->folder && !beside))
        snprintf(job->parts_folder, sizeof job->parts_folder, "%s", nd_process_temp_dir(said));
    else if (job->folder)
        snprintf(job->parts_folder, sizeof job->parts_folder, "%s", job->settings->output_path);
    else
        snprintf(job->parts_folder, sizeof job->parts_folder, "%.*s",
                 slash ? (int)(slash - beside) + 1 : 1, slash ? beside : ".");
}

/* From when there is a file or a folder, a signal removes it: one that comes between waits. */
static nd_status open_outputs(nd_job *job, nd_error *error)
{
    const char *const path = job->settings->output_path;
    const char *const removed = job->settings->removed_path;
    sigset_t before;
    nd_signals_hold(path ? path : "-", &before);
    nd_status status =
        job->writes_folder ? open_folder(job, error) : open_file(job, path, &job->output, error);
    nd_signals_release(&before);
    set_parts_folder(job);
    if (status != ND_OK || !removed)
        return status;
    nd_signals_hold(removed, &before);
    status = open_file(job, removed, &job->removed, error);
    nd_signals_release(&before);
    return status;
}

static nd_status open_all(nd_job *job, nd_job_input input, nd_error *error)
{
    const nd_settings *const settings = job->settings;
    if (settings->kernel != ND_KERNEL_BEST &&
        nd_kernel_select((nd_kernel)settings->kernel) != ND_OK)
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "kernel '%s' is not available on this machine",
                            nd_kernel_name((nd_kernel)settings->kernel));
    job->keeps_records = input == ND_JOB_COPIES_OPERANDS;
    job->writes_folder = job->keeps_records && names_folder(settings->output_path);
    nd_status status = refuse_inputs(job, error);
    if (status == ND_OK)
        status = open_budget(job, error);
    if (status == ND_OK)
        status = nd_resumption_open(job, error);
    if (status == ND_OK)
        status = open_input(job, input, error);
    if (status == ND_OK)
        status = try_stats_path(job, error);
    if (status == ND_OK)
        status = open_outputs(job, error);
    if (status == ND_OK && job->input && job->output)
        status = nd_input_leave_out(job->input, nd_output_descriptor(job->output), error);
    if (status == ND_OK && job->input && job->removed)
        status = nd_input_leave_out(job->input, nd_output_descriptor(job->removed), error);
    nd_progress_init(&job->progress, (nd_progress_mode)settings->progress, job->input);
    return status;
}

/* Also after a failed write, whose message the commit has. A reader that has seen enough (`| head`)
 * is no failure: the rest is simply not wanted. */
static nd_status commit(nd_job *job, nd_status status, nd_error *error)
{
    if (status != ND_OK && !job->is_write_failed)
        return status;
    status = job->folder ? nd_output_folder_commit(job->folder, error)
                         : nd_output_commit(job->output, error);
    if (job->output && nd_output_is_closed(job->output))
        status = ND_OK;
    return status == ND_OK && job->removed ? nd_output_commit(job->removed, error) : status;
}

static void print_times(const nd_job *job)
{
    nd_message("kernel %s, %s", nd_kernel_name(nd_kernel_current()),
               nd_amount_of(job->num_threads, "thread").text);
    char line[512] = "";
    for (size_t i = 0; i < job->num_laps; i++) {
        const size_t len = strlen(line);
        snprintf(line + len, sizeof line - len, "%s %s, ", job->laps[i].name,
                 nd_amount_seconds(job->laps[i].seconds).text);
    }
    const double seconds = nd_clock_seconds() - job->started;
    nd_message("%sall %s; %s of text, %s/s", line, nd_amount_seconds(seconds).text,
               nd_amount_bytes((double)job->text_bytes).text,
               nd_amount_bytes((double)job->text_bytes / (seconds > 0 ? seconds : 1e-9)).text);
    if (!job->budget)
        return;
    const nd_budget_use use = nd_budget_use_get(job->budget);
    nd_message("at most %s of memory, and %s of temporary files",
               nd_amount_bytes((double)use.peak_memory_bytes).text,
               nd_amount_bytes((double)use.peak_disk_bytes).text);
}

static void print_summary(const nd_job *job, nd_status status)
{
    if (status != ND_OK) { /* the losses are why, or may explain it */
        nd_notes_print(&job->notes, ND_COUNTER_LOSS);
        return;
    }
    if (job->settings->verbosity == ND_VERBOSITY_QUIET)
        return;
    if (job->headline.bytes.len > 0)
        nd_message("%.*s", (int)job->headline.bytes.len, job->headline.bytes.items);
    nd_notes_print(&job->notes, ND_COUNTER_REMARK);
    if (job->settings->verbosity == ND_VERBOSITY_VERBOSE)
        print_times(job);
}

static void print_failure(const nd_job *job, nd_status status, const nd_error *error)
{
    if (status == ND_ERR_NO_MEMORY && job->budget)
        nd_message("'--memory' is too little for this input: more than %s are needed",
                   nd_amount_bytes((double)job->settings->memory_bytes).text);
    else if (error->message[0] != '\0')
        nd_message("%s", error->message);
    else
        nd_message("%s: %s", job->settings->command->info.name, nd_status_message(status));
}

static void release(nd_job *job)
{
    nd_output_free(job->output);
    nd_output_folder_free(job->folder);
    nd_output_free(job->removed);
    nd_input_free(job->input);
    nd_budget_free(job->budget);
    nd_page_release(&job->headline);
    nd_page_release(&job->stats);
}

int nd_job_run(const nd_settings *settings, nd_job_input input, nd_job_fn body)
{
    nd_job job;
    nd_error error = {0};
    init(&job, settings);
    nd_status status = open_all(&job, input, &error);
    if (status == ND_OK)
        status = commit(&job, body(&job, &error), &error);
    nd_progress_clear(&job.progress);
    print_summary(&job, status);
    if (status != ND_OK)
        print_failure(&job, status, &error);
    nd_resumption_close(&job, status);
    error = (nd_error){0};
    const nd_status stats_status = settings->stats_path && !job.is_stats_refused
                                       ? nd_stats_file_write(&job, status, &error)
                                       : ND_OK;
    if (stats_status != ND_OK)
        print_failure(&job, stats_status, &error);
    nd_output_folder_clear(job.folder);
    nd_interrupt_removes_staging(NULL); /* it belongs to the folder */
    release(&job);
    nd_interrupt_removes(NULL, NULL);
    return status == ND_OK && stats_status == ND_OK ? ND_EXIT_DONE : ND_EXIT_FAILED;
}
