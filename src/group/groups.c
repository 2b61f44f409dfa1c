#include "group/groups.h"

void nd_links_begin(uint32_t *anchor_of, size_t num_texts)
{
    for (size_t t = 0; t < num_texts; t++)
        anchor_of[t] = (uint32_t)t;
}

/* An edge's `from` is decided before any edge of a larger `from` is met, as edges to it come from
 * smaller ones. */
void nd_group_anchored(const nd_edge_list *edges, size_t num_texts, uint32_t *anchor_of)
{
    nd_links_begin(anchor_of, num_texts);
    for (size_t i = 0; i < edges->num; i++)
        nd_anchor_edge(anchor_of, edges->items[i].from, edges->items[i].to);
}

static uint32_t find_root(uint32_t *parent, uint32_t text)
{
    while (parent[text] != text) {
        parent[text] = parent[parent[text]];
        text = parent[text];
    }
    return text;
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

void nd_links_end(uint32_t *anchor_of, size_t num_texts)
{
    for (size_t t = 0; t < num_texts; t++)
        anchor_of[t] = find_root(anchor_of, (uint32_t)t);
}

void nd_group_single_link(const nd_edge_list *edges, size_t num_texts, uint32_t *anchor_of)
{
    nd_links_begin(anchor_of, num_texts);
    for (size_t i = 0; i < edges->num; i++)
        nd_links_add(anchor_of, edges->items[i].from, edges->items[i].to);
    nd_links_end(anchor_of, num_texts);
}
