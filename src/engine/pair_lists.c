#include "engine/scan_state.h"

#include <stdbool.h>

#include "similarity/similarity.h"
#include "util/alloc.h"
#include "util/sort.h"
#include "util/threads.h"

/* --- which pairs stand --- */

enum { BLOCK_DOCUMENTS = 16 }; /* what parts of the report are made of */

typedef ND_VEC(uint64_t) u64_vec;

/* Scratch of the choice of what is kept. */
typedef struct chooser {
    const nd_catalog *catalog;
    const nd_scan_set *sets;
    nd_pair_lists *lists;
    const nd_allocator *allocator;
    uint32_t max_matches;
    ND_VEC(nd_neighbour) order; /* neighbours of one text, best first */
    u64_vec kept;
    u64_vec scratch; /* for sorting */
} chooser;

static nd_status list_neighbours(nd_pair_lists *lists, const nd_catalog *catalog,
                                 const nd_edge_list *edges, const nd_allocator *allocator)
{
    lists->start = nd_alloc_zeroed(allocator, catalog->num_texts + 2, sizeof *lists->start);
    lists->neighbours = nd_alloc(allocator, edges->num * 2, sizeof *lists->neighbours);
    if (!lists->start || !lists->neighbours)
        return ND_ERR_NO_MEMORY;
    /* start[x + 2] counts, then start[x + 1] is where x's next neighbour goes, then its end. */
    for (size_t i = 0; i < edges->num; i++) {
        lists->start[edges->items[i].from + 2]++;
        lists->start[edges->items[i].to + 2]++;
    }
    for (size_t x = 2; x < catalog->num_texts + 2; x++)
        lists->start[x] += lists->start[x - 1];
    for (size_t i = 0; i < edges->num; i++) {
        const nd_edge edge = edges->items[i];
        lists->neighbours[lists->start[edge.from + 1]++] =
            (nd_neighbour){edge.to, edge.common, edge.from_covered, edge.to_covered, edge.score};
        lists->neighbours[lists->start[edge.to + 1]++] =
            (nd_neighbour){edge.from, edge.common, edge.to_covered, edge.from_covered, edge.score};
    }
    return ND_OK;
}

uint32_t nd_pair_lists_part_start(const nd_pair_lists *lists, const nd_catalog *catalog,
                                  uint32_t part, uint32_t num_parts)
{
    if (part >= num_parts)
        return (uint32_t)catalog->num_documents;
    const uint64_t work = nd_slice_start(lists->work_before[lists->num_blocks], num_parts, part);
    const size_t first =
        nd_first_u64(lists->work_before, lists->num_blocks, work) * BLOCK_DOCUMENTS;
    return (uint32_t)(first < catalog->num_documents ? first : catalog->num_documents);
}

uint64_t nd_pair_lists_num_partners(const nd_pair_lists *lists, const nd_catalog *catalog,
                                    uint32_t x)
{
    uint64_t num = nd_catalog_num_copies(catalog, x) - 1;
    for (size_t i = lists->start[x]; i < lists->start[x + 1]; i++)
        num += nd_catalog_num_copies(catalog, lists->neighbours[i].text);
    return num;
}

static nd_status count_pairs(nd_pair_lists *lists, const nd_catalog *c, uint32_t max_matches,
                             const nd_allocator *allocator)
{
    lists->num_blocks = c->num_documents / BLOCK_DOCUMENTS + 1;
    lists->work_before =
        nd_alloc_zeroed(allocator, lists->num_blocks + 1, sizeof *lists->work_before);
    if (!lists->work_before)
        return ND_ERR_NO_MEMORY;
    uint64_t partners = 0;
    for (uint32_t x = 0; x < c->num_texts; x++) {
        const uint64_t num = nd_pair_lists_num_partners(lists, c, x);
        const uint64_t copies = nd_catalog_num_copies(c, x);
        partners += num * copies;
        if (max_matches && num > max_matches) {
            const uint32_t first = c->copies[c->copies_start[x]];
            if (lists->num_capped == 0 || first < lists->first_capped)
                lists->first_capped = first;
            lists->num_capped += copies;
        }
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++)
            lists->work_before[c->copies[i] / BLOCK_DOCUMENTS + 1] += num + 1;
    }
    lists->num_pairs = partners / 2;
    for (size_t block = 0; block < lists->num_blocks; block++)
        lists->work_before[block + 1] += lists->work_before[block];
    return ND_OK;
}

/* A chooser and the text it chooses for. */
typedef struct choice {
    const chooser *chooser;
    uint32_t text;
} choice;

/* Best first; of equally good ones the larger text, then by digest: as texts are numbered. */
static int compare_neighbours(void *ctx, const void *left, const void *right)
{
    const choice *const c = ctx;
    const nd_neighbour *const a = left, *const b = right;
    const nd_scan_set *const sets = c->chooser->sets;
    const uint64_t size = sets[c->text].num;
    const int order = nd_goodness_compare(nd_goodness_of(size, sets[a->text].num, a->common),
                                          nd_goodness_of(size, sets[b->text].num, b->common));
    return order != 0 ? order : (a->text > b->text) - (a->text < b->text);
}

/* x's neighbours and, for its copies, x itself. */
static nd_status order_neighbours(chooser *ch, uint32_t x)
{
    const nd_pair_lists *const lists = ch->lists;
    const size_t num = lists->start[x + 1] - lists->start[x];
    ch->order.len = 0;
    const nd_status status = ND_VEC_RESERVE(ch->allocator, &ch->order, num + 1);
    if (status != ND_OK)
        return status;
    for (size_t i = lists->start[x]; i < lists->start[x + 1]; i++)
        ch->order.items[ch->order.len++] = lists->neighbours[i];
    if (nd_catalog_num_copies(ch->catalog, x) > 1)
        ch->order.items[ch->order.len++] = (nd_neighbour){.text = x, .common = ch->sets[x].num};
    choice c = {ch, x};
    nd_heap_sort(ch->order.items, ch->order.len, sizeof *ch->order.items, compare_neighbours, &c);
    return ND_OK;
}

static nd_status sort_u64(chooser *ch, uint64_t *items, size_t num)
{
    ch->scratch.len = 0;
    const nd_status status = ND_VEC_RESERVE(ch->allocator, &ch->scratch, num);
    if (status == ND_OK && num > 1)
        nd_radix_sort_u64(items, ch->scratch.items, num);
    return status;
}

/* Appends x's best documents, as (document, rank), to `kept`: of its best text by name, of the next
 * best, and so on. */
static nd_status choose_for(chooser *ch, uint32_t x)
{
    const nd_catalog *const c = ch->catalog;
    const uint64_t partners = nd_pair_lists_num_partners(ch->lists, c, x);
    if (partners == 0)
        return ND_OK;
    const size_t limit = partners > ch->max_matches ? (size_t)ch->max_matches + 1 : 2;
    const size_t begin = ch->kept.len;
    nd_status status = order_neighbours(ch, x);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(ch->allocator, &ch->kept, limit);
    for (size_t i = 0, rank = 0; status == ND_OK && i < ch->order.len; i++) {
        const uint32_t y = ch->order.items[i].text;
        for (uint32_t k = c->copies_start[y]; k < c->copies_start[y + 1] && rank < limit; k++)
            ch->kept.items[ch->kept.len++] = (uint64_t)c->copies[k] << 32 | rank++;
    }
    if (status == ND_OK && ch->kept.len > begin)
        status = sort_u64(ch, ch->kept.items + begin, ch->kept.len - begin);
    return status;
}

/* The document of rank `rank` in x's kept list, or -1. */
static int64_t kept_at(const nd_pair_lists *lists, uint32_t x, uint32_t rank)
{
    for (size_t i = lists->kept_start[x]; i < lists->kept_start[x + 1]; i++)
        if ((uint32_t)lists->kept[i] == rank)
            return (int64_t)(lists->kept[i] >> 32);
    return -1;
}

/* Its rank among x's kept documents, or -1. */
static int64_t rank_of(const nd_pair_lists *lists, uint32_t x, uint32_t document)
{
    const uint64_t *const kept = lists->kept + lists->kept_start[x];
    const size_t num = lists->kept_start[x + 1] - lists->kept_start[x];
    const size_t at = nd_first_u64(kept, num, (uint64_t)document << 32);
    return at < num && kept[at] >> 32 == document ? (int64_t)(uint32_t)kept[at] : -1;
}

static nd_status list_best(chooser *ch)
{
    nd_pair_lists *const lists = ch->lists;
    const nd_catalog *const c = ch->catalog;
    lists->best_of = nd_alloc(ch->allocator, c->copies_start[c->num_texts], sizeof(uint64_t));
    if (!lists->best_of)
        return ND_ERR_NO_MEMORY;
    for (uint32_t x = 0; x < c->num_texts; x++) {
        if (lists->kept_start[x] == lists->kept_start[x + 1])
            continue;
        const int64_t best = kept_at(lists, x, 0), second = kept_at(lists, x, 1);
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++) {
            const int64_t partner = best == c->copies[i] ? second : best;
            if (partner >= 0)
                lists->best_of[lists->num_best_of++] = (uint64_t)partner << 32 | c->copies[i];
        }
    }
    return sort_u64(ch, lists->best_of, lists->num_best_of);
}

static nd_status choose_kept(nd_pair_lists *lists, const nd_catalog *catalog,
                             const nd_scan_set *sets, uint32_t max_matches,
                             const nd_allocator *allocator)
{
    chooser ch = {.catalog = catalog,
                  .sets = sets,
                  .lists = lists,
                  .allocator = allocator,
                  .max_matches = max_matches};
    lists->kept_start = nd_alloc(allocator, catalog->num_texts + 1, sizeof *lists->kept_start);
    nd_status status = lists->kept_start ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t x = 0; status == ND_OK && x < catalog->num_texts; x++) {
        lists->kept_start[x] = ch.kept.len;
        status = choose_for(&ch, x);
    }
    lists->kept = ch.kept.items;
    if (status == ND_OK) {
        lists->kept_start[catalog->num_texts] = ch.kept.len;
        status = list_best(&ch);
    }
    ND_VEC_RELEASE(allocator, &ch.order);
    ND_VEC_RELEASE(allocator, &ch.scratch);
    return status;
}

nd_status nd_pair_lists_init(nd_pair_lists *lists, const nd_catalog *catalog,
                             const nd_scan_set *sets, const nd_edge_list *edges,
                             uint32_t max_matches, const nd_allocator *allocator)
{
    *lists = (nd_pair_lists){0};
    nd_status status = list_neighbours(lists, catalog, edges, allocator);
    if (status == ND_OK)
        status = count_pairs(lists, catalog, max_matches, allocator);
    if (status == ND_OK && lists->num_capped > 0)
        status = choose_kept(lists, catalog, sets, max_matches, allocator);
    if (status != ND_OK)
        nd_pair_lists_release(lists, allocator);
    return status;
}

/* Whether document d of text x keeps e, and whether e is its best. */
static bool keeps(const nd_pair_lists *lists, uint32_t x, uint32_t d, uint32_t e,
                  uint32_t max_matches)
{
    const size_t num_kept = lists->kept_start[x + 1] - lists->kept_start[x];
    if (num_kept <= max_matches)
        return true; /* not capped */
    const int64_t rank = rank_of(lists, x, e);
    if (rank < 0)
        return false;
    const int64_t own = rank_of(lists, x, d);
    return rank - (own >= 0 && own < rank) < (int64_t)max_matches;
}

static bool is_best(const nd_pair_lists *lists, uint32_t x, uint32_t d, uint32_t e)
{
    const int64_t rank = rank_of(lists, x, e);
    return rank == 0 || (rank == 1 && rank_of(lists, x, d) == 0);
}

bool nd_pair_stands(const nd_pair_lists *lists, uint32_t max_matches, const uint32_t documents[2],
                    const uint32_t texts[2])
{
    if (lists->num_capped == 0)
        return true;
    const uint32_t d = documents[0], e = documents[1], x = texts[0], y = texts[1];
    return (keeps(lists, x, d, e, max_matches) && keeps(lists, y, e, d, max_matches)) ||
           is_best(lists, x, d, e) || is_best(lists, y, e, d);
}

void nd_pair_lists_release(nd_pair_lists *lists, const nd_allocator *allocator)
{
    nd_release(allocator, lists->start);
    nd_release(allocator, lists->neighbours);
    nd_release(allocator, lists->work_before);
    nd_release(allocator, lists->kept_start);
    nd_release(allocator, lists->kept);
    nd_release(allocator, lists->best_of);
    *lists = (nd_pair_lists){0};
}

/* --- the pairs of a finished scan, ordered by a, then b --- */

enum { AHEAD = 8 };

typedef struct report {
    const nd_scan *scan;
    nd_pair_fn each;
    void *ctx;
    nd_name_reader names;
    nd_id id; /* of the document at work, and its text */
    nd_kept_text text;
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
    const uint32_t documents[2] = {d, e};
    const uint32_t texts[2] = {text_of(r, d), text_of(r, e)};
    if (!nd_pair_stands(&r->scan->pairs, r->scan->options.max_matches, documents, texts))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(&r->scan->allocator, &r->partners, 1);
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
    for (size_t i = pairs->start[x]; i < pairs->start[x + 1] && status == ND_OK; i++)
        status = add_copies(r, d, pairs->neighbours[i].text, (uint32_t)(i - pairs->start[x]));
    return status;
}

/* The place of y, one of x's neighbours or x itself. */
static uint32_t place_among_neighbours(const report *r, uint32_t x, uint32_t y)
{
    if (x == y)
        return ITSELF;
    const nd_pair_lists *const pairs = &r->scan->pairs;
    size_t low = pairs->start[x], high = pairs->start[x + 1];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pairs->neighbours[middle].text < y)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)(low - pairs->start[x]);
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
    const uint32_t x = text_of(r, d);
    nd_status status = ND_OK;
    for (size_t i = pairs->kept_start[x]; i < pairs->kept_start[x + 1] && status == ND_OK; i++)
        status = add_document(r, d, (uint32_t)(pairs->kept[i] >> 32));
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
        const nd_neighbour *const n =
            &scan->pairs.neighbours[scan->pairs.start[x] + (uint32_t)partner];
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
    nd_status status = is_capped ? add_kept_partners(r, d) : add_all_partners(r, d);
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
    __builtin_prefetch(&r->scan->pairs.start[c->text_of[d + AHEAD]]);
    __builtin_prefetch(&c->copies_start[c->text_of[d + AHEAD]]);
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
    ND_VEC_RELEASE(&scan->allocator, &r.partners);
    ND_VEC_RELEASE(&scan->allocator, &r.scratch);
    return status;
}

nd_status nd_scan_each_pair(const nd_scan *scan, nd_pair_fn each, void *ctx)
{
    return nd_scan_each_pair_of_part(scan, 0, 1, each, ctx);
}
