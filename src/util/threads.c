#define _GNU_SOURCE /* sched_getaffinity */

#include "util/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/random.h>
#include <unistd.h>

#include "neardup/document_map.h"

typedef struct job {
    nd_worker_fn run;
    void *ctx;
    uint32_t worker;
    nd_status status;
    pthread_t thread;
    bool started;
} job;

static void *run_job(void *arg)
{
    job *const j = arg;
    j->status = j->run(j->ctx, j->worker);
    return NULL;
}

nd_status nd_threads_run(const nd_allocator *allocator, uint32_t num_threads, nd_worker_fn run,
                         void *ctx)
{
    if (num_threads <= 1)
        return run(ctx, 0);
    job *const jobs = nd_alloc_zeroed(allocator, num_threads, sizeof *jobs);
    if (!jobs)
        return ND_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < num_threads; i++)
        jobs[i] = (job){.run = run, .ctx = ctx, .worker = i};
    for (uint32_t i = 1; i < num_threads; i++)
        jobs[i].started = pthread_create(&jobs[i].thread, NULL, run_job, &jobs[i]) == 0;
    for (uint32_t i = 0; i < num_threads; i++)
        if (!jobs[i].started)
            run_job(&jobs[i]);
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < num_threads; i++) {
        if (jobs[i].started)
            pthread_join(jobs[i].thread, NULL);
        if (status == ND_OK)
            status = jobs[i].status;
    }
    nd_release(allocator, jobs);
    return status;
}

typedef struct task_queue {
    nd_task_fn run;
    void *ctx;
    size_t num_tasks;
    _Atomic size_t next;
    _Atomic bool failed;
} task_queue;

static nd_status work_off(void *ctx, uint32_t worker)
{
    task_queue *const queue = ctx;
    while (!atomic_load_explicit(&queue->failed, memory_order_relaxed)) {
        const size_t task = atomic_fetch_add_explicit(&queue->next, 1, memory_order_relaxed);
        if (task >= queue->num_tasks)
            break;
        const nd_status status = queue->run(queue->ctx, worker, task);
        if (status != ND_OK) {
            atomic_store_explicit(&queue->failed, true, memory_order_relaxed);
            return status;
        }
    }
    return ND_OK;
}

nd_status nd_threads_for(const nd_allocator *allocator, uint32_t num_threads, size_t num_tasks,
                         nd_task_fn run, void *ctx)
{
    task_queue queue = {.run = run, .ctx = ctx, .num_tasks = num_tasks};
    if (num_threads > num_tasks)
        num_threads = num_tasks ? (uint32_t)num_tasks : 1;
    return nd_threads_run(allocator, num_threads, work_off, &queue);
}

/* A round of nd_threads_in_order. */
typedef struct slot_round {
    nd_slot_task_fn run;
    void *ctx;
    size_t first_task;
} slot_round;

static nd_status run_in_slot(void *ctx, uint32_t worker, size_t slot)
{
    const slot_round *const round = ctx;
    return round->run(round->ctx, worker, round->first_task + slot, slot);
}

nd_status nd_threads_in_order(const nd_allocator *allocator, uint32_t num_threads, size_t num_tasks,
                              size_t num_slots, nd_slot_task_fn run, nd_slot_fn take, void *ctx)
{
    nd_status status = ND_OK;
    for (size_t first = 0; first < num_tasks && status == ND_OK; first += num_slots) {
        const size_t num = num_tasks - first < num_slots ? num_tasks - first : num_slots;
        slot_round round = {run, ctx, first};
        status = nd_threads_for(allocator, num_threads, num, run_in_slot, &round);
        for (size_t slot = 0; slot < num && status == ND_OK; slot++)
            status = take(ctx, slot);
    }
    return status;
}

uint32_t nd_threads_worth(size_t num, size_t least, uint32_t num_threads)
{
    const size_t worth = num / least + 1;
    return worth < num_threads ? (uint32_t)worth : num_threads;
}

uint32_t nd_num_processors(void)
{
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0)
        return (uint32_t)CPU_COUNT(&allowed);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (uint32_t)online;
}

/* --- random numbers --- */

uint64_t nd_random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    /* Where the stack and the library lie differs from process to process. */
    return ((uint64_t)(uintptr_t)&seed << 17 ^ (uint64_t)(uintptr_t)&nd_random_seed) *
           UINT64_C(0x9e3779b97f4a7c15);
}
