#include "cli/output/page.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A number below 100. */
static void put_two_digits(char *out, uint32_t number)
{
    static const char digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";
    memcpy(out, digits + 2 * (size_t)number, 2);
}

enum { RATIO_TEXT_BYTES = 328 }; /* room for any double */

/* What "%.6f" prints; for a ratio from 0 to 1 many times as fast, because results are mostly
 * ratios. Returns the length, without a terminator. */
static size_t ratio_text(char text[RATIO_TEXT_BYTES], double ratio)
{
    const double scaled = ratio * 1e6;
    const uint32_t floor = scaled >= 0 && scaled <= 1e6 ? (uint32_t)scaled : UINT32_MAX;
    const double rest = scaled - floor;
    /* Near a tie the product's own rounding would decide. */
    if (floor == UINT32_MAX || (rest > 0.4999 && rest < 0.5001))
        return (size_t)snprintf(text, RATIO_TEXT_BYTES, "%.6f", ratio);
    const uint32_t millionths = floor + (rest > 0.5);
    text[0] = (char)('0' + millionths / 1000000);
    text[1] = '.';
    put_two_digits(text + 2, millionths / 10000 % 100);
    put_two_digits(text + 4, millionths / 100 % 100);
    put_two_digits(text + 6, millionths % 100);
    return 8;
}

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
    char text[RATIO_TEXT_BYTES];
    nd_page_append(page, text, ratio_text(text, ratio));
}

void nd_page_json(nd_page *page, const char *p, size_t len_bytes)
{
    if (page->status == ND_OK)
        page->status = nd_json_append_string(page->allocator, &page->bytes, p, len_bytes);
}

/* Writes what stands for the character at p, which a TSV field may not hold, and returns its
 * length, 0 for all others: a tab, newline, carriage return or backslash by its letter, another
 * control character by its bytes, so that no id can steer the terminal of who looks at the table.
 */
static size_t tsv_escape(const char *p, size_t len_bytes, char out[8])
{
    static const char odd[] = "\t\n\r\\", letters[] = "tnr\\", digits[] = "0123456789abcdef";
    const unsigned char c = (unsigned char)p[0];
    const char *const letter = c ? strchr(odd, c) : NULL;
    if (letter) {
        out[0] = '\\';
        out[1] = letters[letter - odd];
        return 2;
    }
    /* U+0080 to U+009F are C2 80 to C2 9F. */
    const bool is_c1 = c == 0xC2 && len_bytes > 1 && ((unsigned char)p[1] & 0xE0) == 0x80;
    if (c >= ' ' && c != 0x7F && !is_c1)
        return 0;
    size_t len = 0;
    for (int i = 0; i < (is_c1 ? 2 : 1); i++) {
        const unsigned char byte = (unsigned char)p[i];
        out[len] = '\\';
        out[len + 1] = 'x';
        out[len + 2] = digits[byte >> 4];
        out[len + 3] = digits[byte & 15];
        len += 4;
    }
    return len;
}

/* Whether a byte of `eight` is `c`, or may be: the classical tests for a zero byte and for one
 * below n (Mycroft 1987; Warren, Hacker's Delight, section 6-1) take others for one after a true
 * one. */
static uint64_t may_hold(uint64_t eight, unsigned char c)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t zero_where = eight ^ ones * c;
    return (zero_where - ones) & ~zero_where;
}

/* Bytes at p, eight at a time, that hold nothing to escape. */
static size_t tsv_plain_words(const char *p, size_t len)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t i = 0;
    for (uint64_t eight; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        const uint64_t is_low = (eight - ones * ' ') & ~eight;
        if ((is_low | may_hold(eight, '\\') | may_hold(eight, 0x7F) | may_hold(eight, 0xC2)) & tops)
            break;
    }
    return i;
}

void nd_page_tsv(nd_page *page, const char *p, size_t len_bytes)
{
    size_t written = 0;
    for (size_t i = tsv_plain_words(p, len_bytes); i < len_bytes; i++) {
        char escape[8];
        const size_t escape_len = tsv_escape(p + i, len_bytes - i, escape);
        if (escape_len == 0)
            continue;
        nd_page_append(page, p + written, i - written);
        nd_page_append(page, escape, escape_len);
        i += escape_len == sizeof escape; /* two bytes */
        written = i + 1;
    }
    nd_page_append(page, p + written, len_bytes - written);
}

void nd_page_release(nd_page *page)
{
    ND_VEC_RELEASE(page->allocator, &page->bytes);
}
