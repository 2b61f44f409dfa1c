#include "cli/resumption.h"

#include <string.h>
#include <sys/stat.h>

#include "cli/commands/command.h"
#include "cli/process.h"
#include "io/journal.h"
#include "neardup/sketch.h"
#include "neardup/spec.h"
#include "neardup/text.h"
#include "neardup/version.h"
#include "util/error.h"

static const char SUFFIX[] = ".resume";

/* What has to be the same in a run that goes on, a line each, terminated. */
static nd_status put_terms(const nd_settings *settings, nd_page *page)
{
    const nd_scan_options options = nd_settings_scan(settings, 1);
    const nd_option *option = NULL;
    nd_spec spec;
    char line[ND_SPEC_LINE_BYTES];
    const nd_status status = nd_spec_from_options(&options, &spec);
    if (status != ND_OK)
        return status;
    nd_page_printf(page, "neardup %s, hash spec %d, Unicode %s\n", nd_version(),
                   nd_hash_spec_version(), nd_unicode_version());
    nd_page_printf(page, "neardup %s\n", settings->command->info.name);
    while ((option = nd_option_next(&settings->command->info.options, option)) != NULL) {
        if (option->may_change)
            continue;
        nd_page_printf(page, "--%s ", option->name);
        nd_option_print_json(option, settings, page);
        nd_page_put(page, "\n");
    }
    nd_spec_print(&spec, line);
    nd_page_printf(page, "%s\n", line);
    nd_page_append(page, "", 1);
    return page->status;
}

/* Whether the path ends in '.' or '..', or is the root, so that nothing stands beside it. */
static bool is_step(const char *path, size_t len)
{
    size_t last = len;
    while (last > 0 && path[last - 1] != '/')
        last--;
    const size_t num = len - last;
    return num <= 2 && strspn(path + last, ".") >= num;
}

/* OUT.resume, terminated; a folder's stands beside it. */
static nd_status put_path(const char *output_path, nd_page *path, nd_error *error)
{
    struct stat info;
    size_t len = strlen(output_path);
    while (len > 1 && output_path[len - 1] == '/')
        len--;
    if (is_step(output_path, len))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--resume' needs a folder that is named, not '-o %s'", output_path);
    const bool is_there = stat(output_path, &info) == 0;
    if (is_there && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--resume' only works with a file or a folder as output, not with "
                            "'-o %s'",
                            output_path);
    nd_page_append(path, output_path, len);
    nd_page_append(path, SUFFIX, sizeof SUFFIX);
    return path->status;
}

static nd_status open_journal(nd_job *job, nd_page *path, nd_page *terms, nd_error *error)
{
    nd_status status = put_path(job->settings->output_path, path, error);
    if (status == ND_OK)
        status = put_terms(job->settings, terms);
    return status == ND_OK
               ? nd_journal_open(path->bytes.items, terms->bytes.items, terms->bytes.len - 1,
                                 job->allocator, &job->journal, error)
               : status;
}

/* Tells the handler of signals what to say. */
static void prepare_signals(const char *path, nd_page *text)
{
    const char *const command = nd_process_command();
    nd_page_printf(text, "neardup: interrupted: what is done is kept in '%s'; to go on: %s\n", path,
                   command[0] ? command : "the same command");
    if (text->status == ND_OK)
        nd_interrupt_says(text->bytes.items, text->bytes.len);
}

nd_status nd_resumption_open(nd_job *job, nd_error *error)
{
    const bool is_quiet = job->settings->verbosity == ND_VERBOSITY_QUIET;
    nd_page path, terms, text;
    if (!job->settings->resumes)
        return ND_OK;
    nd_page_init(&path, job->allocator);
    nd_page_init(&terms, job->allocator);
    nd_page_init(&text, job->allocator);
    const nd_status status = open_journal(job, &path, &terms, error);
    if (status == ND_OK)
        prepare_signals(path.bytes.items, &text);
    if (status == ND_OK && nd_journal_goes_on(job->journal) && !is_quiet)
        nd_message("goes on from '%s'", path.bytes.items);
    nd_page_release(&path);
    nd_page_release(&terms);
    nd_page_release(&text);
    return status;
}

void nd_resumption_reading_done(const nd_job *job)
{
    const char *const loss = job->journal ? nd_journal_loss(job->journal) : "";
    if (loss[0] && job->settings->verbosity != ND_VERBOSITY_QUIET)
        nd_message("%s", loss);
}

void nd_resumption_close(nd_job *job, nd_status status)
{
    if (!job->journal)
        return;
    nd_interrupt_says(NULL, 0);
    if (status == ND_OK)
        nd_journal_finish(job->journal);
    else if (!nd_journal_is_empty(job->journal))
        nd_message("what is done is kept in '%s': the same command goes on from there",
                   nd_journal_path(job->journal));
    nd_journal_close(job->journal);
    job->journal = NULL;
}
