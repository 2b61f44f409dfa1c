/* UTF-8 that was read as a page of 256 characters, and encoded again.
 *
 *   it was    e2 80 99          as Windows-1252   â€™     as Windows-1251   вЂ™     ...
 *   it is     c3 a2 e2 82 ac e2 84 a2             each of the bytes became a character
 *
 * A sequence is what stands for one character. One that could also be good text is repaired only
 * beside others: three letters in a row make a word that nobody wrote, and then all characters of
 * its script are taken, wherever they stand. */
#include "text/repair/repair_pass.h"

#include <stdbool.h>
#include <string.h>

#include "text/characters.h"

/* --- code pages --- */

/* clang-format off */
const nd_codepage nd_windows_1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178, 0x00A0, 0x00A1, 0x00A2, 0x00A3,
    0x00A4, 0x00A5, 0x00A6, 0x00A7, 0x00A8, 0x00A9, 0x00AA, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x00AF,
    0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x00B4, 0x00B5, 0x00B6, 0x00B7, 0x00B8, 0x00B9, 0x00BA, 0x00BB,
    0x00BC, 0x00BD, 0x00BE, 0x00BF, 0x00C0, 0x00C1, 0x00C2, 0x00C3, 0x00C4, 0x00C5, 0x00C6, 0x00C7,
    0x00C8, 0x00C9, 0x00CA, 0x00CB, 0x00CC, 0x00CD, 0x00CE, 0x00CF, 0x00D0, 0x00D1, 0x00D2, 0x00D3,
    0x00D4, 0x00D5, 0x00D6, 0x00D7, 0x00D8, 0x00D9, 0x00DA, 0x00DB, 0x00DC, 0x00DD, 0x00DE, 0x00DF,
    0x00E0, 0x00E1, 0x00E2, 0x00E3, 0x00E4, 0x00E5, 0x00E6, 0x00E7, 0x00E8, 0x00E9, 0x00EA, 0x00EB,
    0x00EC, 0x00ED, 0x00EE, 0x00EF, 0x00F0, 0x00F1, 0x00F2, 0x00F3, 0x00F4, 0x00F5, 0x00F6, 0x00F7,
    0x00F8, 0x00F9, 0x00FA, 0x00FB, 0x00FC, 0x00FD, 0x00FE, 0x00FF,
};

const nd_codepage nd_windows_1251 = {
    0x0402, 0x0403, 0x201A, 0x0453, 0x201E, 0x2026, 0x2020, 0x2021, 0x20AC, 0x2030, 0x0409, 0x2039,
    0x040A, 0x040C, 0x040B, 0x040F, 0x0452, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x0098, 0x2122, 0x0459, 0x203A, 0x045A, 0x045C, 0x045B, 0x045F, 0x00A0, 0x040E, 0x045E, 0x0408,
    0x00A4, 0x0490, 0x00A6, 0x00A7, 0x0401, 0x00A9, 0x0404, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x0407,
    0x00B0, 0x00B1, 0x0406, 0x0456, 0x0491, 0x00B5, 0x00B6, 0x00B7, 0x0451, 0x2116, 0x0454, 0x00BB,
    0x0458, 0x0405, 0x0455, 0x0457, 0x0410, 0x0411, 0x0412, 0x0413, 0x0414, 0x0415, 0x0416, 0x0417,
    0x0418, 0x0419, 0x041A, 0x041B, 0x041C, 0x041D, 0x041E, 0x041F, 0x0420, 0x0421, 0x0422, 0x0423,
    0x0424, 0x0425, 0x0426, 0x0427, 0x0428, 0x0429, 0x042A, 0x042B, 0x042C, 0x042D, 0x042E, 0x042F,
    0x0430, 0x0431, 0x0432, 0x0433, 0x0434, 0x0435, 0x0436, 0x0437, 0x0438, 0x0439, 0x043A, 0x043B,
    0x043C, 0x043D, 0x043E, 0x043F, 0x0440, 0x0441, 0x0442, 0x0443, 0x0444, 0x0445, 0x0446, 0x0447,
    0x0448, 0x0449, 0x044A, 0x044B, 0x044C, 0x044D, 0x044E, 0x044F,
};

const nd_codepage nd_windows_1253 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x0088, 0x2030, 0x008A, 0x2039,
    0x008C, 0x008D, 0x008E, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x0098, 0x2122, 0x009A, 0x203A, 0x009C, 0x009D, 0x009E, 0x009F, 0x00A0, 0x0385, 0x0386, 0x00A3,
    0x00A4, 0x00A5, 0x00A6, 0x00A7, 0x00A8, 0x00A9, 0x0000, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x2015,
    0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x0384, 0x00B5, 0x00B6, 0x00B7, 0x0388, 0x0389, 0x038A, 0x00BB,
    0x038C, 0x00BD, 0x038E, 0x038F, 0x0390, 0x0391, 0x0392, 0x0393, 0x0394, 0x0395, 0x0396, 0x0397,
    0x0398, 0x0399, 0x039A, 0x039B, 0x039C, 0x039D, 0x039E, 0x039F, 0x03A0, 0x03A1, 0x0000, 0x03A3,
    0x03A4, 0x03A5, 0x03A6, 0x03A7, 0x03A8, 0x03A9, 0x03AA, 0x03AB, 0x03AC, 0x03AD, 0x03AE, 0x03AF,
    0x03B0, 0x03B1, 0x03B2, 0x03B3, 0x03B4, 0x03B5, 0x03B6, 0x03B7, 0x03B8, 0x03B9, 0x03BA, 0x03BB,
    0x03BC, 0x03BD, 0x03BE, 0x03BF, 0x03C0, 0x03C1, 0x03C2, 0x03C3, 0x03C4, 0x03C5, 0x03C6, 0x03C7,
    0x03C8, 0x03C9, 0x03CA, 0x03CB, 0x03CC, 0x03CD, 0x03CE, 0x0000,
};

const nd_codepage nd_koi8_r = {
    0x2500, 0x2502, 0x250C, 0x2510, 0x2514, 0x2518, 0x251C, 0x2524, 0x252C, 0x2534, 0x253C, 0x2580,
    0x2584, 0x2588, 0x258C, 0x2590, 0x2591, 0x2592, 0x2593, 0x2320, 0x25A0, 0x2219, 0x221A, 0x2248,
    0x2264, 0x2265, 0x00A0, 0x2321, 0x00B0, 0x00B2, 0x00B7, 0x00F7, 0x2550, 0x2551, 0x2552, 0x0451,
    0x2553, 0x2554, 0x2555, 0x2556, 0x2557, 0x2558, 0x2559, 0x255A, 0x255B, 0x255C, 0x255D, 0x255E,
    0x255F, 0x2560, 0x2561, 0x0401, 0x2562, 0x2563, 0x2564, 0x2565, 0x2566, 0x2567, 0x2568, 0x2569,
    0x256A, 0x256B, 0x256C, 0x00A9, 0x044E, 0x0430, 0x0431, 0x0446, 0x0434, 0x0435, 0x0444, 0x0433,
    0x0445, 0x0438, 0x0439, 0x043A, 0x043B, 0x043C, 0x043D, 0x043E, 0x043F, 0x044F, 0x0440, 0x0441,
    0x0442, 0x0443, 0x0436, 0x0432, 0x044C, 0x044B, 0x0437, 0x0448, 0x044D, 0x0449, 0x0447, 0x044A,
    0x042E, 0x0410, 0x0411, 0x0426, 0x0414, 0x0415, 0x0424, 0x0413, 0x0425, 0x0418, 0x0419, 0x041A,
    0x041B, 0x041C, 0x041D, 0x041E, 0x041F, 0x042F, 0x0420, 0x0421, 0x0422, 0x0423, 0x0416, 0x0412,
    0x042C, 0x042B, 0x0417, 0x0428, 0x042D, 0x0429, 0x0427, 0x042A,
};

const nd_codepage nd_windows_1255 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x008A, 0x2039,
    0x008C, 0x008D, 0x008E, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x009A, 0x203A, 0x009C, 0x009D, 0x009E, 0x009F, 0x00A0, 0x00A1, 0x00A2, 0x00A3,
    0x20AA, 0x00A5, 0x00A6, 0x00A7, 0x00A8, 0x00A9, 0x00D7, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x00AF,
    0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x00B4, 0x00B5, 0x00B6, 0x00B7, 0x00B8, 0x00B9, 0x00F7, 0x00BB,
    0x00BC, 0x00BD, 0x00BE, 0x00BF, 0x05B0, 0x05B1, 0x05B2, 0x05B3, 0x05B4, 0x05B5, 0x05B6, 0x05B7,
    0x05B8, 0x05B9, 0x0000, 0x05BB, 0x05BC, 0x05BD, 0x05BE, 0x05BF, 0x05C0, 0x05C1, 0x05C2, 0x05C3,
    0x05F0, 0x05F1, 0x05F2, 0x05F3, 0x05F4, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x05D0, 0x05D1, 0x05D2, 0x05D3, 0x05D4, 0x05D5, 0x05D6, 0x05D7, 0x05D8, 0x05D9, 0x05DA, 0x05DB,
    0x05DC, 0x05DD, 0x05DE, 0x05DF, 0x05E0, 0x05E1, 0x05E2, 0x05E3, 0x05E4, 0x05E5, 0x05E6, 0x05E7,
    0x05E8, 0x05E9, 0x05EA, 0x0000, 0x0000, 0x200E, 0x200F, 0x0000,
};

const nd_codepage nd_windows_1256 = {
    0x20AC, 0x067E, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0679, 0x2039,
    0x0152, 0x0686, 0x0698, 0x0688, 0x06AF, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x06A9, 0x2122, 0x0691, 0x203A, 0x0153, 0x200C, 0x200D, 0x06BA, 0x00A0, 0x060C, 0x00A2, 0x00A3,
    0x00A4, 0x00A5, 0x00A6, 0x00A7, 0x00A8, 0x00A9, 0x06BE, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x00AF,
    0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x00B4, 0x00B5, 0x00B6, 0x00B7, 0x00B8, 0x00B9, 0x061B, 0x00BB,
    0x00BC, 0x00BD, 0x00BE, 0x061F, 0x06C1, 0x0621, 0x0622, 0x0623, 0x0624, 0x0625, 0x0626, 0x0627,
    0x0628, 0x0629, 0x062A, 0x062B, 0x062C, 0x062D, 0x062E, 0x062F, 0x0630, 0x0631, 0x0632, 0x0633,
    0x0634, 0x0635, 0x0636, 0x00D7, 0x0637, 0x0638, 0x0639, 0x063A, 0x0640, 0x0641, 0x0642, 0x0643,
    0x00E0, 0x0644, 0x00E2, 0x0645, 0x0646, 0x0647, 0x0648, 0x00E7, 0x00E8, 0x00E9, 0x00EA, 0x00EB,
    0x0649, 0x064A, 0x00EE, 0x00EF, 0x064B, 0x064C, 0x064D, 0x064E, 0x00F4, 0x064F, 0x0650, 0x00F7,
    0x0651, 0x00F9, 0x0652, 0x00FB, 0x00FC, 0x200E, 0x200F, 0x06D2,
};

/* clang-format on */

int nd_codepage_byte(const nd_codepage page, uint32_t code_point)
{
    if (code_point < 0x80)
        return -1;
    if (code_point <= 0xFF && (code_point < 0xA0 || page[code_point - 0x80] == code_point))
        return (int)code_point;
    for (int i = 0; i < 128; i++)
        if (page[i] == code_point)
            return 0x80 + i;
    return -1;
}

/* --- repair --- */

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
