#include "engine/coverage_matching.h"

#include <string.h>

#include "engine/edge_collection.h"
#include "util/radix_sort.h"
#include "util/threads.h"

enum {
    DOCUMENTS_A_TASK = 256,
    PAIRS_A_TASK = 512, /* about: a text and all its candidates stay in one task */
};

static nd_weighted_text weighted_text(const nd_scan *scan, uint32_t x)
{
    const nd_record *const record = nd_catalog_record(&scan->catalog, x);
    const nd_shared_shingles *const shared = &scan->shared;
    return (nd_weighted_text){
        .shingles = record->hashes,
        .num = record->num_hashes,
        .num_samples = (uint32_t)(shared->start[x + 1] - shared->start[x]),
        .samples = shared->samples + shared->start[x],
        .weight_sum = shared->weight_sum[x],
        .sampled_up_to = shared->sampled_up_to[x],
    };
}

/* The larger text is held and the smaller streamed past it; the same way round whoever asks. */
static uint64_t pair_key(const nd_scan *scan, uint32_t a, uint32_t b)
{
    const uint32_t size_a = nd_catalog_record(&scan->catalog, a)->num_hashes;
    const uint32_t size_b = nd_catalog_record(&scan->catalog, b)->num_hashes;
    const bool holds_a = size_a != size_b ? size_a > size_b : a < b;
    return holds_a ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

/* Against the text that worker->coverage holds. */
static nd_status measure_held(const nd_scan *scan, nd_scan_worker *worker, uint64_t pair,
                              nd_measured *measured)
{
    const uint32_t held = (uint32_t)(pair >> 32), other = (uint32_t)pair;
    const nd_weighted_text text = weighted_text(scan, other);
    nd_coverage_counts counts;
    const nd_status status =
        nd_coverage_finder_measure(&worker->coverage, &text, &scan->allocator, &counts);
    const nd_covered covered = {(uint16_t)counts.of_held, (uint16_t)counts.of_other};
    *measured = held < other
                    ? (nd_measured){{held, other, counts.common}, covered}
                    : (nd_measured){{other, held, counts.common}, {covered.to, covered.from}};
    worker->stats.candidates++;
    return status;
}

static nd_status hold(const nd_scan *scan, nd_scan_worker *worker, uint32_t x)
{
    const nd_weighted_text text = weighted_text(scan, x);
    return nd_coverage_finder_hold(&worker->coverage, &text, &scan->allocator);
}

nd_status nd_scan_measure(const nd_scan *scan, nd_scan_worker *worker, uint32_t a, uint32_t b,
                          nd_measured *measured)
{
    const uint64_t pair = pair_key(scan, a, b);
    const nd_status status = hold(scan, worker, (uint32_t)(pair >> 32));
    return status == ND_OK ? measure_held(scan, worker, pair, measured) : status;
}

static nd_coverage coverage_of(nd_covered covered)
{
    return (nd_coverage){(double)covered.from / ND_COVERED_ALL,
                         (double)covered.to / ND_COVERED_ALL};
}

static bool is_match(const nd_scan *scan, const nd_measured *m)
{
    const nd_similarity similarity = nd_similarity_from_counts(
        nd_catalog_record(&scan->catalog, m->edge.from)->num_hashes,
        nd_catalog_record(&scan->catalog, m->edge.to)->num_hashes, m->edge.common);
    const nd_coverage coverage = coverage_of(m->covered);
    return nd_scan_classify(scan, &similarity, &coverage) != ND_MATCH_NONE;
}

nd_status nd_scan_verify_coverage(const nd_scan *scan, nd_scan_worker *worker, uint32_t a,
                                  uint32_t b, uint32_t *common)
{
    nd_measured measured;
    const nd_status status = nd_scan_measure(scan, worker, a, b, &measured);
    *common = status == ND_OK && is_match(scan, &measured) ? measured.edge.common : 0;
    worker->stats.matches += *common > 0;
    return status;
}

nd_match_kind nd_scan_classify(const nd_scan *scan, const nd_similarity *similarity,
                               const nd_coverage *coverage)
{
    const nd_match_rule *const rule = &scan->options.rule;
    return nd_scan_asks_coverage(scan)
               ? nd_match_classify_covered(similarity, rule, coverage, scan->options.coverage)
               : nd_match_classify(similarity, rule);
}

/* The number of the edge of a < b; num_edges where there is none. */
static size_t find_edge(const nd_scan *scan, uint32_t a, uint32_t b)
{
    const uint64_t wanted = (uint64_t)a << 32 | b;
    size_t low = 0, high = scan->num_edges;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const nd_edge *const edge = &scan->edges[middle];
        if (((uint64_t)edge->from << 32 | edge->to) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    const nd_edge *const edge = &scan->edges[low];
    return low < scan->num_edges && edge->from == a && edge->to == b ? low : scan->num_edges;
}

nd_status nd_scan_coverage(const nd_scan *scan, uint32_t a, uint32_t b, nd_coverage *coverage)
{
    *coverage = (nd_coverage){1, 1};
    if (a == b)
        return ND_OK;
    const uint32_t from = a < b ? a : b, to = a < b ? b : a;
    const size_t found = find_edge(scan, from, to);
    nd_measured measured;
    nd_status status = ND_OK;
    if (found < scan->num_edges)
        measured.covered = scan->covered[found];
    else
        status = nd_scan_measure(scan, &scan->workers[0], from, to, &measured);
    if (status != ND_OK)
        return status;
    *coverage = coverage_of(measured.covered);
    if (from == b)
        *coverage = (nd_coverage){coverage->b_in_a, coverage->a_in_b};
    return ND_OK;
}

static nd_status share_shingles(nd_scan *scan)
{
    const size_t num = scan->catalog.num_distinct;
    nd_shingle_list *const lists = nd_alloc(&scan->allocator, num, sizeof *lists);
    if (!lists)
        return ND_ERR_NO_MEMORY;
    for (size_t x = 0; x < num; x++) {
        const nd_record *const record = nd_catalog_record(&scan->catalog, (uint32_t)x);
        lists[x] = (nd_shingle_list){record->hashes, record->num_hashes};
    }
    const nd_status status = nd_shared_shingles_init(&scan->shared, lists, num,
                                                     scan->options.num_threads, &scan->allocator);
    nd_release(&scan->allocator, lists);
    return status;
}

static nd_status propose(nd_scan *scan, nd_scan_worker *worker, uint32_t x)
{
    nd_candidate_finder *const finder = &worker->candidates;
    nd_status status = nd_candidate_finder_find(finder, &scan->shared, x, &scan->allocator);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&scan->allocator, &worker->pairs, finder->candidates.len);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < finder->candidates.len; i++)
        worker->pairs.items[worker->pairs.len++] = pair_key(scan, x, finder->candidates.items[i]);
    worker->stats.common_documents += finder->is_common;
    worker->stats.capped_comparisons += finder->is_common ? finder->left_out : 0;
    return ND_OK;
}

static nd_status propose_task(void *ctx, uint32_t worker, size_t task)
{
    nd_scan *const scan = ctx;
    const size_t end = (task + 1) * DOCUMENTS_A_TASK;
    for (size_t x = task * DOCUMENTS_A_TASK; x < end && x < scan->catalog.num_distinct; x++) {
        const nd_status status = propose(scan, &scan->workers[worker], (uint32_t)x);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Pairs to verify, sorted, none twice. */
typedef struct verification {
    nd_scan *scan;
    uint64_t *pairs;
    size_t num;
} verification;

static nd_status collect_pairs(verification *v)
{
    nd_scan *const scan = v->scan;
    size_t num = 0, at = 0;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        num += scan->workers[w].pairs.len;
    v->pairs = nd_alloc(&scan->allocator, num, sizeof *v->pairs);
    uint64_t *const scratch = nd_alloc(&scan->allocator, num, sizeof *scratch);
    if (v->pairs && scratch) {
        for (uint32_t w = 0; w < scan->options.num_threads; w++) {
            const size_t len = scan->workers[w].pairs.len;
            if (len)
                memcpy(v->pairs + at, scan->workers[w].pairs.items, len * sizeof *v->pairs);
            at += len;
            ND_VEC_RELEASE(&scan->allocator, &scan->workers[w].pairs);
        }
        nd_radix_sort_u64(v->pairs, scratch, num);
        for (size_t i = 0; i < num; i++)
            if (i == 0 || v->pairs[i] != v->pairs[i - 1])
                v->pairs[v->num++] = v->pairs[i];
    }
    nd_release(&scan->allocator, scratch);
    return v->pairs && scratch ? ND_OK : ND_ERR_NO_MEMORY;
}

/* The first pair at or after `at` whose held text is not that of the pair before. */
static size_t held_boundary(const verification *v, size_t at)
{
    while (at > 0 && at < v->num && v->pairs[at] >> 32 == v->pairs[at - 1] >> 32)
        at++;
    return at < v->num ? at : v->num;
}

static nd_status verify_pair(nd_scan *scan, nd_scan_worker *worker, uint64_t pair)
{
    nd_measured measured;
    nd_status status = measure_held(scan, worker, pair, &measured);
    if (status != ND_OK || !is_match(scan, &measured))
        return status;
    status = ND_VEC_RESERVE(&scan->allocator, &worker->edges, 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&scan->allocator, &worker->covered, 1);
    if (status != ND_OK)
        return status;
    worker->edges.items[worker->edges.len++] = measured.edge;
    worker->covered.items[worker->covered.len++] = measured.covered;
    worker->stats.matches++;
    return ND_OK;
}

static nd_status verify_task(void *ctx, uint32_t worker_index, size_t task)
{
    const verification *const v = ctx;
    nd_scan_worker *const worker = &v->scan->workers[worker_index];
    const size_t end = held_boundary(v, (task + 1) * PAIRS_A_TASK);
    nd_status status = ND_OK;
    for (size_t i = held_boundary(v, task * PAIRS_A_TASK), first = i; i < end; i++) {
        if (i == first || v->pairs[i] >> 32 != v->pairs[i - 1] >> 32)
            status = hold(v->scan, worker, (uint32_t)(v->pairs[i] >> 32));
        if (status == ND_OK)
            status = verify_pair(v->scan, worker, v->pairs[i]);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

nd_status nd_scan_match_by_coverage(nd_scan *scan)
{
    const nd_allocator *const a = &scan->allocator;
    const uint32_t num_threads = scan->options.num_threads;
    verification v = {.scan = scan};
    nd_status status = share_shingles(scan);
    if (status == ND_OK)
        status = nd_threads_for(
            a, num_threads, (scan->catalog.num_distinct + DOCUMENTS_A_TASK - 1) / DOCUMENTS_A_TASK,
            propose_task, scan);
    if (status == ND_OK)
        status = collect_pairs(&v);
    if (status == ND_OK)
        status = nd_threads_for(a, num_threads, (v.num + PAIRS_A_TASK - 1) / PAIRS_A_TASK,
                                verify_task, &v);
    nd_release(a, v.pairs);
    return status == ND_OK ? nd_scan_collect_edges(scan) : status;
}
