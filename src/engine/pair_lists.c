#include "engine/pair_lists.h"

#include <stdbool.h>

#include "util/radix_sort.h"
#include "util/threads.h"
#include "util/vec.h"

enum { BLOCK_DOCUMENTS = 16 }; /* what parts of the report are made of */

typedef ND_VEC(uint64_t) u64_vec;

/* Scratch of the choice of what is kept. */
typedef struct chooser {
    const nd_catalog *catalog;
    nd_pair_lists *lists;
    const nd_allocator *allocator;
    uint32_t max_matches;
    ND_VEC(nd_neighbour) order; /* neighbours of one distinct, best first */
    u64_vec tied;               /* documents of neighbours that are equally good */
    u64_vec kept;
    u64_vec scratch; /* for sorting */
} chooser;

static nd_status list_neighbours(nd_pair_lists *lists, const nd_catalog *catalog, nd_edges edges,
                                 const nd_allocator *allocator)
{
    lists->start = nd_alloc_zeroed(allocator, catalog->num_distinct + 2, sizeof *lists->start);
    lists->neighbours = nd_alloc(allocator, edges.num * 2, sizeof *lists->neighbours);
    if (!lists->start || !lists->neighbours)
        return ND_ERR_NO_MEMORY;
    /* start[x + 2] counts, then start[x + 1] is where x's next neighbour goes, then its end. */
    for (size_t i = 0; i < edges.num; i++) {
        lists->start[edges.items[i].from + 2]++;
        lists->start[edges.items[i].to + 2]++;
    }
    for (size_t x = 2; x < catalog->num_distinct + 2; x++)
        lists->start[x] += lists->start[x - 1];
    for (size_t i = 0; i < edges.num; i++) {
        const nd_edge edge = edges.items[i];
        lists->neighbours[lists->start[edge.from + 1]++] = (nd_neighbour){edge.to, edge.common};
        lists->neighbours[lists->start[edge.to + 1]++] = (nd_neighbour){edge.from, edge.common};
    }
    return ND_OK;
}

static nd_status list_distincts(nd_pair_lists *lists, const nd_catalog *c,
                                const nd_allocator *allocator)
{
    lists->distinct_of = nd_alloc(allocator, c->num_documents, sizeof *lists->distinct_of);
    if (!lists->distinct_of)
        return ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < c->num_documents; d++)
        lists->distinct_of[d] = UINT32_MAX;
    for (uint32_t x = 0; x < c->num_distinct; x++)
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++)
            lists->distinct_of[c->copies[i]] = x;
    return ND_OK;
}

uint32_t nd_pair_lists_part_start(const nd_pair_lists *lists, const nd_catalog *catalog,
                                  uint32_t part, uint32_t num_parts)
{
    if (part >= num_parts)
        return (uint32_t)catalog->num_documents;
    const uint64_t work = nd_slice_start(lists->work_before[lists->num_blocks], num_parts, part);
    size_t low = 0, high = lists->num_blocks;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (lists->work_before[middle] < work)
            low = middle + 1;
        else
            high = middle;
    }
    const size_t first = low * BLOCK_DOCUMENTS;
    return (uint32_t)(first < catalog->num_documents ? first : catalog->num_documents);
}

uint64_t nd_pair_lists_num_partners(const nd_pair_lists *lists, const nd_catalog *catalog,
                                    uint32_t x)
{
    uint64_t num = nd_catalog_num_copies(catalog, x) - 1;
    for (size_t i = lists->start[x]; i < lists->start[x + 1]; i++)
        num += nd_catalog_num_copies(catalog, lists->neighbours[i].distinct);
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
    for (uint32_t x = 0; x < c->num_distinct; x++) {
        const uint64_t num = nd_pair_lists_num_partners(lists, c, x);
        const uint64_t copies = nd_catalog_num_copies(c, x);
        partners += num * copies;
        lists->num_capped += max_matches && num > max_matches ? copies : 0;
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1]; i++)
            lists->work_before[c->copies[i] / BLOCK_DOCUMENTS + 1] += num + 1;
    }
    lists->num_pairs = partners / 2;
    for (size_t block = 0; block < lists->num_blocks; block++)
        lists->work_before[block + 1] += lists->work_before[block];
    return ND_OK;
}

/* How good a match is: jaccard, then the larger containment. Fractions are compared by products, so
 * that equal ones are equal. */
typedef struct goodness {
    uint64_t common, of_union, of_smaller;
} goodness;

static goodness goodness_of(const nd_catalog *c, uint32_t x, nd_neighbour n)
{
    const uint64_t size_x = nd_catalog_record(c, x)->num_hashes;
    const uint64_t size_y = nd_catalog_record(c, n.distinct)->num_hashes;
    return (goodness){n.common, size_x + size_y - n.common, size_x < size_y ? size_x : size_y};
}

/* Below 0 where a is better. Sizes are below 2^32, so the products do not overflow. */
static int compare_goodness(goodness a, goodness b)
{
    const uint64_t left = a.common * b.of_union, right = b.common * a.of_union;
    if (left != right)
        return left > right ? -1 : 1;
    const uint64_t left_c = a.common * b.of_smaller, right_c = b.common * a.of_smaller;
    return (left_c < right_c) - (left_c > right_c);
}

/* Heap sort: no recursion, no comparison callback with hidden state, O(n log n). */
static void sift_down(const chooser *ch, uint32_t x, size_t at, size_t num)
{
    nd_neighbour *const order = ch->order.items;
    for (size_t child; (child = 2 * at + 1) < num; at = child) {
        if (child + 1 < num && compare_goodness(goodness_of(ch->catalog, x, order[child]),
                                                goodness_of(ch->catalog, x, order[child + 1])) < 0)
            child++;
        if (compare_goodness(goodness_of(ch->catalog, x, order[at]),
                             goodness_of(ch->catalog, x, order[child])) >= 0)
            return;
        const nd_neighbour lower = order[at];
        order[at] = order[child];
        order[child] = lower;
    }
}

static void sort_best_first(const chooser *ch, uint32_t x)
{
    nd_neighbour *const order = ch->order.items;
    for (size_t i = ch->order.len / 2; i-- > 0;)
        sift_down(ch, x, i, ch->order.len);
    for (size_t num = ch->order.len; num > 1; num--) {
        const nd_neighbour worst = order[0];
        order[0] = order[num - 1];
        order[num - 1] = worst;
        sift_down(ch, x, 0, num - 1);
    }
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
        ch->order.items[ch->order.len++] =
            (nd_neighbour){x, nd_catalog_record(ch->catalog, x)->num_hashes};
    sort_best_first(ch, x);
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

/* The first `limit` documents of the distincts order[first .. end), by number, into `tied`. */
static nd_status gather_tied(chooser *ch, size_t first, size_t end, size_t limit)
{
    const nd_catalog *const c = ch->catalog;
    ch->tied.len = 0;
    for (size_t i = first; i < end; i++) {
        const uint32_t y = ch->order.items[i].distinct;
        size_t num = nd_catalog_num_copies(c, y);
        num = num < limit ? num : limit;
        const nd_status status = ND_VEC_RESERVE(ch->allocator, &ch->tied, num);
        if (status != ND_OK)
            return status;
        for (size_t k = 0; k < num; k++)
            ch->tied.items[ch->tied.len++] = c->copies[c->copies_start[y] + k];
    }
    const nd_status status = sort_u64(ch, ch->tied.items, ch->tied.len);
    ch->tied.len = ch->tied.len < limit ? ch->tied.len : limit;
    return status;
}

/* Appends x's best documents, as (document, rank), to `kept`. */
static nd_status choose_for(chooser *ch, uint32_t x)
{
    const uint64_t partners = nd_pair_lists_num_partners(ch->lists, ch->catalog, x);
    if (partners == 0)
        return ND_OK;
    const size_t limit = partners > ch->max_matches ? (size_t)ch->max_matches + 1 : 2;
    nd_status status = order_neighbours(ch, x);
    const size_t begin = ch->kept.len;
    for (size_t first = 0, end; status == ND_OK && first < ch->order.len; first = end) {
        const size_t rank = ch->kept.len - begin;
        if (rank == limit)
            break;
        const goodness here = goodness_of(ch->catalog, x, ch->order.items[first]);
        for (end = first + 1; end < ch->order.len; end++)
            if (compare_goodness(here, goodness_of(ch->catalog, x, ch->order.items[end])) != 0)
                break;
        status = gather_tied(ch, first, end, limit - rank);
        if (status == ND_OK)
            status = ND_VEC_RESERVE(ch->allocator, &ch->kept, ch->tied.len);
        for (size_t i = 0; status == ND_OK && i < ch->tied.len; i++)
            ch->kept.items[ch->kept.len++] = ch->tied.items[i] << 32 | (rank + i);
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
    size_t low = lists->kept_start[x], high = lists->kept_start[x + 1];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (lists->kept[middle] >> 32 < document)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == lists->kept_start[x + 1] || lists->kept[low] >> 32 != document)
        return -1;
    return (int64_t)(uint32_t)lists->kept[low];
}

static nd_status list_best(chooser *ch)
{
    nd_pair_lists *const lists = ch->lists;
    const nd_catalog *const c = ch->catalog;
    lists->best_of = nd_alloc(ch->allocator, c->copies_start[c->num_distinct], sizeof(uint64_t));
    if (!lists->best_of)
        return ND_ERR_NO_MEMORY;
    for (uint32_t x = 0; x < c->num_distinct; x++) {
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

static nd_status choose_kept(nd_pair_lists *lists, const nd_catalog *catalog, uint32_t max_matches,
                             const nd_allocator *allocator)
{
    chooser ch = {
        .catalog = catalog, .lists = lists, .allocator = allocator, .max_matches = max_matches};
    lists->kept_start = nd_alloc(allocator, catalog->num_distinct + 1, sizeof *lists->kept_start);
    nd_status status = lists->kept_start ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t x = 0; status == ND_OK && x < catalog->num_distinct; x++) {
        lists->kept_start[x] = ch.kept.len;
        status = choose_for(&ch, x);
    }
    lists->kept = ch.kept.items;
    if (status == ND_OK) {
        lists->kept_start[catalog->num_distinct] = ch.kept.len;
        status = list_best(&ch);
    }
    ND_VEC_RELEASE(allocator, &ch.order);
    ND_VEC_RELEASE(allocator, &ch.tied);
    ND_VEC_RELEASE(allocator, &ch.scratch);
    return status;
}

nd_status nd_pair_lists_init(nd_pair_lists *lists, const nd_catalog *catalog, nd_edges edges,
                             uint32_t max_matches, const nd_allocator *allocator)
{
    *lists = (nd_pair_lists){0};
    nd_status status = list_neighbours(lists, catalog, edges, allocator);
    if (status == ND_OK)
        status = list_distincts(lists, catalog, allocator);
    if (status == ND_OK)
        status = count_pairs(lists, catalog, max_matches, allocator);
    if (status == ND_OK && lists->num_capped > 0)
        status = choose_kept(lists, catalog, max_matches, allocator);
    if (status != ND_OK)
        nd_pair_lists_release(lists, allocator);
    return status;
}

/* Whether document d of distinct x keeps e, and whether e is its best. */
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

int nd_pair_stands(const nd_pair_lists *lists, uint32_t max_matches, const uint32_t documents[2],
                   const uint32_t distincts[2])
{
    if (lists->num_capped == 0)
        return 1;
    const uint32_t d = documents[0], e = documents[1], x = distincts[0], y = distincts[1];
    return (keeps(lists, x, d, e, max_matches) && keeps(lists, y, e, d, max_matches)) ||
           is_best(lists, x, d, e) || is_best(lists, y, e, d);
}

void nd_pair_lists_release(nd_pair_lists *lists, const nd_allocator *allocator)
{
    nd_release(allocator, lists->start);
    nd_release(allocator, lists->neighbours);
    nd_release(allocator, lists->distinct_of);
    nd_release(allocator, lists->work_before);
    nd_release(allocator, lists->kept_start);
    nd_release(allocator, lists->kept);
    nd_release(allocator, lists->best_of);
    *lists = (nd_pair_lists){0};
}
