/* Matches by bands of a sketch.
 *
 * Each document's sketch gives its band keys as it is read. The keys of all texts become the bucket
 * index, which says for each text whom it is proposed with (neardup/bucket.h); those pairs are
 * compared exactly, a text at a time with its mates, so that its set stays in the cache. Groups
 * need fewer comparisons: representatives.c. */
#include <string.h>

#include "engine/band_matcher.h"
#include "engine/edge_runs.h"
#include "engine/matcher.h"
#include "lsh/buckets.h"
#include "neardup/sketch.h"
#include "neardup/verify.h"
#include "util/prefetch.h"

enum {
    BUCKETS_A_TASK = 512,
    PAIRS_AT_ONCE = 1 << 12, /* proposed before they are compared */
    LOOK_AHEAD = 4,          /* texts between one stage of asking for what they need and the next */
    LINE_BYTES = 64,
    LINES_AHEAD = 4,           /* the processor goes on by itself */
    CACHE_SHARE = 16,          /* of the budget: for sets that are in a file, of all threads */
    MAX_CACHE_BYTES = 1 << 24, /* of one thread */
};

static nd_status read_hashes(nd_matcher *m, uint32_t worker, const nd_text *text, uint64_t *hashes,
                             size_t *num, void *block)
{
    (void)text;
    nd_band_matcher *const b = (nd_band_matcher *)m;
    nd_band_worker *const w = &b->workers[worker];
    uint32_t *const short_keys = block;
    const nd_status status = nd_sketch_compute(hashes, *num, b->plan.slots, w->slots);
    if (status != ND_OK)
        return status;
    nd_band_keys(w->slots, b->plan.bands, b->plan.rows, w->keys);
    for (uint32_t j = 0; j < b->plan.bands; j++)
        short_keys[j] = nd_band_key_short(w->keys[j]);
    return ND_OK;
}

static nd_status begin_noting(nd_matcher *m)
{
    return nd_seen_keys_begin(((nd_band_matcher *)m)->seen);
}

static void announce(const nd_matcher *m, const void *block)
{
    const nd_band_matcher *const b = (const nd_band_matcher *)m;
    nd_seen_keys_fetch(b->seen, block, b->plan.bands);
}

static bool note(nd_matcher *m, const void *block)
{
    nd_band_matcher *const b = (nd_band_matcher *)m;
    return nd_seen_keys_add(b->seen, block, b->plan.bands);
}

static bool is_met(const nd_matcher *m, const void *block)
{
    const nd_band_matcher *const b = (const nd_band_matcher *)m;
    return nd_seen_keys_come_again(b->seen, block, b->plan.bands);
}

/* Finds the mates of a text, makes room for them among what is proposed, and counts what was left
 * out. */
static nd_status find_mates(nd_band_matcher *b, nd_band_worker *w, uint32_t x, nd_mates which)
{
    const nd_text_numbers *const mates = &w->mates.mates;
    const nd_status status =
        nd_mate_finder_find(&w->mates, &b->buckets, x, which, b->base.allocator);
    if (status != ND_OK)
        return status;
    const uint64_t others =
        b->buckets.num_texts - (which == ND_MATES_LATER ? x + 1 : 1) - mates->len;
    w->capped_comparisons += w->mates.left_out < others ? w->mates.left_out : others;
    return ND_VEC_RESERVE(b->base.allocator, &w->proposed, mates->len);
}

nd_status nd_band_matcher_propose(nd_band_matcher *b, uint32_t worker, uint32_t x)
{
    nd_band_worker *const w = &b->workers[worker];
    const nd_status status = find_mates(b, w, x, ND_MATES_LATER);
    for (size_t i = 0; i < w->mates.mates.len && status == ND_OK; i++)
        w->proposed.items[w->proposed.len++] = (uint64_t)x << 32 | w->mates.mates.items[i];
    return status;
}

nd_status nd_band_matcher_propose_free(nd_band_matcher *b, uint32_t worker, uint32_t x,
                                       uint32_t rank, const uint32_t *settled_by)
{
    nd_band_worker *const w = &b->workers[worker];
    const nd_status status = find_mates(b, w, x, ND_MATES_ALL);
    for (size_t i = 0; i < w->mates.mates.len && status == ND_OK; i++) {
        w->proposed.items[w->proposed.len] = (uint64_t)x << 32 | w->mates.mates.items[i];
        w->proposed.len += settled_by[w->mates.mates.items[i]] > rank;
    }
    return status;
}

/* First where its hashes are, then the first of them. */
void nd_band_matcher_fetch(const nd_band_matcher *b, uint32_t text, int stage)
{
    const nd_scan_set *const set = &b->base.sets[text];
    if (stage == 0)
        nd_prefetch(set);
    else if (!nd_collection_is_limited(b->base.collection))
        for (size_t line = 0; line < LINES_AHEAD; line++)
            nd_prefetch((const char *)set->hashes + line * LINE_BYTES);
}

/* For pairs that come later, the last stage soonest. A text that is compared with several others is
 * asked for once, before the first of them. */
static void fetch_pairs(const nd_band_matcher *b, const nd_band_worker *w, size_t i)
{
    const uint64_t *const pairs = w->proposed.items;
    for (int stage = 0; stage < ND_TEXT_STAGES; stage++) {
        const size_t soon = i + (size_t)LOOK_AHEAD * (size_t)(ND_TEXT_STAGES - stage);
        if (soon >= w->proposed.len)
            continue;
        nd_band_matcher_fetch(b, (uint32_t)pairs[soon], stage);
        if (pairs[soon] >> 32 != pairs[soon - 1] >> 32)
            nd_band_matcher_fetch(b, (uint32_t)(pairs[soon] >> 32), stage);
    }
}

/* The set of a text, which holds until the next but one is asked for. */
static nd_status hashes_of(const nd_band_matcher *b, nd_band_worker *w, uint32_t x,
                           const uint64_t **hashes)
{
    nd_scan_set *const set = &b->base.sets[x];
    if (nd_collection_is_limited(b->base.collection))
        return nd_set_cache_get(&w->cached, x, set, hashes);
    const nd_status status = nd_scan_set_make(&w->sets, set, b->base.allocator);
    *hashes = set->hashes;
    return status;
}

static nd_status compare(const nd_band_matcher *b, nd_band_worker *w, uint32_t x, uint32_t y)
{
    const uint64_t *hashes_x, *hashes_y;
    nd_status status = hashes_of(b, w, x, &hashes_x);
    if (status == ND_OK)
        status = hashes_of(b, w, y, &hashes_y);
    if (status != ND_OK)
        return status;
    nd_similarity similarity;
    w->candidates++;
    if (nd_verify_sets(hashes_x, b->base.sets[x].num, hashes_y, b->base.sets[y].num,
                       &b->base.options->rule, &similarity) == ND_MATCH_NONE)
        return ND_OK;
    w->matches++;
    const uint32_t common = (uint32_t)similarity.common;
    status = ND_VEC_RESERVE(b->base.allocator, &w->edges, 1);
    if (status == ND_OK)
        w->edges.items[w->edges.len++] =
            x < y ? (nd_edge){x, y, common, 0, 0, 0} : (nd_edge){y, x, common, 0, 0, 0};
    return status;
}

nd_status nd_band_matcher_compare(nd_band_matcher *b, uint32_t worker)
{
    nd_band_worker *const w = &b->workers[worker];
    nd_status status = ND_OK;
    for (size_t i = 0; i < w->proposed.len && status == ND_OK; i++) {
        fetch_pairs(b, w, i);
        status =
            compare(b, w, (uint32_t)(w->proposed.items[i] >> 32), (uint32_t)w->proposed.items[i]);
    }
    w->proposed.len = 0;
    return status;
}

/* The matches go to a run where there are enough of them. */
static nd_status compare_proposed(nd_band_matcher *b, uint32_t worker)
{
    nd_edge_vec *const edges = &b->workers[worker].edges;
    const nd_status status = nd_band_matcher_compare(b, worker);
    if (status != ND_OK || !b->runs || edges->len < b->runs->run_edges)
        return status;
    return nd_edge_runs_add(b->runs, edges);
}

/* Writes what the workers have left. */
static nd_status end_runs(nd_band_matcher *b)
{
    nd_status status = ND_OK;
    for (uint32_t w = 0; w < b->base.options->num_threads && status == ND_OK; w++) {
        status = nd_edge_runs_add(b->runs, &b->workers[w].edges);
        ND_VEC_RELEASE(b->base.allocator, &b->workers[w].edges);
    }
    return status;
}

/* The texts whose first bucket this is: near-copies mostly, which are compared with each other
 * while they are in the cache. */
static nd_status propose_bucket(nd_band_matcher *b, uint32_t worker, size_t bucket)
{
    const nd_bucket_index *const index = &b->buckets;
    const size_t num_members = index->starts[index->num_buckets];
    nd_status status = ND_OK;
    for (size_t i = index->starts[bucket]; i < index->starts[bucket + 1] && status == ND_OK; i++) {
        const uint32_t x = index->members[i];
        for (int stage = 0; stage < ND_BUCKET_STAGES; stage++) {
            const size_t soon = i + (size_t)LOOK_AHEAD * (size_t)(ND_BUCKET_STAGES - stage);
            if (soon < num_members)
                nd_bucket_index_fetch(index, index->members[soon], stage);
        }
        if (index->buckets[index->first_of[x]] != bucket)
            continue;
        status = nd_band_matcher_propose(b, worker, x);
        if (status == ND_OK && b->workers[worker].proposed.len > PAIRS_AT_ONCE)
            status = compare_proposed(b, worker);
    }
    return status;
}

static nd_status compare_buckets(void *ctx, uint32_t worker, size_t task)
{
    nd_band_matcher *const b = ctx;
    const size_t end = (task + 1) * BUCKETS_A_TASK;
    nd_status status = ND_OK;
    for (size_t bucket = task * BUCKETS_A_TASK;
         bucket < end && bucket < b->buckets.num_buckets && status == ND_OK; bucket++)
        status = propose_bucket(b, worker, bucket);
    return status == ND_OK ? compare_proposed(b, worker) : status;
}

static nd_status compare_all(nd_band_matcher *b)
{
    return nd_run_reported(b->base.options, b->base.allocator, ND_PHASE_COMPARE,
                           (b->buckets.num_buckets + BUCKETS_A_TASK - 1) / BUCKETS_A_TASK,
                           compare_buckets, b);
}

/* Buckets above ND_BUCKET_WHOLE that cost no comparison, as when one text takes all of theirs, are
 * nothing to tell of. */
static void forget_harmless_caps(nd_band_matcher *b)
{
    uint64_t left_out = 0;
    for (uint32_t w = 0; w < b->base.options->num_threads; w++)
        left_out += b->workers[w].capped_comparisons;
    if (left_out > 0)
        return;
    b->capped_buckets = 0;
    b->base.capped_text = ND_NO_TEXT;
}

/* What a thread keeps of sets that are in the file. */
static size_t cache_bytes(const nd_scan_options *options)
{
    const uint64_t share = nd_budget_limit(options->budget) / CACHE_SHARE / options->num_threads;
    return share < MAX_CACHE_BYTES ? (size_t)share : MAX_CACHE_BYTES;
}

static nd_status match(nd_matcher *m, const nd_match_request *request, nd_edge_list *edges)
{
    nd_band_matcher *const b = (nd_band_matcher *)m;
    *edges = (nd_edge_list){0};
    b->runs = request->runs;
    for (uint32_t w = 0; w < m->options->num_threads; w++)
        nd_set_cache_init(&b->workers[w].cached, m->collection, cache_bytes(m->options));
    nd_seen_keys_free(b->seen);
    b->seen = NULL;
    nd_status status = nd_band_matcher_prepare(b);
    if (status == ND_OK)
        status = request->wanted == ND_WANT_GROUPS
                     ? nd_band_matcher_match_groups(b, request->by_rank)
                     : compare_all(b);
    nd_bucket_index_release(&b->buckets, m->allocator);
    forget_harmless_caps(b);
    if (status == ND_OK && b->runs)
        return end_runs(b);
    if (status == ND_OK)
        status = nd_edge_list_gather(edges, &b->workers->edges, sizeof *b->workers,
                                     m->options->num_threads, m->allocator);
    return status;
}

static nd_status measure(nd_matcher *m, uint32_t x, uint32_t y, nd_edge *edge)
{
    const nd_band_matcher *const b = (const nd_band_matcher *)m;
    const uint64_t *hashes_x, *hashes_y;
    nd_status status = hashes_of(b, b->workers, x, &hashes_x);
    if (status == ND_OK)
        status = hashes_of(b, b->workers, y, &hashes_y);
    if (status != ND_OK)
        return status;
    const nd_similarity s =
        nd_similarity_compute(hashes_x, m->sets[x].num, hashes_y, m->sets[y].num);
    *edge = (nd_edge){x, y, (uint32_t)s.common, 0, 0, 0};
    return ND_OK;
}

static void count(const nd_matcher *m, nd_scan_stats *stats)
{
    const nd_band_matcher *const b = (const nd_band_matcher *)m;
    for (uint32_t w = 0; w < m->options->num_threads; w++) {
        const nd_band_worker *const worker = &b->workers[w];
        stats->shingles += worker->sets.num_shingles;
        stats->candidates += worker->candidates;
        stats->matches += worker->matches;
        stats->capped_comparisons += worker->capped_comparisons;
    }
    stats->capped_buckets += b->capped_buckets;
}

static void release(nd_matcher *m)
{
    nd_band_matcher *const b = (nd_band_matcher *)m;
    const nd_allocator *const a = m->allocator;
    for (uint32_t w = 0; b->workers && w < m->options->num_threads; w++) {
        nd_band_worker *const worker = &b->workers[w];
        nd_release(a, worker->slots);
        nd_release(a, worker->keys);
        nd_set_maker_release(&worker->sets, a);
        nd_set_cache_release(&worker->cached);
        nd_mate_finder_release(&worker->mates, a);
        ND_VEC_RELEASE(a, &worker->proposed);
        ND_VEC_RELEASE(a, &worker->edges);
    }
    nd_release(a, b->workers);
    nd_seen_keys_free(b->seen);
    nd_band_matcher_forget_indices(b);
    nd_bucket_index_release(&b->buckets, a);
    nd_release(a, b);
}

static const nd_matcher_kind KIND = {
    .text_size = ND_SIZE_TOKENS,
    .has_coverage = false,
    .keeps_hashes = false,
    .read = read_hashes,
    .begin_noting = begin_noting,
    .announce = announce,
    .note = note,
    .is_met = is_met,
    .match = match,
    .measure = measure,
    .count = count,
    .release = release,
};

nd_status nd_band_matcher_new(const nd_scan_options *options, const nd_plan *plan,
                              const nd_allocator *allocator, nd_matcher **out)
{
    *out = NULL;
    nd_band_matcher *const b = nd_alloc_zeroed(allocator, 1, sizeof *b);
    if (!b)
        return ND_ERR_NO_MEMORY;
    b->base = (nd_matcher){.kind = &KIND,
                           .options = options,
                           .allocator = allocator,
                           .kind_block_bytes = plan->bands * sizeof(uint32_t),
                           .capped_text = ND_NO_TEXT};
    b->plan = *plan;
    b->workers = nd_alloc_zeroed(allocator, options->num_threads, sizeof *b->workers);
    bool has_room = b->workers;
    for (uint32_t w = 0; has_room && w < options->num_threads; w++) {
        b->workers[w].slots = nd_alloc(allocator, plan->slots, sizeof(uint64_t));
        b->workers[w].keys = nd_alloc(allocator, plan->bands, sizeof(uint64_t));
        has_room = b->workers[w].slots && b->workers[w].keys;
    }
    if (has_room && !nd_budget_is_limited(options->budget))
        has_room = nd_seen_keys_new(allocator, &b->seen) == ND_OK;
    if (!has_room) {
        release(&b->base);
        return ND_ERR_NO_MEMORY;
    }
    *out = &b->base;
    return ND_OK;
}
