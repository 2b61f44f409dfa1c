/* Places are within 0 .. WIDTH and HEIGHT .. 0 (y grows downwards); around that is a margin for the
 * numbers of the axes and their names. */
#include "cli/report/chart.h"

#include <math.h>

enum {
    WIDTH = 640,
    HEIGHT = 300,
    LEFT = 48,
    RIGHT = 16,
    TOP = 16,
    BOTTOM = 40,
    EDGE = 40, /* as far as a name may reach to both sides */
    Y_STEPS = 5,
    X_STEPS = 10
};

typedef struct axis {
    double from, to, step;
} axis;

/* A range of round numbers that holds all x. */
static axis axis_of(const nd_chart *chart)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < chart->num_points; i++) {
        least = fmin(least, chart->x[i]);
        most = fmax(most, chart->x[i]);
    }
    if (!(most > least))
        return (axis){least - 1, least + 1, 1};
    double step = pow(10, floor(log10((most - least) / X_STEPS)));
    const double factors[] = {2, 2.5, 2};
    for (int i = 0; (most - least) / step > X_STEPS; i++)
        step *= factors[i % 3];
    return (axis){floor(least / step + 1e-9) * step, ceil(most / step - 1e-9) * step, step};
}

static double place_x(const axis *x, double value)
{
    return fmax(0, (value - x->from) / (x->to - x->from) * WIDTH); /* no -0 */
}

static double place_y(double value)
{
    return fmax(0, (1 - value) * HEIGHT);
}

static void print_grid(nd_page *page, const nd_chart *chart, const axis *x)
{
    for (int i = 0; i <= Y_STEPS; i++) {
        const double value = (double)i / Y_STEPS;
        nd_page_printf(page, "<path class=\"grid\" d=\"M0 %.1fH%d\"/>", place_y(value), WIDTH);
        nd_page_printf(page, "<text x=\"-8\" y=\"%.1f\" text-anchor=\"end\">%.1f</text>",
                       place_y(value) + 4, value);
    }
    const int num_steps = (int)((x->to - x->from) / x->step + 0.5);
    for (int i = 0; i <= num_steps; i++) {
        const double value = x->from + i * x->step;
        nd_page_printf(page, "<path class=\"grid\" d=\"M%.1f 0V%d\"/>", place_x(x, value), HEIGHT);
        nd_page_printf(page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.4g</text>",
                       place_x(x, value), HEIGHT + 18, fabs(value) < 1e-12 ? 0 : value);
    }
    nd_page_printf(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", WIDTH / 2,
                   HEIGHT + 36, chart->x_name);
    if (isnan(chart->marked_x))
        return;
    /* At the left it would stand in the way of the axis's numbers, at the right be cut. */
    const double at = place_x(x, chart->marked_x);
    const char *const anchor = at < EDGE ? "start" : at > WIDTH - EDGE ? "end" : "middle";
    nd_page_printf(page,
                   "<path class=\"marked\" d=\"M%.1f 0V%d\"/>"
                   "<text x=\"%.1f\" y=\"-4\" text-anchor=\"%s\">%s</text>\n",
                   at, HEIGHT, at, anchor, chart->marked_name);
}

/* Points without a number are passed over. */
static void print_curve(nd_page *page, const nd_chart *chart, const axis *x, size_t number)
{
    const nd_curve *const curve = &chart->curves[number];
    nd_page_printf(page, "<path class=\"curve c%zu\" d=\"", number);
    const char *command = "M";
    for (size_t i = 0; i < chart->num_points; i++) {
        if (isnan(curve->y[i]))
            continue;
        nd_page_printf(page, "%s%.1f %.1f", command, place_x(x, chart->x[i]), place_y(curve->y[i]));
        command = "L";
    }
    nd_page_printf(page, "\"><title>%s</title></path>\n", curve->name);
}

void nd_chart_print(nd_page *page, const nd_chart *chart)
{
    const axis x = axis_of(chart);
    nd_page_printf(page,
                   "<figure><svg class=\"chart\" viewBox=\"%d %d %d %d\" role=\"img\" "
                   "aria-label=\"%s\">\n",
                   -LEFT, -TOP, WIDTH + LEFT + RIGHT, HEIGHT + TOP + BOTTOM, chart->title);
    print_grid(page, chart, &x);
    for (size_t i = 0; i < chart->num_curves; i++)
        print_curve(page, chart, &x, i);
    nd_page_put(page, "</svg>\n<figcaption>");
    for (size_t i = 0; i < chart->num_curves; i++)
        nd_page_printf(page, "<span class=\"key\"><span class=\"dot c%zu\"></span>%s</span> ", i,
                       chart->curves[i].name);
    nd_page_put(page, "</figcaption></figure>\n");
}
