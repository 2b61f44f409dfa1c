#include "io/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#    include <emmintrin.h>
#endif

#include "text/characters.h"

enum { UNIT_BYTES = 6, PAIR_BYTES = 12 }; /* \uXXXX, and two of them */

/* One escape undone. */
typedef struct escape {
    size_t used;          /* bytes of the escape; 0: not one */
    size_t len;           /* bytes in utf8 */
    size_t invalid_bytes; /* bytes of half a surrogate pair */
    char utf8[4];
} escape;

/* The UTF-16 unit of `\uXXXX` at p, or -1. */
static int32_t utf16_unit(const char *p, size_t len)
{
    if (len < UNIT_BYTES || p[0] != '\\' || p[1] != 'u')
        return -1;
    int32_t unit = 0;
    for (unsigned i = 2; i < UNIT_BYTES; i++) {
        const char c = p[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static escape unicode_escape(const char *p, size_t len)
{
    const int32_t unit = utf16_unit(p, len);
    if (unit < 0)
        return (escape){0};
    escape e = {.used = UNIT_BYTES};
    uint32_t code_point = (uint32_t)unit;
    if (code_point >= 0xD800 && code_point <= 0xDFFF) {
        const int32_t low = code_point < 0xDC00 ? utf16_unit(p + UNIT_BYTES, len - UNIT_BYTES) : -1;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code_point = 0x10000 + ((code_point - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
            e.used = PAIR_BYTES;
        } else {
            code_point = ND_UTF8_REPLACEMENT;
            e.invalid_bytes = UNIT_BYTES;
        }
    }
    e.len = nd_utf8_encode(code_point, e.utf8);
    return e;
}

/* What a backslash before `c` stands for; 0: nothing. */
static char simple_escape(char c)
{
    static const char meaning[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };
    return meaning[(unsigned char)c];
}

/* The escape at p[0], a backslash. */
static escape decode_escape(const char *p, size_t len)
{
    if (len < 2)
        return (escape){0};
    if (p[1] == 'u')
        return unicode_escape(p, len);
    const char c = simple_escape(p[1]);
    return (escape){.used = c ? 2 : 0, .len = 1, .utf8 = {c}};
}

/* Copies eight bytes; the top bit of the first of them that is a backslash is the lowest one set
 * (Warren, Hacker's Delight, section 6-1). */
static uint64_t copy_eight(char *out, const char *p)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t eight;
    memcpy(&eight, p, sizeof eight);
    memcpy(out, &eight, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    eight = __builtin_bswap64(eight);
#endif
    const uint64_t zero_where = eight ^ ones * '\\';
    return (zero_where - ones) & ~zero_where & tops;
}

/* Copies p[0..len) up to its first backslash, and returns how much that was. Words are stored
 * whole, so that the place of the backslash in the last one costs no branch. */
static size_t copy_short_run(char *out, const char *p, size_t len)
{
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        const uint64_t found = copy_eight(out + i, p + i);
        if (found)
            return i + (unsigned)__builtin_ctzll(found) / 8;
    }
    for (; i < len && p[i] != '\\'; i++)
        out[i] = p[i];
    return i;
}

#if defined(__SSE2__)

enum { BLOCK_BYTES = 64 };

/* Copies 64 bytes; bit i is set where byte i is a backslash. */
static uint64_t copy_block(char *out, const char *p)
{
    const __m128i backslash = _mm_set1_epi8('\\');
    uint64_t found = 0;
    for (unsigned i = 0; i < BLOCK_BYTES; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(p + i));
        _mm_storeu_si128((__m128i *)(out + i), bytes);
        const unsigned here = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, backslash));
        found |= (uint64_t)here << i;
    }
    return found;
}

/* The same, 64 bytes at a time: about what stands between two escaped newlines. */
static size_t copy_run(char *out, const char *p, size_t len)
{
    size_t i = 0;
    for (; len - i >= BLOCK_BYTES; i += BLOCK_BYTES) {
        const uint64_t found = copy_block(out + i, p + i);
        if (found)
            return i + (size_t)__builtin_ctzll(found);
    }
    return i + copy_short_run(out + i, p + i, len - i);
}

#else

static size_t copy_run(char *out, const char *p, size_t len)
{
    return copy_short_run(out, p, len);
}

#endif

size_t nd_json_unescape(const char *p, size_t len_bytes, char *out, uint64_t *invalid_bytes)
{
    const char *const end = p + len_bytes;
    size_t len = 0;
    for (;;) {
        const size_t run = copy_run(out + len, p, (size_t)(end - p));
        len += run;
        p += run;
        if (p == end)
            return len;
        if (end - p >= 2 && p[1] != 'u') {
            out[len] = simple_escape(p[1]);
            if (!out[len++])
                return ND_JSON_BAD_ESCAPE;
            p += 2;
            continue;
        }
        const escape e = decode_escape(p, (size_t)(end - p));
        if (!e.used)
            return ND_JSON_BAD_ESCAPE;
        memcpy(out + len, e.utf8, e.len);
        len += e.len;
        p += e.used;
        *invalid_bytes += e.invalid_bytes;
    }
}

bool nd_json_escapes_are_valid(const char *p, size_t len_bytes)
{
    const char *const end = p + len_bytes;
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p)))) {
        const escape e = decode_escape(p, (size_t)(end - p));
        if (!e.used)
            return false;
        p += e.used;
    }
    return true;
}

bool nd_json_string_equals(const char *p, size_t len_bytes, const char *name, size_t name_len_bytes)
{
    if (len_bytes < name_len_bytes) /* an escape is longer than what it stands for */
        return false;
    if (!memchr(p, '\\', len_bytes))
        return len_bytes == name_len_bytes && memcmp(p, name, len_bytes) == 0;
    size_t at = 0;
    for (size_t i = 0; i < len_bytes;) {
        escape e = {.used = 1, .len = 1, .utf8 = {p[i]}};
        if (p[i] == '\\')
            e = decode_escape(p + i, len_bytes - i);
        if (!e.used || e.len > name_len_bytes - at || memcmp(name + at, e.utf8, e.len) != 0)
            return false;
        at += e.len;
        i += e.used;
    }
    return at == name_len_bytes;
}

nd_status nd_utf8_repair(const nd_allocator *allocator, nd_byte_vec *out, const char *p,
                         size_t len_bytes, uint64_t *invalid_bytes)
{
    while (len_bytes) {
        const size_t run = nd_utf8_valid_len(p, len_bytes);
        nd_status status = nd_bytes_append(allocator, out, p, run);
        if (status != ND_OK || run == len_bytes)
            return status;
        const size_t part = nd_utf8_decode(p + run, len_bytes - run).len_bytes;
        char replacement[4];
        status = nd_bytes_append(allocator, out, replacement,
                                 nd_utf8_encode(ND_UTF8_REPLACEMENT, replacement));
        if (status != ND_OK)
            return status;
        *invalid_bytes += part;
        p += run + part;
        len_bytes -= run + part;
    }
    return ND_OK;
}

/* --- strings to be written --- */

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
    uint64_t eight;
    for (; len - i >= 8; i += 8) {
        memcpy(&eight, p + i, 8);
        if (has_special(eight))
            break;
    }
    if (len >= 8 && len - i < 8) { /* the rest, with some of the bytes before it */
        memcpy(&eight, p + len - 8, 8);
        if (!has_special(eight))
            return len;
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
    const char short_form[2] = {'\\', short_to[found - short_from]};
    return nd_bytes_append(allocator, out, short_form, sizeof short_form);
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
    size_t run = plain_run(p, len_bytes);
    nd_status status =
        run <= SIZE_MAX - 2 ? ND_VEC_RESERVE(allocator, out, run + 2) : ND_ERR_NO_MEMORY;
    if (status != ND_OK)
        return status;
    out->items[out->len++] = '"';
    if (run > 0)
        memcpy(out->items + out->len, p, run);
    out->len += run;
    if (run == len_bytes) { /* nearly always */
        out->items[out->len++] = '"';
        return ND_OK;
    }
    while (status == ND_OK && run < len_bytes) {
        p += run;
        len_bytes -= run;
        run = plain_run(p, len_bytes);
        status = run > 0 ? nd_bytes_append(allocator, out, p, run)
                         : append_special(allocator, out, p, len_bytes, &run);
    }
    if (status == ND_OK)
        status = nd_bytes_append(allocator, out, "\"", 1);
    if (status != ND_OK)
        out->len = before;
    return status;
}
