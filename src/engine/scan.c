#include "neardup/scan.h"

#include <string.h>

#include "engine/bucket_expansion.h"
#include "engine/coverage_matching.h"
#include "engine/grouping.h"
#include "engine/ingest.h"
#include "engine/scan_state.h"
#include "engine/verifier.h"
#include "neardup/document_map.h"

/* Written so that a NaN is out of range. */
static nd_status check_options(const nd_scan_options *o)
{
    const int is_valid =
        o->shingle.width >= 1 && o->shingle.width <= ND_SHINGLE_WIDTH_MAX &&
        (o->shingle.kind == ND_SHINGLE_WORD || o->shingle.kind == ND_SHINGLE_CHAR) &&
        o->rule.jaccard > 0 && o->rule.jaccard <= 1 && o->rule.containment >= 0 &&
        o->rule.containment <= 1 && o->coverage >= 0 && o->coverage <= 1 &&
        (o->repairs & ~(uint32_t)ND_REPAIR_ALL) == 0 && o->recall > 0 && o->recall < 1 &&
        (o->output == ND_SCAN_PAIRS || o->output == ND_SCAN_GROUPS) &&
        (o->link == ND_LINK_ANCHORED || o->link == ND_LINK_SINGLE) &&
        o->representative <= ND_REPRESENTATIVE_FIRST_ID && o->texts <= ND_TEXTS_KEEP;
    return is_valid ? ND_OK : ND_ERR_INVALID_ARGUMENT;
}

static nd_status solve_plan(const nd_scan_options *o, nd_plan *plan)
{
    double threshold = o->rule.jaccard;
    *plan = (nd_plan){0};
    if (o->coverage > 0)
        return ND_OK; /* no bands */
    if (o->rule.containment > 0 && threshold > ND_SCAN_CONTAINMENT_JACCARD)
        threshold = ND_SCAN_CONTAINMENT_JACCARD;
    const nd_plan_request request = {.threshold = threshold, .recall = o->recall};
    return nd_plan_solve(&request, plan);
}

nd_status nd_scan_new(const nd_scan_options *options, const nd_allocator *allocator, nd_scan **out)
{
    *out = NULL;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_plan plan;
    nd_status status = check_options(options);
    if (status == ND_OK)
        status = solve_plan(options, &plan);
    if (status != ND_OK)
        return status;
    nd_scan *const scan = nd_alloc_zeroed(&a, 1, sizeof *scan);
    if (!scan)
        return ND_ERR_NO_MEMORY;
    scan->options = *options;
    scan->allocator = a;
    scan->plan = plan;
    if (scan->options.num_threads == 0)
        scan->options.num_threads = nd_num_processors();
    const uint32_t num_threads = scan->options.num_threads;
    scan->workers = nd_alloc_zeroed(&a, num_threads, sizeof *scan->workers);
    status = scan->workers ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; status == ND_OK && w < num_threads; w++)
        status = nd_scan_worker_init(&scan->workers[w], options, &plan, &a);
    if (status != ND_OK) {
        nd_scan_free(scan);
        return status;
    }
    *out = scan;
    return ND_OK;
}

nd_status nd_scan_add(nd_scan *scan, const nd_document *document)
{
    if (scan->phase != ND_SCAN_ADDING)
        return ND_ERR_INVALID_ARGUMENT;
    return nd_scan_worker_add(scan, &scan->workers[0], document);
}

static nd_status add_from_source(void *ctx, uint32_t worker, const nd_document *document)
{
    nd_scan *const scan = ctx;
    return nd_scan_worker_add(scan, &scan->workers[worker], document);
}

nd_status nd_scan_add_source(nd_scan *scan, const nd_source *source, nd_error *error)
{
    if (scan->phase != ND_SCAN_ADDING)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_document_map_options options = {.num_threads = scan->options.num_threads,
                                             .progress = scan->options.progress,
                                             .progress_ctx = scan->options.progress_ctx,
                                             .allocator = &scan->allocator};
    const nd_status status = nd_document_map(source, &options, add_from_source, scan, error);
    if (status != ND_OK)
        scan->phase = ND_SCAN_FAILED;
    return status;
}

static nd_status build_catalog(nd_scan *scan)
{
    size_t num = 0, at = 0;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        num += scan->workers[w].added.len;
    nd_record **const documents = nd_alloc(&scan->allocator, num, sizeof(nd_record *));
    if (!documents)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < scan->options.num_threads; w++) {
        nd_scan_worker *const worker = &scan->workers[w];
        if (worker->added.len)
            memcpy(documents + at, worker->added.items, worker->added.len * sizeof *documents);
        at += worker->added.len;
        ND_VEC_RELEASE(&scan->allocator, &worker->added);
    }
    return nd_catalog_init(&scan->catalog, documents, num, &scan->options, scan->plan.bands,
                           &scan->allocator);
}

/* Adds a worker's counts to the scan's. */
static void add_stats(nd_scan_stats *sum, const nd_scan_stats *part)
{
    sum->documents += part->documents;
    sum->text_bytes += part->text_bytes;
    sum->tokens += part->tokens;
    sum->shingles += part->shingles;
    sum->documents_no_tokens += part->documents_no_tokens;
    sum->documents_invalid_utf8 += part->documents_invalid_utf8;
    sum->invalid_bytes += part->invalid_bytes;
    sum->repaired_documents += part->repaired_documents;
    sum->repairs += part->repairs;
    sum->candidates += part->candidates;
    sum->matches += part->matches;
    sum->capped_buckets += part->capped_buckets;
    sum->capped_groups += part->capped_groups;
    sum->capped_comparisons += part->capped_comparisons;
    sum->common_documents += part->common_documents;
}

static nd_status link_matches(nd_scan *scan)
{
    const nd_status status = nd_scan_make_sets_of_copies(scan);
    if (status != ND_OK)
        return status;
    if (scan->options.output == ND_SCAN_GROUPS)
        return nd_scan_group_edges(scan);
    const nd_edges edges = {scan->edges, scan->num_edges};
    return nd_pair_lists_init(&scan->pairs, &scan->catalog, edges, scan->options.max_matches,
                              &scan->allocator);
}

static void sum_stats(nd_scan *scan)
{
    nd_scan_stats *const stats = &scan->stats;
    const nd_catalog *const c = &scan->catalog;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        add_stats(stats, &scan->workers[w].stats);
    stats->plan = scan->plan;
    stats->duplicate_ids = nd_catalog_num_duplicate_ids(c, scan->plan.bands);
    stats->exact_copies = c->copies_start[c->num_distinct] - c->num_distinct;
    stats->capped_documents = scan->pairs.num_capped;
    stats->pairs = scan->pairs.num_pairs;
}

nd_status nd_scan_finish(nd_scan *scan)
{
    if (scan->phase != ND_SCAN_ADDING)
        return ND_ERR_INVALID_ARGUMENT;
    scan->phase = ND_SCAN_FAILED;
    nd_status status = build_catalog(scan);
    if (status == ND_OK)
        status = nd_scan_asks_coverage(scan) ? nd_scan_match_by_coverage(scan)
                                             : nd_scan_expand_buckets(scan);
    if (status == ND_OK)
        status = link_matches(scan);
    if (status != ND_OK)
        return status;
    sum_stats(scan);
    scan->phase = ND_SCAN_FINISHED;
    return ND_OK;
}

nd_scan_stats nd_scan_stats_get(const nd_scan *scan)
{
    return scan->stats;
}

void nd_scan_free(nd_scan *scan)
{
    if (!scan)
        return;
    const nd_allocator a = scan->allocator;
    for (uint32_t w = 0; scan->workers && w < scan->options.num_threads; w++)
        nd_scan_worker_release(&scan->workers[w], &a);
    nd_release(&a, scan->workers);
    nd_catalog_release(&scan->catalog, &a);
    nd_pair_lists_release(&scan->pairs, &a);
    nd_shared_shingles_release(&scan->shared, &a);
    nd_release(&a, scan->first_edge);
    nd_release(&a, scan->by_size.distinct_of);
    nd_release(&a, scan->by_size.text_of);
    nd_release(&a, scan->edges);
    nd_release(&a, scan->covered);
    nd_release(&a, scan->anchors.anchor_of);
    nd_release(&a, scan->anchors.common_of);
    nd_release(&a, scan);
}
