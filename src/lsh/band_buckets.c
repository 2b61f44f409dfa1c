#include "lsh/band_buckets.h"

#include <string.h>

#include "util/radix_sort.h"
#include "util/threads.h"

/* The keys of a band are scattered by their top bits into partitions that fit the second-level
 * cache, and each partition is sorted on its own:
 *
 *   items:  | partition 0 | partition 1 | ... | partition P-1 |   ascending top bits of the key
 *   item:   | rest of the key, top bits shifted out | document |
 *           63                                     32          0
 *
 * counts[slice][partition] is first how many items of a worker's slice of the documents go
 * there, then where the worker puts the next of them. Sorting whole items puts the documents of one
 * key in ascending order. */
enum {
    ITEMS_PER_PARTITION = 4096,
    MAX_PARTITION_BITS = 11,   /* more write streams than the second-level TLB holds would stall */
    SLICE_DOCUMENTS = 1 << 16, /* what a thread must be given at least to be worth starting */
    LOOK_AHEAD = 8, /* members between one stage of nd_bucket_visitor.soon and the next */
};

/* What a worker needs to sort a partition. */
typedef struct sort_scratch {
    uint64_t *items;
    uint32_t *members;
    size_t items_capacity, members_capacity;
} sort_scratch;

struct nd_band_buckets {
    nd_allocator allocator;
    size_t num;
    uint32_t num_threads;
    uint32_t num_slices; /* of the documents, a thread each */
    uint32_t partition_bits;
    uint64_t *items;
    size_t *counts; /* [num_slices][partitions] */
    size_t *starts; /* [partitions + 1] */
    sort_scratch *scratch;
    /* the call under way */
    const uint32_t *keys;
    const nd_bucket_visitor *visitor;
};

static size_t num_partitions(const nd_band_buckets *b)
{
    return (size_t)1 << b->partition_bits;
}

static size_t partition_of(const nd_band_buckets *b, uint32_t key)
{
    return (size_t)((uint64_t)key << b->partition_bits >> 32);
}

nd_status nd_band_buckets_new(size_t num, uint32_t num_threads, const nd_allocator *allocator,
                              nd_band_buckets **out)
{
    *out = NULL;
    if (num > UINT32_MAX)
        return ND_ERR_LIMIT;
    nd_band_buckets *const b = nd_alloc_zeroed(allocator, 1, sizeof *b);
    if (!b)
        return ND_ERR_NO_MEMORY;
    b->allocator = *allocator;
    b->num = num;
    b->num_threads = num_threads;
    b->num_slices = nd_threads_worth(num, SLICE_DOCUMENTS, num_threads);
    while (b->partition_bits < MAX_PARTITION_BITS && num >> b->partition_bits > ITEMS_PER_PARTITION)
        b->partition_bits++;
    b->items = nd_alloc(allocator, num, sizeof *b->items);
    b->counts = nd_alloc(allocator, b->num_slices, num_partitions(b) * sizeof *b->counts);
    b->starts = nd_alloc(allocator, num_partitions(b) + 1, sizeof *b->starts);
    b->scratch = nd_alloc_zeroed(allocator, num_threads, sizeof *b->scratch);
    if (!b->items || !b->counts || !b->starts || !b->scratch) {
        nd_band_buckets_free(b);
        return ND_ERR_NO_MEMORY;
    }
    *out = b;
    return ND_OK;
}

static nd_status count_slice(void *ctx, uint32_t worker)
{
    const nd_band_buckets *const b = ctx;
    size_t *const counts = b->counts + worker * num_partitions(b);
    const size_t end = nd_slice_start(b->num, b->num_slices, worker + 1);
    memset(counts, 0, num_partitions(b) * sizeof *counts);
    for (size_t d = nd_slice_start(b->num, b->num_slices, worker); d < end; d++)
        counts[partition_of(b, b->keys[d])]++;
    return ND_OK;
}

static nd_status scatter_slice(void *ctx, uint32_t worker)
{
    const nd_band_buckets *const b = ctx;
    size_t *const next = b->counts + worker * num_partitions(b);
    const size_t end = nd_slice_start(b->num, b->num_slices, worker + 1);
    for (size_t d = nd_slice_start(b->num, b->num_slices, worker); d < end; d++) {
        const uint32_t key = b->keys[d];
        b->items[next[partition_of(b, key)]++] = (uint64_t)(key << b->partition_bits) << 32 | d;
    }
    return ND_OK;
}

/* Turns counts into places. */
static void lay_out_partitions(nd_band_buckets *b)
{
    size_t at = 0;
    for (size_t p = 0; p < num_partitions(b); p++) {
        b->starts[p] = at;
        for (uint32_t w = 0; w < b->num_slices; w++) {
            size_t *const count = &b->counts[w * num_partitions(b) + p];
            const size_t here = *count;
            *count = at;
            at += here;
        }
    }
    b->starts[num_partitions(b)] = at;
}

/* Moves the items that share their key to the front; returns how many. */
static size_t keep_shared(uint64_t *items, size_t num)
{
    size_t kept = 0;
    uint64_t before = ~items[0] >> 32;
    for (size_t i = 0; i + 1 < num; i++) {
        const uint64_t item = items[i], key = item >> 32;
        items[kept] = item;
        kept += key == before || key == items[i + 1] >> 32;
        before = key;
    }
    items[kept] = items[num - 1];
    return kept + (items[num - 1] >> 32 == before);
}

/* Announces the members that come to stand LOOK_AHEAD before their turn, a stage after another. */
static void announce(const nd_bucket_visitor *v, const uint64_t *items, size_t from, size_t to,
                     size_t num)
{
    for (unsigned stage = 0; stage < ND_BUCKET_STAGES; stage++) {
        const size_t ahead = (size_t)LOOK_AHEAD * (ND_BUCKET_STAGES - stage);
        const size_t end = to + ahead < num ? to + ahead : num;
        for (size_t i = from + ahead; i < end; i++)
            v->soon(v->ctx, (uint32_t)items[i], stage);
    }
}

static nd_status each_bucket_of(nd_band_buckets *b, uint32_t worker, const uint64_t *items,
                                size_t num)
{
    sort_scratch *const s = &b->scratch[worker];
    for (size_t first = 0, end; first < num; first = end) {
        for (end = first + 1; end < num && items[end] >> 32 == items[first] >> 32;)
            end++;
        nd_status status = nd_reserve(&b->allocator, (void **)&s->members, &s->members_capacity,
                                      end - first, sizeof *s->members);
        if (status != ND_OK)
            return status;
        for (size_t i = first; i < end; i++)
            s->members[i - first] = (uint32_t)items[i];
        if (b->visitor->soon)
            announce(b->visitor, items, first, end, num);
        status = b->visitor->each(b->visitor->ctx, worker, s->members, end - first);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

static nd_status sort_partition(void *ctx, uint32_t worker, size_t partition)
{
    nd_band_buckets *const b = ctx;
    sort_scratch *const s = &b->scratch[worker];
    const size_t num = b->starts[partition + 1] - b->starts[partition];
    if (num < 2)
        return ND_OK;
    const nd_status status =
        nd_reserve(&b->allocator, (void **)&s->items, &s->items_capacity, num, sizeof *s->items);
    if (status != ND_OK)
        return status;
    uint64_t *const items = b->items + b->starts[partition];
    nd_radix_sort_u64(items, s->items, num);
    return each_bucket_of(b, worker, items, keep_shared(items, num));
}

nd_status nd_band_buckets_each(nd_band_buckets *buckets, const uint32_t *keys,
                               const nd_bucket_visitor *visitor)
{
    buckets->keys = keys;
    buckets->visitor = visitor;
    const nd_allocator *const a = &buckets->allocator;
    nd_status status = nd_threads_run(a, buckets->num_slices, count_slice, buckets);
    if (status != ND_OK)
        return status;
    lay_out_partitions(buckets);
    status = nd_threads_run(a, buckets->num_slices, scatter_slice, buckets);
    if (status != ND_OK)
        return status;
    return nd_threads_for(a, buckets->num_threads, num_partitions(buckets), sort_partition,
                          buckets);
}

void nd_band_buckets_free(nd_band_buckets *buckets)
{
    if (!buckets)
        return;
    const nd_allocator a = buckets->allocator;
    for (uint32_t w = 0; buckets->scratch && w < buckets->num_threads; w++) {
        nd_release(&a, buckets->scratch[w].items);
        nd_release(&a, buckets->scratch[w].members);
    }
    nd_release(&a, buckets->scratch);
    nd_release(&a, buckets->items);
    nd_release(&a, buckets->counts);
    nd_release(&a, buckets->starts);
    nd_release(&a, buckets);
}
