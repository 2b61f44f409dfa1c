/* Character references: &eacute; &#233; &#xE9; */
#include <stdbool.h>
#include <string.h>

#include "text/repair/codepage.h"
#include "text/repair/entity_names.h"
#include "text/repair/repair_pass.h"
#include "text/utf8.h"

enum {
    MAX_NAME_BYTES = 8,
    MAX_DIGITS = 8,
    MAX_OPEN_NAME_BYTES = 6,
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

typedef enum reference_style {
    IN_PROSE,
    IN_PAGE, /* as browsers read them: the semicolon may be missing */
} reference_style;

/* `p` follows the "&#" or "&#x". */
static reference read_number(const char *p, size_t len, uint32_t base, reference_style style)
{
    uint32_t value = 0;
    size_t at = 0;
    for (; at < len && at < MAX_DIGITS && digit_value(p[at], base) >= 0; at++)
        value = value * base + (uint32_t)digit_value(p[at], base);
    const bool has_semicolon = at < len && p[at] == ';';
    const bool is_whole = at > 0 && (has_semicolon || style == IN_PAGE);
    const bool is_scalar = value > 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    if (!is_whole || !is_scalar)
        return (reference){0, 0};
    /* Browsers read 128 to 159 as Windows-1252, and pages rely on it. */
    return (reference){value >= 0x80 && value < 0xA0 ? nd_windows_1252[value - 0x80] : value,
                       at + has_semicolon};
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

/* Whether browsers take a name without its semicolon: those of Latin-1 and of four signs of ASCII,
 * for the sake of old pages. */
static bool needs_no_semicolon(const char *name, size_t len, uint32_t code_point)
{
    const bool is_latin_1 = code_point >= 0xA0 && code_point <= 0xFF;
    const bool is_later_name = len == 5 && memcmp(name, "angst", 5) == 0;
    return (is_latin_1 && !is_later_name) || code_point == '&' || code_point == '<' ||
           code_point == '>' || code_point == '"';
}

/* The longest name that begins at p and needs no semicolon. */
static reference read_open_name(const char *p, size_t len)
{
    for (size_t num = len < MAX_OPEN_NAME_BYTES ? len : MAX_OPEN_NAME_BYTES; num > 1; num--) {
        if (memchr(p, '\0', num))
            continue;
        const uint32_t code_point = nd_entity_code_point(p, num);
        if (code_point && needs_no_semicolon(p, num, code_point))
            return (reference){code_point, num};
    }
    return (reference){0, 0};
}

/* `p` follows the ampersand. */
static reference read_reference(const char *p, size_t len, reference_style style)
{
    if (len < 2 || p[0] != '#') {
        const reference r = read_name(p, len);
        return r.len || style == IN_PROSE ? r : read_open_name(p, len);
    }
    const bool is_hex = p[1] == 'x' || p[1] == 'X';
    reference r =
        is_hex ? read_number(p + 2, len - 2, 16, style) : read_number(p + 1, len - 1, 10, style);
    if (r.len)
        r.len += is_hex ? 2 : 1;
    return r;
}

/* What stands at `start`, an ampersand, to `end`: the character, and how long the reference is,
 * with the ampersand. In prose an ampersand may be that of another reference. */
static reference read_levels(const char *start, const char *end, reference_style style)
{
    const int num_levels = style == IN_PAGE ? 1 : MAX_LEVELS;
    reference all = {'&', 1};
    for (int level = 0; level < num_levels && all.code_point == '&'; level++) {
        const reference r = read_reference(start + all.len, (size_t)(end - start) - all.len, style);
        if (r.len == 0)
            break;
        all = (reference){r.code_point, all.len + r.len};
    }
    return all;
}

static nd_status repair(nd_repair_pass *pass, reference_style style)
{
    const char *const end = pass->in + pass->in_len;
    const char *p = pass->in;
    while (p < end && (p = memchr(p, '&', (size_t)(end - p))) != NULL) {
        const reference r = read_levels(p, end, style);
        const size_t start = (size_t)(p - pass->in);
        p += r.len;
        if (r.len == 1)
            continue;
        char text[4];
        const size_t len = nd_utf8_encode(r.code_point, text);
        const nd_status status = nd_repair_pass_replace(pass, start, start + r.len, text, len);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

nd_status nd_repair_entities(nd_repair_pass *pass)
{
    return repair(pass, IN_PROSE);
}

nd_status nd_repair_page_references(nd_repair_pass *pass)
{
    return repair(pass, IN_PAGE);
}
