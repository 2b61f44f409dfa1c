/* What there is to fold, over vectors: see lanes.h for what a file that includes this one defines
 * before. */
#ifndef TEXT_REPAIR_FOLD_SCAN_BLOCK_H
#define TEXT_REPAIR_FOLD_SCAN_BLOCK_H

#include "text/repair/lanes.h"

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
