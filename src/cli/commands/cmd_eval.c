/* neardup eval: how right a scan is. */
#include <string.h>

#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/screen.h"
#include "cli/output/writers.h"
#include "cli/process.h"
#include "cli/report/reports.h"
#include "cli/truth_file.h"
#include "io/paths.h"
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
    if (settings->label_column && settings->true_labels.num_names == 0)
        return refuse(error, "'--label-column' needs '--true-labels A,B,...'");
    nd_sweep sweep;
    status = nd_sweep_init(&sweep, settings, nd_tool_allocator(), error);
    if (status == ND_OK && settings->exact && sweep.option &&
        (sweep.option->field.offset == offsetof(nd_settings, scan.coverage) ||
         sweep.option->field.offset == offsetof(nd_settings, scan.score)))
        status = nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                              "the exact join knows no %s: sweep it with '--truth' or '--clusters'",
                              sweep.option->name);
    nd_sweep_release(&sweep, nd_tool_allocator());
    return status;
}

/* What one evaluation works with. */
typedef struct evaluating {
    nd_job *job;
    const nd_sweep *sweep;
    nd_evaluator *evaluator;
    nd_evaluation *rows; /* [sweep->num_values] */
    nd_truth_report reports[ND_NUM_TRUTH_FILES];
    nd_scan_stats stats; /* of the last scan; the caps: summed over all */
    nd_scan_firsts firsts;
} evaluating;

/* A slip in a name should not be found after an hour of reading documents. */
static nd_status look_at_files(const nd_settings *settings, nd_error *error)
{
    const char *const paths[] = {settings->truth_path, settings->clusters_path,
                                 settings->ignore_path};
    nd_status status = ND_OK;
    nd_path_root root;
    for (size_t i = 0; i < sizeof paths / sizeof *paths && status == ND_OK; i++)
        if (paths[i])
            status = nd_path_root_look(paths[i], &root, error);
    return status;
}

static nd_status read_documents(evaluating *e, nd_error *error)
{
    nd_job *const job = e->job;
    const nd_document_map_options options = nd_job_map_options(job);
    nd_status status =
        nd_evaluator_add_source(e->evaluator, nd_input_source(job->input), &options, error);
    if (status == ND_OK)
        status = nd_job_reading_done(job, error);
    if (status == ND_OK)
        status = nd_evaluator_seal(e->evaluator);
    job->text_bytes = nd_evaluator_text_bytes(e->evaluator);
    return status;
}

static nd_status read_truth(evaluating *e, nd_error *error)
{
    nd_status status = ND_OK;
    for (nd_truth_file f = ND_TRUTH_FILE_PAIRS; f < ND_NUM_TRUTH_FILES && status == ND_OK; f++)
        status = nd_truth_file_read(e->evaluator, e->job->settings, f, e->job->allocator,
                                    &e->reports[f], error);
    nd_job_lap(e->job, "truth");
    return status;
}

/* The documents are in memory: a scan's reading is no step to show. */
static nd_status show_matching(void *ctx, nd_phase phase, uint64_t done, uint64_t total)
{
    return phase == ND_PHASE_READ ? ND_OK : nd_progress_step(ctx, phase, done, total);
}

/* Keeps the counts of the last run, and adds up what the caps of each left out. */
static void keep_stats(nd_scan_stats *kept, const nd_scan_stats *run)
{
    const nd_scan_stats before = *kept;
    const nd_counter_list list = nd_counters_of_scan();
    *kept = *run;
    kept->capped_comparisons += before.capped_comparisons;
    for (size_t i = 0; i < list.num; i++)
        if (list.counters[i].weight == ND_COUNTER_CAP)
            nd_counters_add((nd_counter_list){&list.counters[i], 1}, kept, &before);
}

static nd_status run_scans(evaluating *e, nd_error *error)
{
    nd_job *const job = e->job;
    nd_status status = ND_OK;
    for (size_t i = 0; i < e->sweep->num_values && status == ND_OK; i++) {
        nd_settings settings;
        status = nd_sweep_settings(e->sweep, i, job->settings, &settings, error);
        if (status != ND_OK)
            break;
        nd_scan_options options = nd_settings_scan(&settings, job->num_threads);
        options.progress = show_matching;
        options.progress_ctx = &job->progress;
        options.notice = nd_scan_firsts_notice;
        options.notice_ctx = &e->firsts;
        status = nd_evaluator_scan(e->evaluator, &options, &e->rows[i], error);
        if (status == ND_OK)
            keep_stats(&e->stats, &e->rows[i].stats);
    }
    nd_job_lap(job, "matching");
    return status;
}

/* --- what is said at the end --- */

static void set_headline(const evaluating *e, const nd_eval_report *report)
{
    const size_t best = nd_eval_best_row(report);
    const nd_evaluation *const s = &report->rows[best];
    const nd_settings *const settings = e->job->settings;
    nd_page *const line = &e->job->headline;
    nd_page_printf(line, "%s, ",
                   nd_amount_of(nd_evaluator_num_documents(e->evaluator), "document").text);
    if (report->sweep->option)
        nd_page_printf(line, "%s, the best at %s %s: ", nd_amount_of(report->num_rows, "scan").text,
                       report->sweep->option->name, report->sweep->values[best]);
    nd_page_printf(
        line, "%s found, ",
        nd_amount_of(s->pairs_found, settings->label_column ? "labelled pair" : "pair").text);
    nd_page_printf(line, "%s of ", nd_amount_count(s->true_positives).text);
    nd_page_printf(line, "%s: precision %.4f, recall %.4f, f1 %.4f",
                   nd_amount_of(s->pairs_true, "true pair").text, s->precision, s->recall, s->f1);
    if (settings->weight_column)
        nd_page_printf(line, "; by weight %.4f, %.4f, %.4f", s->weighted_precision,
                       s->weighted_recall, s->weighted_f1);
}

typedef struct eval_counts {
    uint64_t documents, ids, text_bytes, scans, pairs_true, pairs_found, true_positives;
    uint64_t capped_comparisons;
} eval_counts;

#define AT(member) offsetof(eval_counts, member)

static const nd_counter eval_counters[] = {
    {.name = "documents", .offset = AT(documents), .meaning = "documents"},
    {.name = "ids", .offset = AT(ids), .meaning = "different ids"},
    {.name = "text_bytes", .offset = AT(text_bytes), .meaning = "bytes of text"},
    {.name = "scans", .offset = AT(scans), .meaning = "scans"},
    {.name = "pairs_true", .offset = AT(pairs_true), .meaning = "true pairs, of the first scan"},
    {.name = "pairs_found", .offset = AT(pairs_found), .meaning = "pairs found by it"},
    {.name = "true_positives", .offset = AT(true_positives), .meaning = "of these, true"},
    {.name = "capped_comparisons",
     .offset = AT(capped_comparisons),
     .meaning = "comparisons left out by caps, at most, in all scans"},
};

static void add_stats(const evaluating *e)
{
    const nd_counter_list list = {eval_counters, sizeof eval_counters / sizeof *eval_counters};
    const eval_counts counts = {.documents = nd_evaluator_num_documents(e->evaluator),
                                .ids = nd_evaluator_num_ids(e->evaluator),
                                .text_bytes = nd_evaluator_text_bytes(e->evaluator),
                                .scans = e->sweep->num_values,
                                .pairs_true = e->rows[0].pairs_true,
                                .pairs_found = e->rows[0].pairs_found,
                                .true_positives = e->rows[0].true_positives,
                                .capped_comparisons = e->stats.capped_comparisons};
    nd_counters_print_json(list, &counts, &e->job->stats);
}

static void add_left_out(nd_notes *notes, const char *key, const char *what,
                         const nd_left_out *left_out)
{
    nd_notes_add(notes, ND_COUNTER_LOSS, key, what, left_out->count, "%s", left_out->first);
}

/* What a scan gives a name of its own counts for its id here. */
static void say_that_ids_count_once(const evaluating *e)
{
    const nd_counter_list list = nd_counters_of_scan();
    nd_notes *const notes = &e->job->notes;
    for (size_t i = 0; i < notes->num; i++)
        if (strcmp(notes->items[i].key, "duplicate_ids") == 0)
            notes->items[i].what = "documents with an id already used, which count as one document";
    for (size_t i = 0; i < list.num && i < ND_NOTES_MAX; i++) {
        const char *const name = e->firsts.items[i].id;
        if (strcmp(list.counters[i].name, "duplicate_ids") != 0 || !e->firsts.items[i].is_set)
            continue;
        const nd_known_id other = nd_evaluator_find(e->evaluator, name, strlen(name));
        const nd_known_id first = nd_evaluator_find(e->evaluator, other.id.p, other.id.len_bytes);
        const nd_duplicate duplicate = {other.id.p, other.id.len_bytes, other.id.tag, first.id.tag};
        nd_notes_name_duplicate(notes, "duplicate_ids", &duplicate, e->job->input);
    }
}

/* The tags of examples are numbers of ids: they become those of the inputs' documents. */
static void find_places(evaluating *e)
{
    for (size_t i = 0; i < ND_NOTES_MAX; i++) {
        nd_first_id *const first = &e->firsts.items[i];
        const nd_known_id known = nd_evaluator_find(e->evaluator, first->id, strlen(first->id));
        first->tag = known.num_documents > 0 ? known.id.tag : ND_NO_PLACE;
    }
}

static void add_notes(evaluating *e)
{
    nd_notes *const notes = &e->job->notes;
    const nd_truth_report *const truth = &e->reports[ND_TRUTH_FILE_PAIRS];
    const nd_truth_report *const ignored = &e->reports[ND_TRUTH_FILE_IGNORED];
    find_places(e);
    nd_notes_add_counters(notes, nd_counters_of_scan(), &e->stats, e->firsts.items, e->job->input);
    say_that_ids_count_once(e);
    add_left_out(notes, "truth_unknown", "true pairs with an id that no document has, left out",
                 &truth->unknown);
    add_left_out(notes, "clusters_unknown", "ids in clusters that no document has, left out",
                 &e->reports[ND_TRUTH_FILE_CLUSTERS].unknown);
    add_left_out(notes, "clusters_torn",
                 "documents in another cluster than one with the same id, left out",
                 &e->reports[ND_TRUTH_FILE_CLUSTERS].torn);
    add_left_out(notes, "ignored_unknown",
                 "ignored pairs with an id that no document has, left out", &ignored->unknown);
    add_left_out(notes, "truth_selves", "true pairs of a document with itself, left out",
                 &truth->selves);
    nd_notes_add(notes, ND_COUNTER_REMARK, "truth_repeated",
                 "true pairs that are in the file before, and count once",
                 nd_evaluator_num_repeated(e->evaluator), "%s", "");
    nd_notes_add(notes, ND_COUNTER_REMARK, "truth_unsure", "pairs that nobody is sure of, left out",
                 truth->unsure.count, "%s", truth->unsure.first);
    add_left_out(notes, "ignored_selves", "ignored pairs of a document with itself, left out",
                 &ignored->selves);
}

static nd_status write_report(evaluating *e, nd_error *error)
{
    nd_job *const job = e->job;
    const nd_eval_report report = {job, e->evaluator, e->sweep, e->rows, e->sweep->num_values};
    set_headline(e, &report);
    add_stats(e);
    add_notes(e);
    nd_status status = nd_job_check_strict(job, error);
    if (status == ND_OK && !job->settings->exact && e->rows[0].pairs_true == 0)
        status =
            nd_error_set(error, ND_ERR_FORMAT, "no true pair is left: recall cannot be measured");
    if (status != ND_OK)
        return status;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_eval_print(&page, &report);
    if (job->settings->errors > 0)
        status = nd_eval_errors_print(&page, &report, &job->notes);
    if (job->format == ND_FORMAT_HTML)
        nd_eval_report_end(&page);
    if (status == ND_OK)
        status = nd_job_check_strict(job, error); /* passages may have been left out meanwhile */
    if (status == ND_OK)
        status = nd_job_write(job, &page);
    nd_page_release(&page);
    nd_job_lap(job, "writing");
    return status;
}

static nd_status evaluate(nd_job *job, const nd_sweep *sweep, nd_error *error)
{
    evaluating e = {.job = job, .sweep = sweep};
    nd_scan_firsts_init(&e.firsts);
    e.rows = nd_alloc_zeroed(job->allocator, sweep->num_values, sizeof *e.rows);
    nd_status status = e.rows ? look_at_files(job->settings, error) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_evaluator_new(nd_truth_of(job->settings), ND_TEXTS_KEEP, job->allocator,
                                  &e.evaluator, error);
    if (status == ND_OK)
        status = read_documents(&e, error);
    if (status == ND_OK)
        status = read_truth(&e, error);
    if (status == ND_OK)
        status = run_scans(&e, error);
    if (status == ND_OK)
        status = write_report(&e, error);
    for (size_t i = 0; e.evaluator && i < sweep->num_values; i++)
        nd_evaluation_release(e.evaluator, &e.rows[i]);
    nd_release(job->allocator, e.rows);
    nd_evaluator_free(e.evaluator);
    nd_scan_firsts_release(&e.firsts);
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
        "finds with what is known to be true: pairs, labelled pairs, or clusters; or all pairs "
        "that reach the threshold, found by an exact join without a sketch.\n\n"
        "Precision is the share of the found pairs that are true, recall the share of the true "
        "pairs that are found, and f1 their harmonic mean. ari is the adjusted Rand index of the "
        "true clusters and the groups that were found, over all documents; if there are only "
        "pairs, documents that a chain of pairs connects count as one cluster. Recall is also "
        "shown by similarity: by the exact Jaccard similarity of the true pairs. Documents of one "
        "id count as one document.\n\n"
        "All documents are kept in memory, with their shingle sets: about 3 bytes for each byte "
        "of text more than a scan needs, 6 with '--exact', and 25 bytes for each pair.\n",
    .info.examples =
        "  neardup eval --preset news --truth pairs.tsv --by-kind news.jsonl\n"
        "  neardup eval --exact --threshold 0.5 articles.jsonl\n"
        "  neardup eval --truth pairs.tsv --ignore unsure.tsv --errors 5 news.jsonl\n"
        "  neardup eval --clusters versions.tsv --sweep threshold=0.3:0.9:0.05 docs/\n"
        "  neardup eval --truth pairs.tsv --errors 20 --format html news.jsonl -o errors.html\n",
    .info.options = {nd_tool_options, ND_COMMAND_EVAL},
    .check = check,
    .run = run,
};
