/* neardup plan: what a scan with given thresholds costs and finds. */
#include <math.h>
#include <stdio.h>

#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/records.h"
#include "cli/output/screen.h"
#include "cli/report/reports.h"
#include "util/error.h"

enum { CURVE_STEPS = 20, BAR_COLUMNS = 40, MEAN_STEPS = 1000 };

/* Jaccard of point `step` of the curve, 1 to CURVE_STEPS. */
static double curve_jaccard(int step)
{
    return (double)step / CURVE_STEPS;
}

/* Share of the pairs from the threshold up that no band proposes, where their similarities are
 * spread evenly (midpoint rule). */
static double missed_above(const nd_plan *plan)
{
    double sum = 0;
    for (int i = 0; i < MEAN_STEPS; i++) {
        const double jaccard = plan->threshold + (1 - plan->threshold) * (i + 0.5) / MEAN_STEPS;
        sum += 1 - nd_plan_probability(plan, jaccard);
    }
    return sum / MEAN_STEPS;
}

static double missed_at(const nd_plan *plan)
{
    return 1 - nd_plan_probability(plan, plan->threshold);
}

/* A word with what separates it from the next took 5.8 to 6.8 bytes in six sets of texts, English,
 * French and in 35 languages. */
static const double BYTES_A_WORD = 6;

static double shingles_of(const nd_settings *settings)
{
    return settings->mean_bytes > 0 ? settings->mean_bytes / BYTES_A_WORD : settings->mean_shingles;
}

static nd_plan_memory memory_of(const nd_settings *settings, const nd_plan *plan)
{
    return nd_plan_estimate_memory(plan, settings->documents, shingles_of(settings),
                                   settings->mean_id_bytes);
}

static nd_plan_limit limit_of(const nd_settings *settings, const nd_plan *plan)
{
    return nd_plan_estimate_limit(plan, settings->documents, shingles_of(settings),
                                  settings->mean_id_bytes, settings->memory_bytes);
}

static nd_memory_view memory_view_of(const nd_settings *settings, const nd_plan *plan)
{
    return (nd_memory_view){settings->documents,     shingles_of(settings),
                            settings->mean_id_bytes, memory_of(settings, plan),
                            settings->memory_bytes,  limit_of(settings, plan)};
}

static nd_plan_view view_of(const nd_settings *settings, const nd_plan *plan,
                            nd_curve_point points[CURVE_STEPS], nd_array *curve)
{
    for (int step = 1; step <= CURVE_STEPS; step++) {
        nd_curve_point *const point = &points[step - 1];
        point->jaccard = curve_jaccard(step);
        point->probability = nd_plan_probability(plan, point->jaccard);
        snprintf(point->label, sizeof point->label, "%.2f", point->jaccard);
    }
    *curve = (nd_array){points, CURVE_STEPS, sizeof *points};
    return (nd_plan_view){.plan = *plan,
                          .recall_asked = settings->scan.recall,
                          .missed_at_threshold = missed_at(plan),
                          .missed_above_threshold = missed_above(plan),
                          .curve = nd_items_of(curve),
                          .memory = memory_view_of(settings, plan)};
}

/* `threshold` carries a mark; NaN: none. */
static void print_curve(const nd_job *job, nd_page *page, const nd_curve_point points[CURVE_STEPS],
                        double threshold)
{
    for (int step = 1; step <= CURVE_STEPS; step++) {
        const double at = points[step - 1].jaccard, probability = points[step - 1].probability;
        const size_t bar = (size_t)(probability * BAR_COLUMNS + 0.5);
        nd_page_printf(page, "   %.2f  %8.4f %%%s", at, 100 * probability, bar ? "  " : "");
        nd_page_put(page, bar ? nd_style(&job->screen, ND_STYLE_FAINT) : "");
        nd_page_fill(page, '#', bar);
        nd_page_put(page, bar ? nd_style(&job->screen, ND_STYLE_PLAIN) : "");
        /* The first point that is not below the threshold carries the mark. */
        if (at >= threshold - 1e-9 && curve_jaccard(step - 1) < threshold - 1e-9)
            nd_page_put(page, "  <- threshold");
        nd_page_put(page, "\n");
    }
}

static void print_limit(const nd_settings *settings, nd_page *page, const nd_plan *plan)
{
    if (settings->memory_bytes == 0)
        return;
    const nd_plan_limit limit = limit_of(settings, plan);
    const double memory = (double)settings->memory_bytes;
    if (memory < (double)limit.least_bytes)
        nd_page_printf(page, "too much for '--memory' of %s: it takes %s at least\n",
                       nd_amount_bytes(memory).text,
                       nd_amount_bytes((double)limit.least_bytes).text);
    else
        nd_page_printf(page, "within %s: up to %s of temporary files, %s read %s\n",
                       nd_amount_bytes(memory).text, nd_amount_bytes((double)limit.disk_bytes).text,
                       plan->bands > 0 ? "band keys" : "rare shingles",
                       nd_amount_of(limit.key_passes, "time").text);
}

static void print_memory(const nd_settings *settings, nd_page *page, const nd_plan *plan)
{
    const nd_plan_memory memory = memory_of(settings, plan);
    nd_page_printf(page, "memory for %s of %g shingles: %s, ",
                   nd_amount_of(settings->documents, "document").text, shingles_of(settings),
                   nd_amount_bytes((double)memory.index_bytes + (double)memory.set_bytes).text);
    nd_page_printf(page, "of it %s for the shingle sets%s\n",
                   nd_amount_bytes((double)memory.set_bytes).text,
                   plan->bands == 0 ? " and the words" : "");
    print_limit(settings, page, plan);
}

static void print_text(const nd_job *job, nd_page *page, const nd_plan *plan,
                       const nd_curve_point points[CURVE_STEPS])
{
    const nd_settings *const settings = job->settings;
    nd_page_printf(page, "%s%u bands of %u row%s%s, from a sketch of %u slots\n",
                   nd_style(&job->screen, ND_STYLE_STRONG), plan->bands, plan->rows,
                   plan->rows == 1 ? "" : "s", nd_style(&job->screen, ND_STYLE_PLAIN), plan->slots);
    nd_page_printf(page, "recall at jaccard %g: %.4f %% (%g %% asked for)\n", plan->threshold,
                   100 * plan->recall, 100 * settings->scan.recall);
    if (plan->threshold < settings->scan.rule.jaccard)
        nd_page_printf(page, "made for jaccard %g, as '--containment' is given\n", plan->threshold);
    nd_page_put(page, "\njaccard  chance of being found\n");
    print_curve(job, page, points, plan->threshold);
    nd_page_printf(page,
                   "\nexpected misses: %.4f %% of the pairs at %g, %.4f %% of those from %g to 1 "
                   "(spread evenly)\n",
                   100 * missed_at(plan), plan->threshold, 100 * missed_above(plan),
                   plan->threshold);
    print_memory(settings, page, plan);
}

static void print(const nd_job *job, nd_page *page, const nd_plan *plan)
{
    nd_curve_point points[CURVE_STEPS];
    nd_array curve;
    const nd_shown_columns shown = job->settings->memory_bytes > 0 ? ND_SHOW_LIMIT : 0;
    const nd_plan_view view = view_of(job->settings, plan, points, &curve);
    if (job->format == ND_FORMAT_JSONL) {
        nd_record_json(page, &nd_plan_record, shown, &view);
        nd_page_put(page, "\n");
    } else if (job->format == ND_FORMAT_TSV) {
        nd_record_tsv_pairs(page, &nd_plan_record, shown, &view);
    } else if (job->format == ND_FORMAT_HTML) {
        nd_plan_report_print(page, &view);
    } else {
        print_text(job, page, plan, points);
    }
}

/* --- without bands --- */

/* Of two texts of which the smaller one has the mean number of shingles. */
static void print_search(const nd_job *job, nd_page *page)
{
    const nd_settings *const settings = job->settings;
    nd_curve_point points[CURVE_STEPS];
    nd_array curve = {points, CURVE_STEPS, sizeof *points};
    const nd_plan no_bands = {0};
    nd_search_view view = {.score = settings->scan.score,
                           .coverage = settings->scan.coverage,
                           .shingles = shingles_of(settings),
                           .curve = nd_items_of(&curve),
                           .memory = memory_view_of(settings, &no_bands)};
    const nd_shown_columns shown = settings->memory_bytes > 0 ? ND_SHOW_LIMIT : 0;
    for (int step = 1; step <= CURVE_STEPS; step++) {
        nd_curve_point *const point = &points[step - 1];
        const double share = curve_jaccard(step);
        *point =
            (nd_curve_point){share, nd_rare_search_probability(shingles_of(settings), share), ""};
        snprintf(point->label, sizeof point->label, "%.2f", point->jaccard);
    }
    if (job->format == ND_FORMAT_JSONL) {
        nd_record_json(page, &nd_search_record, shown, &view);
        nd_page_put(page, "\n");
    } else if (job->format == ND_FORMAT_TSV) {
        nd_record_tsv_pairs(page, &nd_search_record, shown, &view);
    } else {
        nd_page_printf(page, "%sno bands%s: texts are followed to others by their rare shingles\n",
                       nd_style(&job->screen, ND_STYLE_STRONG),
                       nd_style(&job->screen, ND_STYLE_PLAIN));
        nd_page_printf(
            page,
            "\na text of %g shingles beside one that is longer, and shares them with few "
            "others:\n",
            view.shingles);
        nd_page_put(page, "share in the other  chance of being compared\n");
        print_curve(job, page, points, NAN);
        nd_page_put(page, "\n");
        print_memory(settings, page, &no_bands);
    }
}

static nd_status check(const nd_settings *settings, nd_error *error)
{
    nd_plan plan;
    if (!nd_scan_options_has_coverage(&settings->scan))
        return nd_settings_plan(settings, &plan, error);
    if (settings->format == ND_FORMAT_HTML)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "option '--format html' only works with bands, which a scan with a "
                            "score or a coverage does not have");
    return ND_OK;
}

static nd_status print_plan(nd_job *job, nd_error *error)
{
    nd_plan plan;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_status status = ND_OK;
    if (nd_scan_options_has_coverage(&job->settings->scan))
        print_search(job, &page);
    else
        status = nd_settings_plan(job->settings, &plan, error);
    if (status == ND_OK && !nd_scan_options_has_coverage(&job->settings->scan))
        print(job, &page, &plan);
    if (status == ND_OK)
        status = nd_job_write(job, &page);
    nd_page_release(&page);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, print_plan);
}

const nd_command nd_command_plan = {
    .info.name = "plan",
    .info.summary = "bands, rows, S-curve, expected misses, memory for N documents",
    .info.operands = "",
    .info.max_operands = 0,
    .info.description =
        "Shows how a scan with these thresholds looks for candidates: the bands and rows that "
        "follow from the threshold and the recall, the probability that a pair of a given "
        "similarity is found, and an estimate of the memory. Candidates are then compared "
        "exactly, so pairs below the threshold cost time, but are never reported. With '--memory' "
        "also what a scan that keeps within it takes.\n\n"
        "A scan with '--preset news' has no bands: it follows texts to others by their rare "
        "shingles. Then the chance is shown that two texts are compared, of which the smaller one "
        "has '--mean-shingles', by the share of them that stands in the other; and the memory.\n",
    .info.examples =
        "  neardup plan\n"
        "  neardup plan --threshold 0.5 --recall 0.999\n"
        "  neardup plan --documents 50000000 --mean-shingles 250\n"
        "  neardup plan --documents 10m --mean-bytes 2000 --memory 1G\n"
        "  neardup plan --preset news --documents 1m --mean-bytes 2000 --memory 256M\n",
    .info.options = {nd_tool_options, ND_COMMAND_PLAN},
    .check = check,
    .run = run,
};
