/* Groups from matches. */
#ifndef GROUP_GROUPS_H
#define GROUP_GROUPS_H

#include <stddef.h>
#include <stdint.h>

/* from < to. `covered` is in parts of ND_COVERED_ALL, and the score of ND_LOGISTIC_ONE; 0 where
 * they are not asked for. */
typedef struct nd_edge {
    uint32_t from, to;
    uint32_t common; /* shingles in both sets */
    uint16_t from_covered, to_covered;
    uint16_t score;
} nd_edge;

/* Sorted by from, then to; no two of the same texts. */
typedef struct nd_edge_list {
    nd_edge *items;
    size_t num;
} nd_edge_list;

/* Texts are numbered by rank here: the smaller number is the one a group would rather keep.
 * anchor_of[t], num_texts of them and the caller's, becomes the representative of text t: t itself
 * for a representative or a text alone. */

/* Takes `to` for the group of `from` < to, if `from` represents one and `to` is free: for all edges
 * sorted by from, after nd_links_begin. */
static inline void nd_anchor_edge(uint32_t *anchor_of, uint32_t from, uint32_t to)
{
    if (anchor_of[from] == from && anchor_of[to] == to)
        anchor_of[to] = from;
}

/* Every member matches the representative itself: in the order of rank a text that matches no
 * representative so far becomes one; each other goes to the first representative that it matches.
 * O(texts + edges). */
void nd_group_anchored(const nd_edge_list *edges, size_t num_texts, uint32_t *anchor_of);

/* Single linkage: anchor_of[t] becomes the lowest text that a chain of edges connects with t; edge
 * by edge, in any order, between a begin and an end. O(n log n) at worst, as the lower number has
 * to lead, whatever the trees' heights (path halving: Tarjan and van Leeuwen, Worst-case analysis
 * of set union algorithms, JACM 1984). */
void nd_links_begin(uint32_t *anchor_of, size_t num_texts);
void nd_links_add(uint32_t *anchor_of, uint32_t a, uint32_t b);
void nd_links_end(uint32_t *anchor_of, size_t num_texts);

#endif
