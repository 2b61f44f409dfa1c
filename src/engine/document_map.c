#include "neardup/document_map.h"

#include <pthread.h>
#include <stdbool.h>

#include "util/alloc.h"
#include "util/error.h"
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
    nd_status failure;    /* the first one in time: what the run returns */
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

/* Under the lock: a failure stops everybody; the first one's status and error are kept. */
static void keep_failure(run *r, nd_status status, const nd_error *error)
{
    r->stopped = true;
    if (r->failure != ND_OK)
        return;
    r->failure = status;
    if (!r->error)
        return;
    *r->error = *error;
    r->error->code = status;
    if (!error->message[0])
        nd_error_set(r->error, status, "%s", nd_status_message(status));
}

/* Under the lock: the next block, or NULL at the end and after a failure. */
static void *take_block(run *r)
{
    void *block = NULL;
    if (r->stopped)
        return NULL;
    nd_error error = {0};
    const nd_status status = r->source->next(r->source->ctx, &block, &error);
    r->stopped = !block;
    if (status != ND_OK)
        keep_failure(r, status, &error);
    return status == ND_OK ? block : NULL;
}

/* Under the lock. */
static void report(run *r, nd_status status, const nd_error *error, uint64_t num_done)
{
    r->num_done += num_done;
    if (status == ND_OK && r->progress && r->failure == ND_OK)
        status = r->progress(r->progress_ctx, ND_PHASE_READ, r->num_done, 0);
    if (status != ND_OK)
        keep_failure(r, status, error);
}

static nd_status work(void *ctx, uint32_t worker)
{
    run *const r = ctx;
    for (;;) {
        pthread_mutex_lock(&r->lock);
        void *const block = take_block(r);
        pthread_mutex_unlock(&r->lock);
        if (!block)
            return ND_OK;
        worker_view view = {.shared = r, .worker = worker};
        nd_error error = {0};
        const nd_status status = r->source->decode(r->source->ctx, block, emit, &view, &error);
        pthread_mutex_lock(&r->lock);
        report(r, status, &error, view.num_done);
        pthread_mutex_unlock(&r->lock);
    }
}

void nd_document_map_options_init_sized(nd_document_map_options *options, size_t size_bytes)
{
    const nd_document_map_options full = {.size_bytes = sizeof full, .num_threads = 1};
    nd_option_struct_init(options, size_bytes, &full);
}

nd_status nd_document_map(const nd_source *source, const nd_document_map_options *options,
                          nd_document_map_fn map, void *ctx, nd_error *error)
{
    nd_document_map_options full;
    nd_document_map_options_init(&full);
    if (nd_option_struct_copy(&full, options) != ND_OK)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "the options were not initialised, or are of a later version");
    if (full.num_threads < 1)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'num_threads' must be at least 1");
    const nd_allocator a = nd_allocator_or_default(full.allocator);
    run r = {.source = source,
             .map = map,
             .ctx = ctx,
             .progress = full.progress,
             .progress_ctx = full.progress_ctx,
             .error = error};
    if (pthread_mutex_init(&r.lock, NULL) != 0)
        return ND_ERR_NO_MEMORY;
    const nd_status status = nd_threads_run(&a, full.num_threads, work, &r);
    pthread_mutex_destroy(&r.lock);
    return r.failure != ND_OK ? r.failure : status;
}
