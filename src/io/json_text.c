#include "io/json_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "text/utf8.h"

/* Whether any of eight bytes needs a closer look: a control character, quote, backslash, or not
 * ASCII. The classical test for a byte below n or equal to zero (Mycroft 1987; Warren, Hacker's
 * Delight, section 6-1), exact here because bytes of 80 and above count anyway. */
static bool has_special(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    const uint64_t quote = eight ^ ones * '"';
    const uint64_t backslash = eight ^ ones * '\\';
    const uint64_t control = eight - ones * 0x20;
    return ((control | (quote - ones) | (backslash - ones) | eight) & tops) != 0;
}

/* Length of the run at p that can be copied as it is. */
static size_t plain_run(const char *p, size_t len)
{
    size_t i = 0;
    for (uint64_t eight; len - i >= 8; i += 8) {
        memcpy(&eight, p + i, 8);
        if (has_special(eight))
            break;
    }
    while (i < len && (unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x80 && p[i] != '"' &&
           p[i] != '\\')
        i++;
    return i;
}

static nd_status append_escape(const nd_allocator *allocator, nd_byte_vec *out, char c)
{
    static const char short_from[] = "\"\\\b\f\n\r\t", short_to[] = "\"\\bfnrt";
    const char *const found = memchr(short_from, c, sizeof short_from - 1);
    if (!found)
        return nd_bytes_printf(allocator, out, "\\u%04x", (unsigned)c);
    const char escape[2] = {'\\', short_to[found - short_from]};
    return nd_bytes_append(allocator, out, escape, sizeof escape);
}

/* Length of the run of valid UTF-8 beyond ASCII at p. */
static size_t wide_run(const char *p, size_t len)
{
    size_t i = 0;
    while (i < len && (unsigned char)p[i] >= 0x80) {
        const nd_utf8_char c = nd_utf8_decode(p + i, len - i);
        if (c.invalid)
            break;
        i += c.len_bytes;
    }
    return i;
}

/* Appends what stands at p, which is no plain run, and sets *used to its bytes. */
static nd_status append_special(const nd_allocator *allocator, nd_byte_vec *out, const char *p,
                                size_t len, size_t *used)
{
    *used = 1;
    if ((unsigned char)*p < 0x80)
        return append_escape(allocator, out, *p);
    *used = wide_run(p, len);
    if (*used)
        return nd_bytes_append(allocator, out, p, *used);
    *used = nd_utf8_decode(p, len).len_bytes;
    char bytes[4];
    return nd_bytes_append(allocator, out, bytes, nd_utf8_encode(ND_UTF8_REPLACEMENT, bytes));
}

nd_status nd_json_append_string(const nd_allocator *allocator, nd_byte_vec *out, const char *p,
                                size_t len_bytes)
{
    const size_t before = out->len;
    nd_status status = nd_bytes_append(allocator, out, "\"", 1);
    while (status == ND_OK && len_bytes) {
        size_t used = plain_run(p, len_bytes);
        if (used)
            status = nd_bytes_append(allocator, out, p, used);
        else
            status = append_special(allocator, out, p, len_bytes, &used);
        p += used;
        len_bytes -= used;
    }
    if (status == ND_OK)
        status = nd_bytes_append(allocator, out, "\"", 1);
    if (status != ND_OK)
        out->len = before;
    return status;
}
