#include "engine/task_progress.h"

nd_status nd_task_progress_init(nd_task_progress *progress, const nd_scan_options *options,
                                nd_phase phase, uint64_t num_tasks)
{
    progress->fn = options->progress;
    progress->ctx = options->progress_ctx;
    progress->phase = phase;
    progress->num_tasks = num_tasks;
    atomic_init(&progress->num_done, 0);
    return pthread_mutex_init(&progress->lock, NULL) == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

nd_status nd_task_progress_step(nd_task_progress *progress)
{
    atomic_fetch_add(&progress->num_done, 1);
    if (!progress->fn || pthread_mutex_trylock(&progress->lock) != 0)
        return ND_OK;
    const nd_status status = progress->fn(progress->ctx, progress->phase,
                                          atomic_load(&progress->num_done), progress->num_tasks);
    pthread_mutex_unlock(&progress->lock);
    return status;
}

void nd_task_progress_release(nd_task_progress *progress)
{
    pthread_mutex_destroy(&progress->lock);
}
