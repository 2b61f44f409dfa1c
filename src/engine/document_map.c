#include "neardup/document_map.h"

#include <pthread.h>
#include <stdbool.h>

#include "util/alloc.h"
#include "util/threads.h"

/* Shared by the workers of one run. */
typedef struct run {
    const nd_source *source;
    nd_document_map_fn map;
    void *ctx;
    nd_progress_fn progress;
    void *progress_ctx;
    nd_error *error;
    pthread_mutex_t lock; /* next(), the error, and progress */
    bool stopped;         /* no block will be taken: the end, or a failure */
    bool failed;
    uint64_t num_done;
} run;

/* One worker's view, handed to the source as emit context. */
typedef struct worker_view {
    run *shared;
    uint32_t worker;
    uint64_t num_done;
} worker_view;

static nd_status emit(void *ctx, const nd_document *document)
{
    worker_view *const view = ctx;
    view->num_done++;
    return view->shared->map(view->shared->ctx, view->worker, document);
}

/* Under the lock: the next block, or NULL at the end and after a failure elsewhere. */
static nd_status take_block(run *r, void **block)
{
    *block = NULL;
    if (r->stopped)
        return ND_OK;
    const nd_status status = r->source->next(r->source->ctx, block, r->error);
    r->stopped = status != ND_OK || !*block;
    r->failed = status != ND_OK;
    return status;
}

/* Under the lock: a failure stops everybody; the first one's error is kept. */
static nd_status report(run *r, nd_status status, const nd_error *error, uint64_t num_done)
{
    r->num_done += num_done;
    if (status == ND_OK && r->progress && !r->failed)
        status = r->progress(r->progress_ctx, ND_PHASE_READ, r->num_done, 0);
    if (status == ND_OK)
        return ND_OK;
    if (!r->failed && r->error)
        *r->error = *error;
    r->stopped = r->failed = true;
    return status;
}

static nd_status work(void *ctx, uint32_t worker)
{
    run *const r = ctx;
    for (;;) {
        void *block;
        pthread_mutex_lock(&r->lock);
        nd_status status = take_block(r, &block);
        pthread_mutex_unlock(&r->lock);
        if (status != ND_OK || !block)
            return status;
        worker_view view = {.shared = r, .worker = worker};
        nd_error error = {0};
        status = r->source->decode(r->source->ctx, block, emit, &view, &error);
        pthread_mutex_lock(&r->lock);
        status = report(r, status, &error, view.num_done);
        pthread_mutex_unlock(&r->lock);
        if (status != ND_OK)
            return status;
    }
}

nd_status nd_document_map(const nd_source *source, const nd_document_map_options *options,
                          nd_document_map_fn map, void *ctx, nd_error *error)
{
    if (options->num_threads < 1)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(options->allocator);
    run r = {.source = source,
             .map = map,
             .ctx = ctx,
             .progress = options->progress,
             .progress_ctx = options->progress_ctx,
             .error = error};
    if (pthread_mutex_init(&r.lock, NULL) != 0)
        return ND_ERR_NO_MEMORY;
    const nd_status status = nd_threads_run(&a, options->num_threads, work, &r);
    pthread_mutex_destroy(&r.lock);
    return status;
}
