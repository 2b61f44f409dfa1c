#include "engine/grouping.h"

#include "engine/coverage_matching.h"
#include "engine/verifier.h"
#include "group/union_find.h"

static nd_status verify_edge(void *ctx, uint32_t a, uint32_t b, uint32_t *common)
{
    nd_scan *const scan = ctx;
    return nd_scan_verify(scan, &scan->workers[0], a, b, common);
}

/* Single links: the similarity to the representative, which need not be a match. */
static nd_status link_single(nd_scan *scan, const nd_edge_list *list)
{
    nd_group_single_link(list, scan->anchors.anchor_of);
    for (size_t x = 0; x < list->num_documents; x++) {
        const uint32_t anchor = scan->anchors.anchor_of[x];
        nd_measured measured = {.edge = {.common = 0}};
        nd_status status = ND_OK;
        if (anchor != x && nd_scan_asks_coverage(scan))
            status = nd_scan_measure(scan, &scan->workers[0], anchor, (uint32_t)x, &measured);
        else if (anchor != x)
            measured.edge.common = (uint32_t)nd_scan_similarity(scan, (uint32_t)x, anchor).common;
        if (status != ND_OK)
            return status;
        scan->anchors.common_of[x] = measured.edge.common;
    }
    return ND_OK;
}

/* Members: all documents of a group but its representative. A group is an anchor with any. */
static void count_groups(nd_scan *scan, uint32_t *size_of)
{
    const nd_catalog *const c = &scan->catalog;
    for (size_t x = 0; x < c->num_distinct; x++)
        size_of[x] = 0;
    for (size_t x = 0; x < c->num_distinct; x++)
        size_of[scan->anchors.anchor_of[x]] += nd_catalog_num_copies(c, (uint32_t)x);
    for (size_t x = 0; x < c->num_distinct; x++) {
        if (size_of[x] < 2)
            continue;
        scan->stats.groups++;
        scan->stats.group_members += size_of[x] - 1;
    }
}

static nd_status link_documents(nd_scan *scan, const nd_edge_list *list)
{
    if (scan->options.link == ND_LINK_SINGLE)
        return link_single(scan, list);
    const nd_edge_verifier verifier = {verify_edge, scan};
    const nd_status status = nd_group_anchored(list, &verifier, &scan->allocator, &scan->anchors);
    scan->stats.capped_groups += scan->anchors.num_capped;
    scan->stats.capped_comparisons += scan->anchors.capped_comparisons;
    return status;
}

nd_status nd_scan_group_edges(nd_scan *scan)
{
    const nd_edge_list list = {scan->edges, scan->num_edges, scan->catalog.num_distinct};
    const nd_allocator *const a = &scan->allocator;
    scan->anchors.anchor_of = nd_alloc(a, list.num_documents, sizeof(uint32_t));
    scan->anchors.common_of = nd_alloc(a, list.num_documents, sizeof(uint32_t));
    uint32_t *const size_of = nd_alloc(a, list.num_documents, sizeof *size_of);
    nd_status status = ND_ERR_NO_MEMORY;
    if (scan->anchors.anchor_of && scan->anchors.common_of && size_of)
        status = link_documents(scan, &list);
    if (status == ND_OK)
        count_groups(scan, size_of);
    nd_release(a, size_of);
    return status;
}
