/* Words broken at the end of a line: "inter-" / "national". */
#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#include "text/repair/repair_pass.h"
#include "text/utf8.h"

/* Letters on both sides; one letter and a hyphen is more often a prefix or a list. */
enum { MIN_LETTERS = 2 };

static bool is_lower(const char *p, size_t len)
{
    const nd_utf8_char c = nd_utf8_decode(p, len);
    return !c.invalid && utf8proc_category((utf8proc_int32_t)c.code_point) == UTF8PROC_CATEGORY_LL;
}

/* Where the character before `at` begins; at most 3 continuation bytes are gone over. */
static size_t before(const char *bytes, size_t at)
{
    size_t start = at - 1;
    while (start > 0 && at - start < 4 && ((uint8_t)bytes[start] & 0xC0) == 0x80)
        start--;
    return start;
}

static bool ends_in_letters(const char *bytes, size_t end)
{
    for (int i = 0; i < MIN_LETTERS; i++) {
        if (end == 0)
            return false;
        const size_t start = before(bytes, end);
        if (!is_lower(bytes + start, end - start))
            return false;
        end = start;
    }
    return true;
}

static bool begins_with_letters(const char *bytes, size_t len, size_t at)
{
    for (int i = 0; i < MIN_LETTERS; i++) {
        if (at >= len || !is_lower(bytes + at, len - at))
            return false;
        at += nd_utf8_decode(bytes + at, len - at).len_bytes;
    }
    return true;
}

/* Where the hyphen (-, a soft one, U+2010) before `end` begins; `end` where there is none. */
static size_t hyphen_before(const char *bytes, size_t end)
{
    if (end >= 1 && bytes[end - 1] == '-')
        return end - 1;
    if (end >= 2 && memcmp(bytes + end - 2, "\u00ad", 2) == 0)
        return end - 2;
    return end >= 3 && memcmp(bytes + end - 3, "\u2010", 3) == 0 ? end - 3 : end;
}

nd_status nd_repair_hyphenation(nd_repair_pass *pass)
{
    const char *const in = pass->in;
    size_t at = 0;
    const char *line_break;
    while (at < pass->in_len && (line_break = memchr(in + at, '\n', pass->in_len - at)) != NULL) {
        const size_t newline = (size_t)(line_break - in);
        const size_t line_end = newline > 0 && in[newline - 1] == '\r' ? newline - 1 : newline;
        const size_t hyphen = hyphen_before(in, line_end);
        at = newline + 1;
        if (hyphen == line_end || hyphen < pass->copied)
            continue;
        size_t next = newline + 1;
        while (next < pass->in_len && (in[next] == ' ' || in[next] == '\t'))
            next++;
        if (!ends_in_letters(in, hyphen) || !begins_with_letters(in, pass->in_len, next))
            continue;
        const nd_status status = nd_repair_pass_replace(pass, hyphen, next, "", 0);
        if (status != ND_OK)
            return status;
        at = next;
    }
    return ND_OK;
}
