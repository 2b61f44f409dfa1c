/* Matches by coverage: copies cut, embedded, re-led and edited (the news preset).
 *
 * There are no bands. Texts are numbered by their shingles, the largest first, and each follows its
 * rare shingles to larger texts that hold them (coverage/rare_candidates.h): it is the smaller text
 * of a pair that is covered, so it alone searches. The pairs are then measured leader by leader,
 * the leader being the largest text that a pair goes back to, so that the copies of a text are met
 * while they are in the cache. */
#include <stdbool.h>
#include <string.h>

#include "coverage/coverage.h"
#include "coverage/rare_candidates.h"
#include "engine/matcher.h"
#include "engine/reported_tasks.h"
#include "util/radix_sort.h"

enum {
    TEXTS_A_TASK = 256,
    PAIRS_A_TASK = 512,
    FAR_PAIR = 8, /* how many pairs ahead a text is asked for, and how many its shingles */
    NEAR_PAIR = 3,
    PREFETCHED_BYTES = 512, /* the processor goes on by itself */
    LINE_BYTES = 64,
};

typedef struct coverage_worker {
    nd_position_index positions;
    nd_candidate_finder candidates;
    ND_VEC(uint64_t) pairs; /* larger text << 32 | smaller one */
    nd_coverage_finder finder;
    nd_edge_vec edges;
    uint64_t num_shingles, num_candidates, num_matches, num_common, capped_comparisons;
    uint32_t common_text; /* the lowest of those, + 1; 0: none */
} coverage_worker;

typedef struct coverage_matcher {
    nd_matcher base;
    coverage_worker *workers;
    nd_shared_shingles shared;
    uint64_t *pairs; /* to be measured, none twice, leader by leader */
    size_t num_pairs;
} coverage_matcher;

/* A document's block. */
typedef struct sample_size {
    uint32_t num_samples, sample_shift; /* see nd_sampled_text_of */
} sample_size;

/* The set, in text order, and its sample. */
static nd_status read_hashes(nd_matcher *m, uint32_t worker, uint64_t *hashes, size_t *num,
                             void *block)
{
    coverage_worker *const w = &((coverage_matcher *)m)->workers[worker];
    sample_size *const size = block;
    const nd_status status =
        nd_position_index_distinct(&w->positions, m->allocator, hashes, *num, num);
    if (status != ND_OK)
        return status;
    const nd_sampled_text sampled = nd_sampled_text_of(hashes, (uint32_t)*num);
    *size = (sample_size){sampled.num_samples, sampled.sample_shift};
    w->num_shingles += *num;
    return ND_OK;
}

static nd_weighted_text weighted_text(const coverage_matcher *c, uint32_t text)
{
    const nd_sampled_text *const t = &c->shared.texts[text];
    return (nd_weighted_text){
        .shingles = t->shingles,
        .num = t->num,
        .num_samples = t->num_samples,
        .weights = c->shared.weights + t->first_sample,
        .weight_sum = t->weight_sum,
        .sampled_up_to = nd_sampled_up_to(t),
    };
}

static nd_status hold(const coverage_matcher *c, coverage_worker *w, uint32_t text)
{
    const nd_weighted_text held = weighted_text(c, text);
    return nd_coverage_finder_hold(&w->finder, &held, c->base.allocator);
}

/* `held`, which w->finder holds, has the smaller number. */
static nd_status measure_held(const coverage_matcher *c, coverage_worker *w, uint32_t held,
                              uint32_t other, nd_edge *edge)
{
    const nd_weighted_text text = weighted_text(c, other);
    nd_coverage_counts counts = {0};
    const nd_status status =
        nd_coverage_finder_measure(&w->finder, &text, c->base.allocator, &counts);
    *edge =
        (nd_edge){held, other, counts.common, (uint16_t)counts.of_held, (uint16_t)counts.of_other};
    return status;
}

static nd_status measure(nd_matcher *m, uint32_t a, uint32_t b, nd_edge *edge)
{
    coverage_matcher *const c = (coverage_matcher *)m;
    const nd_status status = hold(c, &c->workers[0], a);
    return status == ND_OK ? measure_held(c, &c->workers[0], a, b, edge) : status;
}

static nd_status share_shingles(coverage_matcher *c)
{
    const nd_catalog *const catalog = c->base.catalog;
    const nd_collection *const collection = c->base.collection;
    const size_t num = catalog->num_texts;
    nd_sampled_text *const texts = nd_alloc(c->base.allocator, num, sizeof *texts);
    if (!texts)
        return ND_ERR_NO_MEMORY;
    for (size_t x = 0; x < num; x++) {
        const uint32_t index = nd_catalog_record(catalog, (uint32_t)x)->index;
        const nd_chunk *const chunk = nd_collection_chunk(collection, index);
        const size_t place = index & (ND_CHUNK_DOCUMENTS - 1);
        const sample_size *const size =
            (const sample_size *)(const void *)(chunk->blocks + place * sizeof *size);
        c->base.sets[x] = (nd_scan_set){chunk->documents[place].hashes,
                                        chunk->texts[place].num_hashes, ND_SET_MADE};
        texts[x] = (nd_sampled_text){.shingles = c->base.sets[x].hashes,
                                     .num = c->base.sets[x].num,
                                     .num_samples = size->num_samples,
                                     .sample_shift = size->sample_shift};
    }
    return nd_shared_shingles_init(&c->shared, texts, num, c->base.options->num_threads,
                                   c->base.allocator);
}

static nd_status propose(coverage_matcher *c, coverage_worker *w, uint32_t text)
{
    nd_candidate_finder *const finder = &w->candidates;
    nd_status status = nd_candidate_finder_find(finder, &c->shared, text, c->base.allocator);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(c->base.allocator, &w->pairs, finder->candidates.len);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < finder->candidates.len; i++)
        w->pairs.items[w->pairs.len++] = (uint64_t)finder->candidates.items[i] << 32 | text;
    w->num_common += finder->is_common;
    if (finder->is_common) {
        w->capped_comparisons += finder->left_out < text ? finder->left_out : text;
        if (w->common_text == 0 || text < w->common_text - 1)
            w->common_text = text + 1;
    }
    return ND_OK;
}

static nd_status propose_task(void *ctx, uint32_t worker, size_t task)
{
    coverage_matcher *const c = ctx;
    const size_t end = (task + 1) * TEXTS_A_TASK;
    for (size_t x = task * TEXTS_A_TASK; x < end && x < c->base.catalog->num_texts; x++) {
        const nd_status status = propose(c, &c->workers[worker], (uint32_t)x);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Takes the workers' pairs, and sorts them. */
static void gather_pairs(coverage_matcher *c, uint64_t *pairs, uint64_t *scratch)
{
    size_t num = 0;
    for (uint32_t w = 0; w < c->base.options->num_threads; w++) {
        const size_t len = c->workers[w].pairs.len;
        if (len)
            memcpy(pairs + num, c->workers[w].pairs.items, len * sizeof *pairs);
        num += len;
        ND_VEC_RELEASE(c->base.allocator, &c->workers[w].pairs);
    }
    nd_radix_sort_u64(pairs, scratch, num);
}

/* Finds out which text leads each one: that which leads the largest text it is paired with, or
 * itself; so copies of one text have one leader. Drops repeats. */
static size_t find_leaders(uint64_t *pairs, size_t num, uint32_t *leader_of, size_t num_texts)
{
    size_t kept = 0;
    for (size_t t = 0; t < num_texts; t++)
        leader_of[t] = (uint32_t)t;
    for (size_t i = 0; i < num; i++) {
        const uint32_t held = (uint32_t)(pairs[i] >> 32), other = (uint32_t)pairs[i];
        if (kept > 0 && pairs[i] == pairs[kept - 1])
            continue;
        if (leader_of[other] == other)
            leader_of[other] = leader_of[held];
        pairs[kept++] = pairs[i];
    }
    return kept;
}

/* Writes the pairs to `ordered` leader by leader. */
static void order_by_leader(const uint64_t *pairs, size_t num, const uint32_t *leader_of,
                            size_t *next, size_t num_texts, uint64_t *ordered)
{
    for (size_t i = 0; i < num; i++)
        next[leader_of[pairs[i] >> 32]]++;
    size_t at = 0;
    for (size_t t = 0; t < num_texts; t++) {
        const size_t count = next[t];
        next[t] = at;
        at += count;
    }
    for (size_t i = 0; i < num; i++)
        ordered[next[leader_of[pairs[i] >> 32]]++] = pairs[i];
}

static nd_status collect_pairs(coverage_matcher *c)
{
    const nd_allocator *const a = c->base.allocator;
    const size_t num_texts = c->base.catalog->num_texts;
    size_t num = 0;
    for (uint32_t w = 0; w < c->base.options->num_threads; w++)
        num += c->workers[w].pairs.len;
    uint64_t *const pairs = nd_alloc(a, num, sizeof *pairs);
    c->pairs = nd_alloc(a, num, sizeof *c->pairs);
    uint32_t *const leader_of = nd_alloc(a, num_texts, sizeof *leader_of);
    size_t *const next = nd_alloc_zeroed(a, num_texts, sizeof *next);
    const bool has_room = c->pairs && pairs && leader_of && next;
    if (has_room) {
        gather_pairs(c, pairs, c->pairs);
        c->num_pairs = find_leaders(pairs, num, leader_of, num_texts);
        order_by_leader(pairs, c->num_pairs, leader_of, next, num_texts, c->pairs);
    }
    nd_release(a, pairs);
    nd_release(a, leader_of);
    nd_release(a, next);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status verify_pair(const coverage_matcher *c, coverage_worker *w, uint64_t pair)
{
    nd_edge edge;
    w->num_candidates++;
    nd_status status = measure_held(c, w, (uint32_t)(pair >> 32), (uint32_t)pair, &edge);
    if (status != ND_OK || nd_matcher_see(&c->base, &edge).kind == ND_MATCH_NONE)
        return status;
    w->num_matches++;
    status = ND_VEC_RESERVE(c->base.allocator, &w->edges, 1);
    if (status == ND_OK)
        w->edges.items[w->edges.len++] = edge;
    return status;
}

/* Asks for what the next pairs will read: their texts lie anywhere in memory. */
static void prefetch_pairs(const coverage_matcher *c, size_t at)
{
    const nd_shared_shingles *const shared = &c->shared;
    if (at + FAR_PAIR < c->num_pairs)
        __builtin_prefetch(&shared->texts[(uint32_t)c->pairs[at + FAR_PAIR]]);
    if (at + NEAR_PAIR >= c->num_pairs)
        return;
    const nd_sampled_text *const text = &shared->texts[(uint32_t)c->pairs[at + NEAR_PAIR]];
    const char *const shingles = (const char *)text->shingles;
    for (size_t line = 0; line < PREFETCHED_BYTES && line < text->num * sizeof(uint64_t);
         line += LINE_BYTES)
        __builtin_prefetch(shingles + line);
    __builtin_prefetch(shared->weights + text->first_sample);
    __builtin_prefetch(shared->weights + text->first_sample + LINE_BYTES / sizeof(uint16_t));
}

static nd_status verify_task(void *ctx, uint32_t worker, size_t task)
{
    const coverage_matcher *const c = ctx;
    coverage_worker *const w = &c->workers[worker];
    const size_t first = task * PAIRS_A_TASK;
    const size_t end = c->num_pairs - first < PAIRS_A_TASK ? c->num_pairs : first + PAIRS_A_TASK;
    nd_status status = ND_OK;
    for (size_t i = first; i < end && status == ND_OK; i++) {
        prefetch_pairs(c, i);
        if (i == first || c->pairs[i] >> 32 != c->pairs[i - 1] >> 32)
            status = hold(c, w, (uint32_t)(c->pairs[i] >> 32));
        if (status == ND_OK)
            status = verify_pair(c, w, c->pairs[i]);
    }
    return status;
}

/* Every match, whatever is wanted: groups have no use for some, but each is found by one
 * comparison.
 */
static nd_status match(nd_matcher *m, const nd_match_request *request, nd_edge_list *edges)
{
    (void)request;
    coverage_matcher *const c = (coverage_matcher *)m;
    const nd_scan_options *const o = m->options;
    const size_t num_texts = m->catalog->num_texts;
    *edges = (nd_edge_list){0};
    nd_status status = share_shingles(c);
    if (status == ND_OK)
        status = nd_run_reported(o, m->allocator, ND_PHASE_SEARCH,
                                 (num_texts + TEXTS_A_TASK - 1) / TEXTS_A_TASK, propose_task, c);
    nd_shared_shingles_forget_members(&c->shared, m->allocator);
    for (uint32_t w = 0; w < o->num_threads; w++)
        if (c->workers[w].common_text && c->workers[w].common_text - 1 < m->capped_text)
            m->capped_text = c->workers[w].common_text - 1;
    if (status == ND_OK)
        status = collect_pairs(c);
    if (status == ND_OK)
        status = nd_run_reported(o, m->allocator, ND_PHASE_COMPARE,
                                 (c->num_pairs + PAIRS_A_TASK - 1) / PAIRS_A_TASK, verify_task, c);
    nd_release(m->allocator, c->pairs);
    c->pairs = NULL;
    if (status == ND_OK)
        status = nd_edge_list_gather(edges, &c->workers->edges, sizeof *c->workers, o->num_threads,
                                     m->allocator);
    return status;
}

static void count(const nd_matcher *m, nd_scan_stats *stats)
{
    const coverage_matcher *const c = (const coverage_matcher *)m;
    for (uint32_t w = 0; w < m->options->num_threads; w++) {
        const coverage_worker *const worker = &c->workers[w];
        stats->shingles += worker->num_shingles;
        stats->candidates += worker->num_candidates;
        stats->matches += worker->num_matches;
        stats->common_documents += worker->num_common;
        stats->capped_comparisons += worker->capped_comparisons;
    }
}

static void release(nd_matcher *m)
{
    coverage_matcher *const c = (coverage_matcher *)m;
    const nd_allocator *const a = m->allocator;
    for (uint32_t w = 0; c->workers && w < m->options->num_threads; w++) {
        coverage_worker *const worker = &c->workers[w];
        nd_position_index_release(&worker->positions, a);
        nd_candidate_finder_release(&worker->candidates, a);
        ND_VEC_RELEASE(a, &worker->pairs);
        nd_coverage_finder_release(&worker->finder, a);
        ND_VEC_RELEASE(a, &worker->edges);
    }
    nd_release(a, c->workers);
    nd_shared_shingles_release(&c->shared, a);
    nd_release(a, c->pairs);
    nd_release(a, c);
}

static const nd_matcher_kind KIND = {
    .text_size = ND_SIZE_SHINGLES,
    .has_coverage = true,
    .keeps_hashes = true,
    .read = read_hashes,
    .match = match,
    .measure = measure,
    .count = count,
    .release = release,
};

nd_status nd_coverage_matcher_new(const nd_scan_options *options, const nd_allocator *allocator,
                                  nd_matcher **out)
{
    *out = NULL;
    coverage_matcher *const c = nd_alloc_zeroed(allocator, 1, sizeof *c);
    if (!c)
        return ND_ERR_NO_MEMORY;
    c->base = (nd_matcher){.kind = &KIND,
                           .options = options,
                           .allocator = allocator,
                           .kind_block_bytes = sizeof(sample_size),
                           .capped_text = ND_NO_TEXT};
    c->workers = nd_alloc_zeroed(allocator, options->num_threads, sizeof *c->workers);
    if (!c->workers) {
        nd_release(allocator, c);
        return ND_ERR_NO_MEMORY;
    }
    for (uint32_t w = 0; w < options->num_threads; w++)
        nd_coverage_finder_init(&c->workers[w].finder, options->shingle);
    *out = &c->base;
    return ND_OK;
}
