/* A chart of curves with values from 0 to 1, as SVG. */
#ifndef CLI_REPORT_CHART_H
#define CLI_REPORT_CHART_H

#include "cli/output/page.h"

enum { ND_CHART_MAX_CURVES = 3 };

typedef struct nd_curve {
    const char *name;
    const double *y; /* [num_points]; NaN: no point */
} nd_curve;

typedef struct nd_chart {
    const char *title; /* what is shown, for who cannot see it */
    const char *x_name;
    const double *x; /* [num_points], ascending or not */
    size_t num_points;
    nd_curve curves[ND_CHART_MAX_CURVES];
    size_t num_curves;
    double marked_x; /* a line at this place; NaN: none */
    const char *marked_name;
} nd_chart;

/* Appends the chart, with the names of its curves. */
void nd_chart_print(nd_page *page, const nd_chart *chart);

#endif
