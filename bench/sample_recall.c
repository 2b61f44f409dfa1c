#include "sample_recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "neardup/exact_join.h"
#include "set_collection.h"
#include "util/xxh.h"

typedef ND_VEC(uint64_t) key_vec;

/* One number for a pair of ids, whichever comes first. */
static uint64_t pair_key(const char *a, size_t a_len, const char *b, size_t b_len)
{
    const uint64_t x = XXH3_64bits(a, a_len), y = XXH3_64bits(b, b_len);
    const uint64_t ordered[2] = {x < y ? x : y, x < y ? y : x};
    return XXH3_64bits(ordered, sizeof ordered);
}

static nd_status add_key(key_vec *keys, uint64_t key)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_status status = ND_VEC_RESERVE(&allocator, keys, 1);
    if (status == ND_OK)
        keys->items[keys->len++] = key;
    return status;
}

static nd_status read_pairs(const char *path, key_vec *keys)
{
    FILE *const file = fopen(path, "rb");
    if (!file)
        return ND_ERR_IO;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    nd_status status = ND_OK;
    while (status == ND_OK && (len = getline(&line, &capacity, file)) > 0) {
        const char *const tab = memchr(line, '\t', (size_t)len);
        if (!tab)
            status = ND_ERR_FORMAT;
        else
            status = add_key(keys, pair_key(line, (size_t)(tab - line), tab + 1,
                                            (size_t)(line + len - 1 - (tab + 1))));
    }
    free(line);
    fclose(file);
    return status;
}

typedef struct true_pairs {
    const bench_set_collection *collection;
    key_vec keys;
} true_pairs;

/* An nd_joined_pair_fn. */
static nd_status add_true_pair(void *ctx, uint32_t worker, size_t i, size_t j,
                               const nd_similarity *similarity)
{
    (void)worker;
    (void)similarity;
    true_pairs *const pairs = ctx;
    const char *const ids = pairs->collection->ids.items;
    const size_t *const starts = pairs->collection->id_starts.items;
    return add_key(&pairs->keys, pair_key(ids + starts[i], starts[i + 1] - starts[i],
                                          ids + starts[j], starts[j + 1] - starts[j]));
}

static int compare_keys(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void sort_keys(key_vec *keys)
{
    if (keys->len > 1)
        qsort(keys->items, keys->len, sizeof *keys->items, compare_keys);
}

static size_t count_common(const key_vec *a, const key_vec *b)
{
    size_t common = 0;
    for (size_t i = 0, j = 0; i < a->len && j < b->len;) {
        common += a->items[i] == b->items[j];
        const uint64_t x = a->items[i], y = b->items[j];
        i += x <= y;
        j += y <= x;
    }
    return common;
}

static nd_status join_sample(const bench_workload *workload, uint32_t one_in, double threshold,
                             bench_set_collection *collection, key_vec *keys)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_shingle_spec spec = {ND_SHINGLE_WORD, 5};
    nd_input *input = NULL;
    nd_status status = bench_workload_open(workload, &input, NULL);
    if (status != ND_OK)
        return status;
    status = bench_set_collection_read(collection, nd_input_source(input), spec, one_in, NULL);
    nd_input_free(input);
    true_pairs pairs = {.collection = collection};
    nd_exact_join_options options;
    nd_exact_join_options_init(&options);
    options.jaccard = threshold;
    options.allocator = &allocator;
    const nd_set_list list = bench_set_collection_list(collection);
    if (status == ND_OK)
        status = nd_exact_join(&list, &options, add_true_pair, &pairs);
    *keys = pairs.keys;
    return status;
}

typedef struct score_job {
    const bench_workload *workload;
    const char *pairs_path;
    double threshold;
    uint32_t one_in;
} score_job;

static nd_status run_job(void *ctx, void *score)
{
    const score_job *const job = ctx;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    bench_set_collection collection = {0};
    key_vec found = {0}, true_keys = {0};
    nd_status status = read_pairs(job->pairs_path, &found);
    if (status == ND_OK)
        status = join_sample(job->workload, job->one_in, job->threshold, &collection, &true_keys);
    sort_keys(&found);
    sort_keys(&true_keys);
    if (status == ND_OK)
        *(bench_sample_score *)score =
            (bench_sample_score){.num_documents = collection.starts.len,
                                 .num_true = true_keys.len,
                                 .num_found = found.len,
                                 .num_common = count_common(&found, &true_keys)};
    bench_set_collection_release(&collection);
    ND_VEC_RELEASE(&allocator, &found);
    ND_VEC_RELEASE(&allocator, &true_keys);
    return status;
}

nd_status bench_sample_score_compute(const bench_workload *workload, const char *pairs_path,
                                     uint32_t one_in, double threshold, bench_sample_score *score)
{
    score_job job = {workload, pairs_path, threshold, one_in};
    return bench_in_child(run_job, &job, score, sizeof *score);
}
