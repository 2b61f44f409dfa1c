/* What the scan's options ask to be told, while several threads do tasks. */
#ifndef ENGINE_TASK_PROGRESS_H
#define ENGINE_TASK_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "neardup/scan.h"

typedef struct nd_task_progress {
    nd_progress_fn fn; /* NULL: nobody asks */
    void *ctx;
    nd_phase phase;
    uint64_t num_tasks;
    _Atomic uint64_t num_done;
    pthread_mutex_t lock; /* of fn */
} nd_task_progress;

/* ND_ERR_NO_MEMORY where the system has no lock left. */
ND_NODISCARD nd_status nd_task_progress_init(nd_task_progress *progress,
                                             const nd_scan_options *options, nd_phase phase,
                                             uint64_t num_tasks);

/* One more task is done. Tells so, unless another thread is telling something; returns what it was
 * answered. Thread-safe. */
ND_NODISCARD nd_status nd_task_progress_step(nd_task_progress *progress);

void nd_task_progress_release(nd_task_progress *progress);

#endif
