/* From sketches to results. */
#include <string.h>

#include "bench_clock.h"
#include "cli/output/writers.h"
#include "group/groups.h"
#include "io/output.h"
#include "lsh/buckets.h"
#include "neardup/match.h"
#include "stage.h"
#include "util/sort.h"

/* A bucket's members are paired with so many that follow: enough for the comparisons to be of the
 * engine's kind, few enough for a corpus of one text to end. */
enum { BUCKET_NEIGHBOURS = 16 };

static nd_match_rule rule_of(const bench_stages *s)
{
    return (nd_match_rule){.jaccard = s->plan.threshold};
}

/* The buckets of all bands; the index takes the keys over, so it gets a copy. */
static nd_status index_buckets(const bench_stages *s, nd_bucket_index *index)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t num = s->texts.num * s->plan.bands;
    uint32_t *const keys = nd_alloc(&allocator, num, sizeof *keys);
    if (!keys)
        return ND_ERR_NO_MEMORY;
    memcpy(keys, s->short_keys, num * sizeof *keys);
    return nd_bucket_index_init(index, keys, s->texts.num, s->plan.bands, 1, &allocator);
}

static nd_status collect_bucket(bench_stages *s, const uint32_t *members, size_t num)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    for (size_t i = 0; i < num; i++) {
        const nd_status status = ND_VEC_RESERVE(&allocator, &s->candidates, BUCKET_NEIGHBOURS);
        if (status != ND_OK)
            return status;
        for (size_t j = i + 1; j < num && j <= i + BUCKET_NEIGHBOURS; j++)
            s->candidates.items[s->candidates.len++] = (bench_candidate){members[i], members[j]};
    }
    return ND_OK;
}

/* Sorts the candidates and drops those that several bands gave. */
static nd_status sort_candidates(bench_stages *s)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t num = s->candidates.len;
    uint64_t *const keys = nd_alloc(&allocator, num * 2, sizeof *keys);
    if (!keys)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num; i++)
        keys[i] = (uint64_t)s->candidates.items[i].a << 32 | s->candidates.items[i].b;
    nd_radix_sort_u64(keys, keys + num, num);
    s->candidates.len = 0;
    for (size_t i = 0; i < num; i++)
        if (i == 0 || keys[i] != keys[i - 1])
            s->candidates.items[s->candidates.len++] =
                (bench_candidate){(uint32_t)(keys[i] >> 32), (uint32_t)keys[i]};
    nd_release(&allocator, keys);
    return ND_OK;
}

nd_status bench_stages_collect_candidates(bench_stages *stages)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_bucket_index index = {0};
    nd_status status = index_buckets(stages, &index);
    for (size_t i = 0; i < index.num_buckets && status == ND_OK; i++)
        status = collect_bucket(stages, index.members + index.starts[i],
                                index.starts[i + 1] - index.starts[i]);
    nd_bucket_index_release(&index, &allocator);
    return status == ND_OK ? sort_candidates(stages) : status;
}

/* Keys of all documents, then the buckets of every band. */
nd_status bench_pass_band(bench_stages *stages, double *seconds)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_plan *const plan = &stages->plan;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->texts.num; i++) {
        uint64_t *const keys = stages->keys + i * plan->bands;
        nd_band_keys(stages->slots + i * plan->slots, plan->bands, plan->rows, keys);
        for (uint32_t band = 0; band < plan->bands; band++)
            stages->short_keys[band * stages->texts.num + i] = nd_band_key_short(keys[band]);
    }
    nd_bucket_index index = {0};
    const nd_status status = index_buckets(stages, &index);
    *seconds = bench_thread_seconds() - start;
    nd_bucket_index_release(&index, &allocator);
    return status;
}

/* One radix sort of as many keys, for each band. */
nd_status bench_limit_sort_keys(bench_stages *stages, double *seconds)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t num = stages->texts.num, bands = stages->plan.bands;
    uint64_t *const keys = nd_alloc(&allocator, num * 2, sizeof *keys);
    if (!keys)
        return ND_ERR_NO_MEMORY;
    *seconds = 0;
    for (size_t band = 0; band < bands; band++) {
        for (size_t i = 0; i < num; i++)
            keys[i] = stages->keys[i * bands + band];
        const double start = bench_thread_seconds();
        nd_radix_sort_u64(keys, keys + num, num);
        *seconds += bench_thread_seconds() - start;
    }
    nd_release(&allocator, keys);
    return ND_OK;
}

/* Hashes in text order to sets, of all documents; the engine does so only for those it compares. */
nd_status bench_pass_set(bench_stages *stages, double *seconds)
{
    const size_t *const starts = stages->starts.items;
    memcpy(stages->sets, stages->hashes.items, stages->hashes.len * sizeof *stages->sets);
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->texts.num; i++)
        stages->sizes[i] = (uint32_t)nd_shingle_set(stages->sets + starts[i],
                                                    starts[i + 1] - starts[i], stages->scratch);
    *seconds = bench_thread_seconds() - start;
    return ND_OK;
}

static nd_similarity compare(const bench_stages *s, uint32_t a, uint32_t b)
{
    return nd_similarity_compute(s->sets + s->starts.items[a], s->sizes[a],
                                 s->sets + s->starts.items[b], s->sizes[b]);
}

nd_status bench_pass_verify(bench_stages *stages, double *seconds)
{
    const nd_match_rule rule = rule_of(stages);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_status status = ND_VEC_RESERVE(&allocator, &stages->edges, stages->candidates.len + 1);
    if (status != ND_OK)
        return status;
    stages->edges.len = 0;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->candidates.len; i++) {
        const bench_candidate c = stages->candidates.items[i];
        const nd_similarity similarity = compare(stages, c.a, c.b);
        if (nd_match_classify(&similarity, &rule) != ND_MATCH_NONE)
            stages->edges.items[stages->edges.len++] =
                (nd_edge){c.a, c.b, (uint32_t)similarity.common, 0, 0, 0};
    }
    *seconds = bench_thread_seconds() - start;
    return ND_OK;
}

static uint64_t sum_of_set(const bench_stages *s, uint32_t document)
{
    const uint64_t *const set = s->sets + s->starts.items[document];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < s->sizes[document]; i++)
        sum += set[i];
    return sum;
}

/* Both sets of every candidate pair looked at once. */
nd_status bench_limit_scan_sets(bench_stages *stages, double *seconds)
{
    uint64_t sum = 0;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->candidates.len; i++)
        sum += sum_of_set(stages, stages->candidates.items[i].a) +
               sum_of_set(stages, stages->candidates.items[i].b);
    *seconds = bench_thread_seconds() - start;
    stages->sink += sum;
    return ND_OK;
}

nd_status bench_pass_group(bench_stages *stages, double *seconds)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t num = stages->texts.num;
    uint32_t *const anchor_of = nd_alloc(&allocator, num, sizeof *anchor_of);
    if (!anchor_of)
        return ND_ERR_NO_MEMORY;
    const nd_edge_list list = {stages->edges.items, stages->edges.len};
    const double start = bench_thread_seconds();
    nd_group_anchored(&list, num, anchor_of);
    *seconds = bench_thread_seconds() - start;
    stages->sink += num ? anchor_of[num - 1] : 0;
    nd_release(&allocator, anchor_of);
    return ND_OK;
}

/* Every edge looked at once. */
nd_status bench_limit_scan_edges(bench_stages *stages, double *seconds)
{
    uint64_t sum = 0;
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->edges.len; i++)
        sum += stages->edges.items[i].from ^ stages->edges.items[i].to;
    *seconds = bench_thread_seconds() - start;
    stages->sink += sum;
    return ND_OK;
}

static nd_id id_of(const bench_stages *s, uint32_t document)
{
    const size_t *const starts = s->texts.id_starts.items;
    return (nd_id){s->texts.ids.items + starts[document], starts[document + 1] - starts[document],
                   document};
}

static nd_status append_pair(bench_stages *s, const nd_edge *edge)
{
    const nd_pair_view pair = {
        .pair.a = id_of(s, edge->from),
        .pair.b = id_of(s, edge->to),
        .pair.kind = ND_MATCH_NEAR,
        .pair.similarity =
            nd_similarity_from_counts(s->sizes[edge->from], s->sizes[edge->to], edge->common),
    };
    nd_pair_print_json(&s->lines, 0, &pair);
    return s->lines.status;
}

/* Every edge as a line of JSON, to where nothing keeps it. */
nd_status bench_pass_write(bench_stages *stages, double *seconds)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_output *output;
    nd_status status = nd_output_new("/dev/null", &allocator, &output, NULL);
    if (status != ND_OK)
        return status;
    nd_page_clear(&stages->lines);
    const double start = bench_thread_seconds();
    for (size_t i = 0; i < stages->edges.len && status == ND_OK; i++) {
        const size_t before = stages->lines.bytes.len;
        status = append_pair(stages, &stages->edges.items[i]);
        if (status == ND_OK)
            status = nd_output_write(output, stages->lines.bytes.items + before,
                                     stages->lines.bytes.len - before);
    }
    if (status == ND_OK)
        status = nd_output_commit(output, NULL);
    *seconds = bench_thread_seconds() - start;
    nd_output_free(output);
    return status;
}

/* The same lines copied once. */
nd_status bench_limit_copy_lines(bench_stages *stages, double *seconds)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t len = stages->lines.bytes.len;
    char *const copy = nd_alloc(&allocator, len, 1);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    const double start = bench_thread_seconds();
    if (len > 0)
        memcpy(copy, stages->lines.bytes.items, len);
    *seconds = bench_thread_seconds() - start;
    stages->sink += len ? (unsigned char)copy[len / 2] : 0;
    nd_release(&allocator, copy);
    return ND_OK;
}
