#include "group/anchored_groups.h"

#include <string.h>

#include "util/vec.h"

static const uint32_t NONE = UINT32_MAX;

/* Of the documents whose leader was taken, and its representative did not take them, so many may
 * lead the others in turn. */
enum { MAX_LEADERS = 64 };

/* An edge found while grouping, in a list for each document:
 *
 *   first_added[from] -> added[i] -> added[added[i].next] -> ... -> NONE, past all that there are
 */
typedef struct added_edge {
    uint32_t to, common, next;
} added_edge;

typedef struct grouping {
    const nd_edge_list *list;
    const nd_edge_verifier *verifier;
    const nd_allocator *allocator;
    nd_anchors *anchors;
    uint32_t *first_added;
    ND_VEC(added_edge) added;
    ND_VEC(uint32_t) orphans;
} grouping;

static void take(grouping *g, uint32_t anchor, uint32_t member, uint32_t common)
{
    if (g->anchors->anchor_of[member] != NONE)
        return;
    g->anchors->anchor_of[member] = anchor;
    g->anchors->common_of[member] = common;
}

/* `edges` are those of `from` in the list. */
static void found_group(grouping *g, uint32_t from, const nd_edge *edges, size_t num)
{
    g->anchors->anchor_of[from] = from;
    g->anchors->common_of[from] = 0;
    for (size_t i = 0; i < num; i++)
        take(g, from, edges[i].to, edges[i].common);
    for (uint32_t i = g->first_added[from]; i < g->added.len; i = g->added.items[i].next)
        take(g, from, g->added.items[i].to, g->added.items[i].common);
}

static nd_status add_orphan(grouping *g, uint32_t document)
{
    if (g->anchors->anchor_of[document] != NONE)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(g->allocator, &g->orphans, 1);
    if (status == ND_OK)
        g->orphans.items[g->orphans.len++] = document;
    return status;
}

static nd_status collect_orphans(grouping *g, uint32_t from, const nd_edge *edges, size_t num)
{
    g->orphans.len = 0;
    nd_status status = ND_OK;
    for (size_t i = 0; i < num && status == ND_OK; i++)
        status = add_orphan(g, edges[i].to);
    for (uint32_t i = g->first_added[from]; i < g->added.len && status == ND_OK;
         i = g->added.items[i].next)
        status = add_orphan(g, g->added.items[i].to);
    return status;
}

static nd_status add_edge(grouping *g, uint32_t from, uint32_t to, uint32_t common)
{
    if (g->added.len >= NONE)
        return ND_ERR_LIMIT;
    const nd_status status = ND_VEC_RESERVE(g->allocator, &g->added, 1);
    if (status != ND_OK)
        return status;
    g->added.items[g->added.len] = (added_edge){to, common, g->first_added[from]};
    g->first_added[from] = (uint32_t)g->added.len++;
    return ND_OK;
}

/* The orphans that `anchor` matches are taken; the others stay. */
static nd_status offer_orphans(grouping *g, uint32_t anchor)
{
    size_t rest = 0;
    for (size_t i = 0; i < g->orphans.len; i++) {
        const uint32_t orphan = g->orphans.items[i];
        uint32_t common;
        const nd_status status = g->verifier->verify(g->verifier->ctx, anchor, orphan, &common);
        if (status != ND_OK)
            return status;
        if (common > 0)
            take(g, anchor, orphan, common);
        else
            g->orphans.items[rest++] = orphan;
    }
    g->orphans.len = rest;
    return ND_OK;
}

/* The lowest of the orphans leads the ones it matches, then the lowest of the rest, and so on. */
static nd_status lead_orphans(grouping *g)
{
    for (int led = 0; led < MAX_LEADERS && g->orphans.len > 1; led++) {
        uint32_t *const orphans = g->orphans.items;
        size_t lowest = 0, rest = 0;
        for (size_t i = 1; i < g->orphans.len; i++)
            if (orphans[i] < orphans[lowest])
                lowest = i;
        const uint32_t leader = orphans[lowest];
        for (size_t i = 0; i < g->orphans.len; i++) {
            const uint32_t orphan = orphans[i];
            if (orphan == leader)
                continue;
            uint32_t common;
            nd_status status = g->verifier->verify(g->verifier->ctx, leader, orphan, &common);
            if (status == ND_OK && common > 0)
                status = add_edge(g, leader, orphan, common);
            else
                orphans[rest++] = orphan;
            if (status != ND_OK)
                return status;
        }
        g->orphans.len = rest;
    }
    if (g->orphans.len > 1) {
        g->anchors->num_capped++;
        g->anchors->capped_comparisons += (uint64_t)g->orphans.len * (g->orphans.len - 1) / 2;
    }
    return ND_OK;
}

static nd_status group_all(grouping *g)
{
    const nd_edge_list *const list = g->list;
    size_t first = 0, end;
    for (uint32_t d = 0; d < list->num_documents; d++, first = end) {
        for (end = first; end < list->num_edges && list->edges[end].from == d;)
            end++;
        if (g->anchors->anchor_of[d] == NONE) {
            found_group(g, d, list->edges + first, end - first);
            continue;
        }
        nd_status status = collect_orphans(g, d, list->edges + first, end - first);
        if (status == ND_OK)
            status = offer_orphans(g, g->anchors->anchor_of[d]);
        if (status == ND_OK)
            status = lead_orphans(g);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

nd_status nd_group_anchored(const nd_edge_list *list, const nd_edge_verifier *verifier,
                            const nd_allocator *allocator, nd_anchors *anchors)
{
    grouping g = {.list = list, .verifier = verifier, .allocator = allocator, .anchors = anchors};
    g.first_added = nd_alloc(allocator, list->num_documents, sizeof *g.first_added);
    if (!g.first_added)
        return ND_ERR_NO_MEMORY;
    memset(g.first_added, 0xff, list->num_documents * sizeof *g.first_added);
    memset(anchors->anchor_of, 0xff, list->num_documents * sizeof *anchors->anchor_of);
    anchors->num_capped = anchors->capped_comparisons = 0;
    const nd_status status = group_all(&g);
    nd_release(allocator, g.first_added);
    ND_VEC_RELEASE(allocator, &g.added);
    ND_VEC_RELEASE(allocator, &g.orphans);
    return status;
}
