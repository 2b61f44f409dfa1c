/* Tasks on several threads, with the progress that the scan's options ask for. */
#ifndef ENGINE_REPORTED_TASKS_H
#define ENGINE_REPORTED_TASKS_H

#include "neardup/scan.h"
#include "util/threads.h"

/* nd_threads_for on options->num_threads threads. After each task progress is told, unless another
 * thread is telling it; what it answers, if it is not ND_OK, ends the tasks and is returned. */
ND_NODISCARD nd_status nd_run_reported(const nd_scan_options *options,
                                       const nd_allocator *allocator, nd_phase phase,
                                       size_t num_tasks, nd_task_fn run, void *ctx);

#endif
