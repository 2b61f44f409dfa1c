/* Matches where a budget is limited: sorted runs in a file, while texts are compared, then all of
 * them in order. */
#ifndef ENGINE_EDGE_RUNS_H
#define ENGINE_EDGE_RUNS_H

#include <pthread.h>
#include <stdbool.h>

#include "engine/matcher.h"
#include "store/budget.h"

/* Each edge stands there twice: as its one end sees it, and as its other does. */
typedef struct nd_edge_run {
    uint64_t at, num; /* in the file: its place, and how many edges */
} nd_edge_run;

struct nd_edge_runs {
    const nd_allocator *allocator;
    nd_budget *budget;
    size_t run_edges;     /* so many in memory are a run */
    pthread_mutex_t lock; /* of what follows */
    nd_temp_file *file;   /* NULL: no run yet */
    ND_VEC(nd_edge_run) runs;
};

/* For num_threads workers. ND_ERR_NO_MEMORY where the system has no lock left. */
ND_NODISCARD nd_status nd_edge_runs_init(nd_edge_runs *runs, nd_budget *budget,
                                         uint32_t num_threads, const nd_allocator *allocator);

/* Writes the edges as a run, and empties their list. 64 bytes an edge while it does. Thread-safe.
 * ND_ERR_IO: see nd_budget_explain. */
ND_NODISCARD nd_status nd_edge_runs_add(nd_edge_runs *runs, nd_edge_vec *edges);

/* Takes edges by `from`, then by `to`; the same one may come twice. It holds for the call. */
typedef nd_status (*nd_edge_fn)(void *ctx, const nd_edge *edge);

/* Calls `each` for all of them (k-way merge, by a heap). Buffers take an eighth of the budget at
 * most, or 1 KiB for each run. */
ND_NODISCARD nd_status nd_edge_runs_merge(const nd_edge_runs *runs, nd_edge_fn each, void *ctx);

void nd_edge_runs_release(nd_edge_runs *runs);

#endif
