/* Bytes that are written one after the other, and read so once; and items that are sorted. Both
 * where there is no room for them in memory. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <pthread.h>

#include "store/budget.h"
#include "util/alloc.h"
#include "util/sort.h"

/* --- spools --- */

/* Many may share a file, as the blocks of a spool need not stand together:
 *
 *   file:   | block of a | block of b | block of a | ...       the last one of a spool is shorter
 *
 * A spool has a buffer of one block while it is written to or read. Exclusive. */
typedef struct nd_spool {
    nd_temp_file *file;
    const nd_allocator *allocator;
    size_t block_bytes;
    ND_VEC(uint64_t) blocks; /* where they stand */
    char *buffer;
    size_t at, len;        /* of what is in the buffer: what is read, and all */
    size_t next;           /* block to be read */
    size_t last_block_len; /* once writing has ended */
} nd_spool;

/* Empty, without memory of its own. */
void nd_spool_init(nd_spool *spool, nd_temp_file *file, size_t block_bytes,
                   const nd_allocator *allocator);

/* ND_ERR_IO: see nd_budget_explain; so below. */
ND_NODISCARD nd_status nd_spool_put(nd_spool *spool, const void *bytes, size_t len);

/* All is put: writes the rest, and gives the buffer back. Reading begins, also anew. */
ND_NODISCARD nd_status nd_spool_end(nd_spool *spool);
void nd_spool_rewind(nd_spool *spool);

/* The next len bytes, which there must be: ND_ERR_FORMAT. */
ND_NODISCARD nd_status nd_spool_get(nd_spool *spool, void *bytes, size_t len);

void nd_spool_release(nd_spool *spool);

/* --- sorted runs --- */

typedef struct nd_sorted_run {
    uint64_t at, num; /* in the file: its place, and how many items */
} nd_sorted_run;

typedef struct nd_sorted_runs {
    nd_budget *budget;
    const nd_allocator *allocator;
    pthread_mutex_t lock; /* of what follows */
    nd_temp_file *file;   /* NULL: no run yet */
    ND_VEC(nd_sorted_run) runs;
} nd_sorted_runs;

typedef ND_VEC(nd_key_value) nd_key_value_vec;

/* ND_ERR_NO_MEMORY where the system has no lock left. */
ND_NODISCARD nd_status nd_sorted_runs_init(nd_sorted_runs *runs, nd_budget *budget,
                                           const nd_allocator *allocator);

/* How many items each of num_threads may have in memory before they are a run: together with what
 * sorting takes these are a sixteenth of the limit. */
size_t nd_sorted_runs_most(const nd_sorted_runs *runs, uint32_t num_threads);

/* Sorts the items, writes them as a run, and empties their list. 16 bytes an item while it does.
 * Thread-safe. */
ND_NODISCARD nd_status nd_sorted_runs_add(nd_sorted_runs *runs, nd_key_value_vec *items);

/* Calls `each` for all items by key (k-way merge, by a heap); those of one key run by run, as they
 * were added. Buffers take a sixteenth of the limit at most, or 1 KiB for each run. */
typedef nd_status (*nd_key_value_fn)(void *ctx, const nd_key_value *item);
ND_NODISCARD nd_status nd_sorted_runs_merge(const nd_sorted_runs *runs, nd_key_value_fn each,
                                            void *ctx);

void nd_sorted_runs_release(nd_sorted_runs *runs);

#endif
