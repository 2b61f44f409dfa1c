/* Groups whose members all match the representative itself. */
#ifndef GROUP_ANCHORED_GROUPS_H
#define GROUP_ANCHORED_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "group/edge.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* Compares two documents exactly; *common is 0 where they do not match. */
typedef struct nd_edge_verifier {
    nd_status (*verify)(void *ctx, uint32_t a, uint32_t b, uint32_t *common);
    void *ctx;
} nd_edge_verifier;

typedef struct nd_edge_list {
    const nd_edge *edges; /* sorted by from, to */
    size_t num_edges;
    size_t num_documents; /* numbered by rank: the smaller is kept rather */
} nd_edge_list;

/* The groups. The arrays are the caller's, num_documents long. */
typedef struct nd_anchors {
    uint32_t
        *anchor_of; /* representative of d; d itself for a representative or a document alone */
    uint32_t *common_of; /* shingles d shares with it; 0 for itself */
    uint64_t num_capped; /* times that not all of what lost its representative was compared */
    uint64_t capped_comparisons; /* that this left out, at most */
} nd_anchors;

/* Greedy by rank: a document that no representative has taken becomes one and takes all it matches
 * that are still free. Where a document that led others is itself taken, those it led (and its
 * representative did not take) are compared with that representative, then among themselves, so
 * that an edge lost to the taking is made good. Near linear in the edges. */
ND_NODISCARD nd_status nd_group_anchored(const nd_edge_list *list, const nd_edge_verifier *verifier,
                                         const nd_allocator *allocator, nd_anchors *anchors);

#endif
