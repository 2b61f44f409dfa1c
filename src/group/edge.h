/* Verified matches between the texts of a batch. */
#ifndef GROUP_EDGE_H
#define GROUP_EDGE_H

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

#endif
