/* Connected documents (single linkage). */
#ifndef GROUP_UNION_FIND_H
#define GROUP_UNION_FIND_H

#include "group/anchored_groups.h"

/* Links one by one, between a begin and an end; anchor_of has room for num_documents. */
void nd_links_begin(uint32_t *anchor_of, size_t num_documents);
void nd_links_add(uint32_t *anchor_of, uint32_t a, uint32_t b);
void nd_links_end(uint32_t *anchor_of, size_t num_documents);

/* anchor_of[d] becomes the lowest document that a chain of edges connects with d. O(n log n) at
 * worst, as the lower number has to lead, whatever the trees' heights (path halving: Tarjan and van
 * Leeuwen 1984). */
void nd_group_single_link(const nd_edge_list *list, uint32_t *anchor_of);

#endif
