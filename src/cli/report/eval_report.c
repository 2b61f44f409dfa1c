#include "cli/report/reports.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/output/screen.h"
#include "cli/report/html.h"
#include "util/alloc.h"

/* --- how right a scan is --- */

static void print_figure(nd_page *page, const char *name, double ratio)
{
    char text[32];
    snprintf(text, sizeof text, "%.4f", ratio);
    if (!isnan(ratio))
        nd_report_figure(page, name, text);
}

static void print_figures(nd_page *page, const nd_eval_report *report, size_t row)
{
    const nd_evaluation *const e = &report->rows[row];
    const nd_settings *const settings = report->job->settings;
    nd_page_put(page, "<dl class=\"figures\">");
    if (report->sweep->option) {
        nd_page_printf(page, "<div><dt>best %s<dd>", report->sweep->option->name);
        nd_html_name(page, report->sweep->values[row], strlen(report->sweep->values[row]));
        nd_page_put(page, "</div>");
    }
    nd_report_figure(page, "documents",
                     nd_amount_count(nd_evaluator_num_documents(report->evaluator)).text);
    nd_report_figure(page, settings->label_column ? "labelled pairs found" : "pairs found",
                     nd_amount_count(e->pairs_found).text);
    nd_report_figure(page, "of these, true", nd_amount_count(e->true_positives).text);
    nd_report_figure(page, "true pairs", nd_amount_count(e->pairs_true).text);
    print_figure(page, "precision", e->precision);
    print_figure(page, "recall", e->recall);
    print_figure(page, "f1", e->f1);
    print_figure(page, "ari", e->ari);
    if (settings->weight_column) {
        print_figure(page, "precision by weight", e->weighted_precision);
        print_figure(page, "recall by weight", e->weighted_recall);
        print_figure(page, "f1 by weight", e->weighted_f1);
    }
    nd_page_put(page, "</dl>\n");
}

/* --- a sweep --- */

/* Values that are words take the places 1, 2, 3, ... */
static void print_sweep_chart(nd_page *page, const nd_eval_report *report)
{
    const nd_allocator *const a = report->job->allocator;
    const size_t num = report->num_rows;
    double *const numbers = nd_alloc(a, 4 * num, sizeof *numbers);
    if (!numbers) {
        page->status = page->status == ND_OK ? ND_ERR_NO_MEMORY : page->status;
        return;
    }
    const nd_option *const option = report->sweep->option;
    const bool has_numbers = option->kind == ND_OPTION_NUMBER || option->kind == ND_OPTION_COUNT;
    for (size_t i = 0; i < num; i++) {
        numbers[i] = has_numbers ? strtod(report->sweep->values[i], NULL) : (double)i + 1;
        numbers[num + i] = report->rows[i].precision;
        numbers[2 * num + i] = report->rows[i].recall;
        numbers[3 * num + i] = report->rows[i].f1;
    }
    const nd_chart chart = {.title = "precision, recall and f1 of each scan",
                            .x_name = option->name,
                            .x = numbers,
                            .num_points = num,
                            .curves = {{"precision", numbers + num},
                                       {"recall", numbers + 2 * num},
                                       {"f1", numbers + 3 * num}},
                            .num_curves = 3,
                            .marked_x = numbers[nd_eval_best_row(report)],
                            .marked_name = "best f1"};
    nd_chart_print(page, &chart);
    nd_release(a, numbers);
}

static void print_sweep(nd_page *page, const nd_eval_report *report)
{
    const size_t best = nd_eval_best_row(report);
    print_sweep_chart(page, report);
    nd_page_printf(
        page,
        "<table class=\"scores\"><thead><tr><th scope=\"col\">%s<th scope=\"col\">precision"
        "<th scope=\"col\">recall<th scope=\"col\">f1<th scope=\"col\">found"
        "<th scope=\"col\">true</thead>\n",
        report->sweep->option->name);
    for (size_t i = 0; i < report->num_rows; i++) {
        const nd_evaluation *const e = &report->rows[i];
        nd_page_printf(page, "<tr%s><td>", i == best ? " class=\"best\"" : "");
        nd_html_name(page, report->sweep->values[i], strlen(report->sweep->values[i]));
        nd_page_printf(page,
                       "<td class=\"number\">%.6f<td class=\"number\">%.6f"
                       "<td class=\"number\">%.6f<td class=\"number\">%s",
                       e->precision, e->recall, e->f1, nd_amount_count(e->pairs_found).text);
        nd_page_printf(page, "<td class=\"number\">%s\n", nd_amount_count(e->true_positives).text);
    }
    nd_page_put(page, "</table>\n");
}

/* --- recall by similarity, and by kind --- */

static void print_share(nd_page *page, uint64_t pairs, uint64_t found)
{
    nd_page_printf(page, "<td class=\"number\">%s", nd_amount_count(pairs).text);
    nd_page_printf(page, "<td class=\"number\">%s<td class=\"number\">",
                   nd_amount_count(found).text);
    if (pairs == 0)
        nd_page_put(page, "–<td>\n");
    else
        nd_page_printf(page, "%.4f<td><meter value=\"%.4f\" aria-hidden=\"true\"></meter>\n",
                       (double)found / (double)pairs, (double)found / (double)pairs);
}

static void print_shares_head(nd_page *page, const char *what, bool are_labels)
{
    nd_page_printf(page,
                   "<table class=\"shares\"><thead><tr><th scope=\"col\">%s<th scope=\"col\">%s"
                   "<th scope=\"col\">found<th scope=\"col\">%s<td></thead>\n",
                   what, are_labels ? "pairs" : "true pairs", are_labels ? "share" : "recall");
}

static void print_bands(nd_page *page, const nd_evaluation *e)
{
    nd_page_put(page, "<h2>Recall by similarity</h2>\n");
    print_shares_head(page, "jaccard", false);
    for (int band = 0; band < ND_NUM_BANDS; band++) {
        nd_page_printf(page, "<tr><td>%.1f to %.1f", nd_band_begin(band), nd_band_begin(band - 1));
        print_share(page, e->bands[band].pairs_true, e->bands[band].true_positives);
    }
    nd_page_put(page, "</table>\n");
}

static void print_kinds(nd_page *page, const nd_evaluation *e, bool are_labels)
{
    if (e->num_kinds == 0)
        return;
    nd_page_printf(page, "<h2>%s</h2>\n", are_labels ? "By label" : "Recall by kind");
    print_shares_head(page, are_labels ? "label" : "kind", are_labels);
    for (size_t i = 0; i < e->num_kinds; i++) {
        nd_page_put(page, "<tr><td>");
        nd_report_name(page, e->kinds[i].kind, e->kinds[i].kind_len_bytes);
        print_share(page, e->kinds[i].pairs, e->kinds[i].found);
    }
    nd_page_put(page, "</table>\n");
}

void nd_eval_report_begin(nd_page *page, const nd_eval_report *report)
{
    nd_report_begin(page, "How right a scan is");
    print_figures(page, report, nd_eval_best_row(report));
    if (report->sweep->option) {
        print_sweep(page, report);
        return;
    }
    print_bands(page, &report->rows[0]);
    print_kinds(page, &report->rows[0], report->job->settings->label_column != NULL);
}

void nd_eval_report_wrong(nd_side_by_side *sides, nd_page *page, const char *what, size_t number,
                          const nd_wrong_pair *pair, const nd_comparison *comparison,
                          double least_score)
{
    char prefix[32];
    snprintf(prefix, sizeof prefix, "e%zu-", number);
    nd_page_put(page, number == 1 ? "<h2>What it got most wrong</h2>\n" : "");
    nd_page_printf(page, "<details><summary>%s: ", what);
    nd_report_name(page, comparison->a.id, comparison->a.id_len_bytes);
    nd_page_put(page, " and ");
    nd_report_name(page, comparison->b.id, comparison->b.id_len_bytes);
    if (pair->kind_len_bytes > 0) {
        nd_page_put(page, ", ");
        nd_report_name(page, pair->kind, pair->kind_len_bytes);
    }
    nd_page_put(page, "</summary>\n");
    nd_side_by_side_print(sides, page, comparison, prefix, 3, least_score);
    nd_page_put(page, "</details>\n");
}

void nd_eval_report_end(nd_page *page)
{
    nd_report_end(page);
}

/* --- a plan --- */

enum { CURVE_POINTS = 201 };

static void print_plan_figures(nd_page *page, const nd_plan_view *view)
{
    char text[192];
    nd_page_put(page, "<dl class=\"figures\">");
    snprintf(text, sizeof text, "%u × %u", view->plan.bands, view->plan.rows);
    nd_report_figure(page, "bands × rows", text);
    nd_report_figure(page, "slots of a sketch", nd_amount_count(view->plan.slots).text);
    snprintf(text, sizeof text, "%g", view->plan.threshold);
    nd_report_figure(page, "threshold", text);
    snprintf(text, sizeof text, "%.4f %%", 100 * view->plan.recall);
    nd_report_figure(page, "found at the threshold", text);
    snprintf(text, sizeof text, "%.4f %%", 100 * view->missed_above_threshold);
    nd_report_figure(page, "missed above it, spread evenly", text);
    snprintf(text, sizeof text, "%s for %s",
             nd_amount_bytes((double)view->memory.estimate.index_bytes +
                             (double)view->memory.estimate.set_bytes)
                 .text,
             nd_amount_of(view->memory.documents, "document").text);
    nd_report_figure(page, "memory", text);
    if (view->memory.limit_bytes > 0 && view->memory.limit_bytes < view->memory.limit.least_bytes) {
        snprintf(text, sizeof text, "%s at least",
                 nd_amount_bytes((double)view->memory.limit.least_bytes).text);
        nd_report_figure(page, "the cap on memory is too low: it takes", text);
    } else if (view->memory.limit_bytes > 0) {
        snprintf(text, sizeof text, "%s of temporary files, band keys read %s",
                 nd_amount_bytes((double)view->memory.limit.disk_bytes).text,
                 nd_amount_of(view->memory.limit.key_passes, "time").text);
        nd_report_figure(page, "within the cap on memory", text);
    }
    nd_page_put(page, "</dl>\n");
}

void nd_plan_report_print(nd_page *page, const nd_plan_view *view)
{
    double x[CURVE_POINTS], y[CURVE_POINTS];
    for (int i = 0; i < CURVE_POINTS; i++) {
        x[i] = (double)i / (CURVE_POINTS - 1);
        y[i] = nd_plan_probability(&view->plan, x[i]);
    }
    const nd_chart chart = {.title = "chance that a pair is found, by its jaccard similarity",
                            .x_name = "jaccard similarity",
                            .x = x,
                            .num_points = CURVE_POINTS,
                            .curves = {{"chance that a pair is found", y}},
                            .num_curves = 1,
                            .marked_x = view->plan.threshold,
                            .marked_name = "threshold"};
    nd_report_begin(page, "Plan of a scan");
    print_plan_figures(page, view);
    nd_chart_print(page, &chart);
    nd_page_put(page, "<table><caption>Pairs below the threshold are compared, and not "
                      "reported</caption><thead><tr><th scope=\"col\">jaccard"
                      "<th scope=\"col\" class=\"number\">chance of being found</thead>\n");
    for (size_t i = 0; i < view->curve.num; i++) {
        const nd_curve_point *const point = view->curve.at(view->curve.ctx, i, page);
        nd_page_printf(page, "<tr><td>%s<td class=\"number\">%.4f %%\n", point->label,
                       100 * point->probability);
    }
    nd_page_put(page, "</table>\n");
    nd_report_end(page);
}
