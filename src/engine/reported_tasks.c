#include "engine/reported_tasks.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct reported {
    const nd_scan_options *options;
    nd_phase phase;
    size_t num_tasks;
    nd_task_fn run;
    void *ctx;
    _Atomic uint64_t num_done;
    pthread_mutex_t lock; /* of options->progress */
} reported;

static nd_status tell(reported *r)
{
    const nd_scan_options *const o = r->options;
    atomic_fetch_add(&r->num_done, 1);
    if (!o->progress || pthread_mutex_trylock(&r->lock) != 0)
        return ND_OK;
    const nd_status status =
        o->progress(o->progress_ctx, r->phase, atomic_load(&r->num_done), r->num_tasks);
    pthread_mutex_unlock(&r->lock);
    return status;
}

static nd_status run_one(void *ctx, uint32_t worker, size_t task)
{
    reported *const r = ctx;
    const nd_status status = r->run(r->ctx, worker, task);
    return status == ND_OK ? tell(r) : status;
}

nd_status nd_run_reported(const nd_scan_options *options, const nd_allocator *allocator,
                          nd_phase phase, size_t num_tasks, nd_task_fn run, void *ctx)
{
    reported r = {
        .options = options, .phase = phase, .num_tasks = num_tasks, .run = run, .ctx = ctx};
    if (pthread_mutex_init(&r.lock, NULL) != 0)
        return ND_ERR_NO_MEMORY;
    const nd_status status =
        nd_threads_for(allocator, options->num_threads, num_tasks, run_one, &r);
    pthread_mutex_destroy(&r.lock);
    return status;
}
