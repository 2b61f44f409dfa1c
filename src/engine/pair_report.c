/* The pairs of a finished scan, ordered by a, then b. */
#include "engine/scan_state.h"
#include "util/alloc.h"
#include "util/prefetch.h"
#include "util/sort.h"

enum { AHEAD = 8 };

typedef struct report {
    const nd_scan *scan;
    nd_pair_fn each;
    void *ctx;
    nd_name_reader names;
    nd_id id; /* of the document at work, and its text */
    nd_kept_text text;
    nd_list_reader own, own_kept, other_kept; /* lists in a file: of its text, and of another */
    const nd_neighbour *neighbours;           /* of its text */
    nd_kept_list kept[2];                     /* of its text, and of another */
    ND_VEC(uint64_t) partners; /* of the document at work: document << 32 | neighbour of its text */
    ND_VEC(uint64_t) scratch;
} report;

/* The place of a text among its own neighbours: exact copies. */
static const uint32_t ITSELF = UINT32_MAX;

static uint32_t text_of(const report *r, uint32_t document)
{
    return r->scan->catalog.text_of[document];
}

static nd_status add_partner(report *r, uint32_t d, uint32_t e, uint32_t neighbour)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    const uint32_t documents[2] = {d, e};
    nd_status status = ND_OK;
    if (pairs->num_capped > 0) {
        status = nd_pair_lists_kept(pairs, &r->other_kept, text_of(r, e), 0, &r->kept[1],
                                    &r->scan->allocator);
        if (status != ND_OK || !nd_pair_stands(r->scan->options.max_matches, documents, r->kept))
            return status;
    }
    status = ND_VEC_RESERVE(&r->scan->allocator, &r->partners, 1);
    if (status == ND_OK)
        r->partners.items[r->partners.len++] = (uint64_t)e << 32 | neighbour;
    return status;
}

/* The documents after d of a text that matches it. */
static nd_status add_copies(report *r, uint32_t d, uint32_t text, uint32_t neighbour)
{
    const nd_catalog *const c = &r->scan->catalog;
    const uint32_t *const copies = c->copies + c->copies_start[text];
    const uint32_t num = nd_catalog_num_copies(c, text);
    nd_status status = ND_OK;
    for (size_t i = nd_first_u32(copies, num, d + 1); i < num && status == ND_OK; i++)
        status = add_partner(r, d, copies[i], neighbour);
    return status;
}

/* Without a cap on d: all that match it. */
static nd_status add_all_partners(report *r, uint32_t d)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    const uint32_t x = text_of(r, d);
    nd_status status = ND_OK;
    if (nd_catalog_num_copies(&r->scan->catalog, x) > 1)
        status = add_copies(r, d, x, ITSELF);
    for (size_t i = 0; i < pairs->start[x + 1] - pairs->start[x] && status == ND_OK; i++)
        status = add_copies(r, d, r->neighbours[i].text, (uint32_t)i);
    return status;
}

/* The place of y, one of x's neighbours or x itself. */
static uint32_t place_among_neighbours(const report *r, uint32_t x, uint32_t y)
{
    if (x == y)
        return ITSELF;
    const nd_pair_lists *const pairs = &r->scan->pairs;
    size_t low = 0, high = pairs->start[x + 1] - pairs->start[x];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (r->neighbours[middle].text < y)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static nd_status add_document(report *r, uint32_t d, uint32_t e)
{
    if (e <= d)
        return ND_OK;
    return add_partner(r, d, e, place_among_neighbours(r, text_of(r, d), text_of(r, e)));
}

/* With a cap on d: those it keeps, and those whose best it is. */
static nd_status add_kept_partners(report *r, uint32_t d)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    nd_status status = ND_OK;
    for (size_t i = 0; i < r->kept[0].num && status == ND_OK; i++)
        status = add_document(r, d, (uint32_t)(r->kept[0].items[i] >> 32));
    for (size_t i = nd_first_u64(pairs->best_of, pairs->num_best_of, (uint64_t)d << 32);
         i < pairs->num_best_of && pairs->best_of[i] >> 32 == d && status == ND_OK; i++)
        status = add_document(r, d, (uint32_t)pairs->best_of[i]);
    return status;
}

static nd_status make_pair(report *r, uint32_t d, uint64_t partner, nd_pair *pair)
{
    const nd_scan *const scan = r->scan;
    const uint32_t e = (uint32_t)(partner >> 32), x = text_of(r, d);
    nd_edge edge = nd_matcher_self_edge(scan->matcher, x);
    if ((uint32_t)partner != ITSELF) {
        const nd_neighbour *const n = &r->neighbours[(uint32_t)partner];
        edge = (nd_edge){x, n->text, n->common, n->own_covered, n->other_covered, n->score};
    }
    const nd_seen_match seen = nd_matcher_see(scan->matcher, &edge);
    *pair = (nd_pair){.a = r->id,
                      .kind = seen.kind,
                      .similarity = seen.similarity,
                      .coverage = seen.coverage,
                      .score = seen.score,
                      .a_text = r->text};
    return nd_name_reader_get(&r->names, e, &pair->b, &pair->b_text);
}

/* In the order of their documents. Texts of one source often come in it already. */
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
    const uint32_t x = text_of(r, d);
    r->partners.len = 0;
    const bool is_capped =
        pairs->num_capped > 0 &&
        pairs->kept_start[x + 1] - pairs->kept_start[x] > r->scan->options.max_matches;
    nd_status status =
        nd_pair_lists_neighbours(pairs, &r->own, x, 0, &r->neighbours, &r->scan->allocator);
    if (status == ND_OK && pairs->num_capped > 0)
        status = nd_pair_lists_kept(pairs, &r->own_kept, x, 0, &r->kept[0], &r->scan->allocator);
    if (status == ND_OK)
        status = is_capped ? add_kept_partners(r, d) : add_all_partners(r, d);
    if (status == ND_OK)
        status = sort_partners(r);
    nd_name_reader_clear(&r->names);
    if (status == ND_OK && r->partners.len > 0)
        status = nd_name_reader_get(&r->names, d, &r->id, &r->text);
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

/* Asks ahead for what says whether documents after d have partners: texts lie about. */
static void prefetch_lists(const report *r, size_t d)
{
    const nd_catalog *const c = &r->scan->catalog;
    if (d + AHEAD >= c->num_documents || c->text_of[d + AHEAD] == ND_NO_TEXT)
        return;
    nd_prefetch(&r->scan->pairs.start[c->text_of[d + AHEAD]]);
    nd_prefetch(&c->copies_start[c->text_of[d + AHEAD]]);
}

static bool has_partners(const report *r, uint32_t d)
{
    const nd_pair_lists *const pairs = &r->scan->pairs;
    const uint32_t x = text_of(r, d);
    return x != ND_NO_TEXT && (pairs->start[x] != pairs->start[x + 1] ||
                               nd_catalog_num_copies(&r->scan->catalog, x) > 1);
}

nd_status nd_scan_each_pair_of_part(const nd_scan *scan, uint32_t part, uint32_t num_parts,
                                    nd_pair_fn each, void *ctx)
{
    if (scan->phase != ND_SCAN_FINISHED || scan->options.output == ND_SCAN_GROUPS ||
        part >= num_parts)
        return ND_ERR_INVALID_ARGUMENT;
    report r = {.scan = scan, .each = each, .ctx = ctx};
    nd_name_reader_init(&r.names, scan);
    const uint32_t end =
        nd_pair_lists_part_start(&scan->pairs, &scan->catalog, part + 1, num_parts);
    uint32_t d = nd_pair_lists_part_start(&scan->pairs, &scan->catalog, part, num_parts);
    nd_status status = ND_OK;
    for (; status == ND_OK && d < end; d++) {
        prefetch_lists(&r, d);
        if (has_partners(&r, d))
            status = report_document(&r, d);
    }
    nd_name_reader_release(&r.names);
    nd_list_reader_release(&r.own, &scan->allocator);
    nd_list_reader_release(&r.own_kept, &scan->allocator);
    nd_list_reader_release(&r.other_kept, &scan->allocator);
    ND_VEC_RELEASE(&scan->allocator, &r.partners);
    ND_VEC_RELEASE(&scan->allocator, &r.scratch);
    return status;
}

nd_status nd_scan_each_pair(const nd_scan *scan, nd_pair_fn each, void *ctx)
{
    return nd_scan_each_pair_of_part(scan, 0, 1, each, ctx);
}
