/* The matches the workers found, together. */
#ifndef ENGINE_EDGE_COLLECTION_H
#define ENGINE_EDGE_COLLECTION_H

#include "engine/scan_state.h"

/* Moves the workers' edges to scan->edges, sorted by (from, to); one found twice stays once. */
ND_NODISCARD nd_status nd_scan_collect_edges(nd_scan *scan);

#endif
