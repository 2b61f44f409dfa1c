#include "cli/report/html.h"

#include <stdbool.h>
#include <utf8proc.h>

#include "cli/output/screen.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

typedef enum escaping { IS_TEXT, IS_NAME } escaping;

/* What is written in place of the character at p, NULL where it is kept; *len_bytes is its length.
 */
static const char *instead_of(const char *p, size_t rest, escaping purpose, size_t *len_bytes)
{
    const unsigned char c = (unsigned char)p[0];
    *len_bytes = 1;
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\r': /* a parser would make a line feed of it */
        return purpose == IS_NAME ? " " : rest > 1 && p[1] == '\n' ? "" : "&#13;";
    case '\n':
    case '\t':
    case '\f':
        return purpose == IS_NAME ? " " : NULL;
    default:
        break;
    }
    if (c >= ' ' && c < 0x7F)
        return NULL;
    const nd_shown_char shown = nd_shown_char_at(p, rest);
    *len_bytes = shown.len_bytes;
    if (shown.kind == ND_SHOWN_REPLACED || c < ' ')
        return replacement;
    if (purpose == IS_TEXT || shown.len_bytes != 3 || c != 0xE2)
        return NULL;
    /* U+202A to U+202E, and U+2066 to U+2069: embeddings, overrides and isolates */
    const unsigned char second = (unsigned char)p[1], third = (unsigned char)p[2];
    const bool turns = (second == 0x80 && third >= 0xAA && third <= 0xAE) ||
                       (second == 0x81 && third >= 0xA6 && third <= 0xA9);
    return turns ? replacement : NULL;
}

/* The high bit of every byte that is zero, and perhaps of bytes above such a one. */
static uint64_t zeros(uint64_t bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return (bytes - ones) & ~bytes & ones << 7;
}

/* How many bytes from p[0] on are kept whatever they are part of: ASCII without control characters
 * and what means something to HTML. Eight at a time, so that some may be missed. */
static size_t plain_length(const char *p, size_t len_bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t len = 0;
    for (; len + 8 <= len_bytes; len += 8) {
        uint64_t bytes;
        memcpy(&bytes, p + len, 8);
        const uint64_t others = bytes | (bytes - ones * ' ') | zeros(bytes ^ ones * 0x7F) |
                                zeros(bytes ^ ones * '"') |
                                zeros((bytes & ones * 0xFE) ^ ones * '&') | /* and the apostrophe */
                                zeros((bytes & ones * 0xFD) ^ ones * '<');  /* and '>' */
        if (others & ones << 7)
            break;
    }
    return len;
}

static void escape(nd_page *page, const char *p, size_t len_bytes, escaping purpose)
{
    size_t written = 0, len;
    for (size_t i = 0; i < len_bytes; i += len) {
        i += plain_length(p + i, len_bytes - i);
        if (i == len_bytes)
            break;
        const char *const text = instead_of(p + i, len_bytes - i, purpose, &len);
        if (!text)
            continue;
        nd_page_append(page, p + written, i - written);
        nd_page_put(page, text);
        written = i + len;
    }
    nd_page_append(page, p + written, len_bytes - written);
}

void nd_html_text(nd_page *page, const char *p, size_t len_bytes)
{
    escape(page, p, len_bytes, IS_TEXT);
}

void nd_html_name(nd_page *page, const char *p, size_t len_bytes)
{
    escape(page, p, len_bytes, IS_NAME);
}

void nd_html_json(nd_page *page, const char *p, size_t len_bytes)
{
    const size_t start = page->bytes.len;
    nd_page_json(page, p, len_bytes);
    if (page->status != ND_OK)
        return;
    size_t num = 0;
    for (size_t i = start; i < page->bytes.len; i++)
        num += page->bytes.items[i] == '<';
    const size_t len = page->bytes.len;
    nd_page_fill(page, ' ', 5 * num);
    if (page->status != ND_OK)
        return;
    /* Moved from the end, so that nothing is overwritten before it was moved. */
    for (size_t from = len, to = page->bytes.len; from < to;) {
        const char c = page->bytes.items[--from];
        to -= c == '<' ? 6 : 1;
        if (c == '<')
            memcpy(page->bytes.items + to, "\\u003c", 6);
        else
            page->bytes.items[to] = c;
    }
}

void nd_html_number(nd_page *page, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    nd_page_append(page, digits + at, sizeof digits - at);
}

int nd_html_has_word(const char *p, size_t len_bytes)
{
    for (size_t i = 0; i < len_bytes;) {
        utf8proc_int32_t code_point;
        const utf8proc_ssize_t len = utf8proc_iterate(
            (const utf8proc_uint8_t *)p + i, (utf8proc_ssize_t)(len_bytes - i), &code_point);
        i += len > 0 ? (size_t)len : 1;
        const utf8proc_category_t category =
            len > 0 ? utf8proc_category(code_point) : UTF8PROC_CATEGORY_CN;
        if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO)
            return 1;
    }
    return 0;
}
