/* UTF-8 that was read as a page of 256 characters, and encoded again.
 *
 *   it was    e2 80 99          as Windows-1252   â€™     as Windows-1251   вЂ™     ...
 *   it is     c3 a2 e2 82 ac e2 84 a2             each of the bytes became a character
 *
 * A sequence is what stands for one character. One that could also be good text is repaired only
 * beside others: three letters in a row make a word that nobody wrote, and then all characters of
 * its script are taken, wherever they stand. */
#include <stdbool.h>
#include <string.h>

#include "text/repair/codepage.h"
#include "text/repair/repair_pass.h"
#include "text/repair/repair_scan.h"
#include "text/tokenise/char_class.h"
#include "text/utf8.h"

enum {
    MAX_SEQUENCE = 4,
    MIN_LETTERS = 3, /* sequences in a row that make a word of another script */
};

typedef enum reading { AS_1252, AS_1251, AS_1253, AS_KOI8, NUM_READINGS } reading;

static const nd_codepage *const pages[NUM_READINGS] = {&nd_windows_1252, &nd_windows_1251,
                                                       &nd_windows_1253, &nd_koi8_r};

/* Characters that stand for the bytes of one UTF-8 character. */
typedef struct sequence {
    size_t len; /* in the text; 0: none */
    uint32_t code_point;
    reading reading;
    uint8_t bytes[MAX_SEQUENCE]; /* what they stand for */
    bool has_control;            /* one of them is a C1 control, which no real text has */
} sequence;

static size_t bytes_needed(uint8_t lead)
{
    return lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* The byte a character was. Of those that may follow a first byte, Windows-1251 leaves 98 open and
 * Windows-1253 AA, which readers replace. */
static int byte_of(nd_utf8_char c, reading how)
{
    if (c.invalid)
        return -1;
    if (c.code_point == ND_UTF8_REPLACEMENT)
        return how == AS_1251 ? 0x98 : how == AS_1253 ? 0xAA : -1;
    return nd_codepage_byte(*pages[how], c.code_point);
}

static sequence read_as(const char *p, size_t len, reading how)
{
    sequence s = {.reading = how};
    size_t at = 0, num = 0, need = 1;
    for (; num < need; num++) {
        if (at == len)
            return s;
        const nd_utf8_char c = nd_utf8_decode(p + at, len - at);
        const int byte = byte_of(c, how);
        if (byte < 0)
            return s;
        s.bytes[num] = (uint8_t)byte;
        s.has_control |= c.code_point < 0xA0;
        at += c.len_bytes;
        if (num == 0)
            need = bytes_needed(s.bytes[0]);
        if (need == 0)
            return s;
    }
    const nd_utf8_char decoded = nd_utf8_decode((const char *)s.bytes, num);
    if (decoded.invalid || decoded.len_bytes != num)
        return s;
    s.code_point = decoded.code_point;
    s.len = at;
    return s;
}

/* Characters that are repaired together, by their first byte. */
enum { LATIN = 1, GREEK = 2, CYRILLIC = 4, HEBREW = 8, ARABIC = 16, INDIC = 32, EAST_ASIAN = 64 };

static unsigned script_of(uint8_t lead)
{
    if (lead < 0xCD || lead == 0xE2) /* with signs and modifiers, which stand in any script */
        return LATIN;
    if (lead <= 0xCF || lead == 0xE1)
        return GREEK;
    if (lead <= 0xD3)
        return CYRILLIC;
    if (lead <= 0xDF)
        return lead <= 0xD7 ? HEBREW : ARABIC;
    if (lead == 0xE0)
        return INDIC;
    return (lead >= 0xE3 && lead <= 0xED) || lead == 0xEF ? EAST_ASIAN : 0;
}

/* The sequence at p by the page whose letters its first character is one of. */
static sequence read_sequence(const char *p, size_t len)
{
    const uint32_t first = len ? nd_utf8_decode(p, len).code_point : 0;
    if (first <= 0xFF)
        return read_as(p, len, AS_1252);
    if (first >= 0x0370 && first <= 0x03FF)
        return read_as(p, len, AS_1253);
    sequence s = read_as(p, len, AS_1251);
    if (s.len > 0)
        return s;
    /* Of KOI8-R's characters only Cyrillic is looked for: "н│о│" is the row of a table. */
    s = read_as(p, len, AS_KOI8);
    if (s.len > 0 && script_of(s.bytes[0]) != CYRILLIC && script_of(s.bytes[0]) != LATIN)
        s.len = 0;
    return s;
}

/* Bytes whose characters stand in good text beside letters: quotes, dashes, dots, spaces. */
static bool is_typographic(uint8_t byte)
{
    static const char typographic[] =
        "\x82\x84\x85\x8B\x91\x92\x93\x94\x95\x96\x97\x9B\xA0\xAB\xB0\xB2\xB3\xB7\xBB";
    return memchr(typographic, byte, sizeof typographic - 1) != NULL;
}

static bool is_ascii_letter(char c)
{
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

/* Whether a sequence read as Windows-1252 can be nothing else. In French "liberté »" the accented
 * letter, a no-break space and the quote make the bytes of a Chinese character; so a sequence
 * counts only where its characters do not stand beside each other in any language, `after_capital`
 * telling "AMANHÃ”" from "portÃ©e". */
static bool is_certain_1252(const sequence *s, bool after_capital)
{
    const uint8_t lead = s->bytes[0], second = s->bytes[1];
    if (lead <= 0xC3)
        return s->code_point >= 0xA0 && !(after_capital && is_typographic(second));
    if (lead <= 0xC5)
        return !is_typographic(second);
    if (lead == 0xE1) /* letters of Vietnamese */
        return second >= 0xB8 && second <= 0xBB && !is_typographic(s->bytes[2]);
    if (lead == 0xE2)
        return second == 0x80 || !is_typographic(second) || !is_typographic(s->bytes[2]);
    if (lead == 0xEF)
        return s->code_point == 0xFEFF || s->code_point == 0xFFFD ||
               (s->code_point >= 0xFB00 && s->code_point <= 0xFB06);
    return lead == 0xF0 && second == 0x9F;
}

/* The same for the pages of other scripts. Accented letters and signs of Latin-1 (leads C2 to C5)
 * are letters of the script there, so that only a Latin one beside them tells: "cafГ©". */
static bool is_certain_elsewhere(const sequence *s, bool is_beside_latin)
{
    const uint8_t lead = s->bytes[0], second = s->bytes[1], third = s->bytes[2];
    if (lead <= 0xC5)
        return is_beside_latin;
    if (lead == 0xE2 && s->reading == AS_KOI8) /* "я│" and "Б─┬" stand in tables */
        return second == 0x80 && (third >= 0x93 && third <= 0x9D);
    if (lead == 0xE2)
        return second == 0x80 || (second == 0x82 && third == 0xAC) ||
               (second == 0x84 && third == 0xA2);
    return s->code_point == 0xFEFF || (lead == 0xF0 && second == 0x9F);
}

static bool is_certain(const nd_repair_pass *pass, size_t at, const sequence *s)
{
    const char before = at > 0 ? pass->in[at - 1] : ' ';
    const char after = at + s->len < pass->in_len ? pass->in[at + s->len] : ' ';
    if (s->has_control)
        return true;
    if (s->reading == AS_1252)
        return is_certain_1252(s, before >= 'A' && before <= 'Z');
    const bool is_beside_latin = is_ascii_letter(before) || is_ascii_letter(after);
    return is_certain_elsewhere(s, is_beside_latin || (at > 0 && pass->copied == at));
}

/* Finds the scripts that were certainly misread, by the page they were read in: those of which
 * MIN_LETTERS letters stand in a row, and Latin where it, or any other, was. */
static void find_scripts(const nd_repair_pass *pass, unsigned scripts[NUM_READINGS])
{
    const char *const in = pass->in;
    const size_t len = pass->in_len;
    const nd_repair_scan *const scan = nd_repair_scan_current();
    size_t at = 0;
    while ((at = scan->next_misread(in, len, at)) < len) {
        sequence s = read_sequence(in + at, len - at);
        const reading how = s.reading;
        if (s.len && is_certain(pass, at, &s))
            scripts[how] |= LATIN | script_of(s.bytes[0]);
        unsigned row = LATIN;
        int num = 0;
        for (; s.len && s.reading == how && nd_char_class_of(s.code_point) != ND_CHAR_SEPARATOR;
             num++) {
            row |= script_of(s.bytes[0]);
            at += s.len;
            s = read_sequence(in + at, len - at);
        }
        if (num >= MIN_LETTERS)
            scripts[how] |= row;
        at += num == 0;
    }
}

static nd_status put(nd_repair_pass *pass, size_t *at, size_t len, uint32_t code_point)
{
    char text[4];
    const size_t text_len = nd_utf8_encode(code_point, text);
    const nd_status status = nd_repair_pass_replace(pass, *at, *at + len, text, text_len);
    *at += len;
    return status;
}

static bool starts(const char *p, size_t len, const char *text)
{
    const size_t text_len = strlen(text);
    return len >= text_len && memcmp(p, text, text_len) == 0;
}

/* Sequences that lost a part: the closing quote E2 80 9D, whose last byte Windows-1252 does not
 * have, and "Ã ", an à whose no-break space became a plain one. */
static nd_status repair_remains(nd_repair_pass *pass, size_t *at)
{
    const char *const p = pass->in + *at;
    const size_t len = pass->in_len - *at;
    const bool is_after_capital = *at > 0 && p[-1] >= 'A' && p[-1] <= 'Z';
    if (starts(p, len, "\u00e2\u20ac"))
        return put(pass, at, strlen("\u00e2\u20ac"), 0x201D);
    if (starts(p, len, "\u00c3 ") && len > 3 && p[3] >= 'a' && p[3] <= 'z' && !is_after_capital)
        return put(pass, at, strlen("\u00c3"), 0xE0);
    ++*at;
    return ND_OK;
}

nd_status nd_repair_mojibake(nd_repair_pass *pass)
{
    unsigned scripts[NUM_READINGS] = {0};
    find_scripts(pass, scripts);
    const nd_repair_scan *const scan = nd_repair_scan_current();
    size_t at = 0;
    nd_status status = ND_OK;
    while (status == ND_OK &&
           (at = scan->next_misread(pass->in, pass->in_len, at)) < pass->in_len) {
        const sequence s = read_sequence(pass->in + at, pass->in_len - at);
        if (s.len == 0)
            status = repair_remains(pass, &at);
        else if ((scripts[s.reading] & script_of(s.bytes[0])) || is_certain(pass, at, &s))
            status = put(pass, &at, s.len, s.code_point);
        else
            at++;
    }
    return status;
}
