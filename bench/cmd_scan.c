/* scan: from files to pairs, for one thread and more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common_options.h"
#include "neardup/document_map.h"
#include "sample_recall.h"
#include "scan_run.h"

typedef struct scan_options {
    bench_common common;
    uint64_t max_threads, runs, one_in;
    bool is_groups;
    char sample_path[128];
} scan_options;

static int compare_walls(const void *a, const void *b)
{
    const double x = ((const bench_scan_result *)a)->wall_seconds;
    const double y = ((const bench_scan_result *)b)->wall_seconds;
    return (x > y) - (x < y);
}

/* The run with the median wall time of several. */
static nd_status median_run(const scan_options *o, const bench_workload *workload,
                            uint32_t num_threads, bench_scan_result *result)
{
    enum { MAX_RUNS = 99 };
    bench_scan_result results[MAX_RUNS];
    const bench_scan_options options = {
        .threshold = o->common.threshold,
        .num_threads = num_threads,
        .output = o->is_groups ? ND_SCAN_GROUPS : ND_SCAN_PAIRS,
        .sample_one_in = o->is_groups ? 0 : (uint32_t)o->one_in,
        .sample_path = o->sample_path,
    };
    const size_t num = o->runs < MAX_RUNS ? (size_t)o->runs : MAX_RUNS;
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

static nd_status run_threads(const scan_options *o, const bench_workload *workload,
                             bench_report *report)
{
    for (uint32_t threads = 1; threads <= o->max_threads; threads++) {
        bench_scan_result result;
        bench_sample_score score = {0};
        nd_status status = median_run(o, workload, threads, &result);
        if (status == ND_OK && !o->is_groups && o->one_in > 0)
            status = bench_sample_score_compute(workload, o->sample_path, (uint32_t)o->one_in,
                                                o->common.threshold, &score);
        if (status != ND_OK)
            return status;
        report_run(report, threads, workload, &result, &score);
    }
    return ND_OK;
}

static nd_status run_scan(scan_options *o, const bench_workload *workload)
{
    const char *const folder = getenv("TMPDIR");
    snprintf(o->sample_path, sizeof o->sample_path, "%s/neardup-pairs-XXXXXX",
             folder && folder[0] && strlen(folder) < 90 ? folder : "/tmp");
    const int fd = mkstemp(o->sample_path);
    if (fd < 0)
        return ND_ERR_IO;
    close(fd);
    char options[160];
    snprintf(options, sizeof options,
             "word:5, threshold %g, %s, median of %" PRIu64 " runs, recall on one document in "
             "%" PRIu64,
             o->common.threshold, o->is_groups ? "groups" : "pairs", o->runs, o->one_in);
    const bench_context context = bench_common_context(workload, options);
    bench_report report;
    bench_report_begin(&report, o->common.is_json ? BENCH_FORMAT_JSON : BENCH_FORMAT_TABLE,
                       &context);
    const nd_status status = run_threads(o, workload, &report);
    unlink(o->sample_path);
    return status;
}

static int parse_options(scan_options *o, int argc, char **argv)
{
    const bench_option table[] = {
        BENCH_SIZE_OPTIONS(&o->common),
        BENCH_COMMON_OPTIONS(&o->common),
        {"--threads", BENCH_OPTION_COUNT, "N", "from 1 thread to N (default: all processors)",
         &o->max_threads},
        {"--runs", BENCH_OPTION_COUNT, "N", "runs each, 1 to 99 (default 3)", &o->runs},
        {"--sample", BENCH_OPTION_COUNT, "N", "recall on one document in N; 0: none (default 1)",
         &o->one_in},
        {"--groups", BENCH_OPTION_FLAG, NULL, "groups in place of pairs; no recall", &o->is_groups},
    };
    const bench_usage usage = {"scan", "[FILE...]",
                               "Measures scans from files to results, each in a process of its "
                               "own, and their recall against an exact join.",
                               table, sizeof table / sizeof *table};
    return bench_common_parse(&o->common, &usage, argc, argv);
}

int bench_cmd_scan(int argc, char **argv)
{
    scan_options o = {.max_threads = nd_num_processors(), .runs = 3, .one_in = 1};
    bench_common_init(&o.common);
    const int exit_code = parse_options(&o, argc, argv);
    if (exit_code != BENCH_GO_ON)
        return exit_code;
    if (o.runs < 1 || o.runs > 99 || o.max_threads < 1 || o.max_threads > 1024 ||
        o.one_in > UINT32_MAX) {
        bench_complain("scan: --runs is 1 to 99, --threads 1 to 1024");
        return BENCH_EXIT_USAGE;
    }
    bench_workload workload;
    nd_error error = {0};
    nd_status status = bench_workload_init(&workload, &o.common.workload, &error);
    if (status == ND_OK) {
        status = run_scan(&o, &workload);
        if (status != ND_OK)
            snprintf(error.message, sizeof error.message, "scan: %s", nd_status_message(status));
        bench_workload_release(&workload);
    }
    if (status != ND_OK)
        bench_complain("%s", error.message);
    return status == ND_OK ? BENCH_EXIT_DONE : BENCH_EXIT_FAILED;
}
