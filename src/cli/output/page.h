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

#endif
