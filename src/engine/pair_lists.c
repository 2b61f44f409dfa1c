#include "engine/pair_lists.h"

#include "engine/edge_runs.h"
#include "similarity/similarity.h"
#include "util/alloc.h"
#include "util/sort.h"
#include "util/threads.h"

/* --- lists in memory or in a file --- */

enum {
    BLOCK_DOCUMENTS = 16, /* what parts of the report are made of */
    ITEMS_AHEAD = 1 << 12 /* read or written at once, where one list comes after the other */
};

void nd_list_reader_release(nd_list_reader *r, const nd_allocator *allocator)
{
    nd_release(allocator, r->bytes);
    *r = (nd_list_reader){0};
}

/* A list of the file, of `all` items of `size` bytes. */
typedef struct filed_list {
    uint64_t at;
    size_t size, all, ahead;
} filed_list;

/* Items [begin, end) of it, which hold until the reader's next call. */
static nd_status read_items(const nd_pair_lists *lists, nd_list_reader *r, filed_list list,
                            size_t begin, size_t end, const void **out,
                            const nd_allocator *allocator)
{
    *out = r->bytes;
    if (begin == end)
        return ND_OK;
    if (begin < r->begin || end > r->end) {
        const size_t most = list.all - begin, wanted = end - begin + list.ahead;
        const size_t num = wanted < most ? wanted : most;
        nd_status status =
            nd_reserve(allocator, (void **)&r->bytes, &r->capacity, num * list.size, 1);
        r->begin = r->end = 0;
        if (status == ND_OK)
            status = nd_temp_file_read(lists->file, list.at + begin * list.size, r->bytes,
                                       num * list.size, NULL);
        if (status != ND_OK)
            return status;
        r->begin = begin;
        r->end = begin + num;
    }
    *out = r->bytes + (begin - r->begin) * list.size;
    return ND_OK;
}

nd_status nd_pair_lists_neighbours(const nd_pair_lists *lists, nd_list_reader *r, uint32_t x,
                                   size_t ahead, const nd_neighbour **out,
                                   const nd_allocator *allocator)
{
    static const nd_neighbour none[1];
    const filed_list list = {0, sizeof **out, lists->start[lists->num_texts], ahead};
    const void *items = NULL;
    nd_status status = ND_OK;
    if (lists->file)
        status =
            read_items(lists, r, list, lists->start[x], lists->start[x + 1], &items, allocator);
    else
        items = lists->neighbours + lists->start[x];
    *out = items ? items : none;
    return status;
}

nd_status nd_pair_lists_kept(const nd_pair_lists *lists, nd_list_reader *r, uint32_t x,
                             size_t ahead, nd_kept_list *out, const nd_allocator *allocator)
{
    const size_t begin = lists->kept_start[x], end = lists->kept_start[x + 1];
    const filed_list list = {lists->kept_at, sizeof *out->items,
                             lists->kept_start[lists->num_texts], ahead};
    const void *items = lists->kept ? lists->kept + begin : NULL;
    const nd_status status =
        lists->file ? read_items(lists, r, list, begin, end, &items, allocator) : ND_OK;
    *out = (nd_kept_list){items, items ? end - begin : 0};
    return status;
}

/* --- which pairs stand --- */

typedef ND_VEC(uint64_t) u64_vec;

/* Scratch of the choice of what is kept. */
typedef struct chooser {
    const nd_catalog *catalog;
    const nd_scan_set *sets;
    nd_pair_lists *lists;
    const nd_allocator *allocator;
    uint32_t max_matches;
    ND_VEC(nd_neighbour) order; /* neighbours of one text, best first */
    u64_vec kept;               /* that are not in the file */
    uint64_t num_filed;
    u64_vec scratch; /* for sorting */
    nd_list_reader reader;
} chooser;

static nd_status list_neighbours(nd_pair_lists *lists, const nd_edge_list *edges,
                                 const nd_allocator *allocator)
{
    lists->neighbours = nd_alloc(allocator, edges->num * 2, sizeof *lists->neighbours);
    if (!lists->neighbours)
        return ND_ERR_NO_MEMORY;
    /* start[x + 2] counts, then start[x + 1] is where x's next neighbour goes, then its end. */
    for (size_t i = 0; i < edges->num; i++) {
        lists->start[edges->items[i].from + 2]++;
        lists->start[edges->items[i].to + 2]++;
    }
    for (size_t x = 2; x < lists->num_texts + 2; x++)
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

/* Neighbours on their way to the file. */
typedef struct filing {
    nd_pair_lists *lists;
    nd_neighbour *buffer; /* ITEMS_AHEAD */
    size_t num;
    uint64_t last; /* from << 32 | to, + 1; 0: none */
} filing;

static nd_status write_filed(filing *f)
{
    uint64_t at;
    const nd_status status = f->num > 0 ? nd_temp_file_append(f->lists->file, f->buffer,
                                                              f->num * sizeof *f->buffer, &at, NULL)
                                        : ND_OK;
    f->num = 0;
    return status;
}

/* An nd_edge_fn. */
static nd_status file_neighbour(void *ctx, const nd_edge *edge)
{
    filing *const f = ctx;
    const uint64_t key = ((uint64_t)edge->from << 32 | edge->to) + 1;
    if (key == f->last)
        return ND_OK;
    f->last = key;
    f->lists->start[edge->from + 1]++;
    f->buffer[f->num++] =
        (nd_neighbour){edge->to, edge->common, edge->from_covered, edge->to_covered, edge->score};
    return f->num == ITEMS_AHEAD ? write_filed(f) : ND_OK;
}

static nd_status file_neighbours(nd_pair_lists *lists, const nd_edge_runs *runs,
                                 const nd_allocator *allocator)
{
    filing f = {.lists = lists,
                .buffer = nd_alloc_zeroed(allocator, ITEMS_AHEAD, sizeof *f.buffer)};
    nd_status status =
        f.buffer ? nd_temp_file_new(runs->sorted.budget, &lists->file, NULL) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_edge_runs_merge(runs, file_neighbour, &f);
    if (status == ND_OK)
        status = write_filed(&f);
    for (size_t x = 0; x < lists->num_texts; x++)
        lists->start[x + 1] += lists->start[x];
    nd_release(allocator, f.buffer);
    return status;
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

/* Documents that match a document of x: those of its neighbours, and its copies. */
static uint64_t num_partners(const nd_pair_lists *lists, const nd_catalog *catalog, uint32_t x,
                             const nd_neighbour *neighbours)
{
    uint64_t num = nd_catalog_num_copies(catalog, x) - 1;
    for (size_t i = 0; i < lists->start[x + 1] - lists->start[x]; i++)
        num += nd_catalog_num_copies(catalog, neighbours[i].text);
    return num;
}

static nd_status count_pairs(nd_pair_lists *lists, const nd_catalog *c, uint32_t max_matches,
                             const nd_allocator *allocator)
{
    nd_list_reader reader = {0};
    nd_status status = ND_OK;
    lists->num_blocks = c->num_documents / BLOCK_DOCUMENTS + 1;
    lists->work_before =
        nd_alloc_zeroed(allocator, lists->num_blocks + 1, sizeof *lists->work_before);
    if (!lists->work_before)
        return ND_ERR_NO_MEMORY;
    uint64_t partners = 0;
    for (uint32_t x = 0; x < c->num_texts && status == ND_OK; x++) {
        const nd_neighbour *neighbours;
        status = nd_pair_lists_neighbours(lists, &reader, x, ITEMS_AHEAD, &neighbours, allocator);
        if (status != ND_OK)
            break;
        const uint64_t num = num_partners(lists, c, x, neighbours);
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
    nd_list_reader_release(&reader, allocator);
    return status;
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

/* x's neighbours and, for its copies, x itself; *partners as num_partners. */
static nd_status order_neighbours(chooser *ch, uint32_t x, uint64_t *partners)
{
    const nd_pair_lists *const lists = ch->lists;
    const size_t num = lists->start[x + 1] - lists->start[x];
    const nd_neighbour *neighbours;
    ch->order.len = 0;
    nd_status status =
        nd_pair_lists_neighbours(lists, &ch->reader, x, ITEMS_AHEAD, &neighbours, ch->allocator);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(ch->allocator, &ch->order, num + 1);
    if (status != ND_OK)
        return status;
    *partners = num_partners(lists, ch->catalog, x, neighbours);
    for (size_t i = 0; i < num; i++)
        ch->order.items[ch->order.len++] = neighbours[i];
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
    uint64_t partners = 0;
    nd_status status = order_neighbours(ch, x, &partners);
    if (status != ND_OK || partners == 0)
        return status;
    const size_t limit = partners > ch->max_matches ? (size_t)ch->max_matches + 1 : 2;
    const size_t begin = ch->kept.len;
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

/* Where there is a file, what is kept goes there, `least` items or more at once. */
static nd_status file_kept(chooser *ch, size_t least)
{
    uint64_t at;
    if (!ch->lists->file || ch->kept.len < least || ch->kept.len == 0)
        return ND_OK;
    const nd_status status = nd_temp_file_append(ch->lists->file, ch->kept.items,
                                                 ch->kept.len * sizeof *ch->kept.items, &at, NULL);
    ch->num_filed += ch->kept.len;
    ch->kept.len = 0;
    return status;
}

/* The document of rank `rank` in a kept list, or -1. */
static int64_t kept_at(const nd_kept_list *kept, uint32_t rank)
{
    for (size_t i = 0; i < kept->num; i++)
        if ((uint32_t)kept->items[i] == rank)
            return (int64_t)(kept->items[i] >> 32);
    return -1;
}

/* The rank of a document in a kept list, or -1. */
static int64_t rank_of(const nd_kept_list *kept, uint32_t document)
{
    const size_t at =
        kept->num > 0 ? nd_first_u64(kept->items, kept->num, (uint64_t)document << 32) : 0;
    return at < kept->num && kept->items[at] >> 32 == document ? (int64_t)(uint32_t)kept->items[at]
                                                               : -1;
}

static nd_status list_best(chooser *ch)
{
    nd_pair_lists *const lists = ch->lists;
    const nd_catalog *const c = ch->catalog;
    nd_status status = ND_OK;
    lists->best_of = nd_alloc(ch->allocator, c->copies_start[c->num_texts], sizeof(uint64_t));
    if (!lists->best_of)
        return ND_ERR_NO_MEMORY;
    ch->reader.begin = ch->reader.end = 0; /* of another list */
    for (uint32_t x = 0; x < c->num_texts && status == ND_OK; x++) {
        nd_kept_list kept;
        status = nd_pair_lists_kept(lists, &ch->reader, x, ITEMS_AHEAD, &kept, ch->allocator);
        if (status != ND_OK || kept.num == 0)
            continue;
        const int64_t best = kept_at(&kept, 0), second = kept_at(&kept, 1);
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++) {
            const int64_t partner = best == c->copies[i] ? second : best;
            if (partner >= 0)
                lists->best_of[lists->num_best_of++] = (uint64_t)partner << 32 | c->copies[i];
        }
    }
    return status == ND_OK ? sort_u64(ch, lists->best_of, lists->num_best_of) : status;
}

static nd_status choose_kept(nd_pair_lists *lists, const nd_pair_request *request,
                             const nd_allocator *allocator)
{
    const size_t num_texts = lists->num_texts;
    chooser ch = {.catalog = request->catalog,
                  .sets = request->sets,
                  .lists = lists,
                  .allocator = allocator,
                  .max_matches = request->max_matches};
    lists->kept_start = nd_alloc(allocator, num_texts + 1, sizeof *lists->kept_start);
    lists->kept_at = lists->start[num_texts] * sizeof(nd_neighbour);
    nd_status status = lists->kept_start ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t x = 0; status == ND_OK && x < num_texts; x++) {
        lists->kept_start[x] = (size_t)ch.num_filed + ch.kept.len;
        status = choose_for(&ch, x);
        if (status == ND_OK)
            status = file_kept(&ch, ITEMS_AHEAD);
    }
    if (status == ND_OK) {
        lists->kept_start[num_texts] = (size_t)ch.num_filed + ch.kept.len;
        status = file_kept(&ch, 0);
    }
    if (!lists->file)
        lists->kept = ch.kept.items;
    else
        ND_VEC_RELEASE(allocator, &ch.kept);
    if (status == ND_OK)
        status = list_best(&ch);
    nd_list_reader_release(&ch.reader, allocator);
    ND_VEC_RELEASE(allocator, &ch.order);
    ND_VEC_RELEASE(allocator, &ch.scratch);
    return status;
}

nd_status nd_pair_lists_init(nd_pair_lists *lists, const nd_pair_request *request,
                             const nd_allocator *allocator)
{
    const nd_catalog *const catalog = request->catalog;
    *lists = (nd_pair_lists){.num_texts = catalog->num_texts};
    lists->start = nd_alloc_zeroed(allocator, catalog->num_texts + 2, sizeof *lists->start);
    nd_status status = lists->start ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = request->runs ? file_neighbours(lists, request->runs, allocator)
                               : list_neighbours(lists, request->edges, allocator);
    if (status == ND_OK)
        status = count_pairs(lists, catalog, request->max_matches, allocator);
    if (status == ND_OK && lists->num_capped > 0)
        status = choose_kept(lists, request, allocator);
    if (status != ND_OK)
        nd_pair_lists_release(lists, allocator);
    return status;
}

/* What a text keeps of two documents, its own one and its partner, and how many it may. */
static bool keeps(const nd_kept_list *kept, uint32_t own_document, uint32_t partner,
                  uint32_t max_matches)
{
    if (kept->num <= max_matches)
        return true; /* not capped */
    const int64_t rank = rank_of(kept, partner);
    if (rank < 0)
        return false;
    const int64_t own = rank_of(kept, own_document);
    return rank - (own >= 0 && own < rank) < (int64_t)max_matches;
}

static bool is_best(const nd_kept_list *kept, uint32_t own_document, uint32_t partner)
{
    const int64_t rank = rank_of(kept, partner);
    return rank == 0 || (rank == 1 && rank_of(kept, own_document) == 0);
}

bool nd_pair_stands(uint32_t max_matches, const uint32_t documents[2], const nd_kept_list kept[2])
{
    const uint32_t d = documents[0], e = documents[1];
    return (keeps(&kept[0], d, e, max_matches) && keeps(&kept[1], e, d, max_matches)) ||
           is_best(&kept[0], d, e) || is_best(&kept[1], e, d);
}

void nd_pair_lists_release(nd_pair_lists *lists, const nd_allocator *allocator)
{
    nd_temp_file_free(lists->file);
    nd_release(allocator, lists->start);
    nd_release(allocator, lists->neighbours);
    nd_release(allocator, lists->work_before);
    nd_release(allocator, lists->kept_start);
    nd_release(allocator, lists->kept);
    nd_release(allocator, lists->best_of);
    *lists = (nd_pair_lists){0};
}
