/* Matches where a budget is limited: sorted runs in a file, while texts are compared, then all of
 * them in order. */
#ifndef ENGINE_EDGE_RUNS_H
#define ENGINE_EDGE_RUNS_H

#include "engine/matcher.h"
#include "store/sorted_runs.h"

/* Each edge stands there twice: as its one end sees it, and as its other does. */
struct nd_edge_runs {
    nd_sorted_runs sorted;
    size_t run_edges; /* so many in memory are a run */
};

/* For num_threads workers. ND_ERR_NO_MEMORY where the system has no lock left. */
ND_NODISCARD nd_status nd_edge_runs_init(nd_edge_runs *runs, nd_budget *budget,
                                         uint32_t num_threads, const nd_allocator *allocator);

/* Writes the edges as a run, and empties their list. 64 bytes an edge while it does. Thread-safe.
 * ND_ERR_IO: see nd_budget_explain. */
ND_NODISCARD nd_status nd_edge_runs_add(nd_edge_runs *runs, nd_edge_vec *edges);

/* Takes edges by `from`, then by `to`; the same one may come twice. It holds for the call. */
typedef nd_status (*nd_edge_fn)(void *ctx, const nd_edge *edge);

/* Calls `each` for all of them, see nd_sorted_runs_merge. */
ND_NODISCARD nd_status nd_edge_runs_merge(const nd_edge_runs *runs, nd_edge_fn each, void *ctx);

void nd_edge_runs_release(nd_edge_runs *runs);

#endif
