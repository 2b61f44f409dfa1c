/* What there is to repair and to fold, looked for LANES bytes at a time. gcc and clang make
 * registers of the vectors where the machine has such. A file that includes this one defines before
 * it: LANES, which is 16 or 32; `lanes`, a vector of so many bytes; and perhaps, with
 * BLOCK_TESTS_LANES, any(v): whether a lane is not 0. */
#ifndef TEXT_REPAIR_REPAIR_SCAN_BLOCK_H
#define TEXT_REPAIR_REPAIR_SCAN_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "neardup/repair.h"
#include "text/repair/repair_pass.h"

/* --- lanes --- */

enum {
    LOOK_AHEAD = 6,    /* bytes that are read behind a position; before it, it is one */
    CHUNK_BYTES = 256, /* looked at together: what most texts do not have, most chunks have not */
};

#define INLINE static inline __attribute__((always_inline))

/* Which byte of a word in memory is the first that is not 0. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#    define FIRST_BYTE(word) (size_t)(__builtin_ctzll(word) / 8)
#else
#    define FIRST_BYTE(word) (size_t)(__builtin_clzll(word) / 8)
#endif

INLINE lanes load(const uint8_t *bytes)
{
    lanes v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

/* A comparison gives 0xFF where it holds. */
INLINE lanes is(lanes v, uint8_t byte)
{
    return (lanes)(v == byte);
}

INLINE lanes is_between(lanes v, uint8_t first, uint8_t last)
{
    return (lanes)(v - first <= (uint8_t)(last - first));
}

#ifndef BLOCK_TESTS_LANES
INLINE int any(lanes v)
{
    uint64_t words[LANES / 8], all = 0;
    memcpy(words, &v, sizeof words);
    for (int i = 0; i < LANES / 8; i++)
        all |= words[i];
    return all != 0;
}
#endif

/* The first lane of v that is not 0; LANES where all are. */
INLINE size_t first_lane(lanes v)
{
    uint64_t words[LANES / 8];
    memcpy(words, &v, sizeof words);
    for (size_t i = 0; i < LANES / 8; i++)
        if (words[i])
            return 8 * i + FIRST_BYTE(words[i]);
    return LANES;
}

/* What is looked for at the LANES positions from p on. */
typedef lanes find_marks(const uint8_t *p);

/* The first position from `from` on, and before `to`, that is marked; `to` where none is. Marks of
 * up to LANES positions more are looked at. */
INLINE size_t first_mark(const uint8_t *p, size_t from, size_t to, find_marks *find)
{
    for (; from < to; from += LANES) {
        const lanes found = find(p + from);
        if (!any(found))
            continue;
        const size_t lane = first_lane(found);
        return from + lane < to ? from + lane : to;
    }
    return to;
}

/* How many positions from `from` on can be looked at where they are; the rest in a copy. */
INLINE size_t num_inside(size_t from, size_t len)
{
    return len > from + LANES + LOOK_AHEAD ? len - from - LANES - LOOK_AHEAD : 0;
}

/* The last bytes of a text, from the one before position `from` on, with zeros behind them. */
typedef struct text_end {
    uint8_t bytes[5 * LANES + 2 * LOOK_AHEAD];
} text_end;

INLINE text_end copy_end(const char *bytes, size_t len, size_t from)
{
    text_end end = {{0}};
    memcpy(end.bytes, bytes + from - 1, len - from + 1);
    return end;
}

/* --- what there is to repair --- */

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

/* --- what there is to fold --- */

INLINE lanes is_ascii_letter(lanes v)
{
    return is_between(v | 0x20, 'a', 'z');
}

/* A letter of ASCII beside one of Greek or Cyrillic. */
INLINE lanes mixed_scripts(const uint8_t *p)
{
    const lanes a = load(p), b = load(p + 1), c = load(p + 2);
    return (is_ascii_letter(a) & is_between(b, 0xCE, 0xD1)) |
           (is_between(a, 0xCE, 0xD1) & is_ascii_letter(c));
}

/* The characters that are folded one by one, and some more:
 *   C4 B0, C4 B1                  I with a dot, dotless i
 *   C8 98 to 9B                   Romanian letters with a comma
 *   CA B9 to BF, CB AE            apostrophes that are letters
 *   CC 87, CC B5 to B8            the dot of an i, strokes
 *   D6 91 to D7 87                Hebrew points
 *   D8 90 to 9A                   Arabic marks; in D9, tatweel and digits too
 *   DA A9, DB 8C                  kaf and yeh of Persian; in DB, marks and digits too */
INLINE lanes foldable_in_two(lanes a, lanes b)
{
    const lanes latin = (is(a, 0xC4) & is_between(b, 0xB0, 0xB1)) |
                        (is(a, 0xC8) & is_between(b, 0x98, 0x9B)) |
                        (is(a, 0xCA) & (lanes)(b >= 0xB9)) | (is(a, 0xCB) & is(b, 0xAE)) |
                        (is(a, 0xCC) & (is(b, 0x87) | is_between(b, 0xB5, 0xB8)));
    const lanes hebrew = (is(a, 0xD6) & (lanes)(b >= 0x91)) | (is(a, 0xD7) & (lanes)(b <= 0x87));
    const lanes arabic = (is(a, 0xD8) & is_between(b, 0x90, 0x9A)) |
                         (is(a, 0xD9) & (is(b, 0x80) | is_between(b, 0x8B, 0xB0))) |
                         (is(a, 0xDA) & is(b, 0xA9)) |
                         (is(a, 0xDB) & (is(b, 0x8C) | is_between(b, 0x96, 0xB9)));
    return latin | hebrew | arabic;
}

/* The same for three bytes:
 *   E0 A0 to B7, A6 to AF         digits of India's scripts, at the end of each block; also E0 A3,
 * marks E0 B9 and BB, 90 to 99        digits of Thai and Lao E1 81 80 to 89, E1 9F A0 ..   digits
 * of Myanmar and Khmer EF AE, EF AF, EF B9           forms of Persian letters, and of Arabic marks
 * alone */
INLINE lanes foldable_in_three(lanes a, lanes b, lanes c)
{
    const lanes indic = is(b & 1, 1) & is_between(c, 0xA6, 0xAF);
    const lanes thai = (is(b, 0xB9) | is(b, 0xBB)) & is_between(c, 0x90, 0x99);
    const lanes in_e0 = is(a, 0xE0) & (indic | thai | is(b, 0xA3));
    const lanes in_e1 = is(a, 0xE1) & (is(b, 0x81) | is(b, 0x9F));
    const lanes in_ef = is(a, 0xEF) & (is(b | 1, 0xAF) | is(b, 0xB9));
    return in_e0 | in_e1 | in_ef;
}

INLINE lanes foldable(const uint8_t *p)
{
    const lanes a = load(p), b = load(p + 1);
    return mixed_scripts(p) | foldable_in_two(a, b) | foldable_in_three(a, b, load(p + 2));
}

/* What mixed scripts and the others begin with, or the character after them. */
INLINE lanes greek_or_cyrillic(lanes a, lanes b)
{
    return is_between(a, 0xCE, 0xD1) | is_between(b, 0xCE, 0xD1);
}

INLINE lanes leads_of_others(lanes a, lanes b)
{
    return is_between(a, 0xC8, 0xCD) | is_between(a, 0xD2, 0xDB) | is_between(a, 0xE0, 0xE1) |
           is(a, 0xEF) | (is(a, 0xC4) & is_between(b, 0xB0, 0xB1));
}

/* Whether any of num positions from p on is marked, a whole number of vectors. Each loop asks less
 * than the next, so that most texts end with the first or the second, and has few enough constants
 * to keep them in registers. */
INLINE bool has_foldable(const uint8_t *p, size_t num)
{
    lanes all = load(p + num), mixed = {0}, others = {0}, found = {0};
    for (size_t i = 0; i < num; i += LANES)
        all |= load(p + i);
    if (!any(all & 0x80))
        return false;
    for (size_t i = 0; i < num; i += LANES) {
        mixed |= greek_or_cyrillic(load(p + i), load(p + i + 1));
        others |= leads_of_others(load(p + i), load(p + i + 1));
    }
    for (size_t i = 0; i < num && any(mixed); i += LANES)
        found |= mixed_scripts(p + i);
    for (size_t i = 0; i < num && any(others); i += LANES)
        found |= foldable_in_two(load(p + i), load(p + i + 1)) |
                 foldable_in_three(load(p + i), load(p + i + 1), load(p + i + 2));
    return any(found);
}

/* As first_mark for `foldable`. Where there is a mark, more are near. */
static size_t first_foldable(const uint8_t *p, size_t from, size_t to)
{
    while (from < to) {
        const size_t left = (to - from + LANES - 1) / LANES * LANES;
        const size_t num = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        if (has_foldable(p + from, num)) {
            const size_t at = first_mark(p, from, from + num, foldable);
            return at < to ? at : to;
        }
        from += num;
    }
    return to;
}

static size_t next_foldable(const char *bytes, size_t len, size_t at)
{
    if (at >= len)
        return len;
    const uint8_t *const p = (const uint8_t *)bytes;
    const size_t to = at + num_inside(at + LANES, len), near = at + LANES < to ? at + LANES : to;
    if (at > 0 && near > at && (at = first_mark(p, at, near, foldable)) < near)
        return at;
    at = first_foldable(p, at, to);
    if (at < to)
        return at;
    const text_end end = copy_end(bytes, len, to + 1);
    const size_t left = len - to, first = first_foldable(end.bytes, 0, left);
    return first < left ? to + first : len;
}

#endif
