/* What a script writes in two ways, written in one.
 *
 *   kind           from                                 to
 *   marks          Arabic vowel marks, tatweel,         nothing
 *                  Hebrew points and accents
 *   apostrophes    letters: U+02BC, U+02BB, ...         '
 *   yeh-kaf        Persian yeh and keheh                Arabic yeh and kaf
 *   digits         those of Arabic, Persian, Indian     those of ASCII
 *                  and Southeast Asian scripts
 *   cedillas       Romanian s and t with a comma        with a cedilla
 *   dotted         capital I with a dot, i + U+0307     I, i
 *   strokes        a letter and U+0335, 37 or 38        the letter with a stroke; alone, and
 *                                                       U+0336: nothing
 *   homoglyphs     letters of another script in a       those of its own that look the same
 *                  word of Latin, Cyrillic or Greek
 *   dotless        dotless i                            i
 *
 * Characters change before they are normalised, so that compatibility forms that matter are named
 * here too. What keeps its length needs no record of where it was (nd_repair_pass_overwrite). */
#include <stdbool.h>
#include <string.h>

#include "neardup/repair.h"
#include "text/characters.h"
#include "text/repair/repair_pass.h"

/* What a stretch of the text becomes: `len` bytes of it, at most four bytes. */
typedef struct folded {
    size_t len; /* 0: it stays */
    size_t text_len;
    char text[4];
} folded;

static folded as_char(size_t len, uint32_t code_point)
{
    folded f = {.len = len};
    f.text_len = nd_utf8_encode(code_point, f.text);
    return f;
}

static folded as_nothing(size_t len)
{
    return (folded){.len = len};
}

static bool is_between_any(uint32_t c, const uint32_t (*ranges)[2], size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

/* Not the marks U+0653 to U+0655, which are parts of letters, nor the signs between words. */
static bool is_vowel_mark(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2}, {0x05C4, 0x05C5}, {0x05C7, 0x05C7},
        {0x0610, 0x061A}, {0x0640, 0x0640}, {0x064B, 0x0652}, {0x0656, 0x065F}, {0x0670, 0x0670},
        {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06E8}, {0x06EA, 0x06ED}, {0x08D3, 0x08E1},
        {0x08E3, 0x08FF}, {0xFE70, 0xFE7F},
    };
    return is_between_any(c, ranges, sizeof ranges / sizeof *ranges);
}

static bool is_letter_apostrophe(uint32_t c)
{
    static const uint32_t ranges[][2] = {{0x02B9, 0x02BF}, {0x02EE, 0x02EE}};
    return is_between_any(c, ranges, sizeof ranges / sizeof *ranges);
}

/* The value of a digit in a row of ten of them, -1 for any other character. */
static int digit_value(uint32_t c)
{
    static const uint16_t zeros[] = {0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6,
                                     0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
                                     0x0E50, 0x0ED0, 0x1040, 0x17E0};
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
        if (c - zeros[i] < 10)
            return (int)(c - zeros[i]);
    return -1;
}

/* The letter that a letter of ASCII is with a stroke, 0 where there is none. */
static uint32_t with_stroke(char letter)
{
    static const uint16_t stroked[26] = {
        0x2C65, 0x0180, 0x023C, 0x0111, 0x0247, 0,      0x01E5, 0x0127, 0x0268,
        0x0249, 0,      0x0142, 0,      0,      0x00F8, 0x1D7D, 0,      0x024D,
        0,      0x0167, 0x0289, 0,      0,      0,      0x024F, 0x01B6,
    };
    const char lower = (char)(letter | 0x20);
    return lower >= 'a' && lower <= 'z' ? stroked[lower - 'a'] : 0;
}

/* A character that is folded whatever stands beside it. */
static folded fold_alone(uint32_t c, size_t len, uint32_t folds)
{
    if ((folds & ND_FOLD_MARKS) && is_vowel_mark(c))
        return as_nothing(len);
    if ((folds & ND_FOLD_APOSTROPHES) && is_letter_apostrophe(c))
        return as_char(len, '\'');
    if ((folds & ND_FOLD_YEH_KAF) && (c == 0x06CC || (c >= 0xFBFC && c <= 0xFBFF)))
        return as_char(len, 0x064A);
    if ((folds & ND_FOLD_YEH_KAF) && (c == 0x06A9 || (c >= 0xFB8E && c <= 0xFB91)))
        return as_char(len, 0x0643);
    if ((folds & ND_FOLD_DIGITS) && digit_value(c) >= 0)
        return as_char(len, (uint32_t)('0' + digit_value(c)));
    if ((folds & ND_FOLD_CEDILLAS) && c >= 0x0218 && c <= 0x021B)
        return as_char(len, c < 0x021A ? c - 0x0218 + 0x015E : c - 0x021A + 0x0162);
    if ((folds & ND_FOLD_DOTTED) && c == 0x0130)
        return as_char(len, 'I');
    if ((folds & ND_FOLD_DOTLESS) && c == 0x0131)
        return as_char(len, 'i');
    return as_nothing(0);
}

/* A mark at pass->in + *at that belongs to the letter before it, which *at is moved to. */
static folded fold_with_letter(const nd_repair_pass *pass, size_t *at, uint32_t c, uint32_t folds)
{
    const size_t mark_len = 2;
    const char before = *at > pass->copied ? pass->in[*at - 1] : ' ';
    if ((folds & ND_FOLD_DOTTED) && c == 0x0307)
        return as_nothing((before | 0x20) == 'i' ? mark_len : 0);
    if (!(folds & ND_FOLD_STROKES) || c < 0x0335 || c > 0x0338)
        return as_nothing(0);
    const uint32_t stroked = c == 0x0336 ? 0 : with_stroke(before);
    if (!stroked)
        return as_nothing(mark_len);
    --*at;
    return as_char(1 + mark_len, stroked);
}

typedef enum script { NO_SCRIPT, LATIN, CYRILLIC, GREEK, NUM_SCRIPTS } script;

/* Letters that look the same. Small letters as they are printed, not as they are written by hand: t
 * and T are in it with their capitals only. */
static const uint16_t look_alikes[][NUM_SCRIPTS] = {
    {0, 'A', 0x0410, 0x0391},  {0, 'B', 0x0412, 0x0392},  {0, 'C', 0x0421, 0},
    {0, 'E', 0x0415, 0x0395},  {0, 'H', 0x041D, 0x0397},  {0, 'I', 0x0406, 0x0399},
    {0, 'J', 0x0408, 0},       {0, 'K', 0x041A, 0x039A},  {0, 'M', 0x041C, 0x039C},
    {0, 'N', 0, 0x039D},       {0, 'O', 0x041E, 0x039F},  {0, 'P', 0x0420, 0x03A1},
    {0, 'S', 0x0405, 0},       {0, 'T', 0x0422, 0x03A4},  {0, 'X', 0x0425, 0x03A7},
    {0, 'Y', 0x0423, 0x03A5},  {0, 'Z', 0, 0x0396},       {0, 'a', 0x0430, 0x03B1},
    {0, 'c', 0x0441, 0},       {0, 'e', 0x0435, 0},       {0, 'h', 0x04BB, 0},
    {0, 'i', 0x0456, 0x03B9},  {0, 'j', 0x0458, 0},       {0, 'k', 0x043A, 0x03BA},
    {0, 'o', 0x043E, 0x03BF},  {0, 'p', 0x0440, 0x03C1},  {0, 's', 0x0455, 0},
    {0, 'u', 0, 0x03C5},       {0, 'v', 0, 0x03BD},       {0, 'x', 0x0445, 0x03C7},
    {0, 'y', 0x0443, 0},       {0, 0xCB, 0x0401, 0},      {0, 0xEB, 0x0451, 0},
    {0, 0xCF, 0x0407, 0x03AA}, {0, 0xEF, 0x0457, 0x03CA},
};

/* The script of a letter, NO_SCRIPT for other characters. */
static script script_of(uint32_t c)
{
    if (c >= 0x0400 && c <= 0x052F)
        return CYRILLIC;
    if (c >= 0x0370 && c <= 0x03FF)
        return GREEK;
    const char lower = (char)(c | 0x20);
    const bool is_latin = c < 0x80 ? lower >= 'a' && lower <= 'z'
                                   : (c >= 0xC0 && c <= 0x024F) || (c >= 0x1E00 && c <= 0x1EFF);
    return is_latin ? LATIN : NO_SCRIPT;
}

/* The letter of another script that looks like c, 0 where there is none. */
static uint32_t look_alike(uint32_t c, script from, script to)
{
    for (size_t i = 0; i < sizeof look_alikes / sizeof *look_alikes; i++)
        if (look_alikes[i][from] == c)
            return look_alikes[i][to];
    return 0;
}

/* A word of the text, and how many letters of each script it has. */
typedef struct word {
    size_t start, end;
    size_t num[NUM_SCRIPTS];
} word;

static bool is_word_char(nd_utf8_char c)
{
    return !c.invalid && nd_char_class_of(c.code_point) != ND_CHAR_SEPARATOR;
}

/* The word around `at`, not before `from`. */
static word word_around(const nd_repair_pass *pass, size_t from, size_t at)
{
    word w = {.start = at, .end = at};
    while (w.start > from) {
        size_t before = w.start - 1;
        while (before > from && ((uint8_t)pass->in[before] & 0xC0) == 0x80)
            before--;
        const nd_utf8_char c = nd_utf8_decode(pass->in + before, w.start - before);
        if (before + c.len_bytes != w.start || !is_word_char(c))
            break;
        w.start = before;
    }
    for (w.end = w.start; w.end < pass->in_len;) {
        const nd_utf8_char c = nd_utf8_decode(pass->in + w.end, pass->in_len - w.end);
        if (!is_word_char(c))
            break;
        w.num[script_of(c.code_point)]++;
        w.end += c.len_bytes;
    }
    return w;
}

/* Whether all letters of one script have a look-alike in another. */
static bool all_look_alike(const nd_repair_pass *pass, const word *w, script from, script to)
{
    for (size_t at = w->start; at < w->end;) {
        const nd_utf8_char c = nd_utf8_decode(pass->in + at, pass->in_len - at);
        if (script_of(c.code_point) == from && !look_alike(c.code_point, from, to))
            return false;
        at += c.len_bytes;
    }
    return true;
}

/* Which script the letters of another one in a word should be of: that of most letters, where there
 * are no more than these two, and all of the fewer look like some of the others. NO_SCRIPT where
 * not. */
static script script_meant(const nd_repair_pass *pass, const word *w, script *strange)
{
    script most = LATIN, fewer = NO_SCRIPT;
    for (script s = CYRILLIC; s < NUM_SCRIPTS; s++)
        most = w->num[s] > w->num[most] ? s : most;
    for (script s = LATIN; s < NUM_SCRIPTS; s++) {
        if (s == most || w->num[s] == 0)
            continue;
        if (fewer != NO_SCRIPT)
            return NO_SCRIPT;
        fewer = s;
    }
    *strange = fewer;
    const bool is_clear = fewer != NO_SCRIPT && w->num[fewer] < w->num[most];
    return is_clear && all_look_alike(pass, w, fewer, most) ? most : NO_SCRIPT;
}

/* Folds what stands at *at, and moves *at behind it. */
static nd_status fold_char(nd_repair_pass *pass, size_t *at, uint32_t folds)
{
    const nd_utf8_char c = nd_utf8_decode(pass->in + *at, pass->in_len - *at);
    const size_t len = c.len_bytes;
    size_t start = *at;
    *at += len;
    if (c.invalid)
        return ND_OK;
    folded f = fold_alone(c.code_point, len, folds);
    if (f.len == 0 && c.code_point >= 0x0307 && c.code_point <= 0x0338)
        f = fold_with_letter(pass, &start, c.code_point, folds);
    if (f.len == 0)
        return ND_OK;
    return f.len == f.text_len
               ? nd_repair_pass_overwrite(pass, start, f.text, f.len)
               : nd_repair_pass_replace(pass, start, start + f.len, f.text, f.text_len);
}

/* Folds a word of which some letters are of a strange script. */
static nd_status fold_word(nd_repair_pass *pass, const word *w, script strange, script meant,
                           uint32_t folds)
{
    nd_status status = ND_OK;
    for (size_t at = w->start; at < w->end && status == ND_OK;) {
        const nd_utf8_char c = nd_utf8_decode(pass->in + at, pass->in_len - at);
        if (script_of(c.code_point) != strange) {
            status = fold_char(pass, &at, folds);
            continue;
        }
        char text[4];
        const size_t len = nd_utf8_encode(look_alike(c.code_point, strange, meant), text);
        status = nd_repair_pass_replace(pass, at, at + c.len_bytes, text, len);
        at += c.len_bytes;
    }
    return status;
}

nd_status nd_fold(nd_repair_pass *pass, uint32_t folds)
{
    const nd_repair_scan *const scan = nd_repair_scan_current();
    size_t at = 0, words_end = 0;
    nd_status status = ND_OK;
    while (status == ND_OK &&
           (at = scan->next_foldable(pass->in, pass->in_len, at)) < pass->in_len) {
        const uint8_t lead = (uint8_t)pass->in[at];
        if (lead >= 0x80 && (lead < 0xCE || lead > 0xD1)) {
            status = fold_char(pass, &at, folds);
            continue;
        }
        const size_t mark = at++;
        if (!(folds & ND_FOLD_HOMOGLYPHS) || mark < words_end)
            continue;
        const word w = word_around(pass, pass->copied, mark);
        script strange;
        const script meant = script_meant(pass, &w, &strange);
        words_end = w.end;
        if (meant != NO_SCRIPT) {
            status = fold_word(pass, &w, strange, meant, folds);
            at = w.end;
        }
    }
    return status;
}

const char *nd_fold_name(unsigned index)
{
    static const char *const names[] = {"marks",  "apostrophes", "yeh-kaf",    "digits", "cedillas",
                                        "dotted", "strokes",     "homoglyphs", "dotless"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}
