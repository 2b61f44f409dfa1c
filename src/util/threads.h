/* What the system gives: threads that share out numbered tasks, and random numbers. */
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

/* A task that leaves its result in `slot`, and what takes it from there. */
typedef nd_status (*nd_slot_task_fn)(void *ctx, uint32_t worker, size_t task, size_t slot);
typedef nd_status (*nd_slot_fn)(void *ctx, size_t slot);

/* Runs tasks 0 .. num_tasks-1 as nd_threads_for does, and calls `take` on the calling thread for
 * each in their order: by rounds of num_slots tasks, slots being numbered 0 .. num_slots-1. */
ND_NODISCARD nd_status nd_threads_in_order(const nd_allocator *allocator, uint32_t num_threads,
                                           size_t num_tasks, size_t num_slots, nd_slot_task_fn run,
                                           nd_slot_fn take, void *ctx);

/* How many threads `num` items are worth, at least 1 and at most num_threads, if one should be
 * given `least` of them. */
uint32_t nd_threads_worth(size_t num, size_t least, uint32_t num_threads);

/* The first item of a slice of num items, slice num_slices being the end. No slice is more than one
 * item larger than another. */
static inline size_t nd_slice_start(size_t num, uint32_t num_slices, uint32_t slice)
{
    return num / num_slices * slice + num % num_slices * slice / num_slices;
}

/* --- random numbers --- */

/* A number that nobody outside the process can know, for hashes that decide nothing a result shows,
 * so that nobody can prepare input against them. From the system's generator, or from addresses
 * where that fails. Thread-safe. */
uint64_t nd_random_seed(void);

#endif
