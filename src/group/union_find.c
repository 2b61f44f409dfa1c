#include "group/union_find.h"

static uint32_t find_root(uint32_t *parent, uint32_t document)
{
    while (parent[document] != document) {
        parent[document] = parent[parent[document]];
        document = parent[document];
    }
    return document;
}

void nd_links_begin(uint32_t *anchor_of, size_t num_documents)
{
    for (size_t d = 0; d < num_documents; d++)
        anchor_of[d] = (uint32_t)d;
}

void nd_links_add(uint32_t *anchor_of, uint32_t a, uint32_t b)
{
    const uint32_t root_a = find_root(anchor_of, a), root_b = find_root(anchor_of, b);
    /* The lower number stays root: it is the group's representative. */
    if (root_a < root_b)
        anchor_of[root_b] = root_a;
    else
        anchor_of[root_a] = root_b;
}

void nd_links_end(uint32_t *anchor_of, size_t num_documents)
{
    for (size_t d = 0; d < num_documents; d++)
        anchor_of[d] = find_root(anchor_of, (uint32_t)d);
}

void nd_group_single_link(const nd_edge_list *list, uint32_t *anchor_of)
{
    nd_links_begin(anchor_of, list->num_documents);
    for (size_t i = 0; i < list->num_edges; i++)
        nd_links_add(anchor_of, list->edges[i].from, list->edges[i].to);
    nd_links_end(anchor_of, list->num_documents);
}
