#include "cli/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/columns.h"

void nd_page_init(nd_page *page, const nd_allocator *allocator)
{
    *page = (nd_page){.allocator = allocator};
}

void nd_page_clear(nd_page *page)
{
    page->bytes.len = 0;
}

void nd_page_append(nd_page *page, const char *p, size_t len_bytes)
{
    if (page->status == ND_OK && len_bytes > 0)
        page->status = nd_bytes_append(page->allocator, &page->bytes, p, len_bytes);
}

void nd_page_put(nd_page *page, const char *string)
{
    nd_page_append(page, string, strlen(string));
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
    const double scaled = ratio * 1e6;
    if (!(scaled >= 0 && scaled <= 1e6)) {
        nd_page_printf(page, "%.6f", ratio);
        return;
    }
    uint32_t millionths = (uint32_t)scaled;
    const double rest = scaled - millionths;
    if (rest > 0.4999 && rest < 0.5001) { /* near a tie the product's own rounding would decide */
        nd_page_printf(page, "%.6f", ratio);
        return;
    }
    millionths += rest > 0.5;
    char text[8] = "0.000000";
    text[0] = (char)('0' + millionths / 1000000);
    for (int at = 7; at > 1; at--, millionths /= 10)
        text[at] = (char)('0' + millionths % 10);
    nd_page_append(page, text, sizeof text);
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

void nd_page_tsv(nd_page *page, const char *p, size_t len_bytes)
{
    size_t written = 0;
    for (size_t i = 0; i < len_bytes; i++) {
        const char escape[2] = {'\\', tsv_escape(p[i])};
        if (!escape[1])
            continue;
        nd_page_append(page, p + written, i - written);
        nd_page_append(page, escape, sizeof escape);
        written = i + 1;
    }
    nd_page_append(page, p + written, len_bytes - written);
}

size_t nd_page_shown(nd_page *page, const char *p, size_t len_bytes)
{
    size_t columns = 0;
    for (size_t i = 0; i < len_bytes;) {
        const nd_shown_char c = nd_shown_char_at(p + i, len_bytes - i);
        if (c.kind == ND_SHOWN_SPACE)
            nd_page_append(page, " ", 1);
        else if (c.kind == ND_SHOWN_REPLACED)
            nd_page_put(page, "\xEF\xBF\xBD");
        else if (c.kind == ND_SHOWN_AS_IS)
            nd_page_append(page, p + i, c.len_bytes);
        columns += c.columns;
        i += c.len_bytes;
    }
    return columns;
}

void nd_page_release(nd_page *page)
{
    ND_VEC_RELEASE(page->allocator, &page->bytes);
}
