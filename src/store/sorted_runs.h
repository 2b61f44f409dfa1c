/* Items of one size that are sorted where there is no room for them in memory: sorted runs in a
 * temporary file, while they come, then all of them in order. */
#ifndef STORE_SORTED_RUNS_H
#define STORE_SORTED_RUNS_H

#include <pthread.h>

#include "store/budget.h"
#include "util/alloc.h"
#include "util/sort.h"

typedef uint64_t (*nd_item_key_fn)(const void *item);

typedef struct nd_sorted_run {
    uint64_t at, num; /* in the file: its place, and how many items */
} nd_sorted_run;

typedef struct nd_sorted_runs {
    nd_budget *budget;
    const nd_allocator *allocator;
    size_t item_bytes;
    nd_item_key_fn key_of; /* what items are sorted by */
    pthread_mutex_t lock;  /* of what follows */
    nd_temp_file *file;    /* NULL: no run yet */
    ND_VEC(nd_sorted_run) runs;
} nd_sorted_runs;

/* ND_ERR_NO_MEMORY where the system has no lock left. */
ND_NODISCARD nd_status nd_sorted_runs_init(nd_sorted_runs *runs, size_t item_bytes,
                                           nd_item_key_fn key_of, nd_budget *budget,
                                           const nd_allocator *allocator);

/* The place of a new run of num items, at least one, in runs->file, where the caller writes them
 * sorted. Thread-safe. */
ND_NODISCARD nd_status nd_sorted_runs_reserve(nd_sorted_runs *runs, size_t num, uint64_t *at);

/* Calls `each` for all items by key (k-way merge, by a heap); those of one key run by run, as the
 * runs were reserved. An item holds for the call. Buffers take a sixteenth of the limit at most, or
 * 1 KiB for each run. */
typedef nd_status (*nd_sorted_item_fn)(void *ctx, const void *item);
ND_NODISCARD nd_status nd_sorted_runs_merge(const nd_sorted_runs *runs, nd_sorted_item_fn each,
                                            void *ctx);

void nd_sorted_runs_release(nd_sorted_runs *runs);

/* --- of nd_key_value, by key --- */

typedef ND_VEC(nd_key_value) nd_key_value_vec;

ND_NODISCARD nd_status nd_key_value_runs_init(nd_sorted_runs *runs, nd_budget *budget,
                                              const nd_allocator *allocator);

/* How many items each of num_threads may have in memory before they are a run: together with what
 * sorting takes these are a sixteenth of the limit. */
size_t nd_key_value_runs_most(const nd_sorted_runs *runs, uint32_t num_threads);

/* Sorts the items, writes them as a run, and empties their list. 16 bytes an item while it does.
 * Thread-safe. */
ND_NODISCARD nd_status nd_key_value_runs_add(nd_sorted_runs *runs, nd_key_value_vec *items);

#endif
