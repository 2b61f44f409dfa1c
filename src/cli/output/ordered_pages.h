/* Pages that several threads fill, written in the order of their numbers. */
#ifndef CLI_OUTPUT_ORDERED_PAGES_H
#define CLI_OUTPUT_ORDERED_PAGES_H

#include <stdint.h>

#include "cli/output/page.h"

/* A page with so many bytes is worth writing before more is added. */
enum { ND_PAGE_FULL_BYTES = 1 << 18 };

typedef struct nd_ordered_pages nd_ordered_pages;

/* Appends what part `part` consists of to the page, in steps; between two steps it may call
 * nd_ordered_pages_flush. */
typedef nd_status (*nd_fill_part_fn)(void *ctx, uint32_t worker, uint32_t part, nd_page *page,
                                     nd_ordered_pages *pages);

/* Takes the next bytes, one call at a time, and empties the page. */
typedef nd_status (*nd_take_page_fn)(void *ctx, nd_page *page);

typedef struct nd_ordered_job {
    const nd_allocator *allocator;
    uint32_t num_threads, num_parts;
    nd_fill_part_fn fill;
    nd_take_page_fn take;
    void *ctx;
} nd_ordered_job;

/* Fills parts 0 .. num_parts-1 on the threads and gives their bytes to `take` in that order. Memory
 * is bounded by bytes: what is filled and has to wait for an earlier part is at most 8 MiB and,
 * for each thread, one page: ND_PAGE_FULL_BYTES and one step of `fill`. Returns the first
 * failure. */
ND_NODISCARD nd_status nd_ordered_pages_run(const nd_ordered_job *job);

/* Where the page at work holds ND_PAGE_FULL_BYTES or more, waits until all earlier parts are taken,
 * and gives it to `take`. */
ND_NODISCARD nd_status nd_ordered_pages_flush(nd_ordered_pages *pages, uint32_t part,
                                              nd_page *page);

#endif
