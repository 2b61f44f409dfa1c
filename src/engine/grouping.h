/* Matches into groups. */
#ifndef ENGINE_GROUPING_H
#define ENGINE_GROUPING_H

#include "engine/scan_state.h"

/* Fills scan->anchors from scan->edges, and the group counts of scan->stats. */
ND_NODISCARD nd_status nd_scan_group_edges(nd_scan *scan);

#endif
