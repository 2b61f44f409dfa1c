#include "coverage/coverage.h"

#include <string.h>

#include "util/prefetch.h"
#include "util/threads.h"

enum {
    CHUNKS = ND_SHARED_CHUNKS,
    MAX_PARTITIONS = 4096,
    PARTITION_BIT = 50,         /* the lowest; the highest bits tell samples */
    PARTITION_POSTINGS = 16384, /* at most, about: one then stays in the second-level cache */
    AHEAD = 3,                  /* texts asked for before they are read */
    BLOCK = 256,                /* shingles of a text looked through at a time */
};

/* Of a shingle, while it is counted: which one it is, and a document that sampled it. Then what
 * nd_shared_shingles says of a sample.
 *
 *   | tag: the lowest bits of the hash | document, document_bits: as many as the last one takes |
 */
typedef uint64_t posting;

/* The documents that sampled one shingle. */
typedef struct bucket {
    uint64_t tag;
    uint32_t num;
    uint32_t head; /* upper half of the next sample: | ND_SHINGLE_WEIGHT_ONE - weight | earlier | */
    uint32_t next; /* place in `members` of the next document; in `unlisted` for one and two */
    uint32_t first; /* document */
} bucket;

/* One worker's scratch for the bucket table of a partition:
 *
 *   slots[tag & mask] = number of the bucket, from 1 on, or 0 where none stands
 */
typedef struct grouper {
    uint32_t *slots;
    size_t slots_capacity, mask;
    bucket *buckets;
    size_t buckets_capacity, num_buckets;
    uint32_t *bucket_of; /* [postings of the partition] */
    size_t bucket_of_capacity;
    uint32_t unlisted[2];
} grouper;

/* shared->ends are first the numbers of postings, then where these begin, and, as they are
 * scattered, move on to where they end. */
typedef struct builder {
    nd_shared_shingles *shared;
    const nd_allocator *allocator;
    uint32_t document_bits;
    grouper *groupers; /* one a worker */
} builder;

/* Samples of the documents before d. */
static size_t sample_begin(const nd_shared_shingles *shared, size_t d)
{
    return d < shared->num_documents ? shared->texts[d].first_sample : shared->num_samples;
}

/* Chunks have about as many samples each. */
static size_t chunk_begin(const nd_shared_shingles *shared, size_t chunk)
{
    if (chunk == CHUNKS)
        return shared->num_documents;
    const size_t sample = nd_slice_start(shared->num_samples, CHUNKS, (uint32_t)chunk);
    size_t low = 0, high = shared->num_documents;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sample_begin(shared, middle) < sample)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* By bits that sampling does not look at, nor the tag, where documents are many. */
static size_t partition_of(const nd_shared_shingles *shared, uint64_t shingle)
{
    return (size_t)(shingle >> PARTITION_BIT) & (shared->num_partitions - 1);
}

/* Asks for the shingles of a text that will be read soon: texts lie anywhere in memory. The
 * processor goes on by itself after a few lines. */
static void prefetch_text(const nd_shared_shingles *shared, size_t d)
{
    enum { LINE = 8, MOST = 8 * LINE };
    if (d >= shared->num_documents)
        return;
    const nd_sampled_text *const text = &shared->texts[d];
    for (uint32_t i = 0; i < text->num && i < MOST; i += LINE)
        nd_prefetch(text->shingles + i);
}

/* Copies the samples among the BLOCK shingles from `first` on, or as many as there are, and returns
 * their number; no branch depends on a hash. */
static uint32_t select_samples(const nd_sampled_text *text, uint32_t first, uint64_t samples[BLOCK])
{
    const uint64_t limit = nd_sampled_up_to(text);
    const uint32_t left = text->num - first, few = left < BLOCK ? left : BLOCK;
    uint32_t num = 0;
    for (uint32_t i = 0; i < few; i++) {
        samples[num] = text->shingles[first + i];
        num += text->shingles[first + i] <= limit;
    }
    return num;
}

/* Counts how many samples of the chunk go to each partition. */
static nd_status count_chunk(void *ctx, uint32_t worker, size_t chunk)
{
    (void)worker;
    const nd_shared_shingles *const shared = ((const builder *)ctx)->shared;
    size_t *const counts = shared->ends + chunk * shared->num_partitions;
    const size_t end = chunk_begin(shared, chunk + 1);
    for (size_t d = chunk_begin(shared, chunk); d < end; d++) {
        const nd_sampled_text *const text = &shared->texts[d];
        const uint64_t limit = nd_sampled_up_to(text);
        prefetch_text(shared, d + AHEAD);
        for (uint32_t i = 0; i < text->num; i++)
            counts[partition_of(shared, text->shingles[i])] += text->shingles[i] <= limit;
    }
    return ND_OK;
}

/* Moves each offset to the end of its postings. */
static nd_status scatter_chunk(void *ctx, uint32_t worker, size_t chunk)
{
    (void)worker;
    const builder *const b = ctx;
    const nd_shared_shingles *const shared = b->shared;
    size_t *const offsets = shared->ends + chunk * shared->num_partitions;
    const size_t end = chunk_begin(shared, chunk + 1);
    uint64_t samples[BLOCK];
    for (size_t d = chunk_begin(shared, chunk); d < end; d++) {
        const nd_sampled_text *const text = &shared->texts[d];
        prefetch_text(shared, d + AHEAD);
        for (uint32_t first = 0; first < text->num; first += BLOCK) {
            const uint32_t num = select_samples(text, first, samples);
            for (uint32_t i = 0; i < num; i++)
                shared->postings[offsets[partition_of(shared, samples[i])]++] =
                    samples[i] << b->document_bits | d;
            if (text->num - first <= BLOCK)
                break;
        }
    }
    return ND_OK;
}

static nd_status reserve_grouper(const builder *b, grouper *g, size_t num)
{
    size_t slots = 16;
    while (slots < num * 4)
        slots *= 2;
    nd_status status =
        nd_reserve(b->allocator, (void **)&g->slots, &g->slots_capacity, slots, sizeof *g->slots);
    if (status == ND_OK)
        status = nd_reserve(b->allocator, (void **)&g->buckets, &g->buckets_capacity, num + 2,
                            sizeof *g->buckets);
    if (status == ND_OK)
        status = nd_reserve(b->allocator, (void **)&g->bucket_of, &g->bucket_of_capacity, num,
                            sizeof *g->bucket_of);
    if (status != ND_OK)
        return status;
    memset(g->slots, 0, slots * sizeof *g->slots);
    g->mask = slots - 1;
    g->num_buckets = 1; /* none has the number 0 */
    return ND_OK;
}

/* The bucket of a tag, made where it is the first of its kind. A new one is written down in any
 * case, so that the only branch is on a clash, which is rare: whether a shingle is new cannot be
 * predicted. */
static uint32_t bucket_for(grouper *g, uint64_t tag)
{
    const uint32_t fresh = (uint32_t)g->num_buckets;
    g->buckets[fresh] = (bucket){.tag = tag};
    for (size_t at = tag & g->mask;; at = (at + 1) & g->mask) {
        const uint32_t slot = g->slots[at];
        const uint32_t found = slot + (fresh & (0 - (uint32_t)(slot == 0)));
        if (g->buckets[found].tag != tag)
            continue;
        g->slots[at] = found;
        g->num_buckets += found == fresh;
        return found;
    }
}

/* Gives every bucket of three documents or more its place in `members`, from `place` on. */
static void place_buckets(grouper *g, size_t place)
{
    for (size_t i = 1; i < g->num_buckets; i++) {
        bucket *const bk = &g->buckets[i];
        if (bk->num < 3)
            continue;
        bk->head = (ND_SHINGLE_WEIGHT_ONE - nd_shingle_weight(bk->num)) * (ND_MAX_EARLIER + 1);
        bk->next = (uint32_t)place;
        place += bk->num;
    }
}

/* Takes the next document of a bucket, and returns the sample that tells of it; selects, and does
 * not branch, as what a bucket holds cannot be predicted either. */
static uint64_t add_document(grouper *g, uint32_t *members, bucket *bk, uint32_t document)
{
    const uint32_t earlier = bk->head & ND_MAX_EARLIER;
    uint32_t *const list = bk->num > 2 ? members : g->unlisted;
    bk->first = earlier == 0 ? document : bk->first;
    list[bk->next] = document;
    const uint32_t member = earlier == 1 ? bk->first : bk->next;
    const uint64_t sample = (uint64_t)bk->head << 32 | member;
    bk->head += earlier < ND_MAX_EARLIER;
    bk->next++;
    return sample;
}

/* There are no more members than postings: so a partition's part of `members` can begin where its
 * postings do. */
static nd_status group_partition(void *ctx, uint32_t worker, size_t partition)
{
    const builder *const b = ctx;
    grouper *const g = &b->groupers[worker];
    /* The last chunk of each partition ends where the partition does. */
    const size_t *const ends = b->shared->ends + (CHUNKS - 1) * b->shared->num_partitions;
    const size_t first = partition ? ends[partition - 1] : 0;
    const size_t num = ends[partition] - first;
    const uint64_t documents = (UINT64_C(1) << b->document_bits) - 1;
    posting *const postings = b->shared->postings + first;
    const nd_status status = reserve_grouper(b, g, num);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < num; i++) {
        const uint32_t at = bucket_for(g, postings[i] >> b->document_bits);
        g->buckets[at].num++;
        g->bucket_of[i] = at;
    }
    place_buckets(g, first);
    for (size_t i = 0; i < num; i++)
        postings[i] = add_document(g, b->shared->members, &g->buckets[g->bucket_of[i]],
                                   (uint32_t)(postings[i] & documents));
    return ND_OK;
}

static uint32_t document_bits_of(size_t num_documents)
{
    uint32_t bits = 1;
    while (num_documents >> bits)
        bits++;
    return bits;
}

static size_t num_partitions_of(uint64_t num_samples)
{
    size_t num = 1;
    while (num < MAX_PARTITIONS && num * PARTITION_POSTINGS < num_samples)
        num *= 2;
    return num;
}

uint64_t nd_shared_shingles_mask(size_t num_documents, uint64_t num_samples)
{
    return UINT64_MAX >> document_bits_of(num_documents) |
           (uint64_t)(num_partitions_of(num_samples) - 1) << PARTITION_BIT;
}

/* Room for the samples, once they are counted. */
static nd_status allocate_samples(builder *b)
{
    nd_shared_shingles *const shared = b->shared;
    uint64_t num = 0;
    shared->shifts = nd_alloc(b->allocator, shared->num_documents, sizeof *shared->shifts);
    if (!shared->shifts)
        return ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < shared->num_documents; d++) {
        shared->shifts[d] = (uint8_t)shared->texts[d].sample_shift;
        shared->texts[d].first_sample = (uint32_t)num;
        num += shared->texts[d].num_samples;
        if (num > UINT32_MAX)
            return ND_ERR_LIMIT;
    }
    shared->num_samples = num;
    shared->num_partitions = num_partitions_of(num);
    b->document_bits = document_bits_of(shared->num_documents);
    shared->ends =
        nd_alloc_zeroed(b->allocator, shared->num_partitions * CHUNKS, sizeof *shared->ends);
    shared->postings = nd_alloc(b->allocator, num, sizeof *shared->postings);
    shared->members = nd_alloc(b->allocator, num, sizeof *shared->members);
    return shared->ends && shared->postings && shared->members ? ND_OK : ND_ERR_NO_MEMORY;
}

static void offsets_from_counts(const nd_shared_shingles *shared)
{
    size_t at = 0;
    for (size_t p = 0; p < shared->num_partitions; p++) {
        for (size_t c = 0; c < CHUNKS; c++) {
            size_t *const offset = &shared->ends[c * shared->num_partitions + p];
            const size_t count = *offset;
            *offset = at;
            at += count;
        }
    }
}

static nd_status build(builder *b, uint32_t num_threads)
{
    const nd_allocator *const a = b->allocator;
    nd_status status = allocate_samples(b);
    if (status == ND_OK)
        status = nd_threads_for(a, num_threads, CHUNKS, count_chunk, b);
    if (status != ND_OK)
        return status;
    offsets_from_counts(b->shared);
    status = nd_threads_for(a, num_threads, CHUNKS, scatter_chunk, b);
    if (status == ND_OK)
        status = nd_threads_for(a, num_threads, b->shared->num_partitions, group_partition, b);
    return status;
}

static void release_builder(builder *b, uint32_t num_threads)
{
    for (uint32_t w = 0; b->groupers && w < num_threads; w++) {
        nd_release(b->allocator, b->groupers[w].slots);
        nd_release(b->allocator, b->groupers[w].buckets);
        nd_release(b->allocator, b->groupers[w].bucket_of);
    }
    nd_release(b->allocator, b->groupers);
}

nd_status nd_shared_shingles_init(nd_shared_shingles *shared, nd_sampled_text *texts,
                                  size_t num_documents, uint32_t num_threads,
                                  const nd_allocator *allocator)
{
    *shared = (nd_shared_shingles){.num_documents = num_documents, .texts = texts};
    builder b = {.shared = shared, .allocator = allocator};
    b.groupers = nd_alloc_zeroed(allocator, num_threads, sizeof *b.groupers);
    const nd_status status = b.groupers ? build(&b, num_threads) : ND_ERR_NO_MEMORY;
    release_builder(&b, num_threads);
    return status;
}

/* --- the samples of one document after the other --- */

/* Where the postings of a chunk begin: where those before them end. */
static size_t postings_begin(const nd_shared_shingles *shared, size_t chunk, size_t partition)
{
    if (chunk > 0)
        return shared->ends[(chunk - 1) * shared->num_partitions + partition];
    return partition > 0 ? shared->ends[(CHUNKS - 1) * shared->num_partitions + partition - 1] : 0;
}

/* Finds the places of the next document's samples, and asks the processor for what stands there:
 * they lie anywhere in memory. */
static nd_status find_places(nd_posting_walk *walk, const nd_allocator *allocator)
{
    const nd_shared_shingles *const shared = walk->shared;
    uint64_t samples[BLOCK];
    walk->places.len = 0;
    if (walk->next == walk->end)
        return ND_OK;
    const nd_sampled_text *const text = &shared->texts[walk->next];
    const nd_status status = ND_VEC_RESERVE(allocator, &walk->places, text->num_samples);
    if (status != ND_OK)
        return status;
    prefetch_text(shared, walk->next + AHEAD);
    const uint64_t *const postings = shared->postings;
    size_t *const at = walk->at.items;
    uint32_t *const places = walk->places.items;
    uint32_t num_found = 0;
    for (uint32_t first = 0; num_found < text->num_samples; first += BLOCK) {
        const uint32_t num = select_samples(text, first, samples);
        for (uint32_t i = 0; i < num; i++) {
            const size_t place = at[partition_of(shared, samples[i])]++;
            nd_prefetch(postings + place);
            places[num_found++] = (uint32_t)place;
        }
    }
    walk->places.len = num_found;
    return ND_OK;
}

nd_status nd_posting_walk_begin(nd_posting_walk *walk, const nd_shared_shingles *shared,
                                size_t chunk, const nd_allocator *allocator)
{
    walk->shared = shared;
    walk->next = chunk_begin(shared, chunk);
    walk->end = chunk_begin(shared, chunk + 1);
    walk->at.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &walk->at, shared->num_partitions);
    if (status != ND_OK)
        return status;
    for (size_t p = 0; p < shared->num_partitions; p++)
        walk->at.items[p] = postings_begin(shared, chunk, p);
    return find_places(walk, allocator);
}

nd_status nd_posting_walk_next(nd_posting_walk *walk, const nd_allocator *allocator,
                               size_t *document)
{
    walk->samples.len = 0;
    *document = walk->next;
    if (walk->next == walk->end)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(allocator, &walk->samples, walk->places.len);
    if (status != ND_OK)
        return status;
    const uint64_t *const postings = walk->shared->postings;
    const uint32_t *const places = walk->places.items;
    uint64_t *const samples = walk->samples.items;
    walk->samples.len = walk->places.len;
    for (size_t i = 0; i < walk->samples.len; i++)
        samples[i] = postings[places[i]];
    walk->next++;
    return find_places(walk, allocator);
}

void nd_posting_walk_release(nd_posting_walk *walk, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &walk->at);
    ND_VEC_RELEASE(allocator, &walk->places);
    ND_VEC_RELEASE(allocator, &walk->samples);
    *walk = (nd_posting_walk){0};
}

/* --- weights --- */

typedef struct weighing {
    nd_shared_shingles *shared;
    const nd_allocator *allocator;
    nd_posting_walk *walks; /* one a worker */
} weighing;

static nd_status weigh_chunk(void *ctx, uint32_t worker, size_t chunk)
{
    const weighing *const w = ctx;
    nd_posting_walk *const walk = &w->walks[worker];
    nd_status status = nd_posting_walk_begin(walk, w->shared, chunk, w->allocator);
    while (status == ND_OK && nd_posting_walk_has_next(walk)) {
        size_t d;
        status = nd_posting_walk_next(walk, w->allocator, &d);
        nd_sampled_text *const text = &w->shared->texts[d];
        text->weight_sum = 0;
        for (size_t i = 0; i < walk->samples.len; i++) {
            const uint32_t weight = nd_sample_weight(walk->samples.items[i]);
            w->shared->weights[text->first_sample + i] = (uint16_t)weight;
            text->weight_sum += weight;
        }
    }
    return status;
}

nd_status nd_shared_shingles_keep_weights(nd_shared_shingles *shared, uint32_t num_threads,
                                          const nd_allocator *allocator)
{
    weighing w = {shared, allocator, nd_alloc_zeroed(allocator, num_threads, sizeof *w.walks)};
    shared->weights = nd_alloc(allocator, shared->num_samples, sizeof *shared->weights);
    const nd_status status = w.walks && shared->weights
                                 ? nd_threads_for(allocator, num_threads, CHUNKS, weigh_chunk, &w)
                                 : ND_ERR_NO_MEMORY;
    for (uint32_t i = 0; w.walks && i < num_threads; i++)
        nd_posting_walk_release(&w.walks[i], allocator);
    nd_release(allocator, w.walks);
    return status;
}

void nd_shared_shingles_forget_members(nd_shared_shingles *shared, const nd_allocator *allocator)
{
    nd_release(allocator, shared->postings);
    nd_release(allocator, shared->ends);
    nd_release(allocator, shared->members);
    nd_release(allocator, shared->shifts);
    shared->postings = NULL;
    shared->ends = NULL;
    shared->members = NULL;
    shared->shifts = NULL;
}

void nd_shared_shingles_release(nd_shared_shingles *shared, const nd_allocator *allocator)
{
    nd_shared_shingles_forget_members(shared, allocator);
    nd_release(allocator, shared->texts);
    nd_release(allocator, shared->weights);
    *shared = (nd_shared_shingles){0};
}
