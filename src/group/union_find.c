#include "group/union_find.h"

static uint32_t find_root(uint32_t *parent, uint32_t document)
{
    while (parent[document] != document) {
        parent[document] = parent[parent[document]];
        document = parent[document];
    }
    return document;
}

void nd_group_single_link(const nd_edge_list *list, uint32_t *anchor_of)
{
    for (uint32_t d = 0; d < list->num_documents; d++)
        anchor_of[d] = d;
    for (size_t i = 0; i < list->num_edges; i++) {
        const uint32_t a = find_root(anchor_of, list->edges[i].from);
        const uint32_t b = find_root(anchor_of, list->edges[i].to);
        /* The lower number stays root: it is the group's representative. */
        anchor_of[a > b ? a : b] = a > b ? b : a;
    }
    for (uint32_t d = 0; d < list->num_documents; d++)
        anchor_of[d] = find_root(anchor_of, d);
}
