/* A verified match between two documents of a batch. */
#ifndef GROUP_EDGE_H
#define GROUP_EDGE_H

#include <stdint.h>

/* Documents by rank: the smaller number is the one a group would rather keep. from < to. */
typedef struct nd_edge {
    uint32_t from, to;
    uint32_t common; /* shingles in both sets */
} nd_edge;

#endif
