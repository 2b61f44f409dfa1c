/* accuracy: the error of sketches, and what a plan proposes, against theory. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "bench_random.h"
#include "bench_settings.h"
#include "neardup/plan.h"
#include "neardup/sketch.h"

enum { MAX_SIZE = 10000 };

/* Two sets of `size` hashes each. */
typedef struct set_pair {
    uint64_t a[MAX_SIZE], b[MAX_SIZE];
    size_t size;
    double jaccard; /* had: sizes are whole numbers */
} set_pair;

static void fill_pair(set_pair *pair, size_t size, double jaccard, bench_random *random)
{
    const size_t common = (size_t)lround(2 * (double)size * jaccard / (1 + jaccard));
    pair->size = size;
    pair->jaccard = (double)common / (double)(2 * size - common);
    for (size_t i = 0; i < size; i++) {
        pair->a[i] = bench_random_next(random);
        pair->b[i] = i < common ? pair->a[i] : bench_random_next(random);
    }
}

typedef struct sketch_pair {
    uint64_t a[ND_SKETCH_MAX_SLOTS], b[ND_SKETCH_MAX_SLOTS];
} sketch_pair;

static nd_status sketch_both(const set_pair *pair, uint32_t num_slots, sketch_pair *sketches)
{
    const nd_status status = nd_sketch_compute(pair->a, pair->size, num_slots, sketches->a);
    return status == ND_OK ? nd_sketch_compute(pair->b, pair->size, num_slots, sketches->b)
                           : status;
}

static void report_value(bench_report *report, const char *what, const set_pair *pair,
                         uint32_t num_slots, const double values[2])
{
    const bench_field fields[] = {
        BENCH_TEXT("accuracy", what),
        BENCH_NUMBER("shingles", (double)pair->size, 0),
        BENCH_NUMBER("jaccard", pair->jaccard, 4),
        BENCH_NUMBER("slots", num_slots, 0),
        BENCH_NUMBER("measured", values[0], 6),
        BENCH_NUMBER("expected", values[1], 6),
        values[1] > 0 ? BENCH_NUMBER("ratio", values[0] / values[1], 3) : BENCH_TEXT("ratio", "-"),
    };
    bench_report_row(report, fields, sizeof fields / sizeof *fields);
}

/* Bias beside its standard error, and the root mean square error beside sqrt(J(1 - J) / k). */
static nd_status measure_error(const bench_settings *settings, bench_report *report, set_pair *pair,
                               uint32_t num_slots)
{
    static sketch_pair sketches;
    const size_t size = pair->size;
    const double jaccard = pair->jaccard, trials = (double)settings->trials;
    bench_random random = bench_random_of(settings->workload.seed, size, num_slots);
    double sum = 0, sum_squares = 0;
    for (uint64_t i = 0; i < settings->trials; i++) {
        fill_pair(pair, size, jaccard, &random);
        const nd_status status = sketch_both(pair, num_slots, &sketches);
        if (status != ND_OK)
            return status;
        const double error = nd_sketch_estimate(sketches.a, sketches.b, num_slots) - pair->jaccard;
        sum += error;
        sum_squares += error * error;
    }
    const double rmse = sqrt(sum_squares / trials);
    report_value(report, "bias", pair, num_slots,
                 (const double[2]){fabs(sum / trials), rmse / sqrt(trials)});
    report_value(report, "rmse", pair, num_slots,
                 (const double[2]){rmse, sqrt(jaccard * (1 - jaccard) / num_slots)});
    return ND_OK;
}

static nd_status measure_errors(const bench_settings *settings, bench_report *report,
                                set_pair *pair)
{
    static const size_t sizes[] = {10, 30, 60, 100, 300, 1000, 10000};
    static const double jaccards[] = {0.5, 0.8, 0.95};
    static const uint32_t slots[] = {64, 128, 256};
    nd_status status = ND_OK;
    for (size_t s = 0; s < sizeof slots / sizeof *slots; s++)
        for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
            for (size_t j = 0; j < sizeof jaccards / sizeof *jaccards && status == ND_OK; j++) {
                bench_random random = {1};
                fill_pair(pair, sizes[n], jaccards[j], &random);
                status = measure_error(settings, report, pair, slots[s]);
            }
    return status;
}

static bool share_a_band(const sketch_pair *sketches, const nd_plan *plan)
{
    for (uint32_t band = 0; band < plan->bands; band++) {
        uint32_t agree = 0;
        for (uint32_t i = band * plan->rows; i < (band + 1) * plan->rows; i++)
            agree += sketches->a[i] == sketches->b[i];
        if (agree == plan->rows)
            return true;
    }
    return false;
}

/* The share of pairs that meet in a bucket, beside the plan's S-curve. */
static nd_status measure_curve(const bench_settings *settings, bench_report *report, set_pair *pair,
                               const nd_plan *plan)
{
    static sketch_pair sketches;
    for (int percent = 30; percent <= 100; percent += 5) {
        bench_random random = bench_random_of(settings->workload.seed, (uint64_t)percent, 7);
        uint64_t num_met = 0;
        for (uint64_t i = 0; i < settings->trials; i++) {
            fill_pair(pair, 300, percent / 100.0, &random);
            const nd_status status = sketch_both(pair, plan->slots, &sketches);
            if (status != ND_OK)
                return status;
            num_met += share_a_band(&sketches, plan);
        }
        report_value(report, "proposed", pair, plan->slots,
                     (const double[2]){(double)num_met / (double)settings->trials,
                                       nd_plan_probability(plan, pair->jaccard)});
    }
    return ND_OK;
}

static nd_status accuracy(const bench_settings *settings, nd_error *error)
{
    (void)error;
    static set_pair pair;
    nd_plan_request request;
    nd_plan_request_init(&request);
    request.threshold = settings->threshold;
    nd_plan plan;
    nd_status status = nd_plan_solve(&request, &plan);
    if (status != ND_OK)
        return status;
    char options[160];
    snprintf(options, sizeof options,
             "%" PRIu64 " pairs a row; plan for threshold %g: %" PRIu32 " bands of %" PRIu32
             " of %" PRIu32 " slots",
             settings->trials, settings->threshold, plan.bands, plan.rows, plan.slots);
    const bench_workload named = {.name = "random sets of equal size"};
    bench_report report;
    bench_settings_begin_report(settings, &named, options, &report);
    status = measure_errors(settings, &report, &pair);
    return status == ND_OK ? measure_curve(settings, &report, &pair, &plan) : status;
}

const bench_command bench_command_accuracy = {
    .info.name = "accuracy",
    .info.summary = "error of the sketch, and the S-curve, against theory",
    .info.operands = "",
    .info.description = "Measures bias and error of the sketch against its size, and the plan's "
                        "S-curve; ratios near 1 (rmse: or below) are as expected.\n",
    .info.options = {bench_options, BENCH_ACCURACY},
    .run = accuracy,
};
