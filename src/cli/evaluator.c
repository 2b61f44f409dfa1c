#include "cli/evaluator.h"

#include "cli/exact_pairs.h"
#include "cli/found_pairs.h"
#include "cli/output/amounts.h"
#include "io/path_walk.h"
#include "util/error.h"

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

static nd_status read_truth(nd_evaluator *e, nd_error *error)
{
    const nd_settings *const settings = e->job->settings;
    nd_status status = ND_OK;
    if (settings->truth_path)
        status =
            nd_truth_pairs_read(&e->given, settings->truth_path,
                                settings->by_kind ? settings->kind_column : NULL, &e->held, error);
    if (status == ND_OK && settings->clusters_path)
        status = nd_truth_clusters_read(&e->clusters, settings->clusters_path, &e->held, error);
    if (status == ND_OK && settings->ignore_path)
        status = nd_truth_pairs_read(&e->ignored, settings->ignore_path, NULL, &e->held, error);
    if (status != ND_OK)
        return status;
    e->truth = settings->truth_path      ? &e->given.pairs
               : settings->clusters_path ? &e->clusters.pairs
                                         : &e->exact;
    nd_truth_pairs_subtract(&e->given, &e->ignored.pairs);
    nd_pair_list_subtract(&e->clusters.pairs, &e->ignored.pairs);
    return ND_OK;
}

/* The labels of a truth that no run changes. */
static nd_status label_truth(nd_evaluator *e)
{
    const size_t num = e->held.num_ids;
    e->truth_label = nd_alloc(e->job->allocator, num, sizeof *e->truth_label);
    e->found_label = nd_alloc(e->job->allocator, num, sizeof *e->found_label);
    if (!e->truth_label || !e->found_label)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; e->clusters.label && i < num; i++)
        e->truth_label[i] = e->clusters.label[i];
    if (e->job->settings->truth_path)
        nd_pair_list_components(e->truth, num, e->truth_label);
    return ND_OK;
}

static nd_status explain_limit(nd_status status, nd_error *error)
{
    if (status == ND_ERR_LIMIT && error->message[0] == '\0')
        return nd_error_set(error, status, "more than %s, true or found, cannot be compared",
                            nd_amount_of(ND_PAIR_LIST_MAX, "pair").text);
    return status;
}

nd_status nd_evaluator_init(nd_evaluator *evaluator, nd_job *job, nd_error *error)
{
    *evaluator = (nd_evaluator){.job = job,
                                .held = {.allocator = job->allocator},
                                .exact = {.allocator = job->allocator},
                                .found = {.allocator = job->allocator}};
    nd_status status = look_at_files(job->settings, error);
    const nd_document_map_options options = {job->num_threads, nd_progress_step, &job->progress,
                                             job->allocator};
    if (status == ND_OK)
        status =
            nd_held_documents_init(&evaluator->held, nd_input_source(job->input), &options, error);
    if (status == ND_OK)
        status = nd_job_reading_done(job, error);
    if (status == ND_OK)
        status = read_truth(evaluator, error);
    if (status == ND_OK)
        status = label_truth(evaluator);
    job->text_bytes = evaluator->held.text_bytes;
    nd_job_lap(job, "truth");
    return explain_limit(status, error);
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
    size_t num;
    const nd_counter *const counters = nd_scan_counters(&num);
    *kept = *run;
    kept->capped_comparisons += before.capped_comparisons;
    for (size_t i = 0; i < num; i++)
        if (counters[i].weight == ND_COUNTER_CAP)
            nd_counters_add((nd_counter_list){&counters[i], 1}, kept, &before);
}

static nd_status find_pairs(nd_evaluator *e, const nd_settings *settings, nd_eval_row *row)
{
    const nd_scan_options options =
        nd_settings_scan(settings, e->job->num_threads, show_matching, &e->job->progress);
    nd_scan_stats stats;
    const nd_status status =
        nd_found_pairs_make(&e->held, &options, &e->found, e->found_label, &stats);
    if (status != ND_OK)
        return status;
    keep_stats(&e->stats, &stats);
    row->pairs_ignored = nd_pair_list_subtract(&e->found, &e->ignored.pairs);
    if (options.output == ND_SCAN_PAIRS)
        nd_pair_list_components(&e->found, e->held.num_ids, e->found_label);
    return ND_OK;
}

static nd_status join_pairs(nd_evaluator *e, const nd_settings *settings)
{
    const nd_exact_join_options options = {.jaccard = settings->scan.rule.jaccard,
                                           .containment = settings->scan.rule.containment,
                                           .num_threads = e->job->num_threads,
                                           .progress = nd_progress_step,
                                           .progress_ctx = &e->job->progress,
                                           .allocator = e->job->allocator};
    const nd_status status = nd_exact_pairs_make(&e->held, &e->sets, &options, &e->exact);
    if (status != ND_OK)
        return status;
    nd_pair_list_subtract(&e->exact, &e->ignored.pairs);
    nd_pair_list_components(&e->exact, e->held.num_ids, e->truth_label);
    return ND_OK;
}

static void count(nd_band *band, bool is_found)
{
    band->pairs_true++;
    band->true_positives += is_found;
}

static void count_bands_and_kinds(const nd_evaluator *e, nd_eval_row *row)
{
    for (size_t i = 0, at = 0; i < e->truth->pairs.len; i++) {
        const uint64_t pair = e->truth->pairs.items[i];
        const bool is_found = nd_pair_list_meets(&e->found, pair, &at);
        const nd_similarity similarity =
            nd_held_sets_compare(&e->sets, &e->held, nd_pair_low(pair), nd_pair_high(pair));
        count(&row->bands[nd_band_of(similarity.jaccard)], is_found);
        if (e->given.kind_of)
            count(&row->kinds[e->given.kind_of[i]], is_found);
    }
}

nd_status nd_evaluator_run(nd_evaluator *evaluator, const nd_settings *settings, nd_eval_row *row,
                           nd_error *error)
{
    nd_evaluator *const e = evaluator;
    const nd_allocator *const a = e->job->allocator;
    *row = (nd_eval_row){.kinds = nd_alloc_zeroed(a, e->given.num_kinds, sizeof *row->kinds)};
    nd_status status = row->kinds ? find_pairs(e, settings, row) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_held_sets_make(&e->sets, &e->held, settings->scan.shingle,
                                   settings->scan.repairs, e->job->num_threads);
    if (status == ND_OK && settings->exact)
        status = join_pairs(e, settings);
    if (status == ND_OK)
        status =
            nd_adjusted_rand_index(e->truth_label, e->found_label, e->held.num_ids, a, &row->ari);
    if (status != ND_OK)
        return explain_limit(status, error);
    row->scores = nd_scores_of(e->truth, &e->found);
    count_bands_and_kinds(e, row);
    return ND_OK;
}

static void add_left_out(nd_notes *notes, const char *key, const char *what,
                         const nd_tsv_left_out *left_out)
{
    nd_notes_add(notes, ND_COUNTER_LOSS, key, what, left_out->count, "%s", left_out->first);
}

void nd_evaluator_add_notes(const nd_evaluator *evaluator, nd_notes *notes)
{
    const nd_evaluator *const e = evaluator;
    nd_counter_list counters;
    counters.counters = nd_scan_counters(&counters.num);
    nd_notes_add_counters(notes, counters, &e->stats, NULL);
    add_left_out(notes, "truth_unknown", "left out, true pairs with an id that no document has",
                 &e->given.unknown);
    add_left_out(notes, "clusters_unknown", "left out, ids in clusters that no document has",
                 &e->clusters.unknown);
    add_left_out(notes, "ignored_unknown",
                 "left out, ignored pairs with an id that no document has", &e->ignored.unknown);
    add_left_out(notes, "truth_selves", "left out, true pairs of a document with itself",
                 &e->given.selves);
    nd_notes_add(notes, ND_COUNTER_REMARK, "truth_repeated",
                 "true pairs that are in the file before, and count once", e->given.num_repeated,
                 "%s", "");
    add_left_out(notes, "ignored_selves", "left out, ignored pairs of a document with itself",
                 &e->ignored.selves);
}

void nd_evaluator_release(nd_evaluator *evaluator)
{
    nd_truth_pairs_release(&evaluator->given);
    nd_truth_pairs_release(&evaluator->ignored);
    nd_truth_clusters_release(&evaluator->clusters);
    nd_pair_list_release(&evaluator->exact);
    nd_pair_list_release(&evaluator->found);
    nd_release(evaluator->job->allocator, evaluator->truth_label);
    nd_release(evaluator->job->allocator, evaluator->found_label);
    nd_held_sets_release(&evaluator->sets);
    nd_held_documents_release(&evaluator->held);
}
