/* The keys of a band are scattered by their top bits into partitions that fit the second-level
 * cache, and each partition is sorted on its own:
 *
 *   items:  | partition 0 | partition 1 | ... | partition P-1 |   ascending top bits of the key
 *   item:   | rest of the key, top bits shifted out | text |
 *           63                                     32       0
 *
 * counts[slice][partition] is first how many items of a worker's slice of the texts go there, then
 * where the worker puts the next of them. Sorting whole items puts the texts of one key in
 * ascending order; items that share their key with none are dropped then. What remains of the
 * partitions is counted, and each is written to its place among the buckets of the band. */
#include "lsh/buckets.h"

#include <stdbool.h>
#include <string.h>

#include "util/sort.h"
#include "util/threads.h"
#include "util/xxh.h"

enum {
    ITEMS_PER_PARTITION = 4096,
    MAX_PARTITION_BITS = 11, /* more write streams than the second-level TLB holds would stall */
    SLICE_TEXTS = 1 << 16,   /* what a thread must be given at least to be worth starting */
};

/* What is left of a partition, then where it goes. */
typedef struct shared_part {
    size_t members, buckets;
} shared_part;

/* The buckets of one band, as in nd_bucket_index but for what is said of texts. */
typedef struct band_buckets {
    size_t *starts;
    uint32_t *members;
    size_t num_buckets;
} band_buckets;

typedef struct builder {
    nd_bucket_index *index;
    const nd_allocator *allocator;
    uint32_t num_threads, num_bands;
    uint32_t num_slices; /* of the texts, a thread each */
    uint32_t partition_bits;
    uint64_t *items;
    uint64_t *scratch; /* as long as the items, or a place of scratch_items for each worker */
    size_t scratch_items;
    size_t *counts;       /* [num_slices][partitions] */
    size_t *starts;       /* [partitions + 1] */
    shared_part *shared;  /* [partitions + 1] */
    const uint32_t *keys; /* of the band at work */
    band_buckets *band;   /* likewise */
    band_buckets *bands;
} builder;

static size_t num_partitions(const builder *b)
{
    return (size_t)1 << b->partition_bits;
}

static size_t partition_of(const builder *b, uint32_t key)
{
    return (size_t)((uint64_t)key << b->partition_bits >> 32);
}

static nd_status count_slice(void *ctx, uint32_t worker)
{
    const builder *const b = ctx;
    size_t *const counts = b->counts + worker * num_partitions(b);
    const size_t end = nd_slice_start(b->index->num_texts, b->num_slices, worker + 1);
    memset(counts, 0, num_partitions(b) * sizeof *counts);
    for (size_t t = nd_slice_start(b->index->num_texts, b->num_slices, worker); t < end; t++)
        counts[partition_of(b, b->keys[t])]++;
    return ND_OK;
}

static nd_status scatter_slice(void *ctx, uint32_t worker)
{
    const builder *const b = ctx;
    const uint32_t *const order = b->index->order;
    size_t *const next = b->counts + worker * num_partitions(b);
    const size_t end = nd_slice_start(b->index->num_texts, b->num_slices, worker + 1);
    for (size_t t = nd_slice_start(b->index->num_texts, b->num_slices, worker); t < end; t++) {
        const uint32_t key = b->keys[t], text = order ? order[t] : (uint32_t)t;
        b->items[next[partition_of(b, key)]++] = (uint64_t)(key << b->partition_bits) << 32 | text;
    }
    return ND_OK;
}

/* Turns counts into places. */
static void lay_out_partitions(builder *b)
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

static nd_status sort_partition(void *ctx, uint32_t worker, size_t partition)
{
    const builder *const b = ctx;
    const size_t first = b->starts[partition], num = b->starts[partition + 1] - first;
    uint64_t *const items = b->items + first;
    shared_part part = {0, 0};
    if (num > 1) {
        nd_radix_sort_u64(items,
                          b->scratch + (b->scratch_items ? worker * b->scratch_items : first), num);
        part.members = keep_shared(items, num);
    }
    for (size_t i = 0; i < part.members; i++)
        part.buckets += i == 0 || items[i] >> 32 != items[i - 1] >> 32;
    b->shared[partition] = part;
    return ND_OK;
}

static nd_status make_room(builder *b)
{
    shared_part at = {0, 0};
    for (size_t p = 0; p < num_partitions(b); p++) {
        const shared_part here = b->shared[p];
        b->shared[p] = at;
        at = (shared_part){at.members + here.members, at.buckets + here.buckets};
    }
    b->shared[num_partitions(b)] = at;
    b->band->num_buckets = at.buckets;
    b->band->starts = nd_alloc(b->allocator, at.buckets + 1, sizeof *b->band->starts);
    b->band->members = nd_alloc(b->allocator, at.members, sizeof *b->band->members);
    if (!b->band->starts || !b->band->members)
        return ND_ERR_NO_MEMORY;
    b->band->starts[at.buckets] = at.members;
    return ND_OK;
}

static nd_status write_partition(void *ctx, uint32_t worker, size_t partition)
{
    (void)worker;
    const builder *const b = ctx;
    const uint64_t *const items = b->items + b->starts[partition];
    const shared_part first = b->shared[partition], end = b->shared[partition + 1];
    size_t bucket = first.buckets;
    for (size_t i = 0; i < end.members - first.members; i++) {
        if (i == 0 || items[i] >> 32 != items[i - 1] >> 32)
            b->band->starts[bucket++] = first.members + i;
        b->band->members[first.members + i] = (uint32_t)items[i];
    }
    return ND_OK;
}

/* Sorts partitions by themselves: scratch for the largest one, for each thread, where that is less
 * than for all. */
static nd_status sort_partitions(builder *b)
{
    size_t largest = 0;
    for (size_t p = 0; p < num_partitions(b); p++)
        if (b->starts[p + 1] - b->starts[p] > largest)
            largest = b->starts[p + 1] - b->starts[p];
    const bool is_apart = largest < b->index->num_texts / b->num_threads;
    b->scratch_items = is_apart ? largest : 0;
    b->scratch = nd_alloc(b->allocator, is_apart ? largest * b->num_threads : b->index->num_texts,
                          sizeof *b->scratch);
    const nd_status status = b->scratch ? nd_threads_for(b->allocator, b->num_threads,
                                                         num_partitions(b), sort_partition, b)
                                        : ND_ERR_NO_MEMORY;
    nd_release(b->allocator, b->scratch);
    b->scratch = NULL;
    return status;
}

static nd_status sort_band(builder *b)
{
    nd_status status = nd_threads_run(b->allocator, b->num_slices, count_slice, b);
    if (status != ND_OK)
        return status;
    lay_out_partitions(b);
    status = nd_threads_run(b->allocator, b->num_slices, scatter_slice, b);
    if (status == ND_OK)
        status = sort_partitions(b);
    if (status == ND_OK)
        status = make_room(b);
    if (status == ND_OK)
        status =
            nd_threads_for(b->allocator, b->num_threads, num_partitions(b), write_partition, b);
    return status;
}

/* Makes b->bands from the keys. */
static nd_status sort_bands(builder *b, const uint32_t *keys)
{
    const size_t num = b->index->num_texts;
    while (b->partition_bits < MAX_PARTITION_BITS && num >> b->partition_bits > ITEMS_PER_PARTITION)
        b->partition_bits++;
    b->items = nd_alloc(b->allocator, num, sizeof *b->items);
    b->counts = nd_alloc(b->allocator, b->num_slices, num_partitions(b) * sizeof *b->counts);
    b->starts = nd_alloc(b->allocator, num_partitions(b) + 1, sizeof *b->starts);
    b->shared = nd_alloc(b->allocator, num_partitions(b) + 1, sizeof *b->shared);
    b->bands = nd_alloc_zeroed(b->allocator, b->num_bands, sizeof *b->bands);
    nd_status status =
        b->items && b->counts && b->starts && b->shared && b->bands ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t band = 0; band < b->num_bands && status == ND_OK; band++) {
        b->keys = keys + band * num;
        b->band = &b->bands[band];
        status = sort_band(b);
    }
    nd_release(b->allocator, b->items);
    nd_release(b->allocator, b->counts);
    nd_release(b->allocator, b->starts);
    nd_release(b->allocator, b->shared);
    return status;
}

/* Buckets by what they hold: open addressing, at most half full.
 *
 *   slots[hash & mask]:  bucket of the index + 1, 0 where nothing stands */
typedef struct bucket_set {
    uint32_t *slots;
    size_t mask;
} bucket_set;

/* Whether the index has a bucket of these members; if not, `fresh` is written down for it. */
static bool is_known(const nd_bucket_index *index, bucket_set *set, const uint32_t *members,
                     size_t num, uint32_t fresh)
{
    size_t at = XXH3_64bits(members, num * sizeof *members) & set->mask;
    for (; set->slots[at]; at = (at + 1) & set->mask) {
        const size_t bucket = set->slots[at] - 1;
        const size_t start = index->starts[bucket];
        if (index->starts[bucket + 1] - start == num &&
            memcmp(index->members + start, members, num * sizeof *members) == 0)
            return true;
    }
    set->slots[at] = fresh + 1;
    return false;
}

/* What the index holds already; none of it is there twice. */
static void note_known(const nd_bucket_index *index, bucket_set *set)
{
    for (size_t bucket = 0; bucket < index->num_buckets; bucket++) {
        const size_t start = index->starts[bucket];
        const size_t num = index->starts[bucket + 1] - start;
        size_t at = XXH3_64bits(index->members + start, num * sizeof *index->members) & set->mask;
        while (set->slots[at])
            at = (at + 1) & set->mask;
        set->slots[at] = (uint32_t)bucket + 1;
    }
}

/* The buckets of all bands, one after the other, without repeats. */
static void merge_bands(const builder *b, bucket_set *set)
{
    nd_bucket_index *const index = b->index;
    note_known(index, set);
    for (uint32_t band = 0; band < b->num_bands; band++) {
        const band_buckets *const from = &b->bands[band];
        for (size_t i = 0; i < from->num_buckets; i++) {
            const uint32_t *const members = from->members + from->starts[i];
            const size_t num = from->starts[i + 1] - from->starts[i];
            if (is_known(index, set, members, num, (uint32_t)index->num_buckets))
                continue;
            const size_t start = index->starts[index->num_buckets];
            memcpy(index->members + start, members, num * sizeof *members);
            index->starts[++index->num_buckets] = start + num;
        }
    }
}

/* Makes the index's arrays that long, which is no less than what they hold. */
static nd_status resize(nd_bucket_index *index, size_t num_buckets, size_t num_members,
                        const nd_allocator *a)
{
    size_t *const starts =
        a->resize(a->ctx, index->starts, (num_buckets + 1) * sizeof *index->starts);
    index->starts = starts ? starts : index->starts;
    /* One more: a request for nothing would release the block. */
    uint32_t *const members =
        a->resize(a->ctx, index->members, (num_members + 1) * sizeof *index->members);
    index->members = members ? members : index->members;
    return starts && members ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status merge(const builder *b)
{
    nd_bucket_index *const index = b->index;
    size_t num_buckets = index->num_buckets, num_members = index->starts[num_buckets], slots = 16;
    for (uint32_t band = 0; band < b->num_bands; band++) {
        num_buckets += b->bands[band].num_buckets;
        num_members += b->bands[band].starts[b->bands[band].num_buckets];
    }
    if (num_buckets >= UINT32_MAX)
        return ND_ERR_LIMIT;
    while (slots < num_buckets * 2)
        slots *= 2;
    nd_status status = resize(index, num_buckets, num_members, b->allocator);
    bucket_set set = {nd_alloc_zeroed(b->allocator, slots, sizeof *set.slots), slots - 1};
    if (status == ND_OK && !set.slots)
        status = ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        merge_bands(b, &set);
    nd_release(b->allocator, set.slots);
    return status == ND_OK
               ? resize(index, index->num_buckets, index->starts[index->num_buckets], b->allocator)
               : status;
}

nd_status nd_bucket_index_end(nd_bucket_index *index, const nd_allocator *allocator)
{
    const size_t num_members = index->starts[index->num_buckets];
    index->first_of = nd_alloc_zeroed(allocator, index->num_texts + 2, sizeof *index->first_of);
    index->buckets = nd_alloc(allocator, num_members, sizeof *index->buckets);
    if (!index->first_of || !index->buckets)
        return ND_ERR_NO_MEMORY;
    /* first_of[t + 2] counts, then first_of[t + 1] is where t's next bucket goes, then its end. */
    for (size_t i = 0; i < num_members; i++)
        index->first_of[index->members[i] + (size_t)2]++;
    for (size_t t = 2; t < index->num_texts + 2; t++)
        index->first_of[t] += index->first_of[t - 1];
    for (size_t bucket = 0; bucket < index->num_buckets; bucket++)
        for (size_t i = index->starts[bucket]; i < index->starts[bucket + 1]; i++)
            index->buckets[index->first_of[index->members[i] + (size_t)1]++] = (uint32_t)bucket;
    return ND_OK;
}

nd_status nd_bucket_index_begin(nd_bucket_index *index, size_t num_texts,
                                const nd_allocator *allocator)
{
    *index = (nd_bucket_index){.num_texts = num_texts};
    if (num_texts >= UINT32_MAX)
        return ND_ERR_LIMIT;
    index->starts = nd_alloc_zeroed(allocator, 1, sizeof *index->starts);
    index->members = nd_alloc(allocator, 1, sizeof *index->members);
    return index->starts && index->members ? ND_OK : ND_ERR_NO_MEMORY;
}

nd_status nd_bucket_index_add(nd_bucket_index *index, uint32_t *keys, uint32_t num_bands,
                              uint32_t num_threads, const nd_allocator *allocator)
{
    builder b = {.index = index,
                 .allocator = allocator,
                 .num_threads = num_threads,
                 .num_bands = num_bands,
                 .num_slices = nd_threads_worth(index->num_texts, SLICE_TEXTS, num_threads)};
    nd_status status = sort_bands(&b, keys);
    nd_release(allocator, keys);
    if (status == ND_OK)
        status = merge(&b);
    for (uint32_t band = 0; b.bands && band < num_bands; band++) {
        nd_release(allocator, b.bands[band].starts);
        nd_release(allocator, b.bands[band].members);
    }
    nd_release(allocator, b.bands);
    return status;
}

nd_status nd_bucket_index_init(nd_bucket_index *index, uint32_t *keys, size_t num_texts,
                               uint32_t num_bands, uint32_t num_threads,
                               const nd_allocator *allocator)
{
    nd_status status = nd_bucket_index_begin(index, num_texts, allocator);
    if (status == ND_OK)
        status = nd_bucket_index_add(index, keys, num_bands, num_threads, allocator);
    else
        nd_release(allocator, keys);
    return status == ND_OK ? nd_bucket_index_end(index, allocator) : status;
}

void nd_bucket_index_release(nd_bucket_index *index, const nd_allocator *allocator)
{
    nd_release(allocator, index->starts);
    nd_release(allocator, index->members);
    nd_release(allocator, index->first_of);
    nd_release(allocator, index->buckets);
    *index = (nd_bucket_index){0};
}

static nd_status append(nd_text_numbers *mates, const uint32_t *members, size_t first, size_t end,
                        const nd_allocator *allocator)
{
    if (first >= end)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(allocator, mates, end - first);
    if (status != ND_OK)
        return status;
    memcpy(mates->items + mates->len, members + first, (end - first) * sizeof *members);
    mates->len += end - first;
    return ND_OK;
}

/* The mates in one bucket, as nd_bucket_proposes says: those before place i, then those after. */
static nd_status add_bucket(nd_mate_finder *f, const uint32_t *members, size_t num, size_t i,
                            nd_mates which, const nd_allocator *allocator)
{
    size_t leaders = i, window = i, end = num; /* proposed: [0, leaders), [window, i), (i, end) */
    if (num > ND_BUCKET_WHOLE && i >= ND_BUCKET_LEADERS) {
        leaders = ND_BUCKET_LEADERS;
        window = i - ND_BUCKET_LEADERS > ND_BUCKET_WINDOW ? i - ND_BUCKET_WINDOW : leaders;
        end = num - i > ND_BUCKET_WINDOW ? i + ND_BUCKET_WINDOW + 1 : num;
    }
    f->left_out += num - end;
    nd_status status = ND_OK;
    if (which == ND_MATES_ALL) {
        f->left_out += window - leaders;
        status = append(&f->mates, members, 0, leaders, allocator);
        if (status == ND_OK)
            status = append(&f->mates, members, window, i, allocator);
    }
    return status == ND_OK ? append(&f->mates, members, i + 1, end, allocator) : status;
}

/* Merges the ascending runs that the bands left into one without repeats. A run of copies brings
 * the same mates in every band, so a run that is within what is merged already is the usual case.
 */
static nd_status merge_run(nd_mate_finder *f, size_t run, const nd_allocator *allocator)
{
    uint32_t *const items = f->mates.items;
    const size_t end = f->mates.len;
    size_t i = 0, j = run;
    while (i < run && j < end && items[i] <= items[j])
        j += items[i++] == items[j];
    if (j == end) { /* nothing new */
        f->mates.len = run;
        return ND_OK;
    }
    if (i == run) { /* all new ones come after */
        memmove(items + run, items + j, (end - j) * sizeof *items);
        f->mates.len = run + end - j;
        return ND_OK;
    }
    const nd_status status =
        nd_reserve(allocator, (void **)&f->scratch.items, &f->scratch.capacity, end, sizeof *items);
    if (status != ND_OK)
        return status;
    size_t num = i, left = i;
    memcpy(f->scratch.items, items, num * sizeof *items);
    while (left < run || j < end) {
        const bool takes_left = j == end || (left < run && items[left] <= items[j]);
        const uint32_t next = takes_left ? items[left] : items[j];
        j += j < end && items[j] == next;
        left += left < run && items[left] == next;
        f->scratch.items[num++] = next;
    }
    memcpy(items, f->scratch.items, num * sizeof *items);
    f->mates.len = num;
    return ND_OK;
}

nd_status nd_mate_finder_find(nd_mate_finder *finder, const nd_bucket_index *index, uint32_t text,
                              nd_mates which, const nd_allocator *allocator)
{
    finder->mates.len = 0;
    finder->left_out = 0;
    for (size_t i = index->first_of[text]; i < index->first_of[text + 1]; i++) {
        const size_t start = index->starts[index->buckets[i]];
        const size_t num = index->starts[index->buckets[i] + 1] - start;
        const uint32_t *const members = index->members + start;
        const size_t run = finder->mates.len;
        nd_status status =
            add_bucket(finder, members, num, nd_first_u32(members, num, text), which, allocator);
        if (status == ND_OK && run > 0)
            status = merge_run(finder, run, allocator);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

void nd_mate_finder_release(nd_mate_finder *finder, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &finder->mates);
    ND_VEC_RELEASE(allocator, &finder->scratch);
}
