#include "scan_run.h"

#include <stdio.h>
#include <sys/resource.h>

#include "bench_clock.h"
#include "child_process.h"
#include "cli/tool_allocator.h"
#include "io/output.h"
#include "pair_line.h"
#include "set_collection.h"
#include "util/threads.h"

/* Pairs of a part, on average, and parts for each thread between one writing and the next: as the
 * tool has them. */
enum { PAIRS_A_PART = 512, SLOTS_A_THREAD = 8 };

/* Results on their way out. */
typedef struct result_page {
    const nd_allocator *allocator;
    nd_byte_vec lines;
    nd_byte_vec sampled; /* id TAB id LF; ids of a made-up corpus and of the sets hold neither */
    uint32_t one_in;     /* documents in the sample; 0: none */
} result_page;

typedef struct result_sink {
    const nd_scan *scan;
    const nd_allocator *allocator;
    nd_output *output;
    FILE *sample; /* NULL: none */
    uint32_t num_parts;
    result_page *pages; /* [slots] */
} result_sink;

static int is_sampled(const result_page *page, const nd_id *id)
{
    return bench_is_in_sample(id->p, id->len_bytes, page->one_in);
}

static nd_status append_sampled(result_page *page, const nd_pair *pair)
{
    nd_byte_vec *const out = &page->sampled;
    nd_status status = nd_bytes_append(page->allocator, out, pair->a.p, pair->a.len_bytes);
    if (status == ND_OK)
        status = nd_bytes_append(page->allocator, out, "\t", 1);
    if (status == ND_OK)
        status = nd_bytes_append(page->allocator, out, pair->b.p, pair->b.len_bytes);
    return status == ND_OK ? nd_bytes_append(page->allocator, out, "\n", 1) : status;
}

static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    result_page *const page = ctx;
    const nd_status status = bench_pair_line_append(page->allocator, &page->lines, pair);
    if (status == ND_OK && page->one_in && is_sampled(page, &pair->a) && is_sampled(page, &pair->b))
        return append_sampled(page, pair);
    return status;
}

static nd_status fill_page(void *ctx, uint32_t worker, size_t part, size_t slot)
{
    (void)worker;
    const result_sink *const sink = ctx;
    return nd_scan_each_pair_of_part(sink->scan, (uint32_t)part, sink->num_parts, take_pair,
                                     &sink->pages[slot]);
}

static nd_status write_page(void *ctx, size_t slot)
{
    const result_sink *const sink = ctx;
    result_page *const page = &sink->pages[slot];
    const nd_status status = nd_output_write(sink->output, page->lines.items, page->lines.len);
    const size_t num_sampled = page->sampled.len;
    if (num_sampled && fwrite(page->sampled.items, 1, num_sampled, sink->sample) != num_sampled)
        return ND_ERR_IO;
    page->lines.len = page->sampled.len = 0;
    return status;
}

static nd_status take_group(void *ctx, const nd_group *group)
{
    result_sink *const sink = ctx;
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_pair pair = {.a = group->representative,
                              .b = group->members[i].id,
                              .kind = group->members[i].kind,
                              .similarity = group->members[i].similarity};
        const nd_status status = take_pair(&sink->pages[0], &pair);
        if (status != ND_OK)
            return status;
    }
    const nd_status status = write_page(sink, 0);
    return status == ND_OK ? nd_output_write(sink->output, "\n", 1) : status;
}

static nd_status write_through(result_sink *sink, const bench_scan_options *options,
                               size_t num_slots)
{
    sink->pages = nd_alloc_zeroed(sink->allocator, num_slots, sizeof *sink->pages);
    if (!sink->pages)
        return ND_ERR_NO_MEMORY;
    for (size_t slot = 0; slot < num_slots; slot++)
        sink->pages[slot] =
            (result_page){.allocator = sink->allocator, .one_in = options->sample_one_in};
    nd_status status =
        options->output == ND_SCAN_PAIRS
            ? nd_threads_in_order(sink->allocator, options->num_threads, sink->num_parts, num_slots,
                                  fill_page, write_page, sink)
            : nd_scan_each_group(sink->scan, take_group, sink);
    for (size_t slot = 0; slot < num_slots; slot++) {
        ND_VEC_RELEASE(sink->allocator, &sink->pages[slot].lines);
        ND_VEC_RELEASE(sink->allocator, &sink->pages[slot].sampled);
    }
    nd_release(sink->allocator, sink->pages);
    return status == ND_OK ? nd_output_commit(sink->output, NULL) : status;
}

static nd_status write_results(const nd_scan *scan, const bench_scan_options *options)
{
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    const uint64_t parts = stats.pairs / PAIRS_A_PART + 1;
    const uint64_t num_parts = parts < stats.documents + 1 ? parts : stats.documents + 1;
    result_sink sink = {
        .scan = scan, .allocator = nd_tool_allocator(), .num_parts = (uint32_t)num_parts};
    nd_status status = nd_output_new("/dev/null", sink.allocator, &sink.output, NULL);
    if (status == ND_OK && options->sample_one_in) {
        sink.sample = fopen(options->sample_path, "wb");
        status = sink.sample ? ND_OK : ND_ERR_IO;
    }
    if (status == ND_OK)
        status = write_through(&sink, options, (size_t)SLOTS_A_THREAD * options->num_threads);
    if (sink.sample && fclose(sink.sample) != 0)
        status = ND_ERR_IO;
    nd_output_free(sink.output);
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
    *result = (bench_scan_result){0};
    const nd_status status = scan_workload(job->workload, job->options, result);
    getrusage(RUSAGE_SELF, &usage);
    result->peak_rss_bytes = peak_rss_bytes(&usage);
    result->cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    result->set_bytes = set_bytes_of(&result->stats);
    return status;
}

static nd_status run_in_child(const bench_workload *workload, const bench_scan_options *options,
                              bench_scan_result *result)
{
    scan_job job = {workload, options};
    return bench_in_child(run_job, &job, result, sizeof *result);
}

/* What a scan of one document has in memory: code, libraries, threads, buffers. */
static nd_status measure_program(const bench_scan_options *options, uint64_t *rss_bytes)
{
    bench_workload_options one;
    bench_workload_options_init(&one);
    one.num_documents = 1;
    bench_workload workload;
    nd_status status = bench_workload_init(&workload, &one, NULL);
    if (status != ND_OK)
        return status;
    bench_scan_result result = {0};
    status = run_in_child(&workload, options, &result);
    bench_workload_release(&workload);
    *rss_bytes = result.peak_rss_bytes;
    return status;
}

nd_status bench_scan_run(const bench_workload *workload, const bench_scan_options *options,
                         bench_scan_result *result)
{
    uint64_t program_rss_bytes = 0;
    nd_status status = measure_program(options, &program_rss_bytes);
    if (status == ND_OK)
        status = run_in_child(workload, options, result);
    result->program_rss_bytes = program_rss_bytes;
    return status;
}
