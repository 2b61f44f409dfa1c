/* neardup dedup: the input without its near-copies. */
#include <stdlib.h>

#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/amounts.h"
#include "cli/output/records.h"
#include "cli/scan_run.h"
#include "io/record_copy.h"
#include "util/vec.h"

typedef struct deduplication {
    nd_job *job;
    nd_page page; /* of the list of what is removed */
    bool is_list_failed;
    ND_VEC(uint64_t) removed; /* tags */
} deduplication;

/* ---- what is removed ---- */

static nd_status list_member(deduplication *d, const nd_group *group, const nd_member *member)
{
    const nd_removed_view view = {group->representative, *member};
    const nd_shown_columns shown = d->job->settings->scan.coverage > 0 ? ND_SHOW_COVERAGE : 0;
    nd_page_clear(&d->page);
    nd_record_json(&d->page, &nd_removed_record, shown, &view);
    nd_page_put(&d->page, "\n");
    if (d->page.status != ND_OK)
        return d->page.status;
    const nd_status status =
        nd_output_write(d->job->removed, d->page.bytes.items, d->page.bytes.len);
    d->is_list_failed = status != ND_OK;
    return status;
}

/* An nd_group_fn. */
static nd_status remove_members(void *ctx, const nd_group *group)
{
    deduplication *const d = ctx;
    nd_status status = ND_VEC_RESERVE(d->job->allocator, &d->removed, group->num_members);
    for (size_t i = 0; status == ND_OK && i < group->num_members; i++) {
        d->removed.items[d->removed.len++] = group->members[i].id.tag;
        if (d->job->removed)
            status = list_member(d, group, &group->members[i]);
    }
    return status;
}

static int compare_tags(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static nd_status find_removed(deduplication *d, const nd_scan *scan, nd_error *error)
{
    nd_status status = nd_scan_each_group(scan, remove_members, d);
    if (d->removed.len)
        qsort(d->removed.items, d->removed.len, sizeof *d->removed.items, compare_tags);
    if (d->is_list_failed) /* for the message */
        status = nd_output_commit(d->job->removed, error);
    return status;
}

/* ---- what stays ---- */

static nd_status write_rest(const deduplication *d, nd_error *error)
{
    nd_job *const job = d->job;
    nd_record_copy copy = {.removed = d->removed.items,
                           .num_removed = d->removed.len,
                           .output = job->output,
                           .folder = job->folder};
    const nd_status status = nd_input_copy(job->input, &copy, error);
    job->is_write_failed = copy.is_write_failed;
    nd_job_lap(job, "writing");
    return status;
}

static void report(nd_job *job, uint64_t num_documents, uint64_t num_removed)
{
    const uint64_t num_left = num_documents - num_removed;
    nd_page_printf(&job->headline, "%s, %s %s: %s left",
                   nd_amount_of(num_documents, "document").text, nd_amount_count(num_removed).text,
                   job->settings->dry_run ? "to be removed" : "removed",
                   nd_amount_count(num_left).text);
    nd_page_printf(&job->stats, ",\"removed\":%llu,\"left\":%llu", (unsigned long long)num_removed,
                   (unsigned long long)num_left);
}

/* An nd_scan_use_fn. */
static nd_status use_groups(nd_job *job, const nd_scan *scan, void *ctx, nd_error *error)
{
    deduplication *const d = ctx;
    nd_status status = find_removed(d, scan, error);
    if (status == ND_OK && !job->settings->dry_run)
        status = write_rest(d, error);
    if (status == ND_OK)
        report(job, nd_scan_stats_get(scan).documents, d->removed.len);
    return status;
}

static nd_status dedup_inputs(nd_job *job, nd_error *error)
{
    deduplication d = {.job = job};
    const nd_record_copy copy = {.output = job->output, .folder = job->folder};
    nd_status status = ND_OK;
    nd_page_init(&d.page, job->allocator);
    if (!job->settings->dry_run)
        status = nd_input_copy_check(job->input, &copy, error);
    if (status == ND_OK)
        status = nd_scan_run(job, use_groups, &d, error);
    nd_page_release(&d.page);
    ND_VEC_RELEASE(job->allocator, &d.removed);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_COPIES_OPERANDS, dedup_inputs);
}

const nd_command nd_command_dedup = {
    .info.name = "dedup",
    .info.summary = "the input without its near-copies",
    .info.operands = "INPUT...",
    .info.operands_missing = "no input: name files or folders",
    .info.min_operands = 1,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Finds groups of near-copies as 'scan' does, keeps one document of each, and writes "
        "everything else of the input as it is, byte for byte and in its order: also blank lines, "
        "and records that are left out of the comparison, which are counted. No document is "
        "removed that does not match the one that stays.\n\n"
        "The output is one file, into which the records of all inputs go if their formats are the "
        "same, or a folder ('-o FOLDER/'), in which each input file is written again under its "
        "name, compressed as that says. There a file that is one document, a text or a page, is "
        "copied or left out. A folder's files appear together, when all of them are written.\n\n"
        "Inputs are JSON, CSV and TSV, lines; plain or compressed. They are read twice, and must "
        "not change meanwhile; standard input ('-') is kept in a temporary file for that. Archives "
        "are refused, and so are records in UTF-16.\n",
    .info.examples = "  neardup dedup -o clean.jsonl.zst --removed removed.jsonl part-*.jsonl.gz\n"
                     "  neardup dedup --representative first --threshold 0.7 -o clean.csv all.csv\n"
                     "  neardup dedup -o clean/ corpus/\n"
                     "  neardup dedup --dry-run corpus/\n",
    .info.options = {nd_tool_options, ND_COMMAND_DEDUP},
    .check = nd_settings_check_scan,
    .run = run,
};
