#include "engine/pair_lists.h"

#include "similarity/similarity.h"
#include "util/alloc.h"
#include "util/sort.h"
#include "util/threads.h"

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
