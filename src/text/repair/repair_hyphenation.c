/* Words broken at the end of a line: "inter-" / "national".
 *
 *   hyphen   blanks        line break                    blanks     letters
 *   -        " \t"         \n, \r\n, \r, \f, \v or \n\f  " \t"      national
 *   ¬        =20 and =09   behind "=", where a           "> ", ">> "
 * the ‐      (those of     quoted-printable line         before a quoted
 *            a mail)       has to be broken              line
 *
 * and, without a hyphen, words that a quoted-printable line breaks: "interna=" / "tional". */
#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#include "text/characters.h"
#include "text/repair/repair_pass.h"

enum {
    /* Letters on both sides; one letter and a hyphen is more often a prefix or a list. */
    MIN_LETTERS = 2,
    /* Quoted-printable breaks a line so that it has at most 76 bytes (RFC 2045, section 6.7), and
     * not much earlier than it must: "=" at the end of a shorter one has another meaning. */
    MIN_SOFT_LINE_BYTES = 60,
    MAX_SOFT_LINE_BYTES = 76,
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

typedef enum letter { NO_LETTER, MARK, LOWER_CASE } letter;

static letter letter_of(const char *p, size_t len)
{
    const nd_utf8_char c = nd_utf8_decode(p, len);
    switch (c.invalid ? UTF8PROC_CATEGORY_CN : utf8proc_category((utf8proc_int32_t)c.code_point)) {
    case UTF8PROC_CATEGORY_LL:
        return LOWER_CASE;
    case UTF8PROC_CATEGORY_MN:
        return MARK;
    default:
        return NO_LETTER;
    }
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
    for (int num = 0; num < MIN_LETTERS;) {
        if (end == 0)
            return false;
        const size_t start = before(bytes, end);
        const letter kind = letter_of(bytes + start, end - start);
        if (kind == NO_LETTER)
            return false;
        num += kind == LOWER_CASE;
        end = start;
    }
    return true;
}

static bool begins_with_letters(const char *bytes, size_t len, size_t at)
{
    for (int num = 0; num < MIN_LETTERS;) {
        const letter kind = at < len ? letter_of(bytes + at, len - at) : NO_LETTER;
        if (kind == NO_LETTER)
            return false;
        num += kind == LOWER_CASE;
        at += nd_utf8_decode(bytes + at, len - at).len_bytes;
    }
    return true;
}

/* Where the hyphen begins whose last byte is at `last`; last + 1 where none ends there. */
static size_t hyphen_start(const char *bytes, size_t last)
{
    if (bytes[last] == '-')
        return last;
    if (last >= 1 &&
        (memcmp(bytes + last - 1, "\u00ad", 2) == 0 || memcmp(bytes + last - 1, "\u00ac", 2) == 0))
        return last - 1;
    return last >= 2 && memcmp(bytes + last - 2, "\u2010", 3) == 0 ? last - 2 : last + 1;
}

/* Behind the blanks that stand at `at`, those of quoted-printable too. */
static size_t skip_blanks(const char *bytes, size_t len, size_t at)
{
    for (;;) {
        if (at < len && is_blank(bytes[at]))
            at++;
        else if (len - at >= 3 && (!memcmp(bytes + at, "=20", 3) || !memcmp(bytes + at, "=09", 3)))
            at += 3;
        else
            return at;
    }
}

/* Where the next line's first word begins, the line of the hyphen ending at `at` or after blanks; 0
 * where it does not. */
static size_t next_line_start(const char *bytes, size_t len, size_t at)
{
    at = skip_blanks(bytes, len, at);
    if (at < len && bytes[at] == '=')
        at++;
    const size_t line_end = at;
    if (at < len && bytes[at] == '\r')
        at++;
    if (at < len && bytes[at] == '\n')
        at++;
    if (at < len && (bytes[at] == '\f' || bytes[at] == '\v'))
        at++;
    if (at == line_end)
        return 0;
    while (at < len && (is_blank(bytes[at]) || bytes[at] == '>'))
        at++;
    return at;
}

/* Whether a line that ends with "=" at `at` has the length of one that had to be broken. */
static bool is_soft_break(const char *bytes, size_t at)
{
    size_t len = 1;
    while (len <= MAX_SOFT_LINE_BYTES && at >= len && bytes[at - len] != '\n')
        len++;
    return len >= MIN_SOFT_LINE_BYTES && len <= MAX_SOFT_LINE_BYTES;
}

nd_status nd_repair_hyphenation(nd_repair_pass *pass)
{
    const char *const in = pass->in;
    const size_t len = pass->in_len;
    const nd_repair_scan *const scan = nd_repair_scan_current();
    size_t last = 0;
    while ((last = scan->next_line_end_hyphen(in, len, last + 1)) < len) {
        const bool is_soft = in[last] == '=' && is_soft_break(in, last);
        const size_t hyphen = is_soft ? last : hyphen_start(in, last);
        const size_t next = next_line_start(in, len, is_soft ? last : last + 1);
        if (hyphen > last || hyphen < pass->copied || next == 0 || !ends_in_letters(in, hyphen) ||
            !begins_with_letters(in, len, next))
            continue;
        const nd_status status = nd_repair_pass_replace(pass, hyphen, next, "", 0);
        if (status != ND_OK)
            return status;
        last = next - 1;
    }
    return ND_OK;
}
