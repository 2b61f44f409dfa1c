/* The pairs of a finished scan, ordered by a, then b. */
#include <stdbool.h>

#include "engine/coverage_matching.h"
#include "util/radix_sort.h"

enum { AHEAD = 8 };

typedef struct report {
    const nd_scan *scan;
    nd_pair_fn each;
    void *ctx;
    const uint32_t *distinct_of;
    ND_VEC(uint64_t) partners; /* of the document at work: document << 32 | common shingles */
    ND_VEC(uint64_t) scratch;
} report;

static nd_status add_partner(report *r, uint32_t d, uint32_t e, uint32_t common)
{
    const uint32_t documents[2] = {d, e};
    const uint32_t distincts[2] = {r->distinct_of[d], r->distinct_of[e]};
    if (!nd_pair_stands(&r->scan->pairs, r->scan->options.max_matches, documents, distincts))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(&r->scan->allocator, &r->partners, 1);
    if (status == ND_OK)
        r->partners.items[r->partners.len++] = (uint64_t)e << 32 | common;
    return status;
}

/* The documents after d of a distinct that matches it. */
static nd_status add_copies(report *r, uint32_t d, uint32_t distinct, uint32_t common)
{
    const nd_catalog *const c = &r->scan->catalog;
    uint32_t low = c->copies_start[distinct], high = c->copies_start[distinct + 1];
    const uint32_t end = high;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (c->copies[middle] <= d)
            low = middle + 1;
        else
            high = middle;
    }
    nd_status status = ND_OK;
    for (uint32_t i = low; i < end && status == ND_OK; i++)
        status = add_partner(r, d, c->copies[i], common);
    return status;
}

/* Without a cap on d: all that match it. */
static nd_status add_all_partners(report *r, uint32_t d)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    const nd_catalog *const c = &r->scan->catalog;
    const uint32_t x = r->distinct_of[d];
    nd_status status = ND_OK;
    if (nd_catalog_num_copies(c, x) > 1)
        status = add_copies(r, d, x, nd_catalog_record(c, x)->num_hashes);
    for (size_t i = pairs->start[x]; i < pairs->start[x + 1] && status == ND_OK; i++)
        status = add_copies(r, d, pairs->neighbours[i].distinct, pairs->neighbours[i].common);
    return status;
}

/* Shingles that x shares with y, one of its neighbours or itself. */
static uint32_t common_with(const report *r, uint32_t x, uint32_t y)
{
    if (x == y)
        return nd_catalog_record(&r->scan->catalog, x)->num_hashes;
    const nd_pair_lists *const pairs = &r->scan->pairs;
    size_t low = pairs->start[x], high = pairs->start[x + 1];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pairs->neighbours[middle].distinct < y)
            low = middle + 1;
        else
            high = middle;
    }
    return pairs->neighbours[low].common;
}

static nd_status add_document(report *r, uint32_t d, uint32_t e)
{
    if (e <= d)
        return ND_OK;
    return add_partner(r, d, e, common_with(r, r->distinct_of[d], r->distinct_of[e]));
}

static size_t first_best_of(const nd_pair_lists *pairs, uint32_t d)
{
    size_t low = 0, high = pairs->num_best_of;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pairs->best_of[middle] >> 32 < d)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* With a cap on d: those it keeps, and those whose best it is. */
static nd_status add_kept_partners(report *r, uint32_t d)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    const uint32_t x = r->distinct_of[d];
    nd_status status = ND_OK;
    for (size_t i = pairs->kept_start[x]; i < pairs->kept_start[x + 1] && status == ND_OK; i++)
        status = add_document(r, d, (uint32_t)(pairs->kept[i] >> 32));
    for (size_t i = first_best_of(pairs, d);
         i < pairs->num_best_of && pairs->best_of[i] >> 32 == d && status == ND_OK; i++)
        status = add_document(r, d, (uint32_t)pairs->best_of[i]);
    return status;
}

static nd_status make_pair(const report *r, uint32_t d, uint64_t partner, nd_pair *pair)
{
    const nd_catalog *const c = &r->scan->catalog;
    const uint32_t e = (uint32_t)(partner >> 32);
    const uint32_t x = r->distinct_of[d], y = r->distinct_of[e];
    *pair = (nd_pair){.a = nd_scan_id(r->scan, d),
                      .b = nd_scan_id(r->scan, e),
                      .a_text = nd_scan_text(r->scan, d),
                      .b_text = nd_scan_text(r->scan, e)};
    pair->similarity =
        nd_similarity_from_counts(nd_catalog_record(c, x)->num_hashes,
                                  nd_catalog_record(c, y)->num_hashes, (uint32_t)partner);
    nd_status status = ND_OK;
    if (nd_scan_asks_coverage(r->scan))
        status = nd_scan_coverage(r->scan, x, y, &pair->coverage);
    pair->kind = nd_scan_classify(r->scan, &pair->similarity, &pair->coverage);
    return status;
}

/* In the order of their documents. Distincts of one source often come in it already. */
static nd_status sort_partners(report *r)
{
    uint64_t *const items = r->partners.items;
    size_t in_order = 1;
    while (in_order < r->partners.len && items[in_order - 1] <= items[in_order])
        in_order++;
    if (in_order >= r->partners.len)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(&r->scan->allocator, &r->scratch, r->partners.len);
    if (status == ND_OK)
        nd_radix_sort_u64(items, r->scratch.items, r->partners.len);
    return status;
}

static nd_status report_document(report *r, uint32_t d)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    const uint32_t x = r->distinct_of[d];
    r->partners.len = 0;
    const int is_capped = pairs->num_capped > 0 && pairs->kept_start[x + 1] - pairs->kept_start[x] >
                                                       r->scan->options.max_matches;
    nd_status status = is_capped ? add_kept_partners(r, d) : add_all_partners(r, d);
    if (status == ND_OK)
        status = sort_partners(r);
    for (size_t i = 0; i < r->partners.len && status == ND_OK; i++) {
        if (i > 0 && r->partners.items[i] == r->partners.items[i - 1])
            continue; /* kept, and the best of the other */
        nd_pair pair;
        status = make_pair(r, d, r->partners.items[i], &pair);
        if (status == ND_OK)
            status = r->each(r->ctx, &pair);
    }
    return status;
}

/* Asks ahead for what says whether documents after d have partners: distincts lie about. */
static void prefetch_lists(const report *r, size_t d)
{
    const nd_catalog *const c = &r->scan->catalog;
    if (d + AHEAD >= c->num_documents || r->distinct_of[d + AHEAD] == UINT32_MAX)
        return;
    __builtin_prefetch(&r->scan->pairs.start[r->distinct_of[d + AHEAD]]);
    __builtin_prefetch(&c->copies_start[r->distinct_of[d + AHEAD]]);
}

static bool has_partners(const report *r, uint32_t d)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    const uint32_t x = r->distinct_of[d];
    return x != UINT32_MAX && (pairs->start[x] != pairs->start[x + 1] ||
                               nd_catalog_num_copies(&r->scan->catalog, x) > 1);
}

nd_status nd_scan_each_pair_of_part(const nd_scan *scan, uint32_t part, uint32_t num_parts,
                                    nd_pair_fn each, void *ctx)
{
    if (scan->phase != ND_SCAN_FINISHED || scan->options.output != ND_SCAN_PAIRS ||
        part >= num_parts)
        return ND_ERR_INVALID_ARGUMENT;
    report r = {.scan = scan, .each = each, .ctx = ctx, .distinct_of = scan->pairs.distinct_of};
    const uint32_t end =
        nd_pair_lists_part_start(&scan->pairs, &scan->catalog, part + 1, num_parts);
    uint32_t d = nd_pair_lists_part_start(&scan->pairs, &scan->catalog, part, num_parts);
    nd_status status = ND_OK;
    for (; status == ND_OK && d < end; d++) {
        prefetch_lists(&r, d);
        if (has_partners(&r, d))
            status = report_document(&r, d);
    }
    ND_VEC_RELEASE(&scan->allocator, &r.partners);
    ND_VEC_RELEASE(&scan->allocator, &r.scratch);
    return status;
}

nd_status nd_scan_each_pair(const nd_scan *scan, nd_pair_fn each, void *ctx)
{
    return nd_scan_each_pair_of_part(scan, 0, 1, each, ctx);
}
