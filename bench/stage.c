#include "stage.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cli/process.h"
#include "util/error.h"

const bench_stage bench_all_stages[] = {
    {"read", bench_pass_read, {"read(2)", bench_limit_read}},
    {"parse", bench_pass_parse, {"copy", bench_limit_copy_text}},
    {"tokenise", bench_pass_tokenise, {"copy", bench_limit_copy_text}},
    {"shingle", bench_pass_shingle, {"XXH3 only", bench_limit_hash}},
    {"sketch", bench_pass_sketch, {"look at hashes", bench_limit_scan_hashes}},
    {"text-to-sketch", bench_pass_text_to_sketch, {"XXH3 only", bench_limit_hash}},
    {"band", bench_pass_band, {"sort the keys", bench_limit_sort_keys}},
    {"set", bench_pass_set, {"look at hashes", bench_limit_scan_hashes}},
    {"verify", bench_pass_verify, {"look at sets", bench_limit_scan_sets}},
    {"group", bench_pass_group, {"look at edges", bench_limit_scan_edges}},
    {"write", bench_pass_write, {"copy", bench_limit_copy_lines}},
    {NULL, NULL, {NULL, NULL}},
};

/* Where each document's hashes go, and room for them. */
static nd_status count_shingles(bench_stages *s)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t num = s->texts.num;
    const size_t *const starts = s->texts.starts.items;
    nd_status status = ND_VEC_RESERVE(&allocator, &s->starts, num + 1);
    if (status != ND_OK)
        return status;
    s->starts.len = num + 1;
    s->starts.items[0] = 0;
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        status = nd_text_set(s->batch[0], s->texts.texts.items + starts[i],
                             starts[i + 1] - starts[i], ND_TEXT_NO_OFFSETS);
        s->starts.items[i + 1] = s->starts.items[i] + nd_shingle_count(s->batch[0], s->shingle);
    }
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&allocator, &s->hashes, s->starts.items[num] + 1);
    if (status == ND_OK)
        s->hashes.len = s->starts.items[num];
    return status;
}

static nd_status allocate(bench_stages *s)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t num = s->texts.num;
    s->sets = nd_alloc(&allocator, s->hashes.len, sizeof *s->sets);
    s->scratch = nd_alloc(&allocator, s->hashes.len, sizeof *s->scratch);
    s->sizes = nd_alloc(&allocator, num, sizeof *s->sizes);
    s->slots = nd_alloc(&allocator, num, s->plan.slots * sizeof *s->slots);
    s->keys = nd_alloc(&allocator, num, s->plan.bands * sizeof *s->keys);
    s->short_keys = nd_alloc(&allocator, num, s->plan.bands * sizeof *s->short_keys);
    const bool is_done = s->sets && s->scratch && s->sizes && s->slots && s->keys && s->short_keys;
    return is_done ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status make_inputs(bench_stages *s)
{
    double seconds;
    nd_status status = ND_OK;
    for (size_t i = 0; i < BENCH_BATCH_TEXTS && status == ND_OK; i++)
        status = nd_text_new(NULL, &s->batch[i]);
    if (status == ND_OK)
        status = count_shingles(s);
    if (status == ND_OK)
        status = allocate(s);
    if (status == ND_OK)
        status = bench_pass_text_to_sketch(s, &seconds);
    if (status == ND_OK)
        status = bench_pass_band(s, &seconds);
    if (status == ND_OK)
        status = bench_stages_collect_candidates(s);
    if (status == ND_OK)
        status = bench_pass_set(s, &seconds);
    if (status == ND_OK)
        status = bench_pass_verify(s, &seconds);
    return status == ND_OK ? bench_pass_write(s, &seconds) : status;
}

nd_status bench_stages_init(bench_stages *stages, const bench_workload *workload, double threshold,
                            nd_error *error)
{
    nd_plan_request request;
    nd_plan_request_init(&request);
    request.threshold = threshold;
    *stages = (bench_stages){.workload = workload, .shingle = {ND_SHINGLE_WORD, 5}};
    nd_page_init(&stages->lines, nd_tool_allocator());
    nd_status status = nd_plan_solve(&request, &stages->plan);
    if (status != ND_OK)
        return nd_error_set(error, status, "no plan for this threshold");
    status = bench_texts_read(&stages->texts, workload, error);
    if (status != ND_OK)
        return status;
    status = make_inputs(stages);
    return status == ND_OK ? ND_OK : nd_error_set(error, status, "%s", nd_status_message(status));
}

void bench_stages_release(bench_stages *stages)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_texts_release(&stages->texts);
    for (size_t i = 0; i < BENCH_BATCH_TEXTS; i++)
        nd_text_free(stages->batch[i]);
    ND_VEC_RELEASE(&allocator, &stages->hashes);
    ND_VEC_RELEASE(&allocator, &stages->starts);
    ND_VEC_RELEASE(&allocator, &stages->candidates);
    ND_VEC_RELEASE(&allocator, &stages->edges);
    nd_page_release(&stages->lines);
    nd_release(&allocator, stages->sets);
    nd_release(&allocator, stages->scratch);
    nd_release(&allocator, stages->sizes);
    nd_release(&allocator, stages->slots);
    nd_release(&allocator, stages->keys);
    nd_release(&allocator, stages->short_keys);
}
