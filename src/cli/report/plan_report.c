#include "cli/report/plan_report.h"

#include <stdio.h>

#include "cli/output/screen.h"
#include "cli/report/chart.h"
#include "cli/report/report_page.h"

enum { CURVE_POINTS = 201 };

static void print_figures(nd_page *page, const nd_plan_view *view)
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
    print_figures(page, view);
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
