/* UTF-8 that was read as Windows-1252 or Latin-1: "donâ€™t", "Ã©". */
#include <stdbool.h>
#include <string.h>

#include "text/repair/repair_pass.h"
#include "text/repair/repair_scan.h"
#include "text/repair/windows_1252.h"
#include "text/tokenise/char_class.h"
#include "text/utf8.h"

enum {
    MAX_SEQUENCE = 4,
    MIN_LETTERS = 3, /* sequences in a row that make a word of another script */
};

/* Characters that stand for the bytes of one UTF-8 character. */
typedef struct sequence {
    size_t len; /* in the text; 0: none */
    uint32_t code_point;
    uint8_t bytes[MAX_SEQUENCE]; /* what they stand for */
    bool has_control;            /* one of them is a C1 control, which no real text has */
} sequence;

static size_t bytes_needed(uint8_t lead)
{
    return lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static sequence read_sequence(const char *p, size_t len)
{
    sequence s = {0};
    size_t at = 0, num = 0, need = 1;
    for (; num < need; num++) {
        if (at == len)
            return s;
        const nd_utf8_char c = nd_utf8_decode(p + at, len - at);
        const int byte = c.invalid ? -1 : nd_windows_1252_byte(c.code_point);
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

/* Bytes whose characters stand in good text beside letters: quotes, dashes, dots, spaces. */
static bool is_typographic(uint8_t byte)
{
    static const char typographic[] =
        "\x82\x84\x85\x8B\x91\x92\x93\x94\x95\x96\x97\x9B\xA0\xAB\xB0\xB2\xB3\xB7\xBB";
    return memchr(typographic, byte, sizeof typographic - 1) != NULL;
}

/* Whether the sequence can be nothing else. In French "liberté »" the accented letter, a no-break
 * space and the quote make the bytes of a Chinese character; so a sequence counts only where its
 * characters do not stand beside each other in any language, `after_capital` telling "AMANHÃ”"
 * from "portÃ©e". */
static bool is_certain(const sequence *s, bool after_capital)
{
    const uint8_t lead = s->bytes[0], second = s->bytes[1];
    if (s->has_control)
        return true;
    if (lead <= 0xC3)
        return s->code_point >= 0xA0 && !(after_capital && is_typographic(second));
    if (lead <= 0xC5)
        return !is_typographic(second);
    if (lead == 0xE2)
        return second == 0x80 || !is_typographic(second) || !is_typographic(s->bytes[2]);
    if (lead == 0xEF)
        return s->code_point == 0xFEFF || s->code_point == 0xFFFD ||
               (s->code_point >= 0xFB00 && s->code_point <= 0xFB06);
    return lead == 0xF0 && second == 0x9F;
}

static bool is_letter(uint32_t code_point)
{
    return nd_char_class_of(code_point) != ND_CHAR_SEPARATOR;
}

/* How many sequences of letters follow each other, up to MIN_LETTERS. */
static int letters_in_a_row(const char *p, size_t len)
{
    int num = 0;
    for (size_t at = 0; num < MIN_LETTERS; num++) {
        const sequence s = read_sequence(p + at, len - at);
        if (s.len == 0 || !is_letter(s.code_point))
            break;
        at += s.len;
    }
    return num;
}

/* Where the pass is. */
typedef struct cursor {
    size_t at;
    size_t word_end; /* sequences up to here belong to a word that has enough of them */
} cursor;

static nd_status put(nd_repair_pass *pass, cursor *c, size_t len, uint32_t code_point)
{
    char text[4];
    const size_t text_len = nd_utf8_encode(code_point, text);
    const nd_status status = nd_repair_pass_replace(pass, c->at, c->at + len, text, text_len);
    c->at += len;
    return status;
}

static bool is_after_capital(const nd_repair_pass *pass, size_t at)
{
    return at > 0 && pass->in[at - 1] >= 'A' && pass->in[at - 1] <= 'Z';
}

static bool starts(const char *p, size_t len, const char *text)
{
    const size_t text_len = strlen(text);
    return len >= text_len && memcmp(p, text, text_len) == 0;
}

/* Sequences that lost a part: the closing quote E2 80 9D, whose last byte Windows-1252 does not
 * have, and "Ã ", an à whose no-break space became a plain one. */
static nd_status repair_remains(nd_repair_pass *pass, cursor *c)
{
    const char *const p = pass->in + c->at;
    const size_t len = pass->in_len - c->at;
    if (starts(p, len, "\u00e2\u20ac"))
        return put(pass, c, strlen("\u00e2\u20ac"), 0x201D);
    if (starts(p, len, "\u00c3 ") && len > 3 && p[3] >= 'a' && p[3] <= 'z' &&
        !is_after_capital(pass, c->at))
        return put(pass, c, strlen("\u00c3"), 0xE0);
    c->at++;
    return ND_OK;
}

static nd_status repair_here(nd_repair_pass *pass, cursor *c)
{
    const char *const p = pass->in + c->at;
    const size_t len = pass->in_len - c->at;
    const sequence s = read_sequence(p, len);
    if (s.len == 0)
        return repair_remains(pass, c);
    if (c->at < c->word_end || is_certain(&s, is_after_capital(pass, c->at)))
        return put(pass, c, s.len, s.code_point);
    if (letters_in_a_row(p, len) < MIN_LETTERS) {
        c->at++;
        return ND_OK;
    }
    c->word_end = c->at;
    for (sequence next = s; next.len && is_letter(next.code_point);
         next = read_sequence(pass->in + c->word_end, pass->in_len - c->word_end))
        c->word_end += next.len;
    return put(pass, c, s.len, s.code_point);
}

nd_status nd_repair_mojibake(nd_repair_pass *pass)
{
    cursor c = {0};
    while ((c.at = nd_next_misread(pass->in, pass->in_len, c.at)) < pass->in_len) {
        const nd_status status = repair_here(pass, &c);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}
