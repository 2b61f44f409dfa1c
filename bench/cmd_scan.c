/* scan: from files to pairs, for one thread and more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_settings.h"
#include "neardup/document_map.h"
#include "sample_recall.h"
#include "scan_run.h"

/* One measuring of scans. */
typedef struct scan_measure {
    const bench_settings *settings;
    char sample_path[128];
} scan_measure;

static int compare_walls(const void *a, const void *b)
{
    const double x = ((const bench_scan_result *)a)->wall_seconds;
    const double y = ((const bench_scan_result *)b)->wall_seconds;
    return (x > y) - (x < y);
}

/* The run with the median wall time of several. */
static nd_status median_run(const scan_measure *m, const bench_workload *workload,
                            uint32_t num_threads, bench_scan_result *result)
{
    enum { MAX_RUNS = 99 }; /* which the option allows */
    bench_scan_result results[MAX_RUNS];
    const bench_scan_options options = {
        .threshold = m->settings->threshold,
        .num_threads = num_threads,
        .output = m->settings->is_groups ? ND_SCAN_GROUPS : ND_SCAN_PAIRS,
        .sample_one_in = m->settings->is_groups ? 0 : (uint32_t)m->settings->one_in,
        .sample_path = m->sample_path,
    };
    const size_t num = (size_t)m->settings->runs;
    for (size_t i = 0; i < num; i++) {
        const nd_status status = bench_scan_run(workload, &options, &results[i]);
        if (status != ND_OK)
            return status;
    }
    qsort(results, num, sizeof *results, compare_walls);
    *result = results[num / 2];
    return ND_OK;
}

static bench_field share(const char *name, size_t part, size_t whole)
{
    return whole > 0 ? BENCH_NUMBER(name, (double)part / (double)whole, 6) : BENCH_TEXT(name, "-");
}

static void report_run(bench_report *report, uint32_t num_threads, const bench_workload *workload,
                       const bench_scan_result *r, const bench_sample_score *score)
{
    char name[32];
    snprintf(name, sizeof name, "%" PRIu32 " thread%s", num_threads, num_threads > 1 ? "s" : "");
    const double documents = (double)r->stats.documents;
    const double own_bytes = (double)r->peak_rss_bytes - (double)r->program_rss_bytes;
    const bench_field fields[] = {
        BENCH_TEXT("scan", name),
        BENCH_NUMBER("seconds", r->wall_seconds, 3),
        BENCH_NUMBER("cpu_seconds", r->cpu_seconds, 3),
        BENCH_NUMBER("mb_per_s", (double)workload->file_bytes / 1e6 / r->wall_seconds, 1),
        BENCH_NUMBER("docs_per_s", documents / r->wall_seconds, 0),
        BENCH_NUMBER("peak_rss_mb", (double)r->peak_rss_bytes / 1e6, 1),
        BENCH_NUMBER("bytes_per_doc", own_bytes / documents, 1),
        BENCH_NUMBER("beyond_sets", (own_bytes - (double)r->set_bytes) / documents, 1),
        BENCH_NUMBER("found", (double)(r->stats.pairs + r->stats.group_members), 0),
        share("recall", score->num_common, score->num_true),
        share("precision", score->num_common, score->num_found),
        BENCH_NUMBER("sample_true", (double)score->num_true, 0),
    };
    bench_report_row(report, fields, sizeof fields / sizeof *fields);
}

static nd_status run_threads(const scan_measure *m, const bench_workload *workload,
                             bench_report *report)
{
    for (uint32_t threads = 1; threads <= m->settings->threads; threads++) {
        bench_scan_result result;
        bench_sample_score score = {0};
        nd_status status = median_run(m, workload, threads, &result);
        if (status == ND_OK && !m->settings->is_groups && m->settings->one_in > 0)
            status =
                bench_sample_score_compute(workload, m->sample_path, (uint32_t)m->settings->one_in,
                                           m->settings->threshold, &score);
        if (status != ND_OK)
            return status;
        report_run(report, threads, workload, &result, &score);
    }
    return ND_OK;
}

static nd_status run_scan(scan_measure *m, const bench_workload *workload)
{
    const char *const folder = getenv("TMPDIR");
    snprintf(m->sample_path, sizeof m->sample_path, "%s/neardup-pairs-XXXXXX",
             folder && folder[0] && strlen(folder) < 90 ? folder : "/tmp");
    const int fd = mkstemp(m->sample_path);
    if (fd < 0)
        return ND_ERR_IO;
    close(fd);
    char options[160];
    snprintf(options, sizeof options,
             "word:5, threshold %g, %s, median of %" PRIu64 " runs, recall on one document in "
             "%" PRIu64,
             m->settings->threshold, m->settings->is_groups ? "groups" : "pairs", m->settings->runs,
             m->settings->one_in);
    bench_report report;
    bench_settings_begin_report(m->settings, workload, options, &report);
    const nd_status status = run_threads(m, workload, &report);
    unlink(m->sample_path);
    return status;
}

static nd_status scan(const bench_settings *settings, nd_error *error)
{
    scan_measure m = {.settings = settings};
    bench_workload workload;
    nd_status status = bench_workload_init(&workload, &settings->workload, error);
    if (status != ND_OK)
        return status;
    status = run_scan(&m, &workload);
    bench_workload_release(&workload);
    return status;
}

const bench_command bench_command_scan = {
    .info.name = "scan",
    .info.summary = "from files to pairs, with memory, and recall on a sample",
    .info.operands = "[FILE...]",
    .info.max_operands = SIZE_MAX,
    .info.description = "Measures scans from files to results, each in a process of its own, and "
                        "their recall against an exact join.\n",
    .info.options = {bench_options, BENCH_SCAN},
    .run = scan,
};
