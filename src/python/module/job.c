/* Blocks wait in a short queue: the calling thread makes them, the library's threads take them.
 *
 *   calling thread, with the GIL          the library's threads
 *   document_input_next ── queue ──────▶ source.next ─ decode ─ ...
 *   progress(), PyErr_CheckSignals  ◀─── nd_job_progress (leaves the figures, is told to stop) */
#include "python/module/job.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    QUEUE_BLOCKS = 64,
    BLOCK_BYTES = 128 << 10,
    REPORT_MS = 100, /* between two looks at signals */
};

struct nd_job {
    PyObject *progress; /* NULL: nobody wants it */

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    nd_block *queue[QUEUE_BLOCKS];
    size_t first, num;
    bool has_ended;    /* no more blocks come */
    bool is_cancelled; /* the library is to stop */
    bool is_finished;  /* the thread is through */
    bool has_news;
    nd_phase phase;
    uint64_t done, total;

    const nd_source *source;
    nd_job_fn run;
    void *ctx;
    nd_status status;
    nd_error error;
};

/* --- the library's side --- */

nd_status nd_job_progress(void *ctx, nd_phase phase, uint64_t done, uint64_t total)
{
    nd_job *const job = ctx;
    pthread_mutex_lock(&job->lock);
    job->phase = phase;
    job->done = done;
    job->total = total;
    job->has_news = true;
    const bool is_cancelled = job->is_cancelled;
    pthread_mutex_unlock(&job->lock);
    return is_cancelled ? ND_ERR_CANCELLED : ND_OK;
}

static nd_status next_block(void *ctx, void **block, nd_error *error)
{
    nd_job *const job = ctx;
    (void)error;
    *block = NULL;
    pthread_mutex_lock(&job->lock);
    while (job->num == 0 && !job->has_ended && !job->is_cancelled)
        pthread_cond_wait(&job->changed, &job->lock);
    const bool is_cancelled = job->is_cancelled;
    if (!is_cancelled && job->num > 0) {
        *block = job->queue[job->first];
        job->first = (job->first + 1) % QUEUE_BLOCKS;
        if (job->num-- == QUEUE_BLOCKS / 2) /* worth waking the feeder for */
            pthread_cond_broadcast(&job->changed);
    }
    pthread_mutex_unlock(&job->lock);
    return is_cancelled ? ND_ERR_CANCELLED : ND_OK;
}

static void discard_block(void *ctx, void *block)
{
    (void)ctx;
    nd_block_release(block);
    free(block);
}

/* Without ids the numbers of rows, in the order of bytes that is the order of numbers. */
enum { ROW_ID_BYTES = 8 };

static void print_row_id(uint64_t row, char id[ROW_ID_BYTES])
{
    for (int i = 0; i < ROW_ID_BYTES; i++)
        id[i] = (char)(row >> (8 * (ROW_ID_BYTES - 1 - i)));
}

static nd_status decode_block(void *ctx, void *given, nd_document_fn emit, void *emit_ctx,
                              nd_error *error)
{
    (void)error;
    nd_block *const block = given;
    nd_status status = ND_OK;
    for (size_t i = 0; i < block->texts.num && status == ND_OK; i++) {
        char row_id[ROW_ID_BYTES];
        const nd_batch_text text = nd_text_batch_get(&block->texts, i);
        nd_document document = {.text = text.p ? text.p : "",
                                .text_len_bytes = text.len_bytes,
                                .tag = block->first_row + i};
        for (int k = 0; k < ND_MAX_PREFERENCES; k++)
            document.preferences[k] = block->preferences[k] ? block->preferences[k][i] : 0;
        if (block->ids.num > 0) {
            const nd_batch_text id = nd_text_batch_get(&block->ids, i);
            document.id = id.p ? id.p : "";
            document.id_len_bytes = id.len_bytes;
        } else {
            print_row_id(document.tag, row_id);
            document.id = row_id;
            document.id_len_bytes = ROW_ID_BYTES;
        }
        status = emit(emit_ctx, &document);
    }
    discard_block(ctx, block);
    return status;
}

static void *run_thread(void *ctx)
{
    nd_job *const job = ctx;
    nd_error error = {0};
    const nd_status status = job->run(job->ctx, job->source, &error);
    pthread_mutex_lock(&job->lock);
    job->status = status;
    job->error = error;
    job->is_finished = true;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    return NULL;
}

/* --- the calling thread --- */

/* What the calling thread keeps. */
typedef struct caller {
    nd_document_input *input;
    struct timespec next_report;
    PyObject *exception[3]; /* type, value, traceback: the first that was raised */
} caller;

static struct timespec now_plus_ms(long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static bool is_past(const struct timespec *t)
{
    const struct timespec now = now_plus_ms(0);
    return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

/* Python raised: the library is told to stop, and the exception kept until it has. */
static void cancel(nd_job *job, caller *c)
{
    if (!c->exception[0])
        PyErr_Fetch(&c->exception[0], &c->exception[1], &c->exception[2]);
    else
        PyErr_Clear();
    pthread_mutex_lock(&job->lock);
    job->is_cancelled = true;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

static const char *phase_name(nd_phase phase)
{
    static const char *const names[] = {[ND_PHASE_READ] = "read",
                                        [ND_PHASE_READ_AGAIN] = "read again",
                                        [ND_PHASE_SEARCH] = "search",
                                        [ND_PHASE_COMPARE] = "compare",
                                        [ND_PHASE_JOIN] = "join"};
    const size_t index = (size_t)phase;
    return index < sizeof names / sizeof *names && names[index] ? names[index] : "work";
}

static void report(nd_job *job, caller *c)
{
    c->next_report = now_plus_ms(REPORT_MS);
    if (c->exception[0])
        return;
    if (PyErr_CheckSignals() != 0) {
        cancel(job, c);
        return;
    }
    pthread_mutex_lock(&job->lock);
    const bool has_news = job->has_news;
    const nd_phase phase = job->phase;
    const unsigned long long done = job->done, total = job->total;
    job->has_news = false;
    pthread_mutex_unlock(&job->lock);
    if (!has_news || !job->progress)
        return;
    PyObject *const result =
        PyObject_CallFunction(job->progress, "sKK", phase_name(phase), done, total);
    if (!result)
        cancel(job, c);
    Py_XDECREF(result);
}

/* Adds one block; the end, or an exception, ends the feeding. */
static void feed(nd_job *job, caller *c)
{
    nd_block *const block = malloc(sizeof *block);
    int result = -1;
    if (block)
        result = nd_document_input_next(c->input, BLOCK_BYTES, block);
    else
        PyErr_NoMemory();
    if (result <= 0)
        free(block);
    if (result < 0)
        cancel(job, c);
    pthread_mutex_lock(&job->lock);
    if (result > 0) {
        job->queue[(job->first + job->num) % QUEUE_BLOCKS] = block;
        if (job->num++ == 0)
            pthread_cond_broadcast(&job->changed);
    } else {
        job->has_ended = true;
        pthread_cond_broadcast(&job->changed);
    }
    pthread_mutex_unlock(&job->lock);
}

/* Waits, without the GIL, until there is something to do; whether that is to feed. */
static bool wait_for_work(nd_job *job, const caller *c, bool *is_finished)
{
    bool wants_blocks;
    Py_BEGIN_ALLOW_THREADS;
    pthread_mutex_lock(&job->lock);
    for (;;) {
        wants_blocks = !job->has_ended && !job->is_cancelled && job->num < QUEUE_BLOCKS;
        if (job->is_finished || wants_blocks ||
            pthread_cond_timedwait(&job->changed, &job->lock, &c->next_report) != 0)
            break;
    }
    *is_finished = job->is_finished;
    pthread_mutex_unlock(&job->lock);
    Py_END_ALLOW_THREADS;
    return wants_blocks;
}

static void attend(nd_job *job, caller *c)
{
    bool is_finished = false;
    while (!is_finished) {
        const bool wants_blocks = wait_for_work(job, c, &is_finished);
        if (is_finished)
            break;
        if (wants_blocks)
            feed(job, c);
        if (is_past(&c->next_report))
            report(job, c);
    }
}

static void discard_queue(nd_job *job)
{
    while (job->num > 0) {
        discard_block(job, job->queue[job->first]);
        job->first = (job->first + 1) % QUEUE_BLOCKS;
        job->num--;
    }
}

nd_job *nd_job_new(PyObject *progress)
{
    nd_job *const job = calloc(1, sizeof *job);
    if (!job) {
        PyErr_NoMemory();
        return NULL;
    }
    pthread_condattr_t attributes;
    const bool is_made = pthread_condattr_init(&attributes) == 0 &&
                         pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                         pthread_cond_init(&job->changed, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    if (!is_made || pthread_mutex_init(&job->lock, NULL) != 0) {
        free(job);
        PyErr_NoMemory();
        return NULL;
    }
    if (progress && progress != Py_None) {
        Py_INCREF(progress);
        job->progress = progress;
    }
    return job;
}

void nd_job_free(nd_job *job)
{
    if (!job)
        return;
    Py_XDECREF(job->progress);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->lock);
    free(job);
}

/* The exception that Python raised comes before what the library made of being stopped. */
static int outcome(const nd_job *job, const caller *c)
{
    if (c->exception[0]) {
        PyErr_Restore(c->exception[0], c->exception[1], c->exception[2]);
        return -1;
    }
    if (job->status == ND_OK)
        return 0;
    nd_py_raise(job->status, &job->error);
    return -1;
}

int nd_job_run(nd_job *job, nd_document_input *input, nd_job_fn run, void *ctx)
{
    const nd_source source = {job, next_block, decode_block, discard_block};
    caller c = {.input = input, .next_report = now_plus_ms(REPORT_MS)};
    job->run = run;
    job->ctx = ctx;
    job->source = &source;
    job->has_ended = !input;
    job->is_cancelled = job->is_finished = job->has_news = false;
    job->status = ND_OK;
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_thread, job) != 0) {
        nd_py_raise_message(ND_ERR_UNSUPPORTED, "the system gives no thread");
        return -1;
    }
    attend(job, &c);
    Py_BEGIN_ALLOW_THREADS;
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS;
    discard_queue(job);
    return outcome(job, &c);
}
