/* Character references: &eacute; &#233; &#xE9; */
#include <stdbool.h>
#include <string.h>

#include "text/repair/entity_names.h"
#include "text/repair/repair_pass.h"
#include "text/repair/windows_1252.h"
#include "text/utf8.h"

enum {
    MAX_NAME_BYTES = 8,
    MAX_DIGITS = 8,
    MAX_LEVELS = 3, /* &amp;amp;amp; */
};

/* A reference at the start of a text: what it stands for, and its length, 0 where there is none. */
typedef struct reference {
    uint32_t code_point;
    size_t len;
} reference;

static int digit_value(char c, uint32_t base)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* `p` follows the "&#" or "&#x". */
static reference read_number(const char *p, size_t len, uint32_t base)
{
    uint32_t value = 0;
    size_t at = 0;
    for (; at < len && at < MAX_DIGITS && digit_value(p[at], base) >= 0; at++)
        value = value * base + (uint32_t)digit_value(p[at], base);
    const bool is_whole = at > 0 && at < len && p[at] == ';';
    const bool is_scalar = value > 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    if (!is_whole || !is_scalar)
        return (reference){0, 0};
    /* Browsers read 128 to 159 as Windows-1252, and pages rely on it. */
    return (reference){value >= 0x80 && value < 0xA0 ? nd_windows_1252[value - 0x80] : value,
                       at + 1};
}

static reference read_name(const char *p, size_t len)
{
    const size_t most = len < MAX_NAME_BYTES + 1 ? len : MAX_NAME_BYTES + 1;
    const char *const end = most ? memchr(p, ';', most) : NULL;
    if (!end || memchr(p, '\0', (size_t)(end - p)))
        return (reference){0, 0};
    const uint32_t code_point = nd_entity_code_point(p, (size_t)(end - p));
    return code_point ? (reference){code_point, (size_t)(end - p) + 1} : (reference){0, 0};
}

/* `p` follows the ampersand. */
static reference read_reference(const char *p, size_t len)
{
    if (len < 2 || p[0] != '#')
        return read_name(p, len);
    const bool is_hex = p[1] == 'x' || p[1] == 'X';
    reference r = is_hex ? read_number(p + 2, len - 2, 16) : read_number(p + 1, len - 1, 10);
    if (r.len)
        r.len += is_hex ? 2 : 1;
    return r;
}

nd_status nd_repair_entities(nd_repair_pass *pass)
{
    const char *const end = pass->in + pass->in_len;
    const char *p = pass->in;
    while (p < end && (p = memchr(p, '&', (size_t)(end - p))) != NULL) {
        const char *const start = p++;
        uint32_t code_point = '&';
        for (int level = 0; level < MAX_LEVELS && code_point == '&'; level++) {
            const reference r = read_reference(p, (size_t)(end - p));
            if (r.len == 0)
                break;
            code_point = r.code_point;
            p += r.len;
        }
        if (p == start + 1)
            continue;
        char text[4];
        const size_t len = nd_utf8_encode(code_point, text);
        const nd_status status = nd_repair_pass_replace(pass, (size_t)(start - pass->in),
                                                        (size_t)(p - pass->in), text, len);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}
