#include "cli/output/pair_writing.h"

#include "util/threads.h"

/* Pairs of a part, on average, and parts for each thread between one writing and the next: few
 * pages in memory, rare waits. */
enum { PAIRS_A_PART = 512, SLOTS_A_THREAD = 8 };

typedef struct pair_writing {
    const nd_scan *scan;
    nd_job *job;
    uint32_t num_parts;
    size_t num_slots;
    nd_match_writer *writers; /* of the threads */
    nd_page *pages;           /* [num_slots] */
} pair_writing;

/* The writer's own page, empty, goes to the slot in exchange for the full one. */
static nd_status fill_page(void *ctx, uint32_t worker, size_t part, size_t slot)
{
    const pair_writing *const w = ctx;
    nd_match_writer *const writer = &w->writers[worker];
    const nd_status status = nd_scan_each_pair_of_part(w->scan, (uint32_t)part, w->num_parts,
                                                       nd_match_writer_pair, writer);
    const nd_page full = writer->page;
    writer->page = w->pages[slot];
    w->pages[slot] = full;
    return status;
}

static nd_status write_page(void *ctx, size_t slot)
{
    const pair_writing *const w = ctx;
    return nd_job_write(w->job, &w->pages[slot]);
}

static nd_status write_parts(pair_writing *w, uint64_t *num_written)
{
    const uint32_t num_threads = w->job->num_threads;
    nd_status status = ND_OK;
    for (size_t slot = 0; slot < w->num_slots; slot++)
        nd_page_init(&w->pages[slot], w->job->allocator);
    for (uint32_t t = 0; t < num_threads && status == ND_OK; t++)
        status = nd_match_writer_init(&w->writers[t], w->job);
    if (status == ND_OK)
        status = nd_threads_in_order(w->job->allocator, num_threads, w->num_parts, w->num_slots,
                                     fill_page, write_page, w);
    for (uint32_t t = 0; t < num_threads; t++) {
        *num_written += w->writers[t].num_written;
        nd_match_writer_release(&w->writers[t]);
    }
    for (size_t slot = 0; slot < w->num_slots; slot++)
        nd_page_release(&w->pages[slot]);
    return status;
}

nd_status nd_write_pairs(nd_match_writer *writer, const nd_scan *scan)
{
    nd_job *const job = writer->job;
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    const uint64_t most = stats.documents < UINT32_MAX ? stats.documents : UINT32_MAX;
    const uint64_t wanted = stats.pairs / PAIRS_A_PART + 1;
    pair_writing w = {.scan = scan,
                      .job = job,
                      .num_parts = (uint32_t)(wanted < most ? wanted : most),
                      .num_slots = (size_t)SLOTS_A_THREAD * job->num_threads};
    w.writers = nd_alloc_zeroed(job->allocator, job->num_threads, sizeof *w.writers);
    w.pages = nd_alloc_zeroed(job->allocator, w.num_slots, sizeof *w.pages);
    nd_status status = ND_ERR_NO_MEMORY;
    if (w.writers && w.pages)
        status = write_parts(&w, &writer->num_written);
    nd_release(job->allocator, w.writers);
    nd_release(job->allocator, w.pages);
    return status;
}
