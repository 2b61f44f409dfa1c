#include "cli/scan_run.h"

#include "cli/report/shown_groups.h"
#include "io/journal.h"

static void add_stats(nd_page *page, const nd_scan_stats *stats)
{
    nd_page_printf(page,
                   ",\"plan\":{\"threshold\":%.6f,\"recall\":%.6f,\"bands\":%u,\"rows\":%u"
                   ",\"slots\":%u}",
                   stats->plan.threshold, stats->plan.recall, stats->plan.bands, stats->plan.rows,
                   stats->plan.slots);
    nd_counters_print_json(nd_counters_of_scan(), stats, page);
}

static nd_status read_and_match(nd_job *job, nd_scan *scan, nd_error *error)
{
    nd_status status = nd_scan_add_source(scan, nd_input_source(job->input), error);
    if (status == ND_OK)
        status = nd_job_reading_done(job, error);
    if (status == ND_OK)
        status = nd_scan_finish(scan, error);
    nd_job_lap(job, "matching");
    return status;
}

/* An nd_renamed_fn: the first is enough. */
static nd_status name_duplicate(void *ctx, const nd_id *id, const nd_id *name)
{
    nd_job *const job = ctx;
    const nd_duplicate duplicate = {name->p, name->len_bytes, name->tag, id->tag};
    nd_notes_name_duplicate(&job->notes, "duplicate_ids", &duplicate, job->input);
    return ND_ERR_CANCELLED;
}

static nd_status report_and_use(nd_job *job, const nd_scan *scan, const nd_scan_firsts *firsts,
                                nd_scan_use_fn use, void *ctx, nd_error *error)
{
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    nd_notes_add_counters(&job->notes, nd_counters_of_scan(), &stats, firsts->items, job->input);
    if (stats.duplicate_ids > 0 &&
        nd_scan_each_renamed(scan, name_duplicate, job) == ND_ERR_NO_MEMORY)
        return ND_ERR_NO_MEMORY;
    add_stats(&job->stats, &stats);
    job->text_bytes = stats.text_bytes;
    const nd_status status = nd_job_check_strict(job, error);
    return status == ND_OK ? use(job, scan, ctx, error) : status;
}

nd_status nd_scan_run(nd_job *job, nd_scan_use_fn use, void *ctx, nd_error *error)
{
    nd_scan_firsts firsts;
    nd_scan_firsts_init(&firsts);
    nd_scan_options options = nd_settings_scan(job->settings, job->num_threads);
    options.budget = job->budget;
    if (job->journal)
        options.seed = nd_journal_seed(job->journal);
    if (nd_settings_makes_page(job->settings) && !nd_shown_groups_can_read_again(job->settings))
        options.texts = ND_TEXTS_KEEP;
    options.progress = nd_progress_step;
    options.progress_ctx = &job->progress;
    options.notice = nd_scan_firsts_notice;
    options.notice_ctx = &firsts;
    nd_scan *scan = NULL;
    nd_status status = nd_scan_new(&options, job->allocator, &scan, error);
    if (status == ND_OK)
        status = read_and_match(job, scan, error);
    if (status == ND_OK)
        status = report_and_use(job, scan, &firsts, use, ctx, error);
    nd_scan_free(scan);
    nd_scan_firsts_release(&firsts);
    return status;
}
