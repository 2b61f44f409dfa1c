/* stages: each stage of the engine alone, beside the least that must be done. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_clock.h"
#include "bench_settings.h"
#include "stage.h"
#include "util/error.h"

/* Whether the stage is in the list "a,b,c", or there is no list. */
static bool is_wanted(const char *list, const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = list; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == len && memcmp(at, name, len) == 0)
            return true;
    return !list;
}

/* Refuses the first name in the list that is no stage. */
static nd_status check(bench_settings *settings, nd_error *error)
{
    for (const char *at = settings->only; at && *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t len = strcspn(at, ",");
        const bench_stage *s = bench_all_stages;
        while (s->name && (strlen(s->name) != len || memcmp(s->name, at, len) != 0))
            s++;
        if (!s->name)
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%.*s' is no stage", (int)len, at);
    }
    return ND_OK;
}

enum { MOST_PASSES = 1000 };

static int compare_seconds(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *seconds, size_t num)
{
    qsort(seconds, num, sizeof *seconds, compare_seconds);
    return num ? seconds[num / 2] : 0;
}

/* Median times of several passes of a stage and of its limit. They take turns, so that a slow spell
 * of the machine hits both. */
static nd_status time_passes(bench_stages *stages, const bench_stage *stage,
                             const bench_settings *settings, double *stage_seconds,
                             double *limit_seconds)
{
    double of_stage[MOST_PASSES], of_limit[MOST_PASSES];
    const double end = bench_seconds() + (double)settings->millis / 1000;
    size_t num = 0;
    while (num < MOST_PASSES && (num < settings->passes || bench_seconds() < end)) {
        of_stage[num] = of_limit[num] = 0;
        nd_status status = stage->pass(stages, &of_stage[num]);
        if (status == ND_OK)
            status = stage->limit.pass(stages, &of_limit[num]);
        if (status != ND_OK)
            return status;
        num++;
    }
    *stage_seconds = median(of_stage, num);
    *limit_seconds = median(of_limit, num);
    return ND_OK;
}

/* Bytes, documents, shingles, results a pass of the stage goes through. */
typedef struct stage_volume {
    double bytes, documents, shingles, found;
} stage_volume;

static double shingles_of_candidates(const bench_stages *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->candidates.len; i++)
        sum += s->sizes[s->candidates.items[i].a] + (double)s->sizes[s->candidates.items[i].b];
    return sum;
}

static stage_volume volume_of(const bench_stages *s, bench_pass_fn pass)
{
    stage_volume v = {.bytes = (double)s->texts.texts.len,
                      .documents = (double)s->texts.num,
                      .shingles = (double)s->hashes.len};
    if (pass == bench_pass_read || pass == bench_pass_parse)
        v.bytes = (double)s->workload->file_bytes;
    if (pass == bench_pass_band)
        v.found = (double)s->candidates.len;
    if (pass == bench_pass_verify) {
        v.shingles = shingles_of_candidates(s);
        v.bytes = v.shingles * sizeof(uint64_t);
    }
    if (pass == bench_pass_verify || pass == bench_pass_group || pass == bench_pass_write)
        v.found = (double)s->edges.len;
    return v;
}

static bench_field rate(const char *name, double amount, double seconds, int decimals)
{
    return seconds > 0 && amount > 0 ? BENCH_NUMBER(name, amount / seconds, decimals)
                                     : BENCH_TEXT(name, "-");
}

static nd_status report_stage(bench_report *report, bench_stages *stages, const bench_stage *stage,
                              const bench_settings *settings)
{
    double seconds, limit_seconds;
    const nd_status status = time_passes(stages, stage, settings, &seconds, &limit_seconds);
    if (status != ND_OK)
        return status;
    const stage_volume v = volume_of(stages, stage->pass);
    const bench_field fields[] = {
        BENCH_TEXT("stage", stage->name),
        rate("mb_per_s", v.bytes / 1e6, seconds, 1),
        rate("docs_per_s", v.documents, seconds, 0),
        v.shingles > 0 ? BENCH_NUMBER("ns_per_shingle", seconds * 1e9 / v.shingles, 3)
                       : BENCH_TEXT("ns_per_shingle", "-"),
        BENCH_TEXT("limit", stage->limit.name),
        rate("limit_mb_per_s", v.bytes / 1e6, limit_seconds, 1),
        seconds > 0 ? BENCH_NUMBER("of_limit", limit_seconds / seconds, 3)
                    : BENCH_TEXT("of_limit", "-"),
        BENCH_NUMBER("found", v.found, 0),
    };
    bench_report_row(report, fields, sizeof fields / sizeof *fields);
    return ND_OK;
}

static nd_status run_stages(const bench_settings *settings, const bench_workload *workload,
                            nd_error *error)
{
    bench_stages stages;
    nd_status status = bench_stages_init(&stages, workload, settings->threshold, error);
    if (status == ND_OK) {
        char options[160];
        snprintf(options, sizeof options,
                 "word:5, threshold %g, %" PRIu32 " bands of %" PRIu32 " of %" PRIu32
                 " slots, 1 thread, median of %" PRIu64 " passes and more",
                 settings->threshold, stages.plan.bands, stages.plan.rows, stages.plan.slots,
                 settings->passes);
        bench_report report;
        bench_settings_begin_report(settings, workload, options, &report);
        for (const bench_stage *s = bench_all_stages; s->name && status == ND_OK; s++)
            if (is_wanted(settings->only, s->name))
                status = report_stage(&report, &stages, s, settings);
        status = bench_report_end(&report, status, error);
    }
    bench_stages_release(&stages);
    return status;
}

static nd_status stages(const bench_settings *settings, nd_error *error)
{
    bench_workload workload;
    nd_status status = bench_workload_init(&workload, &settings->workload, error);
    if (status != ND_OK)
        return status;
    status = run_stages(settings, &workload, error);
    bench_workload_release(&workload);
    return status;
}

const bench_command bench_command_stages = {
    .info.name = "stages",
    .info.summary = "each stage of the engine alone, beside its limit",
    .info.operands = "[FILE...]",
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Measures each stage of the engine alone, on one thread, beside a limit measured in the "
        "same run.\n",
    .info.options = {bench_options, BENCH_STAGES},
    .check = check,
    .run = stages,
};
