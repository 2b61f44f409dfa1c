#include "text/characters.h"

#include <string.h>

#include <utf8proc.h>

/* --- UTF-8 --- */

static nd_utf8_char invalid_part(size_t len_bytes)
{
    return (nd_utf8_char){ND_UTF8_REPLACEMENT, (uint8_t)len_bytes, 1};
}

/* Smallest and largest second byte after `lead`: all of 80..BF but where that would be overlong, a
 * surrogate, or past U+10FFFF. */
static void second_byte_range(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
}

nd_utf8_char nd_utf8_decode(const char *p, size_t len)
{
    const uint8_t *const b = (const uint8_t *)p;
    const uint8_t lead = b[0];
    if (lead < 0x80)
        return (nd_utf8_char){lead, 1, 0};
    if (lead < 0xC2 || lead > 0xF4)
        return invalid_part(1);
    const size_t need = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code_point = lead & (0x7Fu >> need);
    uint8_t low, high;
    second_byte_range(lead, &low, &high);
    for (size_t i = 1; i < need; i++) {
        if (i >= len || b[i] < low || b[i] > high)
            return invalid_part(i);
        code_point = code_point << 6 | (b[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    return (nd_utf8_char){code_point, (uint8_t)need, 0};
}

size_t nd_utf8_valid_len(const char *p, size_t len)
{
    const uint64_t tops = 0x8080808080808080u;
    size_t i = 0;
    while (i < len) {
        uint64_t eight;
        if (len - i >= sizeof eight) {
            memcpy(&eight, p + i, sizeof eight);
            if ((eight & tops) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        const nd_utf8_char c = nd_utf8_decode(p + i, len - i);
        if (c.invalid)
            break;
        i += c.len_bytes;
    }
    return i;
}

size_t nd_utf8_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

/* --- classes and normal forms --- */

/* Blocks of the scripts whose words are not separated by spaces; ascending. */
static const struct {
    uint32_t first, last;
} no_space_ranges[] = {
    {0x0E00, 0x0EFF},   /* Thai, Lao */
    {0x1000, 0x109F},   /* Myanmar */
    {0x1780, 0x17FF},   /* Khmer */
    {0x1950, 0x19DF},   /* Tai Le, New Tai Lue */
    {0x1A20, 0x1AAF},   /* Tai Tham */
    {0x1B00, 0x1B7F},   /* Balinese */
    {0x2E80, 0x2FDF},   /* Han radicals */
    {0x3005, 0x3007},   /* Han iteration marks, zero */
    {0x3021, 0x303C},   /* Hangzhou numerals, Han marks */
    {0x3041, 0x312F},   /* Hiragana, Katakana, Bopomofo */
    {0x31A0, 0x31FF},   /* Bopomofo and Katakana extensions */
    {0x3400, 0x4DBF},   /* Han */
    {0x4E00, 0xA4CF},   /* Han, Yi */
    {0xA980, 0xA9FF},   /* Javanese, Myanmar extended B */
    {0xAA60, 0xAADF},   /* Myanmar extended A, Tai Viet */
    {0xF900, 0xFAFF},   /* Han compatibility */
    {0x1AFF0, 0x1B16F}, /* Kana extensions */
    {0x20000, 0x3FFFF}, /* Han extensions */
};

static bool is_no_space_script(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof no_space_ranges / sizeof *no_space_ranges; i++)
        if (code_point <= no_space_ranges[i].last)
            return code_point >= no_space_ranges[i].first;
    return false;
}

nd_char_class nd_char_class_of(uint32_t code_point)
{
    switch (utf8proc_category((utf8proc_int32_t)code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
        return is_no_space_script(code_point) ? ND_CHAR_ALONE : ND_CHAR_WORD;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NO:
        return ND_CHAR_WORD;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return ND_CHAR_MARK;
    default:
        return ND_CHAR_SEPARATOR;
    }
}

bool nd_char_is_digit(uint32_t code_point)
{
    return utf8proc_category((utf8proc_int32_t)code_point) == UTF8PROC_CATEGORY_ND;
}

enum {
    NORMALISE_OPTIONS =
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
};

size_t nd_chunk_normalise(const uint32_t *chars, size_t num, int32_t out[ND_CHUNK_DECOMPOSED])
{
    char utf8[ND_CHUNK_CHARS * 4];
    size_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += nd_utf8_encode(chars[i], utf8 + len);
    utf8proc_ssize_t got =
        utf8proc_decompose((const utf8proc_uint8_t *)utf8, (utf8proc_ssize_t)len, out,
                           ND_CHUNK_DECOMPOSED, (utf8proc_option_t)NORMALISE_OPTIONS);
    if (got > 0 && got <= ND_CHUNK_DECOMPOSED)
        got = utf8proc_normalize_utf32(out, got, (utf8proc_option_t)NORMALISE_OPTIONS);
    return got > 0 && got <= ND_CHUNK_DECOMPOSED ? (size_t)got : 0;
}
