/* What there is to repair, over vectors: see lanes.h for what a file that includes this one defines
 * before. */
#ifndef TEXT_REPAIR_REPAIR_SCAN_BLOCK_H
#define TEXT_REPAIR_REPAIR_SCAN_BLOCK_H

#include "neardup/repair.h"
#include "text/repair/lanes.h"
#include "text/repair/repair_scan.h"

/* Mojibake begins with a letter of Latin-1 (C3), Cyrillic or Greek (CE to D1), and goes on with a
 * character that is not ASCII; or it is an A with tilde before a blank. In good text most of those
 * are plain letters of Cyrillic and Greek, which are left out. p is at the letter's last byte. */
INLINE lanes unusual_pairs(const uint8_t *p)
{
    const lanes lead = load(p - 1), b = load(p + 1), c = load(p + 2);
    const lanes is_sign = is_between(b, 0xC2, 0xCB) | is(b, 0xD2) | is(b, 0xE2) | is(b, 0xEF);
    const lanes is_low = (is(b, 0xD0) | is(b, 0xCE)) & (lanes)(c < 0x90);
    const lanes is_high = is(b, 0xD1) & (lanes)(c >= 0x90);
    const lanes lost_blank = is(load(p), 0x83) & is(b, ' ');
    return (is(lead, 0xC3) | is_between(lead, 0xCE, 0xD1)) &
           (is_sign | is_low | is_high | lost_blank);
}

/* Whether a line may end there. */
INLINE lanes may_be_line_end(lanes v)
{
    return (lanes)(v <= ' ') | is(v, '=');
}

/* A hyphen behind a letter, or the "=" of a quoted-printable line, at the end of a line. */
INLINE lanes ascii_hyphens(const uint8_t *p)
{
    const lanes hyphen = load(p);
    return (is(hyphen, '-') | is(hyphen, '=')) & (lanes)(load(p - 1) >= 'A') &
           may_be_line_end(load(p + 1));
}

/* The same for the last bytes of U+00AC, U+00AD and U+2010. */
INLINE lanes other_hyphens(const uint8_t *p)
{
    const lanes before = load(p - 1), last = load(p);
    const lanes is_hyphen =
        (is(before, 0xC2) & is(last | 1, 0xAD)) | (is(before, 0x80) & is(last, 0x90));
    return is_hyphen & may_be_line_end(load(p + 1));
}

INLINE lanes all_hyphens(const uint8_t *p)
{
    return ascii_hyphens(p) | other_hyphens(p);
}

/* The next four bytes are those of UTF-8 that was read as Windows-1252: a lead byte, C3 82 to C3
 * B4, and a character that stands for 80 to BF, which begins with C2, C5, C6, CB or E2. */
static bool may_be_latin(const uint8_t *p)
{
    const bool follows = p[2] == 0xC2 || (p[2] | 3) == 0xC7 || p[2] == 0xCB || p[2] == 0xE2;
    return p[0] == 0xC3 && p[1] >= 0x82 && p[1] <= 0xB4 &&
           (follows || (p[1] == 0x83 && p[2] == ' '));
}

/* The same for Windows-1251, whose lead bytes are the capitals from Ve on, D0 92 to D0 A3 (and
 * small letters: those of quotes, D0 B2, the byte order mark, D0 BF, and emoji, D1 80); and for
 * KOI8-R, where the leads of Cyrillic are Pe and Ya, and what follows is mostly a piece of a frame.
 */
static bool may_be_cyrillic(const uint8_t *p)
{
    if (p[0] == 0xD0)
        return (p[1] >= 0x92 && p[1] <= 0xA3) || p[1] == 0xB2 || p[1] == 0xBF || p[2] == 0xE2;
    return p[0] == 0xD1 && ((p[1] == 0x80 && p[2] == 0xD1 && p[3] == 0x9F) || p[1] == 0x8F ||
                            (p[2] == 0xE2 && p[3] >= 0x88));
}

/* The same for Windows-1253, whose lead bytes are the capitals from Beta on, and the small letters
 * of quotes, CE B2, the byte order mark, CE BF, and emoji, CF 80. */
static bool may_be_greek(const uint8_t *p)
{
    if (p[0] == 0xCE)
        return (p[1] >= 0x92 && p[1] <= 0xA3) || p[1] == 0xB2 || p[1] == 0xBF;
    return p[0] == 0xCF && p[1] == 0x80 && p[2] == 0xC2 && p[3] == 0x9F;
}

static bool may_be_misread(const uint8_t *p)
{
    return may_be_latin(p) || may_be_cyrillic(p) || may_be_greek(p);
}

/* Four letters of Latin-1 beyond ASCII in a row: in a word of another script, whose letters are
 * bytes from C0 on in all its pages. */
static bool may_be_bytes(const uint8_t *p)
{
    return p[0] == 0xC3 && p[2] == 0xC3 && p[4] == 0xC3 && p[6] == 0xC3;
}

static bool may_be_mojibake(const uint8_t *p)
{
    return may_be_misread(p) || may_be_bytes(p);
}

typedef bool check_mark(const uint8_t *p);

/* The first pair from `from` on that passes `check`. */
INLINE size_t first_pair(const uint8_t *p, size_t from, size_t to, check_mark *check)
{
    while ((from = first_mark(p, from, to, unusual_pairs)) < to && !check(p + from - 1))
        from++;
    return from;
}

/* The repairs of which marks stand from p + `from` on, before p + `to`, a whole number of vectors
 * away. */
INLINE uint32_t marks_between(const uint8_t *p, size_t from, size_t to)
{
    lanes ampersand = {0}, less_than = {0}, hyphen = {0}, all = {0};
    for (size_t i = from; i < to; i += LANES) {
        const lanes a = load(p + i);
        ampersand |= is(a, '&');
        less_than |= is(a, '<');
        hyphen |= ascii_hyphens(p + i);
        all |= a;
    }
    uint32_t repairs =
        (any(ampersand) ? ND_REPAIR_ENTITIES : 0u) | (any(less_than) ? ND_REPAIR_TAGS : 0u);
    if (any(all & 0x80)) {
        for (size_t i = from; i < to; i += LANES)
            hyphen |= other_hyphens(p + i);
        repairs |= ND_SCAN_NON_ASCII;
        repairs |= first_pair(p, from, to, may_be_mojibake) < to ? ND_REPAIR_MOJIBAKE : 0u;
    }
    return repairs | (any(hyphen) ? ND_REPAIR_HYPHENATION : 0u);
}

static uint32_t suspected(const char *bytes, size_t len)
{
    const uint8_t *const p = (const uint8_t *)bytes;
    if (len == 0)
        return 0;
    uint32_t repairs = p[0] == '&'   ? ND_REPAIR_ENTITIES
                       : p[0] == '<' ? ND_REPAIR_TAGS
                       : p[0] > 0x7F ? ND_SCAN_NON_ASCII
                                     : 0;
    size_t at = 1;
    for (size_t num; (num = num_inside(at, len) / LANES * LANES) > 0; at += num) {
        num = num < CHUNK_BYTES ? num : CHUNK_BYTES;
        repairs |= marks_between(p, at, at + num);
    }
    const text_end end = copy_end(bytes, len, at);
    const size_t left = (len - at + LANES - 1) / LANES * LANES;
    return repairs | marks_between(end.bytes, 1, 1 + left);
}

/* The first pair that passes `check` and begins at or after `at`; `len` where none does. */
INLINE size_t next_pair(const char *bytes, size_t len, size_t at, check_mark *check)
{
    if (at + 1 >= len)
        return len;
    size_t from = at + 1; /* of the second byte */
    const size_t to = from + num_inside(from, len);
    from = first_pair((const uint8_t *)bytes, from, to, check);
    if (from < to)
        return from - 1;
    const text_end end = copy_end(bytes, len, to);
    const size_t left = len - to;
    const size_t first = first_pair(end.bytes, 1, 1 + left, check);
    return first < 1 + left ? to - 1 + first - 1 : len;
}

static size_t next_misread(const char *bytes, size_t len, size_t at)
{
    return next_pair(bytes, len, at, may_be_misread);
}

static size_t next_misread_bytes(const char *bytes, size_t len, size_t at)
{
    return next_pair(bytes, len, at, may_be_bytes);
}

static size_t next_line_end_hyphen(const char *bytes, size_t len, size_t at)
{
    size_t from = at > 0 ? at : 1;
    if (from >= len)
        return len;
    const size_t to = from + num_inside(from, len);
    from = first_mark((const uint8_t *)bytes, from, to, all_hyphens);
    if (from < to)
        return from;
    const text_end end = copy_end(bytes, len, to);
    const size_t left = len - to;
    const size_t first = first_mark(end.bytes, 1, 1 + left, all_hyphens);
    return first < 1 + left ? to + first - 1 : len;
}

/* Bytes of ASCII but blanks. */
INLINE lanes is_solid(lanes v)
{
    return is_between(v, '!', '~') | is(v, '\n') | is(v, '\r');
}

INLINE lanes begins_dump_row(const uint8_t *p)
{
    return is(load(p), '\n') & is(load(p + 1), '0') & is(load(p + 2), '0') & is(load(p + 3), '0');
}

INLINE lanes begins_with_0(const uint8_t *p)
{
    return is(load(p), '\n') & is(load(p + 1), '0');
}

static bool is_solid_byte(uint8_t b)
{
    return (b >= '!' && b <= '~') || b == '\n' || b == '\r';
}

enum { SOLID_BLOCK = 32, MIN_SOLID = 64 };

/* Whether MIN_SOLID bytes without a blank are at `at`, where SOLID_BLOCK are. */
static bool is_long(const uint8_t *p, size_t len, size_t at)
{
    size_t start = at, end = at + SOLID_BLOCK;
    while (start > 0 && end - start < MIN_SOLID && is_solid_byte(p[start - 1]))
        start--;
    while (end < len && end - start < MIN_SOLID && is_solid_byte(p[end]))
        end++;
    return end - start == MIN_SOLID;
}

/* The mark of a blob in the block at `at`; behind it where there is none. */
INLINE size_t blob_mark_in_block(const uint8_t *p, size_t len, size_t at)
{
    lanes gaps = {0}, rows = {0};
    for (size_t i = at; i < at + SOLID_BLOCK; i += LANES) {
        gaps |= ~is_solid(load(p + i));
        rows |= begins_with_0(p + i);
    }
    if (!any(gaps) && is_long(p, len, at))
        return at;
    return any(rows) ? first_mark(p, at, at + SOLID_BLOCK, begins_dump_row) : at + SOLID_BLOCK;
}

static size_t next_blob_mark(const char *bytes, size_t len, size_t at)
{
    const uint8_t *const p = (const uint8_t *)bytes;
    if (len < SOLID_BLOCK + LOOK_AHEAD)
        return len;
    const size_t last = len - SOLID_BLOCK - LOOK_AHEAD;
    for (; at <= last; at += SOLID_BLOCK) {
        const size_t mark = blob_mark_in_block(p, len, at);
        if (mark < at + SOLID_BLOCK)
            return mark;
    }
    if (at >= last + SOLID_BLOCK)
        return len;
    const size_t mark = blob_mark_in_block(p, len, last);
    return mark == last ? at : at <= mark && mark < last + SOLID_BLOCK ? mark : len;
}

#endif
