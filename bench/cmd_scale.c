/* scale: how time and memory of a scan grow with the number of documents. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "bench_settings.h"
#include "neardup/document_map.h"
#include "scan_run.h"
#include "util/error.h"
#include "warm_memory.h"

enum { MAX_STEPS = 16 };

typedef struct scale_step {
    uint64_t documents;
    double file_bytes;
    bench_scan_result result; /* the quickest run */
} scale_step;

/* From the second run on the memory is warm. */
static nd_status quickest_run(const bench_settings *settings, const bench_workload *workload,
                              bench_scan_result *best)
{
    const bench_scan_options options = {.threshold = settings->threshold,
                                        .num_threads = (uint32_t)settings->threads,
                                        .output = ND_SCAN_PAIRS,
                                        .memory_bytes = settings->memory_bytes};
    for (uint64_t i = 0; i < settings->runs; i++) {
        bench_scan_result result;
        nd_status status = i > 0 ? bench_warm_memory(best->peak_rss_bytes) : ND_OK;
        if (status == ND_OK)
            status = bench_scan_run(workload, &options, &result);
        if (status != ND_OK)
            return status;
        if (i == 0 || result.wall_seconds < best->wall_seconds)
            *best = result;
    }
    return ND_OK;
}

/* Makes a corpus of so many documents, scans it, and throws it away. */
static nd_status run_step(const bench_settings *settings, uint64_t documents, scale_step *step,
                          nd_error *error)
{
    bench_workload_options options = settings->workload;
    options.num_documents = documents;
    bench_workload workload;
    nd_status status = bench_workload_init(&workload, &options, error);
    if (status != ND_OK)
        return status;
    *step = (scale_step){.documents = documents, .file_bytes = (double)workload.file_bytes};
    status = quickest_run(settings, &workload, &step->result);
    bench_workload_release(&workload);
    if (status != ND_OK)
        snprintf(error->message, sizeof error->message, "scan: %s", nd_status_message(status));
    return status;
}

static double own_bytes(const scale_step *s)
{
    return (double)s->result.peak_rss_bytes - (double)s->result.program_rss_bytes;
}

static double micros_per_document(const scale_step *s)
{
    return s->result.wall_seconds * 1e6 / (double)s->documents;
}

static double bytes_per_document(const scale_step *s)
{
    return own_bytes(s) / (double)s->documents;
}

/* What a document costs on average over the steps: growth is linear where every step has it. */
static double middle(const scale_step *steps, size_t num, double (*cost)(const scale_step *))
{
    double sum = 0;
    for (size_t i = 0; i < num; i++)
        sum += log(cost(&steps[i]));
    return exp(sum / (double)num);
}

static void report_step(bench_report *report, const scale_step *step, double middle_micros,
                        double middle_bytes)
{
    char name[32];
    snprintf(name, sizeof name, "%" PRIu64, step->documents);
    const double documents = (double)step->documents;
    const bench_scan_result *const r = &step->result;
    const bench_field fields[] = {
        BENCH_TEXT("documents", name),
        BENCH_NUMBER("seconds", r->wall_seconds, 3),
        BENCH_NUMBER("cpu_seconds", r->cpu_seconds, 3),
        BENCH_NUMBER("mb_per_s", step->file_bytes / 1e6 / r->wall_seconds, 1),
        BENCH_NUMBER("docs_per_s", documents / r->wall_seconds, 0),
        BENCH_NUMBER("us_per_doc", micros_per_document(step), 3),
        BENCH_NUMBER("time_deviation", micros_per_document(step) / middle_micros - 1, 3),
        BENCH_NUMBER("peak_rss_mb", (double)r->peak_rss_bytes / 1e6, 1),
        BENCH_NUMBER("disk_mb", (double)r->peak_disk_bytes / 1e6, 1),
        BENCH_NUMBER("bytes_per_doc", bytes_per_document(step), 1),
        BENCH_NUMBER("beyond_sets", (own_bytes(step) - (double)r->set_bytes) / documents, 1),
        BENCH_NUMBER("memory_deviation", bytes_per_document(step) / middle_bytes - 1, 3),
        BENCH_NUMBER("found", (double)r->stats.pairs, 0),
    };
    bench_report_row(report, fields, sizeof fields / sizeof *fields);
}

static nd_status run_scale(const bench_settings *settings, nd_error *error)
{
    scale_step steps[MAX_STEPS];
    size_t num = 0;
    for (uint64_t documents = settings->from; documents <= settings->to && num < MAX_STEPS;
         documents *= 10) {
        fprintf(stderr, "neardup-bench: scale: %" PRIu64 " documents\n", documents);
        const nd_status status = run_step(settings, documents, &steps[num++], error);
        if (status != ND_OK)
            return status;
    }
    char data[120], options[200], limit[40] = "";
    if (settings->memory_bytes > 0)
        snprintf(limit, sizeof limit, ", memory %.0f MiB",
                 (double)settings->memory_bytes / (1 << 20));
    snprintf(data, sizeof data, "made up: mean %" PRIu64 " bytes, %s, seed %" PRIu64,
             settings->workload.mean_bytes, bench_script_name(settings->workload.script),
             settings->workload.seed);
    snprintf(options, sizeof options,
             "word:5, threshold %g, pairs, %" PRIu64 " threads%s, quickest of %" PRIu64
             " runs, memory warm from the second on",
             settings->threshold, settings->threads, limit, settings->runs);
    bench_workload named = {0};
    snprintf(named.name, sizeof named.name, "%s", data);
    bench_report report;
    bench_settings_begin_report(settings, &named, options, &report);
    const double micros = middle(steps, num, micros_per_document);
    const double bytes = middle(steps, num, bytes_per_document);
    for (size_t i = 0; i < num; i++)
        report_step(&report, &steps[i], micros, bytes);
    return bench_report_end(&report, ND_OK, error);
}

static nd_status check(bench_settings *settings, nd_error *error)
{
    return settings->from <= settings->to
               ? ND_OK
               : nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'--from' is above '--to'");
}

const bench_command bench_command_scale = {
    .info.name = "scale",
    .info.summary = "growth of time and memory from 10^4 to 10^7 documents",
    .info.operands = "",
    .info.description =
        "Measures time and memory of scans of made-up corpora of growing size, from the second run "
        "on in memory that was in use just before. The deviations are of the cost of a document "
        "from its geometric mean over the steps.\n",
    .info.options = {bench_options, BENCH_SCALE},
    .check = check,
    .run = run_scale,
};
