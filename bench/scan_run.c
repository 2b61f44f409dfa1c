#include "scan_run.h"

#include <stdio.h>
#include <sys/resource.h>

#include "bench_clock.h"
#include "child_process.h"
#include "cli/output/page.h"
#include "cli/output/writers.h"
#include "cli/process.h"
#include "io/output.h"
#include "neardup/budget.h"
#include "set_collection.h"

enum { PAIRS_A_PART = 512 }; /* on average: as the tool has them */

/* Results on their way out. */
typedef struct result_sink {
    const nd_scan *scan;
    nd_output *output;
    FILE *sample;     /* NULL: none */
    nd_page *samples; /* of the threads */
    uint32_t one_in;  /* documents in the sample; 0: none */
    uint32_t num_parts;
} result_sink;

/* What a thread adds pairs to. */
typedef struct part_writer {
    const result_sink *sink;
    uint32_t part;
    nd_page *page, *sample;
    nd_ordered_pages *pages;
} part_writer;

static int is_sampled(const result_sink *sink, const nd_id *id)
{
    return bench_is_in_sample(id->p, id->len_bytes, sink->one_in);
}

/* Appends "id TAB id"; ids of a made-up corpus and of the sets hold no separators. */
static void add_to_sample(nd_page *page, const nd_pair *pair)
{
    nd_page_append(page, pair->a.p, pair->a.len_bytes);
    nd_page_put(page, "\t");
    nd_page_append(page, pair->b.p, pair->b.len_bytes);
    nd_page_put(page, "\n");
}

static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    const part_writer *const w = ctx;
    const result_sink *const sink = w->sink;
    const nd_pair_view view = {.pair = *pair};
    nd_pair_print_json(w->page, 0, &view);
    if (sink->one_in && is_sampled(sink, &pair->a) && is_sampled(sink, &pair->b))
        add_to_sample(w->sample, pair);
    return nd_ordered_pages_flush(w->pages, w->part, w->page);
}

static nd_status fill_part(void *ctx, uint32_t worker, uint32_t part, nd_page *page,
                           nd_ordered_pages *pages)
{
    const result_sink *const sink = ctx;
    nd_page *const sample = &sink->samples[worker];
    part_writer writer = {sink, part, page, sample, pages};
    const nd_status status =
        nd_scan_each_pair_of_part(sink->scan, part, sink->num_parts, take_pair, &writer);
    const size_t len = sample->bytes.len; /* one call: other threads do so too */
    if (len > 0 && fwrite(sample->bytes.items, 1, len, sink->sample) != len)
        return ND_ERR_IO;
    nd_page_clear(sample);
    return status == ND_OK ? sample->status : status;
}

static nd_status take_page(void *ctx, nd_page *page)
{
    const result_sink *const sink = ctx;
    const nd_status status = nd_output_write(sink->output, page->bytes.items, page->bytes.len);
    nd_page_clear(page);
    return status;
}

/* A group as the pairs of its representative, then an empty line. */
static nd_status take_group(void *ctx, const nd_group *group)
{
    const part_writer *const w = ctx;
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_pair_view pair = {.pair.a = group->representative,
                                   .pair.b = group->members[i].id,
                                   .pair.kind = group->members[i].kind,
                                   .pair.similarity = group->members[i].similarity};
        nd_pair_print_json(w->page, 0, &pair);
    }
    nd_page_put(w->page, "\n");
    result_sink sink = *w->sink;
    return w->page->status == ND_OK ? take_page(&sink, w->page) : w->page->status;
}

static nd_status write_groups(const result_sink *sink)
{
    nd_page page;
    nd_page_init(&page, nd_tool_allocator());
    part_writer writer = {.sink = sink, .page = &page};
    const nd_status status = nd_scan_each_group(sink->scan, take_group, &writer);
    nd_page_release(&page);
    return status;
}

static nd_status write_pairs(result_sink *sink, uint32_t num_threads)
{
    const nd_allocator *const allocator = nd_tool_allocator();
    sink->samples = nd_alloc_zeroed(allocator, num_threads, sizeof *sink->samples);
    if (!sink->samples)
        return ND_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < num_threads; i++)
        nd_page_init(&sink->samples[i], allocator);
    const nd_ordered_job job = {allocator, num_threads, sink->num_parts,
                                fill_part, take_page,   sink};
    const nd_status status = nd_ordered_pages_run(&job);
    for (uint32_t i = 0; i < num_threads; i++)
        nd_page_release(&sink->samples[i]);
    nd_release(allocator, sink->samples);
    return status;
}

static nd_status write_through(result_sink *sink, const bench_scan_options *options)
{
    const nd_status status = options->output == ND_SCAN_PAIRS
                                 ? write_pairs(sink, options->num_threads)
                                 : write_groups(sink);
    return status == ND_OK ? nd_output_commit(sink->output, NULL) : status;
}

static nd_status write_results(const nd_scan *scan, const bench_scan_options *options)
{
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    const uint64_t parts = stats.pairs / PAIRS_A_PART + 1;
    const uint64_t num_parts = parts < stats.documents + 1 ? parts : stats.documents + 1;
    result_sink sink = {
        .scan = scan, .one_in = options->sample_one_in, .num_parts = (uint32_t)num_parts};
    nd_status status = nd_output_new("/dev/null", nd_tool_allocator(), &sink.output, NULL);
    if (status == ND_OK && options->sample_one_in) {
        sink.sample = fopen(options->sample_path, "wb");
        status = sink.sample ? ND_OK : ND_ERR_IO;
    }
    if (status == ND_OK)
        status = write_through(&sink, options);
    if (sink.sample && fclose(sink.sample) != 0)
        status = ND_ERR_IO;
    nd_output_free(sink.output);
    return status;
}

/* As the tool opens it: what can be read again may be. */
static nd_status open_input(const bench_workload *workload, const nd_budget *budget,
                            nd_input **input)
{
    const nd_input_options options = {.lasting_from_bytes = 1};
    return nd_input_new(&options, workload->paths, workload->num_paths,
                        budget ? nd_budget_allocator(budget) : NULL, input, NULL);
}

static nd_status scan_workload(const bench_workload *workload, const bench_scan_options *options,
                               nd_budget *budget, bench_scan_result *result)
{
    nd_scan_options scan_options;
    nd_scan_options_init(&scan_options);
    scan_options.budget = budget;
    scan_options.rule.jaccard = options->threshold;
    scan_options.num_threads = options->num_threads;
    scan_options.output = options->output;
    nd_scan *scan = NULL;
    nd_input *input = NULL;
    const double start = bench_seconds();
    nd_status status = open_input(workload, budget, &input);
    if (status == ND_OK)
        status = nd_scan_new(&scan_options, nd_tool_allocator(), &scan, NULL);
    if (status == ND_OK)
        status = nd_scan_add_source(scan, nd_input_source(input), NULL);
    if (status == ND_OK)
        status = nd_scan_finish(scan, NULL);
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
    const bench_scan_options *const o = job->options;
    nd_budget *budget = NULL;
    nd_status status = ND_OK;
    if (o->memory_bytes > 0)
        status = nd_tool_budget_new(o->memory_bytes, NULL, o->num_threads, &budget, NULL);
    if (status == ND_OK)
        status = scan_workload(job->workload, o, budget, result);
    if (budget)
        result->peak_disk_bytes = nd_budget_use_get(budget).peak_disk_bytes;
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
