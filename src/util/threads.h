/* Threads that share out numbered tasks. */
#ifndef UTIL_THREADS_H
#define UTIL_THREADS_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"

/* One share of work. `worker` is 0 .. num_threads-1 and no two calls with one worker overlap. */
typedef nd_status (*nd_worker_fn)(void *ctx, uint32_t worker);

/* Runs `run(ctx, worker)` once for each worker, worker 0 on the calling thread, and waits for all.
 * Returns the first failure by worker number. If the system refuses a thread its worker runs on the
 * calling thread after the others' start, so the work is done in any case. */
ND_NODISCARD nd_status nd_threads_run(const nd_allocator *allocator, uint32_t num_threads,
                                      nd_worker_fn run, void *ctx);

/* One task of many. */
typedef nd_status (*nd_task_fn)(void *ctx, uint32_t worker, size_t task);

/* Runs tasks 0 .. num_tasks-1, handed out in order to whichever worker is free. After a failure no
 * new task is begun. */
ND_NODISCARD nd_status nd_threads_for(const nd_allocator *allocator, uint32_t num_threads,
                                      size_t num_tasks, nd_task_fn run, void *ctx);

#endif
