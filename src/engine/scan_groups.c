/* Which texts represent, which are members, and the report of it.
 *
 * Groups are made of texts numbered by rank (group/groups.h); what is reported are documents: the
 * copies of a text are in one group, and the best copy of the representative's text represents. */
#include <string.h>

#include "engine/edge_runs.h"
#include "engine/scan_state.h"
#include "group/groups.h"
#include "util/sort.h"

/* The document of each text that a group keeps: the smallest preferences, where the policy asks for
 * them, then the first name. */
static nd_status choose_copy(const nd_catalog *c, uint32_t text, uint32_t *best)
{
    const uint32_t num = c->collection->num_preferences;
    *best = c->copies[c->copies_start[text]];
    if (num == 0 || nd_catalog_num_copies(c, text) < 2)
        return ND_OK;
    uint64_t least[ND_MAX_PREFERENCES], other[ND_MAX_PREFERENCES];
    nd_status status = nd_collection_preferences(c->collection, nd_catalog_index(c, *best), least);
    for (uint32_t i = c->copies_start[text] + 1; i < c->copies_start[text + 1] && status == ND_OK;
         i++) {
        status = nd_collection_preferences(c->collection, nd_catalog_index(c, c->copies[i]), other);
        size_t at = 0;
        while (at < num && other[at] == least[at])
            at++;
        if (at < num && other[at] < least[at]) {
            memcpy(least, other, sizeof least);
            *best = c->copies[i];
        }
    }
    return status;
}

/* What decides, by the policy, from the least important key on. */
typedef enum rank_key {
    BY_DIGEST,
    BY_TOKENS,
    BY_FIRST_NAME,
    BY_PREFERENCE, /* the first; after it the others */
} rank_key;

static nd_status key_of(const nd_catalog *c, rank_key by, uint32_t text, uint64_t *key)
{
    nd_text_facts facts = {0};
    nd_status status = ND_OK;
    if (by == BY_DIGEST || (by == BY_TOKENS && !c->documents)) {
        status = nd_collection_text(c->collection, nd_catalog_text_index(c, text), &facts);
        *key = by == BY_DIGEST ? facts.digest[0] : UINT32_MAX - facts.num_tokens;
    } else if (by == BY_TOKENS) {
        *key = UINT32_MAX - nd_catalog_record(c, text)->num_tokens;
    } else if (by == BY_FIRST_NAME) {
        *key = c->copies[c->copies_start[text]];
    } else {
        uint64_t preferences[ND_MAX_PREFERENCES] = {0};
        uint32_t best;
        status = choose_copy(c, text, &best);
        if (status == ND_OK)
            status =
                nd_collection_preferences(c->collection, nd_catalog_index(c, best), preferences);
        *key = preferences[by - BY_PREFERENCE];
    }
    return status;
}

/* A stable sort. */
static nd_status sort_by(const nd_catalog *c, rank_key by, nd_key_value *items,
                         nd_key_value *scratch)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < c->num_texts && status == ND_OK; i++)
        status = key_of(c, by, (uint32_t)items[i].value, &items[i].key);
    if (status == ND_OK)
        nd_radix_sort_pairs(items, scratch, c->num_texts);
    return status;
}

static nd_status sort_by_rank(const nd_catalog *c, const nd_scan_options *options,
                              nd_key_value *items, nd_key_value *scratch)
{
    for (size_t x = 0; x < c->num_texts; x++)
        items[x].value = x;
    if (options->representative == ND_REPRESENTATIVE_FIRST_ID)
        return sort_by(c, BY_FIRST_NAME, items, scratch);
    const uint32_t num = c->collection->num_preferences;
    const uint32_t size_place = options->size_place < num ? options->size_place : num;
    nd_status status = sort_by(c, BY_DIGEST, items, scratch);
    for (uint32_t at = num + 1; at-- > 0 && status == ND_OK;) {
        if (at < num)
            status = sort_by(c, BY_PREFERENCE + at, items, scratch);
        if (at == size_place && status == ND_OK)
            status = sort_by(c, BY_TOKENS, items, scratch);
    }
    return status;
}

nd_status nd_rank_texts(const nd_matcher *matcher, uint32_t **by_rank)
{
    *by_rank = NULL;
    const nd_catalog *const c = matcher->catalog;
    if (matcher->options->representative == ND_REPRESENTATIVE_LONGEST &&
        matcher->kind->text_size == ND_SIZE_TOKENS)
        return ND_OK;
    nd_key_value *const items = nd_alloc(matcher->allocator, c->num_texts, sizeof *items);
    nd_key_value *const scratch = nd_alloc(matcher->allocator, c->num_texts, sizeof *scratch);
    *by_rank = nd_alloc(matcher->allocator, c->num_texts, sizeof **by_rank);
    nd_status status = items && scratch && *by_rank ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = sort_by_rank(c, matcher->options, items, scratch);
    for (size_t rank = 0; rank < c->num_texts && status == ND_OK; rank++)
        (*by_rank)[rank] = (uint32_t)items[rank].value;
    if (status != ND_OK) {
        nd_release(matcher->allocator, *by_rank);
        *by_rank = NULL;
    }
    nd_release(matcher->allocator, items);
    nd_release(matcher->allocator, scratch);
    return status;
}

static nd_edge reversed(const nd_edge *edge)
{
    return (nd_edge){edge->to,         edge->from,         edge->common,
                     edge->to_covered, edge->from_covered, edge->score};
}

/* The edges between ranks, sorted anew. */
static nd_status edges_by_rank(const nd_edge_list *edges, const uint32_t *rank_of,
                               const nd_allocator *allocator, nd_edge_list *ranked)
{
    *ranked = (nd_edge_list){0};
    nd_edge_vec vec = {0};
    nd_status status = ND_VEC_RESERVE(allocator, &vec, edges->num);
    for (size_t i = 0; i < edges->num && status == ND_OK; i++) {
        nd_edge edge = edges->items[i];
        edge.from = rank_of[edge.from];
        edge.to = rank_of[edge.to];
        vec.items[vec.len++] = edge.from < edge.to ? edge : reversed(&edge);
    }
    if (status == ND_OK)
        status = nd_edge_list_gather(ranked, &vec, sizeof vec, 1, allocator);
    ND_VEC_RELEASE(allocator, &vec);
    return status;
}

/* What groups are made with. Texts are called by their numbers, but where `anchor_of` is filled:
 * there by their ranks. */
typedef struct grouping {
    nd_scan_groups *groups;
    nd_matcher *matcher;
    const nd_edge_list *edges;
    const nd_edge_runs *runs;          /* NULL: the edges are in the list */
    const uint32_t *by_rank, *rank_of; /* NULL: texts are numbered by rank */
    uint32_t *anchor_of;
} grouping;

static uint32_t text_at(const grouping *g, uint32_t rank)
{
    return g->by_rank ? g->by_rank[rank] : rank;
}

static uint32_t rank_at(const grouping *g, uint32_t text)
{
    return g->rank_of ? g->rank_of[text] : text;
}

/* The representative of a text. */
static uint32_t anchor_at(const grouping *g, uint32_t text)
{
    return text_at(g, g->anchor_of[rank_at(g, text)]);
}

/* nd_edge_fn: keeps an edge of a representative with its member, however it is seen. */
static nd_status see_member(void *ctx, const nd_edge *edge)
{
    const grouping *const g = ctx;
    if (anchor_at(g, edge->from) == edge->to)
        g->groups->to_anchor[edge->from] = *edge;
    else if (anchor_at(g, edge->to) == edge->from)
        g->groups->to_anchor[edge->to] = reversed(edge);
    return ND_OK;
}

/* nd_edge_fn */
static nd_status link_texts(void *ctx, const nd_edge *edge)
{
    const grouping *const g = ctx;
    nd_links_add(g->anchor_of, rank_at(g, edge->from), rank_at(g, edge->to));
    return ND_OK;
}

static nd_status each_edge(grouping *g, nd_edge_fn each)
{
    if (g->runs)
        return nd_edge_runs_merge(g->runs, each, g);
    nd_status status = ND_OK;
    for (size_t i = 0; i < g->edges->num && status == ND_OK; i++)
        status = each(g, &g->edges->items[i]);
    return status;
}

static nd_status group_anchored(grouping *g)
{
    const size_t num = g->matcher->catalog->num_texts;
    if (!g->by_rank) {
        nd_group_anchored(g->edges, num, g->anchor_of);
        return ND_OK;
    }
    nd_edge_list ranked;
    const nd_status status = edges_by_rank(g->edges, g->rank_of, g->matcher->allocator, &ranked);
    if (status == ND_OK)
        nd_group_anchored(&ranked, num, g->anchor_of);
    nd_release(g->matcher->allocator, ranked.items);
    return status;
}

static nd_status group_by_single_links(grouping *g)
{
    const size_t num = g->matcher->catalog->num_texts;
    nd_links_begin(g->anchor_of, num);
    const nd_status status = each_edge(g, link_texts);
    nd_links_end(g->anchor_of, num);
    return status;
}

/* Members of single links need not match their representative: these are measured. */
static nd_status measure_others(grouping *g)
{
    nd_matcher *const m = g->matcher;
    nd_status status = ND_OK;
    for (uint32_t x = 0; x < m->catalog->num_texts && status == ND_OK; x++) {
        const uint32_t anchor = anchor_at(g, x);
        if (g->groups->to_anchor[x].to == anchor)
            continue;
        nd_edge edge;
        status = m->kind->measure(m, x < anchor ? x : anchor, x < anchor ? anchor : x, &edge);
        if (status == ND_OK)
            g->groups->to_anchor[x] = x < anchor ? edge : reversed(&edge);
    }
    return status;
}

static nd_status find_members(grouping *g)
{
    const nd_matcher *const m = g->matcher;
    const bool is_single = m->options->link == ND_LINK_SINGLE;
    nd_status status = is_single ? group_by_single_links(g) : group_anchored(g);
    for (size_t x = 0; x < m->catalog->num_texts && status == ND_OK; x++)
        g->groups->to_anchor[x] = nd_matcher_self_edge(m, (uint32_t)x);
    if (status == ND_OK)
        status = each_edge(g, see_member);
    return status == ND_OK && is_single ? measure_others(g) : status;
}

/* A group is a representative with any member: with another document, that is. */
static nd_status count_groups(nd_scan_groups *g, const nd_matcher *m)
{
    const nd_catalog *const c = m->catalog;
    uint32_t *const size_of = nd_alloc_zeroed(m->allocator, c->num_texts, sizeof *size_of);
    if (!size_of)
        return ND_ERR_NO_MEMORY;
    for (uint32_t x = 0; x < c->num_texts; x++)
        size_of[g->to_anchor[x].to] += nd_catalog_num_copies(c, x);
    for (size_t x = 0; x < c->num_texts; x++) {
        g->num_groups += size_of[x] > 1;
        g->num_members += size_of[x] > 1 ? size_of[x] - 1 : 0;
    }
    nd_release(m->allocator, size_of);
    return ND_OK;
}

nd_status nd_scan_groups_init(nd_scan_groups *groups, nd_matcher *matcher,
                              const nd_edge_list *edges, const nd_edge_runs *runs,
                              const uint32_t *by_rank)
{
    const nd_allocator *const a = matcher->allocator;
    const size_t num = matcher->catalog->num_texts;
    *groups = (nd_scan_groups){.to_anchor = nd_alloc(a, num, sizeof *groups->to_anchor)};
    uint32_t *const anchor_of = nd_alloc(a, num, sizeof *anchor_of);
    uint32_t *const rank_of = by_rank ? nd_alloc(a, num, sizeof *rank_of) : NULL;
    grouping g = {groups, matcher, edges, runs, by_rank, rank_of, anchor_of};
    nd_status status =
        groups->to_anchor && anchor_of && (rank_of || !by_rank) ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        for (size_t rank = 0; rank < num && by_rank; rank++)
            rank_of[by_rank[rank]] = (uint32_t)rank;
        status = find_members(&g);
    }
    if (status == ND_OK)
        status = count_groups(groups, matcher);
    nd_release(a, anchor_of);
    nd_release(a, rank_of);
    return status;
}

void nd_scan_groups_release(nd_scan_groups *groups, const nd_allocator *allocator)
{
    nd_release(allocator, groups->to_anchor);
    *groups = (nd_scan_groups){0};
}

/* One for each document of a group: key = representative document << 32 | document. Sorted, a
 * group is a run of one representative, its members ascending by name. */
typedef struct group_items {
    uint64_t *items;
    size_t num;
} group_items;

/* Whether text x represents any other document than its first. */
static uint8_t *find_groups(const nd_scan *scan)
{
    const nd_catalog *const c = &scan->catalog;
    uint8_t *const is_group = nd_alloc_zeroed(&scan->allocator, c->num_texts, sizeof *is_group);
    for (uint32_t x = 0; is_group && x < c->num_texts; x++)
        if (scan->groups.to_anchor[x].to != x || nd_catalog_num_copies(c, x) > 1)
            is_group[scan->groups.to_anchor[x].to] = 1;
    return is_group;
}

static nd_status list_groups(const nd_scan *scan, group_items *list)
{
    const nd_catalog *const c = &scan->catalog;
    const nd_allocator *const a = &scan->allocator;
    const size_t num = scan->groups.num_groups + scan->groups.num_members;
    list->items = nd_alloc(a, num, sizeof *list->items);
    uint64_t *const scratch = nd_alloc(a, num, sizeof *scratch);
    uint32_t *const representative = nd_alloc(a, c->num_texts, sizeof *representative);
    uint8_t *const is_group = find_groups(scan);
    nd_status status =
        list->items && scratch && representative && is_group ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t x = 0; status == ND_OK && x < c->num_texts; x++)
        if (is_group[x])
            status = choose_copy(c, x, &representative[x]);
    for (size_t x = 0; status == ND_OK && x < c->num_texts; x++) {
        const uint32_t anchor = scan->groups.to_anchor[x].to;
        for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1] && is_group[anchor]; i++)
            list->items[list->num++] = (uint64_t)representative[anchor] << 32 | c->copies[i];
    }
    if (status == ND_OK)
        nd_radix_sort_u64(list->items, scratch, list->num);
    nd_release(a, scratch);
    nd_release(a, representative);
    nd_release(a, is_group);
    return status;
}

static nd_status make_member(nd_name_reader *names, uint32_t document, nd_member *member)
{
    const nd_scan *const scan = names->scan;
    const uint32_t text = scan->catalog.text_of[document];
    const nd_seen_match seen = nd_matcher_see(scan->matcher, &scan->groups.to_anchor[text]);
    *member = (nd_member){.kind = nd_match_kind_reversed(seen.kind),
                          .similarity = seen.similarity,
                          .coverage = seen.coverage,
                          .score = seen.score};
    return nd_name_reader_get(names, document, &member->id, &member->text);
}

/* `run` is one group, the representative among its documents. */
static nd_status make_group(nd_name_reader *names, const uint64_t *run, size_t num,
                            nd_member *members, nd_group *group)
{
    const uint32_t representative = (uint32_t)(run[0] >> 32);
    nd_name_reader_clear(names);
    *group = (nd_group){.members = members};
    nd_status status = nd_name_reader_get(names, representative, &group->representative,
                                          &group->representative_text);
    for (size_t i = 0; i < num && status == ND_OK; i++)
        if ((uint32_t)run[i] != representative)
            status = make_member(names, (uint32_t)run[i], &members[group->num_members++]);
    return status;
}

nd_status nd_scan_each_group(const nd_scan *scan, nd_group_fn each, void *ctx)
{
    if (scan->phase != ND_SCAN_FINISHED || scan->options.output == ND_SCAN_PAIRS)
        return ND_ERR_INVALID_ARGUMENT;
    group_items list = {0};
    nd_status status = list_groups(scan, &list);
    nd_name_reader names;
    nd_name_reader_init(&names, scan);
    nd_member *members = NULL;
    size_t capacity = 0;
    for (size_t first = 0, end; status == ND_OK && first < list.num; first = end) {
        for (end = first + 1; end < list.num && list.items[end] >> 32 == list.items[first] >> 32;)
            end++;
        if (end - first < 2)
            continue;
        status = nd_reserve(&scan->allocator, (void **)&members, &capacity, end - first,
                            sizeof *members);
        if (status != ND_OK)
            break;
        nd_group group;
        status = make_group(&names, list.items + first, end - first, members, &group);
        if (status == ND_OK)
            status = each(ctx, &group);
    }
    nd_name_reader_release(&names);
    nd_release(&scan->allocator, members);
    nd_release(&scan->allocator, list.items);
    return status;
}
