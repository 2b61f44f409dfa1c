#include "engine/coverage_matching.h"

#include <string.h>

#include "engine/edge_collection.h"
#include "engine/task_progress.h"
#include "util/radix_sort.h"
#include "util/threads.h"

enum {
    DOCUMENTS_A_TASK = 256,
    PAIRS_A_TASK = 512,
    FAR_PAIR = 8, /* how many pairs ahead a text is asked for, and how many its shingles */
    NEAR_PAIR = 3,
    PREFETCHED_BYTES = 512, /* the processor goes on by itself */
    LINE_BYTES = 64,
};

/* Texts are numbered by size here, the largest first. */
static nd_weighted_text weighted_text(const nd_scan *scan, uint32_t text)
{
    const nd_sampled_text *const t = &scan->shared.texts[text];
    return (nd_weighted_text){
        .shingles = t->shingles,
        .num = t->num,
        .num_samples = t->num_samples,
        .weights = scan->shared.weights + t->first_sample,
        .weight_sum = t->weight_sum,
        .sampled_up_to = nd_sampled_up_to(t),
    };
}

/* Against the text that worker->coverage holds. */
static nd_status measure_held(const nd_scan *scan, nd_scan_worker *worker, uint32_t other,
                              nd_coverage_counts *counts)
{
    const nd_weighted_text text = weighted_text(scan, other);
    worker->stats.candidates++;
    return nd_coverage_finder_measure(&worker->coverage, &text, &scan->allocator, counts);
}

static nd_status hold(const nd_scan *scan, nd_scan_worker *worker, uint32_t text)
{
    const nd_weighted_text held = weighted_text(scan, text);
    return nd_coverage_finder_hold(&worker->coverage, &held, &scan->allocator);
}

/* As an edge between distincts. */
static nd_measured measured_of(const nd_scan *scan, uint32_t held, uint32_t other,
                               const nd_coverage_counts *counts)
{
    const uint32_t x = scan->by_size.distinct_of[held], y = scan->by_size.distinct_of[other];
    const uint16_t of_x = (uint16_t)counts->of_held, of_y = (uint16_t)counts->of_other;
    return x < y ? (nd_measured){{x, y, counts->common}, {of_x, of_y}}
                 : (nd_measured){{y, x, counts->common}, {of_y, of_x}};
}

/* The larger text is held and the smaller streamed past it; the same way round whoever asks. */
nd_status nd_scan_measure(const nd_scan *scan, nd_scan_worker *worker, uint32_t a, uint32_t b,
                          nd_measured *measured)
{
    const uint32_t text_a = scan->by_size.text_of[a], text_b = scan->by_size.text_of[b];
    const uint32_t held = text_a < text_b ? text_a : text_b;
    const uint32_t other = text_a < text_b ? text_b : text_a;
    nd_coverage_counts counts = {0};
    nd_status status = hold(scan, worker, held);
    if (status == ND_OK)
        status = measure_held(scan, worker, other, &counts);
    *measured = measured_of(scan, held, other, &counts);
    return status;
}

static nd_coverage coverage_of(nd_covered covered)
{
    return (nd_coverage){(double)covered.from / ND_COVERED_ALL,
                         (double)covered.to / ND_COVERED_ALL};
}

static bool is_match(const nd_scan *scan, uint32_t num_from, uint32_t num_to,
                     const nd_coverage_counts *counts)
{
    const nd_similarity similarity = nd_similarity_from_counts(num_from, num_to, counts->common);
    const nd_coverage coverage =
        coverage_of((nd_covered){(uint16_t)counts->of_held, (uint16_t)counts->of_other});
    return nd_scan_classify(scan, &similarity, &coverage) != ND_MATCH_NONE;
}

nd_status nd_scan_verify_coverage(const nd_scan *scan, nd_scan_worker *worker, uint32_t a,
                                  uint32_t b, uint32_t *common)
{
    nd_measured measured;
    const nd_status status = nd_scan_measure(scan, worker, a, b, &measured);
    const nd_coverage_counts counts = {measured.edge.common, measured.covered.from,
                                       measured.covered.to};
    const bool matches =
        is_match(scan, nd_catalog_record(&scan->catalog, measured.edge.from)->num_hashes,
                 nd_catalog_record(&scan->catalog, measured.edge.to)->num_hashes, &counts);
    *common = status == ND_OK && matches ? measured.edge.common : 0;
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
    const size_t end = scan->first_edge[a + 1];
    size_t low = scan->first_edge[a], high = end;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (scan->edges[middle].to < b)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && scan->edges[low].to == b ? low : scan->num_edges;
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

/* Numbers the texts by size, then by rank. */
static nd_status order_by_size(nd_scan *scan)
{
    const nd_allocator *const a = &scan->allocator;
    const size_t num = scan->catalog.num_distinct;
    nd_key_value *const items = nd_alloc(a, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(a, num, sizeof *scratch);
    scan->by_size.distinct_of = nd_alloc(a, num, sizeof(uint32_t));
    scan->by_size.text_of = nd_alloc(a, num, sizeof(uint32_t));
    const bool has_room = items && scratch && scan->by_size.distinct_of && scan->by_size.text_of;
    for (size_t x = 0; has_room && x < num; x++)
        items[x] = (nd_key_value){
            UINT32_MAX - nd_catalog_record(&scan->catalog, (uint32_t)x)->num_hashes, x};
    if (has_room)
        nd_radix_sort_pairs(items, scratch, num);
    for (size_t text = 0; has_room && text < num; text++) {
        scan->by_size.distinct_of[text] = (uint32_t)items[text].value;
        scan->by_size.text_of[items[text].value] = (uint32_t)text;
    }
    nd_release(a, items);
    nd_release(a, scratch);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status share_shingles(nd_scan *scan)
{
    const size_t num = scan->catalog.num_distinct;
    const nd_status status = order_by_size(scan);
    if (status != ND_OK)
        return status;
    nd_sampled_text *const texts = nd_alloc(&scan->allocator, num, sizeof *texts);
    if (!texts)
        return ND_ERR_NO_MEMORY;
    for (size_t text = 0; text < num; text++) {
        const nd_record *const record =
            nd_catalog_record(&scan->catalog, scan->by_size.distinct_of[text]);
        texts[text] = (nd_sampled_text){.shingles = record->hashes,
                                        .num = record->num_hashes,
                                        .num_samples = record->num_samples,
                                        .sample_shift = record->sample_shift};
    }
    return nd_shared_shingles_init(&scan->shared, texts, num, scan->options.num_threads,
                                   &scan->allocator);
}

static nd_status propose(nd_scan *scan, nd_scan_worker *worker, uint32_t text)
{
    nd_candidate_finder *const finder = &worker->candidates;
    nd_status status = nd_candidate_finder_find(finder, &scan->shared, text, &scan->allocator);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&scan->allocator, &worker->pairs, finder->candidates.len);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < finder->candidates.len; i++)
        worker->pairs.items[worker->pairs.len++] =
            (uint64_t)finder->candidates.items[i] << 32 | text;
    worker->stats.common_documents += finder->is_common;
    worker->stats.capped_comparisons += finder->is_common ? finder->left_out : 0;
    return ND_OK;
}

/* Which documents to compare: as tasks. */
typedef struct proposal {
    nd_scan *scan;
    nd_task_progress *progress;
} proposal;

static nd_status propose_task(void *ctx, uint32_t worker, size_t task)
{
    const proposal *const p = ctx;
    nd_scan *const scan = p->scan;
    const size_t end = (task + 1) * DOCUMENTS_A_TASK;
    for (size_t x = task * DOCUMENTS_A_TASK; x < end && x < scan->catalog.num_distinct; x++) {
        const nd_status status = propose(scan, &scan->workers[worker], (uint32_t)x);
        if (status != ND_OK)
            return status;
    }
    return nd_task_progress_step(p->progress);
}

static nd_status propose_all(nd_scan *scan)
{
    const size_t num_tasks = (scan->catalog.num_distinct + DOCUMENTS_A_TASK - 1) / DOCUMENTS_A_TASK;
    nd_task_progress progress;
    nd_status status = nd_task_progress_init(&progress, &scan->options, ND_PHASE_SEARCH, num_tasks);
    if (status != ND_OK)
        return status;
    proposal p = {scan, &progress};
    status =
        nd_threads_for(&scan->allocator, scan->options.num_threads, num_tasks, propose_task, &p);
    nd_task_progress_release(&progress);
    return status;
}

/* Pairs to verify, none twice; those that hold one text side by side. */
typedef struct verification {
    nd_scan *scan;
    uint64_t *pairs;
    size_t num;
    nd_task_progress *progress;
} verification;

/* Takes the workers' pairs, and sorts them. */
static void gather_pairs(nd_scan *scan, uint64_t *pairs, uint64_t *scratch)
{
    size_t num = 0;
    for (uint32_t w = 0; w < scan->options.num_threads; w++) {
        const size_t len = scan->workers[w].pairs.len;
        if (len)
            memcpy(pairs + num, scan->workers[w].pairs.items, len * sizeof *pairs);
        num += len;
        ND_VEC_RELEASE(&scan->allocator, &scan->workers[w].pairs);
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

/* Writes the pairs to `ordered` leader by leader: so that texts are compared while they are still
 * in the cache. */
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

static nd_status collect_pairs(verification *v)
{
    nd_scan *const scan = v->scan;
    const nd_allocator *const a = &scan->allocator;
    const size_t num_texts = scan->catalog.num_distinct;
    size_t num = 0;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        num += scan->workers[w].pairs.len;
    uint64_t *const pairs = nd_alloc(a, num, sizeof *pairs);
    v->pairs = nd_alloc(a, num, sizeof *v->pairs);
    uint32_t *const leader_of = nd_alloc(a, num_texts, sizeof *leader_of);
    size_t *const next = nd_alloc_zeroed(a, num_texts, sizeof *next);
    const bool has_room = v->pairs && pairs && leader_of && next;
    if (has_room) {
        gather_pairs(scan, pairs, v->pairs);
        v->num = find_leaders(pairs, num, leader_of, num_texts);
        order_by_leader(pairs, v->num, leader_of, next, num_texts, v->pairs);
    }
    nd_release(a, pairs);
    nd_release(a, leader_of);
    nd_release(a, next);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status verify_pair(nd_scan *scan, nd_scan_worker *worker, uint64_t pair)
{
    const uint32_t held = (uint32_t)(pair >> 32), other = (uint32_t)pair;
    nd_coverage_counts counts;
    nd_status status = measure_held(scan, worker, other, &counts);
    if (status != ND_OK ||
        !is_match(scan, scan->shared.texts[held].num, scan->shared.texts[other].num, &counts))
        return status;
    status = ND_VEC_RESERVE(&scan->allocator, &worker->edges, 1);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&scan->allocator, &worker->covered, 1);
    if (status != ND_OK)
        return status;
    const nd_measured measured = measured_of(scan, held, other, &counts);
    worker->edges.items[worker->edges.len++] = measured.edge;
    worker->covered.items[worker->covered.len++] = measured.covered;
    worker->stats.matches++;
    return ND_OK;
}

/* Asks for what the next pairs will read: their texts lie anywhere in memory. */
static void prefetch_pairs(const verification *v, size_t at)
{
    const nd_shared_shingles *const shared = &v->scan->shared;
    if (at + FAR_PAIR < v->num)
        __builtin_prefetch(&shared->texts[(uint32_t)v->pairs[at + FAR_PAIR]]);
    if (at + NEAR_PAIR >= v->num)
        return;
    const nd_sampled_text *const text = &shared->texts[(uint32_t)v->pairs[at + NEAR_PAIR]];
    const char *const shingles = (const char *)text->shingles;
    for (size_t line = 0; line < PREFETCHED_BYTES && line < text->num * sizeof(uint64_t);
         line += LINE_BYTES)
        __builtin_prefetch(shingles + line);
    __builtin_prefetch(shared->weights + text->first_sample);
    __builtin_prefetch(shared->weights + text->first_sample + LINE_BYTES / sizeof(uint16_t));
}

static nd_status verify_task(void *ctx, uint32_t worker_index, size_t task)
{
    const verification *const v = ctx;
    nd_scan_worker *const worker = &v->scan->workers[worker_index];
    const size_t first = task * PAIRS_A_TASK;
    const size_t end = v->num - first < PAIRS_A_TASK ? v->num : first + PAIRS_A_TASK;
    nd_status status = ND_OK;
    for (size_t i = first; i < end; i++) {
        prefetch_pairs(v, i);
        if (i == first || v->pairs[i] >> 32 != v->pairs[i - 1] >> 32)
            status = hold(v->scan, worker, (uint32_t)(v->pairs[i] >> 32));
        if (status == ND_OK)
            status = verify_pair(v->scan, worker, v->pairs[i]);
        if (status != ND_OK)
            return status;
    }
    return nd_task_progress_step(v->progress);
}

/* Where the edges from each distinct begin, so that a pair is found in a step or two. */
static nd_status index_edges(nd_scan *scan)
{
    const size_t num = scan->catalog.num_distinct;
    scan->first_edge = nd_alloc(&scan->allocator, num + 1, sizeof *scan->first_edge);
    if (!scan->first_edge)
        return ND_ERR_NO_MEMORY;
    size_t at = 0;
    for (size_t x = 0; x <= num; x++) {
        while (at < scan->num_edges && scan->edges[at].from < x)
            at++;
        scan->first_edge[x] = at;
    }
    return ND_OK;
}

static nd_status verify_all(verification *v)
{
    nd_scan *const scan = v->scan;
    const size_t num_tasks = (v->num + PAIRS_A_TASK - 1) / PAIRS_A_TASK;
    nd_task_progress progress;
    nd_status status =
        nd_task_progress_init(&progress, &scan->options, ND_PHASE_COMPARE, num_tasks);
    if (status != ND_OK)
        return status;
    v->progress = &progress;
    status = nd_threads_for(&scan->allocator, scan->options.num_threads, num_tasks, verify_task, v);
    nd_task_progress_release(&progress);
    return status;
}

nd_status nd_scan_match_by_coverage(nd_scan *scan)
{
    verification v = {.scan = scan};
    nd_status status = share_shingles(scan);
    if (status == ND_OK)
        status = propose_all(scan);
    nd_shared_shingles_forget_members(&scan->shared, &scan->allocator);
    if (status == ND_OK)
        status = collect_pairs(&v);
    if (status == ND_OK)
        status = verify_all(&v);
    nd_release(&scan->allocator, v.pairs);
    if (status == ND_OK)
        status = nd_scan_collect_edges(scan);
    return status == ND_OK ? index_edges(scan) : status;
}
