/* neardup scan: near-copies across documents. */
#include "cli/commands/command.h"

#include "cli/job.h"
#include "cli/output/screen.h"
#include "cli/output/writers.h"
#include "cli/report/reports.h"
#include "cli/report/shown_groups.h"
#include "cli/room.h"
#include "io/journal.h"

/* --- a scan --- */

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
        nd_room_check_temp_files(job);
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

/* --- the command --- */

/* num_written: UINT64_MAX where the reader of the output went away. */
static void set_headline(nd_job *job, const nd_scan_stats *stats, uint64_t num_written)
{
    nd_page *const line = &job->headline;
    nd_page_printf(line, "%s, ", nd_amount_of(stats->documents, "document").text);
    if (job->settings->scan.output == ND_SCAN_GROUPS && stats->groups == 0)
        nd_page_put(line, "no groups");
    else if (job->settings->scan.output == ND_SCAN_GROUPS)
        nd_page_printf(line, "%s with %s %s", nd_amount_of(stats->groups, "group").text,
                       nd_amount_count(stats->group_members).text,
                       stats->group_members == 1 ? "copy" : "copies");
    else if (num_written < stats->pairs)
        nd_page_printf(line, "%s, of %s found", nd_amount_of(num_written, "pair").text,
                       nd_amount_count(stats->pairs).text);
    else
        nd_page_put(line, nd_amount_of(stats->pairs, "pair").text);
}

/* An nd_scan_use_fn. */
static nd_status write_results(nd_job *job, const nd_scan *scan, void *ctx, nd_error *error)
{
    (void)ctx;
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    nd_written written = {.num = stats.groups};
    nd_status status =
        job->format == ND_FORMAT_HTML
            ? nd_groups_report_write(job, ND_GROUPS_FOUND, scan, &written.capped, error)
            : nd_matches_write(job, scan, &written);
    set_headline(job, &stats, status == ND_OK ? written.num : UINT64_MAX);
    nd_capped_matches_note(&written.capped, &job->notes, job->input);
    nd_job_lap(job, "writing");
    return status == ND_OK ? nd_job_check_strict(job, error) : status;
}

static nd_status scan_inputs(nd_job *job, nd_error *error)
{
    return nd_scan_run(job, write_results, NULL, error);
}

static int run(const nd_settings *settings)
{
    const bool reads_twice = nd_settings_makes_page(settings);
    return nd_job_run(settings, reads_twice ? ND_JOB_READS_TWICE : ND_JOB_READS_OPERANDS,
                      scan_inputs);
}

const nd_command nd_command_scan = {
    .info.name = "scan",
    .info.summary = "near-copies across documents: pairs or groups",
    .info.operands = "INPUT...",
    .info.operands_missing = "no input: name files or folders, or '-' for standard input",
    .info.min_operands = 1,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Finds the documents that are near-copies of each other. Reads files, folders "
        "(recursively) "
        "and standard input ('-'): texts, HTML pages, JSON, CSV and TSV, tar, zip and WARC "
        "archives, plain or compressed by gzip, zstd, xz, bzip2 or lz4. Every similarity that is "
        "reported is exact: a sketch only proposes pairs to compare.\n\n"
        "A match is a pair whose Jaccard similarity, or whose containment in either direction, "
        "reaches its threshold; with '--coverage' also a pair that shares enough text in order. "
        "Kinds: exact (the same shingles), near, contains (the first text, or the representative, "
        "contains the other), contained (the other way round), partial (only with '--coverage': "
        "less than 80 % of either text is covered).\n",
    .info.examples = "  neardup scan articles/\n"
                     "  neardup scan --pairs --threshold 0.5 news.jsonl.gz > pairs.jsonl\n"
                     "  neardup scan --text-field body --id-field guid feed.jsonl\n"
                     "  neardup scan --containment 0.9 --representative earliest news.jsonl\n"
                     "  neardup scan --preset news --format html news.jsonl -o copies.html\n"
                     "  zcat dump.gz | neardup scan --format tsv -o groups.tsv -\n",
    .info.options = {nd_tool_options, ND_COMMAND_SCAN},
    .check = nd_settings_check_scan,
    .run = run,
};
