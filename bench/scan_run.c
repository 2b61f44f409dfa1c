#include "scan_run.h"

#include <stdio.h>
#include <sys/resource.h>

#include "bench_clock.h"
#include "child_process.h"
#include "cli/tool_allocator.h"
#include "io/output.h"
#include "pair_line.h"
#include "set_collection.h"

/* Where pairs go while they are read off the scan. */
typedef struct pair_sink {
    nd_allocator allocator;
    nd_output *output;
    nd_byte_vec line;
    FILE *sample; /* NULL: none */
    uint32_t one_in;
} pair_sink;

static int is_sampled(const pair_sink *sink, const nd_id *id)
{
    return bench_is_in_sample(id->p, id->len_bytes, sink->one_in);
}

/* id TAB id LF; ids of a made-up corpus and of the sets hold neither. */
static void write_sampled(const pair_sink *sink, const nd_pair *pair)
{
    fwrite(pair->a.p, 1, pair->a.len_bytes, sink->sample);
    fputc('\t', sink->sample);
    fwrite(pair->b.p, 1, pair->b.len_bytes, sink->sample);
    fputc('\n', sink->sample);
}

static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    pair_sink *const sink = ctx;
    sink->line.len = 0;
    const nd_status status = bench_pair_line_append(&sink->allocator, &sink->line, pair);
    if (status != ND_OK)
        return status;
    if (sink->sample && is_sampled(sink, &pair->a) && is_sampled(sink, &pair->b))
        write_sampled(sink, pair);
    return nd_output_write(sink->output, sink->line.items, sink->line.len);
}

static nd_status take_group(void *ctx, const nd_group *group)
{
    pair_sink *const sink = ctx;
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_pair pair = {.a = group->representative,
                              .b = group->members[i].id,
                              .kind = group->members[i].kind,
                              .similarity = group->members[i].similarity};
        const nd_status status = take_pair(ctx, &pair);
        if (status != ND_OK)
            return status;
    }
    return nd_output_write(sink->output, "\n", 1);
}

static nd_status write_results(const nd_scan *scan, const bench_scan_options *options)
{
    pair_sink sink = {.allocator = nd_allocator_or_default(NULL), .one_in = options->sample_one_in};
    nd_status status = nd_output_new("/dev/null", &sink.allocator, &sink.output, NULL);
    if (status == ND_OK && options->sample_one_in) {
        sink.sample = fopen(options->sample_path, "wb");
        status = sink.sample ? ND_OK : ND_ERR_IO;
    }
    if (status == ND_OK)
        status = options->output == ND_SCAN_PAIRS ? nd_scan_each_pair(scan, take_pair, &sink)
                                                  : nd_scan_each_group(scan, take_group, &sink);
    if (status == ND_OK)
        status = nd_output_commit(sink.output, NULL);
    if (sink.sample && fclose(sink.sample) != 0)
        status = ND_ERR_IO;
    nd_output_free(sink.output);
    ND_VEC_RELEASE(&sink.allocator, &sink.line);
    return status;
}

static nd_status scan_workload(const bench_workload *workload, const bench_scan_options *options,
                               bench_scan_result *result)
{
    nd_scan_options scan_options;
    nd_scan_options_init(&scan_options);
    scan_options.rule.jaccard = options->threshold;
    scan_options.num_threads = options->num_threads;
    scan_options.output = options->output;
    nd_scan *scan = NULL;
    nd_input *input = NULL;
    const double start = bench_seconds();
    nd_status status = bench_workload_open(workload, &input, NULL);
    if (status == ND_OK)
        status = nd_scan_new(&scan_options, nd_tool_allocator(), &scan);
    if (status == ND_OK)
        status = nd_scan_add_source(scan, nd_input_source(input), NULL);
    if (status == ND_OK)
        status = nd_scan_finish(scan);
    if (status == ND_OK)
        status = write_results(scan, options);
    result->wall_seconds = bench_seconds() - start;
    if (status == ND_OK)
        result->stats = nd_scan_stats_get(scan);
    return status;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* Hashes held: a text of n tokens has n - 4 (and one has all of fewer than five: not counted). */
static uint64_t set_bytes_of(const nd_scan_stats *stats)
{
    const uint64_t lost = 4 * (stats->documents - stats->documents_no_tokens);
    return stats->tokens > lost ? (stats->tokens - lost) * sizeof(uint64_t) : 0;
}

static uint64_t peak_rss_bytes(const struct rusage *usage)
{
    return (uint64_t)usage->ru_maxrss * 1024;
}

typedef struct scan_job {
    const bench_workload *workload;
    const bench_scan_options *options;
} scan_job;

static nd_status run_job(void *ctx, void *out)
{
    const scan_job *const job = ctx;
    bench_scan_result *const result = out;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    *result = (bench_scan_result){.start_rss_bytes = peak_rss_bytes(&usage)};
    const nd_status status = scan_workload(job->workload, job->options, result);
    getrusage(RUSAGE_SELF, &usage);
    result->peak_rss_bytes = peak_rss_bytes(&usage);
    result->cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    result->set_bytes = set_bytes_of(&result->stats);
    return status;
}

nd_status bench_scan_run(const bench_workload *workload, const bench_scan_options *options,
                         bench_scan_result *result)
{
    scan_job job = {workload, options};
    return bench_in_child(run_job, &job, result, sizeof *result);
}
