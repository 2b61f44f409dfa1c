/* Parts are handed out in their order, so the earliest one unfinished is always being filled: its
 * thread never waits, and all others can. A finished part that is not next is parked in the slot
 * of its number, if the parked bytes stay few:
 *
 *   turn = 7      slot  0   1   2   3          part 9 and 10 are parked, 7 and 8 being filled;
 *                           9  10              the thread that is done with 7 writes 7, then 8
 *                                              if that is parked by then, and so on
 */
#include "cli/output/ordered_pages.h"

#include <pthread.h>
#include <stdbool.h>

#include "util/threads.h"

enum { SLOTS_A_THREAD = 8, MOST_PARKED_BYTES = 8 << 20 };

struct nd_ordered_pages {
    const nd_ordered_job *job;
    nd_page *own; /* [threads] */
    uint32_t num_slots;

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t moved; /* the turn, or the status */
    uint32_t turn;        /* the part to be taken next */
    nd_page *parked;      /* [slots] */
    bool *is_parked;      /* [slots] */
    size_t parked_bytes;
    nd_status status; /* of the first failure */
};

static void fail(nd_ordered_pages *p, nd_status status)
{
    if (status == ND_OK || p->status != ND_OK)
        return;
    p->status = status;
    pthread_cond_broadcast(&p->moved);
}

/* Memory that a huge step made the page take is given back. */
static void take(nd_ordered_pages *p, nd_page *page)
{
    fail(p, page->bytes.len > 0 ? p->job->take(p->job->ctx, page) : page->status);
    nd_bytes_trim(page->allocator, &page->bytes, 2 * (size_t)ND_PAGE_FULL_BYTES);
}

nd_status nd_ordered_pages_flush(nd_ordered_pages *pages, uint32_t part, nd_page *page)
{
    nd_ordered_pages *const p = pages;
    if (page->bytes.len < ND_PAGE_FULL_BYTES)
        return page->status;
    pthread_mutex_lock(&p->lock);
    while (p->status == ND_OK && p->turn != part)
        pthread_cond_wait(&p->moved, &p->lock);
    if (p->status == ND_OK)
        take(p, page);
    const nd_status status = p->status;
    pthread_mutex_unlock(&p->lock);
    return status;
}

static bool must_wait(const nd_ordered_pages *p, uint32_t part, size_t len_bytes)
{
    if (p->status != ND_OK || p->turn == part)
        return false;
    return part - p->turn >= p->num_slots || p->parked_bytes + len_bytes > MOST_PARKED_BYTES;
}

static void park(nd_ordered_pages *p, uint32_t part, nd_page *page)
{
    const uint32_t slot = part % p->num_slots;
    const nd_page empty = p->parked[slot];
    p->parked[slot] = *page;
    *page = empty;
    p->is_parked[slot] = true;
    p->parked_bytes += p->parked[slot].bytes.len;
}

/* Takes the parts from the next one on that are parked. */
static void take_parked(nd_ordered_pages *p)
{
    for (uint32_t slot = p->turn % p->num_slots; p->is_parked[slot] && p->status == ND_OK;
         slot = p->turn % p->num_slots) {
        p->is_parked[slot] = false;
        p->parked_bytes -= p->parked[slot].bytes.len;
        take(p, &p->parked[slot]);
        p->turn++;
    }
}

static nd_status finish_part(nd_ordered_pages *p, uint32_t part, nd_page *page)
{
    pthread_mutex_lock(&p->lock);
    while (must_wait(p, part, page->bytes.len))
        pthread_cond_wait(&p->moved, &p->lock);
    if (p->status == ND_OK && p->turn == part) {
        take(p, page);
        p->turn++;
        take_parked(p);
        pthread_cond_broadcast(&p->moved);
    } else if (p->status == ND_OK) {
        park(p, part, page);
    }
    const nd_status status = p->status;
    pthread_mutex_unlock(&p->lock);
    return status;
}

/* An nd_task_fn. */
static nd_status run_part(void *ctx, uint32_t worker, size_t task)
{
    nd_ordered_pages *const p = ctx;
    const uint32_t part = (uint32_t)task;
    nd_page *const page = &p->own[worker];
    nd_status status = p->job->fill(p->job->ctx, worker, part, page, p);
    if (status == ND_OK)
        status = page->status;
    if (status == ND_OK)
        return finish_part(p, part, page);
    pthread_mutex_lock(&p->lock);
    fail(p, status);
    pthread_mutex_unlock(&p->lock);
    return status;
}

static nd_status run_parts(nd_ordered_pages *p)
{
    const nd_ordered_job *const job = p->job;
    for (uint32_t i = 0; i < job->num_threads; i++)
        nd_page_init(&p->own[i], job->allocator);
    for (uint32_t i = 0; i < p->num_slots; i++)
        nd_page_init(&p->parked[i], job->allocator);
    const nd_status status =
        nd_threads_for(job->allocator, job->num_threads, job->num_parts, run_part, p);
    for (uint32_t i = 0; i < job->num_threads; i++)
        nd_page_release(&p->own[i]);
    for (uint32_t i = 0; i < p->num_slots; i++)
        nd_page_release(&p->parked[i]);
    return p->status != ND_OK ? p->status : status;
}

nd_status nd_ordered_pages_run(const nd_ordered_job *job)
{
    nd_ordered_pages p = {.job = job, .num_slots = SLOTS_A_THREAD * job->num_threads};
    p.own = nd_alloc_zeroed(job->allocator, job->num_threads, sizeof *p.own);
    p.parked = nd_alloc_zeroed(job->allocator, p.num_slots, sizeof *p.parked);
    p.is_parked = nd_alloc_zeroed(job->allocator, p.num_slots, sizeof *p.is_parked);
    nd_status status = ND_ERR_NO_MEMORY;
    if (p.own && p.parked && p.is_parked && pthread_mutex_init(&p.lock, NULL) == 0) {
        if (pthread_cond_init(&p.moved, NULL) == 0) {
            status = run_parts(&p);
            pthread_cond_destroy(&p.moved);
        }
        pthread_mutex_destroy(&p.lock);
    }
    nd_release(job->allocator, p.own);
    nd_release(job->allocator, p.parked);
    nd_release(job->allocator, p.is_parked);
    return status;
}
