#include "lsh/shared_shingles.h"

#include <string.h>

#include "util/radix_sort.h"
#include "util/threads.h"

enum {
    CHUNKS = 64, /* of documents; fixed, so that threads do not change the order of postings */
    MAX_PARTITIONS = 4096,
    PARTITION_POSTINGS = 8192, /* aimed at: the tables of one then stay in the second-level cache */
};

static const uint64_t PARTITION_MULTIPLIER = UINT64_C(0x9e3779b97f4a7c15);
static const uint64_t NO_SHARE = ND_NO_BUCKET; /* of weight ND_WEIGHT_ONE */

typedef struct posting {
    uint64_t shingle;
    uint32_t document;
    uint32_t sample; /* its place in `samples` */
} posting;

typedef struct bucket {
    uint64_t shingle;
    uint64_t sample; /* what its samples are: NO_SHARE for a bucket of one */
    uint32_t count;  /* of its postings; then of the members written */
} bucket;

/* One worker's scratch for the bucket table of a partition:
 *
 *   slots[hash & mask] = number of the bucket + 1, or 0
 */
typedef struct grouper {
    uint32_t *slots;
    size_t slots_capacity, mask;
    bucket *buckets;
    size_t buckets_capacity, num_buckets;
    uint32_t *bucket_of; /* [postings of the partition] */
    size_t bucket_of_capacity;
    uint64_t *sorted, *scratch; /* hashes of a short document */
    size_t sorted_capacity, scratch_capacity;
} grouper;

/* Postings of chunk c and partition p stand at offsets[p * CHUNKS + c] and on: partition by
 * partition, within one by document. */
typedef struct builder {
    nd_shared_shingles *shared;
    const nd_shingle_list *documents;
    const nd_allocator *allocator;
    posting *postings;
    size_t *offsets;
    size_t num_partitions;
    unsigned partition_shift;
    grouper *groupers; /* one a worker */
} builder;

static uint64_t integer_sqrt(uint64_t x)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= x)
            root += bit;
    return root;
}

uint16_t nd_shingle_weight(uint32_t frequency)
{
    if (frequency <= ND_PLAIN_FREQUENCY)
        return ND_WEIGHT_ONE;
    const uint64_t square =
        (uint64_t)ND_WEIGHT_ONE * ND_WEIGHT_ONE * ND_PLAIN_FREQUENCY / frequency;
    const uint64_t weight = integer_sqrt(square);
    return weight ? (uint16_t)weight : 1;
}

static size_t chunk_begin(const builder *b, size_t chunk)
{
    return b->shared->num_documents / CHUNKS * chunk +
           b->shared->num_documents % CHUNKS * chunk / CHUNKS;
}

static size_t partition_of(const builder *b, uint64_t shingle)
{
    return b->num_partitions == 1 ? 0
                                  : (size_t)(shingle * PARTITION_MULTIPLIER >> b->partition_shift);
}

/* The hash up to which a short document samples: its ND_SAMPLE_MIN-th lowest, or its highest. */
static nd_status find_limit(const builder *b, grouper *g, nd_shingle_list list, uint64_t *limit)
{
    nd_status status = nd_reserve(b->allocator, (void **)&g->sorted, &g->sorted_capacity, list.num,
                                  sizeof *g->sorted);
    if (status == ND_OK)
        status = nd_reserve(b->allocator, (void **)&g->scratch, &g->scratch_capacity, list.num,
                            sizeof *g->scratch);
    if (status != ND_OK)
        return status;
    memcpy(g->sorted, list.shingles, list.num * sizeof *g->sorted);
    nd_radix_sort_u64(g->sorted, g->scratch, list.num);
    *limit = g->sorted[list.num < ND_SAMPLE_MIN ? list.num - 1 : ND_SAMPLE_MIN - 1];
    return ND_OK;
}

static uint32_t count_up_to(nd_shingle_list list, uint64_t limit)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < list.num; i++)
        num += list.shingles[i] <= limit;
    return num;
}

/* Fills in sampled_up_to, and the number of samples at start[d + 1]. */
static nd_status size_chunk(void *ctx, uint32_t worker, size_t chunk)
{
    builder *const b = ctx;
    for (size_t d = chunk_begin(b, chunk); d < chunk_begin(b, chunk + 1); d++) {
        const nd_shingle_list list = b->documents[d];
        uint64_t limit = ND_SAMPLED_UP_TO;
        uint32_t num = count_up_to(list, limit);
        if (num < ND_SAMPLE_MIN && list.num > num) {
            const nd_status status = find_limit(b, &b->groupers[worker], list, &limit);
            if (status != ND_OK)
                return status;
            num = count_up_to(list, limit);
        }
        b->shared->sampled_up_to[d] = limit;
        b->shared->start[d + 1] = num;
    }
    return ND_OK;
}

static nd_status count_chunk(void *ctx, uint32_t worker, size_t chunk)
{
    (void)worker;
    const builder *const b = ctx;
    for (size_t d = chunk_begin(b, chunk); d < chunk_begin(b, chunk + 1); d++) {
        const nd_shingle_list list = b->documents[d];
        const uint64_t limit = b->shared->sampled_up_to[d];
        for (uint32_t i = 0; i < list.num; i++)
            if (list.shingles[i] <= limit)
                b->offsets[partition_of(b, list.shingles[i]) * CHUNKS + chunk]++;
    }
    return ND_OK;
}

/* Moves each offset to the end of its postings. */
static nd_status scatter_chunk(void *ctx, uint32_t worker, size_t chunk)
{
    (void)worker;
    const builder *const b = ctx;
    for (size_t d = chunk_begin(b, chunk); d < chunk_begin(b, chunk + 1); d++) {
        const nd_shingle_list list = b->documents[d];
        const uint64_t limit = b->shared->sampled_up_to[d];
        uint32_t sample = (uint32_t)b->shared->start[d];
        for (uint32_t i = 0; i < list.num; i++) {
            const uint64_t shingle = list.shingles[i];
            if (shingle > limit)
                continue;
            size_t *const offset = &b->offsets[partition_of(b, shingle) * CHUNKS + chunk];
            b->shared->samples[sample] = NO_SHARE;
            b->postings[(*offset)++] = (posting){shingle, (uint32_t)d, sample++};
        }
    }
    return ND_OK;
}

static nd_status reserve_grouper(const builder *b, grouper *g, size_t num)
{
    size_t slots = 16;
    while (slots < num * 2)
        slots *= 2;
    nd_status status =
        nd_reserve(b->allocator, (void **)&g->slots, &g->slots_capacity, slots, sizeof *g->slots);
    if (status == ND_OK)
        status = nd_reserve(b->allocator, (void **)&g->buckets, &g->buckets_capacity, num,
                            sizeof *g->buckets);
    if (status == ND_OK)
        status = nd_reserve(b->allocator, (void **)&g->bucket_of, &g->bucket_of_capacity, num,
                            sizeof *g->bucket_of);
    if (status != ND_OK)
        return status;
    memset(g->slots, 0, slots * sizeof *g->slots);
    g->mask = slots - 1;
    g->num_buckets = 0;
    return ND_OK;
}

/* The bucket of a shingle, made where it is the first of its kind. */
static uint32_t bucket_for(grouper *g, uint64_t shingle)
{
    /* The low bits chose nothing yet: partitions go by the high bits of a product. */
    size_t at = shingle & g->mask;
    for (; g->slots[at]; at = (at + 1) & g->mask)
        if (g->buckets[g->slots[at] - 1].shingle == shingle)
            return g->slots[at] - 1;
    g->buckets[g->num_buckets] = (bucket){shingle, NO_SHARE, 0};
    g->slots[at] = (uint32_t)++g->num_buckets;
    return g->slots[at] - 1;
}

/* Gives every bucket of two documents or more its place, from `place` on. */
static void place_buckets(grouper *g, uint32_t *members, size_t place)
{
    for (size_t i = 0; i < g->num_buckets; i++) {
        bucket *const bk = &g->buckets[i];
        if (bk->count < 2)
            continue;
        bk->sample = (uint64_t)(ND_WEIGHT_ONE - nd_shingle_weight(bk->count)) << 32 | place;
        members[place] = bk->count;
        place += bk->count + 1;
        bk->count = 0; /* from here on: members written */
    }
}

static void write_sample(nd_shared_shingles *shared, const posting *p, bucket *bk)
{
    if (bk->sample == NO_SHARE)
        return;
    shared->members[nd_sample_bucket(bk->sample) + 1 + bk->count++] = p->document;
    shared->samples[p->sample] = bk->sample;
}

/* A bucket of two has three entries in `members`, for two postings: so a partition's part of it
 * begins at one and a half times its first posting. */
static nd_status group_partition(void *ctx, uint32_t worker, size_t partition)
{
    const builder *const b = ctx;
    grouper *const g = &b->groupers[worker];
    const size_t first = partition ? b->offsets[partition * CHUNKS - 1] : 0;
    const size_t num = b->offsets[partition * CHUNKS + CHUNKS - 1] - first;
    const nd_status status = reserve_grouper(b, g, num);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num; i++) {
        const uint32_t at = bucket_for(g, b->postings[first + i].shingle);
        g->buckets[at].count++;
        g->bucket_of[i] = at;
    }
    place_buckets(g, b->shared->members, first + first / 2);
    for (size_t i = 0; i < num; i++)
        write_sample(b->shared, &b->postings[first + i], &g->buckets[g->bucket_of[i]]);
    return ND_OK;
}

static nd_status sum_chunk(void *ctx, uint32_t worker, size_t chunk)
{
    (void)worker;
    const builder *const b = ctx;
    const nd_shared_shingles *const shared = b->shared;
    for (size_t d = chunk_begin(b, chunk); d < chunk_begin(b, chunk + 1); d++) {
        uint64_t sum = 0;
        for (size_t s = shared->start[d]; s < shared->start[d + 1]; s++)
            sum += nd_sample_weight(shared->samples[s]);
        shared->weight_sum[d] = sum;
    }
    return ND_OK;
}

static void choose_partitions(builder *b, size_t num_samples)
{
    b->num_partitions = 1;
    b->partition_shift = 64;
    while (b->num_partitions < MAX_PARTITIONS &&
           b->num_partitions * PARTITION_POSTINGS < num_samples) {
        b->num_partitions *= 2;
        b->partition_shift--;
    }
}

/* Room for the samples, once they are counted; start[d + 1] becomes the end of d's. */
static nd_status allocate_samples(builder *b)
{
    nd_shared_shingles *const shared = b->shared;
    for (size_t d = 0; d < shared->num_documents; d++)
        shared->start[d + 1] += shared->start[d];
    const size_t num = shared->start[shared->num_documents];
    if (num + num / 2 >= ND_NO_BUCKET)
        return ND_ERR_LIMIT;
    choose_partitions(b, num);
    shared->samples = nd_alloc(b->allocator, num, sizeof *shared->samples);
    shared->members = nd_alloc(b->allocator, num + num / 2, sizeof *shared->members);
    b->postings = nd_alloc(b->allocator, num, sizeof *b->postings);
    b->offsets = nd_alloc_zeroed(b->allocator, b->num_partitions * CHUNKS, sizeof *b->offsets);
    return shared->samples && shared->members && b->postings && b->offsets ? ND_OK
                                                                           : ND_ERR_NO_MEMORY;
}

static void offsets_from_counts(builder *b)
{
    size_t at = 0;
    for (size_t i = 0; i < b->num_partitions * CHUNKS; i++) {
        const size_t count = b->offsets[i];
        b->offsets[i] = at;
        at += count;
    }
}

static nd_status build(builder *b, uint32_t num_threads)
{
    const nd_allocator *const a = b->allocator;
    nd_status status = nd_threads_for(a, num_threads, CHUNKS, size_chunk, b);
    if (status == ND_OK)
        status = allocate_samples(b);
    if (status == ND_OK)
        status = nd_threads_for(a, num_threads, CHUNKS, count_chunk, b);
    if (status != ND_OK)
        return status;
    offsets_from_counts(b);
    status = nd_threads_for(a, num_threads, CHUNKS, scatter_chunk, b);
    if (status == ND_OK)
        status = nd_threads_for(a, num_threads, b->num_partitions, group_partition, b);
    if (status == ND_OK)
        status = nd_threads_for(a, num_threads, CHUNKS, sum_chunk, b);
    return status;
}

static void release_builder(builder *b, uint32_t num_threads)
{
    for (uint32_t w = 0; b->groupers && w < num_threads; w++) {
        nd_release(b->allocator, b->groupers[w].slots);
        nd_release(b->allocator, b->groupers[w].buckets);
        nd_release(b->allocator, b->groupers[w].bucket_of);
        nd_release(b->allocator, b->groupers[w].sorted);
        nd_release(b->allocator, b->groupers[w].scratch);
    }
    nd_release(b->allocator, b->groupers);
    nd_release(b->allocator, b->postings);
    nd_release(b->allocator, b->offsets);
}

nd_status nd_shared_shingles_init(nd_shared_shingles *shared, const nd_shingle_list *documents,
                                  size_t num_documents, uint32_t num_threads,
                                  const nd_allocator *allocator)
{
    *shared = (nd_shared_shingles){.num_documents = num_documents};
    builder b = {.shared = shared, .documents = documents, .allocator = allocator};
    shared->start = nd_alloc_zeroed(allocator, num_documents + 1, sizeof *shared->start);
    shared->sampled_up_to = nd_alloc(allocator, num_documents, sizeof *shared->sampled_up_to);
    shared->weight_sum = nd_alloc(allocator, num_documents, sizeof *shared->weight_sum);
    b.groupers = nd_alloc_zeroed(allocator, num_threads, sizeof *b.groupers);
    nd_status status = ND_ERR_NO_MEMORY;
    if (shared->start && shared->sampled_up_to && shared->weight_sum && b.groupers)
        status = build(&b, num_threads);
    release_builder(&b, num_threads);
    return status;
}

void nd_shared_shingles_release(nd_shared_shingles *shared, const nd_allocator *allocator)
{
    nd_release(allocator, shared->start);
    nd_release(allocator, shared->sampled_up_to);
    nd_release(allocator, shared->weight_sum);
    nd_release(allocator, shared->samples);
    nd_release(allocator, shared->members);
    *shared = (nd_shared_shingles){0};
}
