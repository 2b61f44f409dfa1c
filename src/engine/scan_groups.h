/* The groups of a scan. */
#ifndef ENGINE_SCAN_GROUPS_H
#define ENGINE_SCAN_GROUPS_H

#include "engine/matcher.h"

/*   to_anchor[t]   how text t is seen beside its representative: from t to it where t is a member,
 *                  and t beside itself elsewhere */
typedef struct nd_scan_groups {
    nd_edge *to_anchor;
    uint64_t num_groups, num_members; /* of documents; members without representatives */
} nd_scan_groups;

/* The texts by rank: what a group would rather keep first, texts of one rank in the order of their
 * numbers. *by_rank is allocated with `allocator`; NULL where texts are numbered by rank already.
 */
ND_NODISCARD nd_status nd_rank_texts(const nd_matcher *matcher, uint32_t **by_rank);

/* Groups the matches by options->link; by_rank as nd_rank_texts makes it. Release also after a
 * failure. */
ND_NODISCARD nd_status nd_scan_groups_init(nd_scan_groups *groups, nd_matcher *matcher,
                                           const nd_edge_list *edges, const uint32_t *by_rank);

void nd_scan_groups_release(nd_scan_groups *groups, const nd_allocator *allocator);

#endif
