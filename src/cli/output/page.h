/* Output being put together in memory; the first failure sticks, so only the end needs a check. */
#ifndef CLI_OUTPUT_PAGE_H
#define CLI_OUTPUT_PAGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "io/json.h"
#include "neardup/allocator.h"
#include "neardup/status.h"

typedef struct nd_page {
    const nd_allocator *allocator; /* borrowed */
    nd_byte_vec bytes;
    nd_status status; /* of the first call that failed; the later ones do nothing */
} nd_page;

void nd_page_init(nd_page *page, const nd_allocator *allocator);

/* Keeps the memory. */
void nd_page_clear(nd_page *page);

/* Behind nd_page_append, where there is no room yet. */
void nd_page_append_growing(nd_page *page, const char *p, size_t len_bytes);

/* In the header because results are made of short pieces, many of a length known here. */
static inline void nd_page_append(nd_page *page, const char *p, size_t len_bytes)
{
    if (page->status == ND_OK && page->bytes.capacity - page->bytes.len > len_bytes) {
        if (len_bytes > 0) /* p may be NULL otherwise */
            memcpy(page->bytes.items + page->bytes.len, p, len_bytes);
        page->bytes.len += len_bytes;
        return;
    }
    nd_page_append_growing(page, p, len_bytes);
}

/* The same for a short piece that lies in ND_PIECE_BYTES that can be read: these are copied,
 * because a length that is known here takes no call. */
enum { ND_PIECE_BYTES = 32 };
static inline void nd_page_append_piece(nd_page *page, const char p[ND_PIECE_BYTES],
                                        size_t len_bytes)
{
    if (page->status == ND_OK && page->bytes.capacity - page->bytes.len > ND_PIECE_BYTES) {
        memcpy(page->bytes.items + page->bytes.len, p, ND_PIECE_BYTES);
        page->bytes.len += len_bytes;
        return;
    }
    nd_page_append_growing(page, p, len_bytes);
}

static inline void nd_page_put(nd_page *page, const char *string)
{
    nd_page_append(page, string, strlen(string));
}

void nd_page_fill(nd_page *page, char c, size_t times);

void nd_page_printf(nd_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* With 6 decimals. */
void nd_page_ratio(nd_page *page, double ratio);

/* A JSON string with its quotes. */
void nd_page_json(nd_page *page, const char *p, size_t len_bytes);

/* A field of a TSV line: tab, newline, carriage return and backslash as \t \n \r \\, other
 * control characters by their bytes as \x1b. */
void nd_page_tsv(nd_page *page, const char *p, size_t len_bytes);

void nd_page_release(nd_page *page);

/* --- pages that several threads fill, written in the order of their numbers --- */

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
