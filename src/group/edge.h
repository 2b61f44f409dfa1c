/* Verified matches between the texts of a batch. */
#ifndef GROUP_EDGE_H
#define GROUP_EDGE_H

#include <stddef.h>
#include <stdint.h>

/* from < to. `covered` of a match by coverage is in parts of ND_COVERED_ALL, 0 elsewhere. */
typedef struct nd_edge {
    uint32_t from, to;
    uint32_t common; /* shingles in both sets */
    uint16_t from_covered, to_covered;
} nd_edge;

/* Sorted by from, then to; no two of the same texts. */
typedef struct nd_edge_list {
    nd_edge *items;
    size_t num;
} nd_edge_list;

#endif
