#include "cli/output/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "io/ratio_text.h"

void nd_page_init(nd_page *page, const nd_allocator *allocator)
{
    *page = (nd_page){.allocator = allocator};
}

void nd_page_clear(nd_page *page)
{
    page->bytes.len = 0;
}

void nd_page_append_growing(nd_page *page, const char *p, size_t len_bytes)
{
    if (page->status == ND_OK && len_bytes > 0)
        page->status = nd_bytes_append(page->allocator, &page->bytes, p, len_bytes);
}

void nd_page_fill(nd_page *page, char c, size_t times)
{
    for (size_t i = 0; i < times; i++)
        nd_page_append(page, &c, 1);
}

void nd_page_printf(nd_page *page, const char *format, ...)
{
    char text[1024]; /* numbers and short phrases; what comes from outside goes by nd_page_append */
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0)
        nd_page_append(page, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

void nd_page_ratio(nd_page *page, double ratio)
{
    char text[ND_RATIO_TEXT_BYTES];
    nd_page_append(page, text, nd_ratio_text(text, ratio));
}

void nd_page_json(nd_page *page, const char *p, size_t len_bytes)
{
    if (page->status == ND_OK)
        page->status = nd_json_append_string(page->allocator, &page->bytes, p, len_bytes);
}

/* The letter that stands for a character a TSV field may not hold; 0 for all others. */
static char tsv_escape(char c)
{
    switch (c) {
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\\':
        return '\\';
    default:
        return 0;
    }
}

/* Bytes at p, eight at a time, that hold no backslash and nothing below 0E, which is where the
 * other characters to escape are. The classical tests for a zero byte and for one below n (Mycroft
 * 1987; Warren, Hacker's Delight, section 6-1): what they take for one after a true one does not
 * matter.
 */
static size_t tsv_plain_words(const char *p, size_t len)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t i = 0;
    for (uint64_t eight; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        const uint64_t zero_where = eight ^ ones * '\\';
        const uint64_t is_low = (eight - ones * 0x0E) & ~eight;
        const uint64_t is_backslash = (zero_where - ones) & ~zero_where;
        if ((is_low | is_backslash) & tops)
            break;
    }
    return i;
}

void nd_page_tsv(nd_page *page, const char *p, size_t len_bytes)
{
    size_t written = 0;
    for (size_t i = tsv_plain_words(p, len_bytes); i < len_bytes; i++) {
        const char escape[2] = {'\\', tsv_escape(p[i])};
        if (!escape[1])
            continue;
        nd_page_append(page, p + written, i - written);
        nd_page_append(page, escape, sizeof escape);
        written = i + 1;
    }
    nd_page_append(page, p + written, len_bytes - written);
}

void nd_page_release(nd_page *page)
{
    ND_VEC_RELEASE(page->allocator, &page->bytes);
}
