#include "text/tokenise/char_class.h"

#include <stddef.h>
#include <utf8proc.h>

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

bool nd_char_is_boundary(uint32_t code_point)
{
    utf8proc_int32_t parts[32];
    int last_boundclass = 0;
    const utf8proc_ssize_t num = utf8proc_decompose_char(
        (utf8proc_int32_t)code_point, parts, 32,
        UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &last_boundclass);
    if (num < 1)
        return false; /* dropped: transparent to what stands around it */
    const uint32_t first = (uint32_t)parts[0];
    const bool is_conjoining_jamo =
        (first >= 0x1161 && first <= 0x1175) || (first >= 0x11A8 && first <= 0x11C2);
    /* All code points that compose with one before them are marks or conjoining jamo. */
    return !is_conjoining_jamo && nd_char_class_of(first) != ND_CHAR_MARK;
}
