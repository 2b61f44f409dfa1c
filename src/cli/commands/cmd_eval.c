/* neardup eval: how right a scan is. */
#include <string.h>

#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/amounts.h"
#include "cli/output/eval_writer.h"
#include "cli/tool_allocator.h"
#include "util/error.h"

static nd_status refuse(nd_error *error, const char *message)
{
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "%s", message);
}

static bool is_stdin(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static nd_status check_inputs(const nd_settings *s, nd_error *error)
{
    if (!s->truth_path && !s->clusters_path && !s->exact)
        return refuse(error, "no truth: give '--truth', '--clusters' or '--exact'");
    int num_stdin = is_stdin(s->truth_path) + is_stdin(s->clusters_path) + is_stdin(s->ignore_path);
    for (size_t i = 0; i < s->line.num_operands; i++)
        num_stdin += is_stdin(s->line.operands[i]);
    return num_stdin > 1 ? refuse(error, "standard input ('-') is named twice") : ND_OK;
}

static nd_status check(const nd_settings *settings, nd_error *error)
{
    nd_status status = check_inputs(settings, error);
    if (status == ND_OK)
        status = nd_settings_check_scan(settings, error);
    if (status != ND_OK)
        return status;
    nd_sweep sweep;
    status = nd_sweep_init(&sweep, settings, nd_tool_allocator(), error);
    if (status == ND_OK && settings->exact && sweep.option &&
        sweep.option->field.offset == offsetof(nd_settings, scan.coverage))
        status = refuse(error, "the exact join knows no coverage: sweep it with '--truth' or "
                               "'--clusters'");
    nd_sweep_release(&sweep, nd_tool_allocator());
    return status;
}

static void set_headline(nd_job *job, const nd_eval_report *report)
{
    const size_t best = nd_eval_best_row(report);
    const nd_scores *const s = &report->rows[best].scores;
    nd_page *const line = &job->headline;
    nd_page_printf(line, "%s, ",
                   nd_amount_of(report->evaluator->held.num_documents, "document").text);
    if (report->sweep->option)
        nd_page_printf(line, "%s, the best at %s %s: ", nd_amount_of(report->num_rows, "scan").text,
                       report->sweep->option->name, report->sweep->values[best]);
    nd_page_printf(line, "%s found, ", nd_amount_of(s->pairs_found, "pair").text);
    nd_page_printf(line, "%s of ", nd_amount_count(s->true_positives).text);
    nd_page_printf(line, "%s: precision %.4f, recall %.4f, f1 %.4f",
                   nd_amount_of(s->pairs_true, "true pair").text, s->precision, s->recall, s->f1);
}

static void add_stats(nd_job *job, const nd_eval_report *report)
{
    const nd_evaluator *const e = report->evaluator;
    nd_page_printf(&job->stats,
                   ",\"counts\":{\"documents\":%zu,\"ids\":%zu,\"text_bytes\":%llu,\"scans\":%zu"
                   ",\"pairs_true\":%llu,\"pairs_found\":%llu,\"true_positives\":%llu"
                   ",\"capped_comparisons\":%llu}",
                   e->held.num_documents, e->held.num_ids, (unsigned long long)e->held.text_bytes,
                   report->num_rows, (unsigned long long)report->rows[0].scores.pairs_true,
                   (unsigned long long)report->rows[0].scores.pairs_found,
                   (unsigned long long)report->rows[0].scores.true_positives,
                   (unsigned long long)e->stats.capped_comparisons);
}

static nd_status write_report(nd_job *job, const nd_eval_report *report, nd_error *error)
{
    set_headline(job, report);
    add_stats(job, report);
    nd_evaluator_add_notes(report->evaluator, &job->notes);
    nd_status status = nd_job_check_strict(job, error);
    if (status != ND_OK)
        return status;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_eval_print(job, &page, report);
    if (job->settings->errors > 0)
        status = nd_eval_errors_print(report->evaluator, &page);
    if (status == ND_OK)
        status = nd_job_write(job, &page);
    nd_page_release(&page);
    nd_job_lap(job, "writing");
    return status;
}

static nd_status run_sweep(nd_evaluator *evaluator, const nd_sweep *sweep, nd_eval_row *rows,
                           nd_error *error)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < sweep->num_values && status == ND_OK; i++) {
        nd_settings settings;
        status = nd_sweep_settings(sweep, i, evaluator->job->settings, &settings, error);
        if (status == ND_OK)
            status = nd_evaluator_run(evaluator, &settings, &rows[i], error);
    }
    nd_job_lap(evaluator->job, "matching");
    return status;
}

static nd_status evaluate(nd_job *job, const nd_sweep *sweep, nd_error *error)
{
    nd_evaluator evaluator;
    nd_eval_row *const rows = nd_alloc_zeroed(job->allocator, sweep->num_values, sizeof *rows);
    nd_status status = nd_evaluator_init(&evaluator, job, error);
    if (status == ND_OK)
        status = rows ? run_sweep(&evaluator, sweep, rows, error) : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        const nd_eval_report report = {&evaluator, sweep, rows, sweep->num_values};
        status = write_report(job, &report, error);
    }
    for (size_t i = 0; rows && i < sweep->num_values; i++)
        nd_release(job->allocator, rows[i].kinds);
    nd_release(job->allocator, rows);
    nd_evaluator_release(&evaluator);
    return status;
}

static nd_status evaluate_inputs(nd_job *job, nd_error *error)
{
    nd_sweep sweep;
    nd_status status = nd_sweep_init(&sweep, job->settings, job->allocator, error);
    if (status == ND_OK)
        status = evaluate(job, &sweep, error);
    nd_sweep_release(&sweep, job->allocator);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_READS_OPERANDS, evaluate_inputs);
}

const nd_command nd_command_eval = {
    .info.name = "eval",
    .info.summary = "precision, recall and F1 against known pairs, or the exact join",
    .info.operands = "INPUT...",
    .info.operands_missing = "no input: name files or folders, or '-' for standard input",
    .info.min_operands = 1,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Scans the inputs as 'neardup scan' does, with the same options, and compares what it "
        "finds with what is true: labelled pairs or clusters, or every pair that reaches the "
        "threshold, found by an exact join without a sketch.\n\n"
        "Precision is the share of the found pairs that are true, recall the share of the true "
        "ones that are found, f1 their harmonic mean; ari is the adjusted Rand index over all "
        "documents, of the true clusters and the groups found. Where there are pairs and no "
        "groups or clusters, documents that a chain of pairs connects are one. Recall is told "
        "for bands of similarity too, by the exact jaccard of the true pairs.\n\n"
        "Documents are held in memory, with their shingle sets: about 3 bytes for each byte of "
        "text beside what a scan takes, 6 with '--exact', and 25 bytes a pair.\n",
    .info.examples =
        "  neardup eval --preset news --truth pairs.tsv --by-kind news.jsonl\n"
        "  neardup eval --exact --threshold 0.5 articles.jsonl\n"
        "  neardup eval --truth pairs.tsv --ignore unsure.tsv --errors 5 news.jsonl\n"
        "  neardup eval --clusters versions.tsv --sweep threshold=0.3:0.9:0.05 docs/\n",
    .info.options = {nd_tool_options, ND_COMMAND_EVAL},
    .check = check,
    .run = run,
};
