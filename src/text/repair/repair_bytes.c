/* Text of another script, a byte a letter, that was read as Windows-1252: 'Ìîñêâà' for Moscow.
 *
 * No language writes words of nothing but accented letters. Where a text has many, they are
 * counted, and each page of another script is asked how well its letters fit: by how common each
 * letter is in the script's languages (in bits, unigrams), and by whether capitals stand where they
 * may. The page that fits best, if it fits as its language does and the others do not, is the one
 * the text was written in. */
#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#include "text/characters.h"
#include "text/repair/repair_pass.h"

enum {
    FIRST_LETTER = 0xC0, /* in every page; below are signs, and few letters */
    MIN_WORD_LETTERS = 3,
    MIN_WORDS = 2,
    MIN_LETTERS = 8,
    MIN_RUN_LETTERS = 4,
    /* The weight of 100 letters that a text has to reach (its own language makes about 700, other
     * bytes 500 to 600), and how far it has to be before that of the next page. */
    MIN_WEIGHT = 640,
    MIN_LEAD = 30,
    CAPITAL_PENALTY = 6,
    REPLACED_CHARS = 32, /* at a time */
};

/* A page, and how common the bytes from C0 on are: 5 + the binary logarithm of the percentage, from
 * 0 to 9, one less for capitals (Russian, Greek, Hebrew and Arabic texts of news). */
static const struct {
    const nd_codepage *page;
    char weights[0x100 - FIRST_LETTER + 1];
} candidates[] = {
    {&nd_windows_1251, "7565674574666775667524354325523586767856857778867786354654366346"},
    {&nd_koi8_r, "4864783658577788667786576665346337536725474666775566754655542352"},
    {&nd_windows_1253, "1735572647656737660676442510665618466837587678487777875536216540"},
    {&nd_windows_1255, "0000000000000000000000000000000087568856584686757673635677700000"},
    {&nd_windows_1256, "0436354977745657575755405374066609088780000058000000000000000000"},
};

enum { NUM_CANDIDATES = sizeof candidates / sizeof *candidates, NO_CANDIDATE = NUM_CANDIDATES };

static uint32_t char_in(size_t candidate, uint8_t byte)
{
    return (*candidates[candidate].page)[byte - 0x80];
}

/* A character of the text: a letter that was a byte, another letter, or neither. */
typedef enum char_kind { SEPARATOR, LETTER_BYTE, FOREIGN } char_kind;

typedef struct misread_char {
    char_kind kind;
    uint8_t byte, len;
} misread_char;

/* In a page that is known, some signs are letters too, of which Windows-1252 has a few as well. */
static misread_char read_char(const nd_repair_pass *pass, size_t at, size_t candidate)
{
    const nd_utf8_char c = nd_utf8_decode(pass->in + at, pass->in_len - at);
    misread_char m = {.kind = SEPARATOR, .len = c.len_bytes};
    if (c.invalid || c.code_point < 'A')
        return m;
    const int byte = nd_codepage_byte(nd_windows_1252, c.code_point);
    if (byte < 0) {
        m.kind = nd_char_class_of(c.code_point) != ND_CHAR_SEPARATOR ? FOREIGN : SEPARATOR;
        return m;
    }
    m.byte = (uint8_t)byte;
    const bool is_letter = candidate == NO_CANDIDATE
                               ? byte >= FIRST_LETTER
                               : nd_char_class_of(char_in(candidate, m.byte)) != ND_CHAR_SEPARATOR;
    m.kind = is_letter ? LETTER_BYTE : SEPARATOR;
    return m;
}

/* A word, of which all letters were bytes, or not. */
typedef struct word {
    size_t start, end;
    size_t num_letters;
    bool is_bytes;
} word;

/* The next word from `at` on; it starts at the text's end where there is none. */
static word next_word(const nd_repair_pass *pass, size_t at, size_t candidate)
{
    word w = {.is_bytes = true};
    misread_char c = {.kind = SEPARATOR};
    for (; at < pass->in_len; at += c.len)
        if ((c = read_char(pass, at, candidate)).kind != SEPARATOR)
            break;
    w.start = at;
    for (; at < pass->in_len; at += c.len) {
        c = read_char(pass, at, candidate);
        if (c.kind == SEPARATOR)
            break;
        w.num_letters++;
        w.is_bytes &= c.kind == LETTER_BYTE;
    }
    w.end = at;
    return w;
}

/* How the words are made that have MIN_WORD_LETTERS letters or more, all of them bytes. */
typedef struct census {
    size_t num_words, num_letters;
    size_t num_foreign; /* letters of other words */
    size_t counts[0x100 - FIRST_LETTER];
    size_t rises[NUM_CANDIDATES]; /* capitals after small letters */
} census;

static void count_word(census *all, const nd_repair_pass *pass, const word *w)
{
    uint8_t before = 0;
    for (size_t at = w->start; at < w->end;) {
        const misread_char c = read_char(pass, at, NO_CANDIDATE);
        all->counts[c.byte - FIRST_LETTER]++;
        for (size_t i = 0; i < NUM_CANDIDATES && before; i++)
            all->rises[i] += utf8proc_islower((utf8proc_int32_t)char_in(i, before)) &&
                             utf8proc_isupper((utf8proc_int32_t)char_in(i, c.byte));
        before = c.byte;
        at += c.len;
    }
}

static census count_words(const nd_repair_pass *pass)
{
    census all = {0};
    for (size_t at = 0; at < pass->in_len;) {
        const word w = next_word(pass, at, NO_CANDIDATE);
        at = w.end;
        if (!w.is_bytes) {
            all.num_foreign += w.num_letters;
        } else if (w.num_letters >= MIN_WORD_LETTERS) {
            all.num_words++;
            all.num_letters += w.num_letters;
            count_word(&all, pass, &w);
        }
    }
    return all;
}

/* How well the words fit a page: weight for each 100 letters. */
static int64_t weight_of(const census *all, size_t candidate)
{
    int64_t weight = 0;
    for (size_t i = 0; i < 0x100 - FIRST_LETTER; i++)
        weight += (int64_t)all->counts[i] * (candidates[candidate].weights[i] - '0');
    weight -= (int64_t)all->rises[candidate] * CAPITAL_PENALTY;
    return weight * 100 / (int64_t)all->num_letters;
}

/* The page the words were written in, NO_CANDIDATE where none is certain. */
static size_t page_of(const census *all)
{
    if (all->num_words < MIN_WORDS || all->num_letters < MIN_LETTERS)
        return NO_CANDIDATE;
    size_t best = 0;
    int64_t most = INT64_MIN, second = INT64_MIN;
    for (size_t i = 0; i < NUM_CANDIDATES; i++) {
        const int64_t weight = weight_of(all, i);
        second = weight > most ? most : weight > second ? weight : second;
        best = weight > most ? i : best;
        most = weight > most ? weight : most;
    }
    return most >= MIN_WEIGHT && most - second >= MIN_LEAD ? best : NO_CANDIDATE;
}

static nd_status replace_word(nd_repair_pass *pass, const word *w, size_t candidate)
{
    nd_status status = ND_OK;
    for (size_t at = w->start; at < w->end && status == ND_OK;) {
        char text[REPLACED_CHARS * 4];
        const size_t start = at;
        size_t len = 0;
        for (int i = 0; i < REPLACED_CHARS && at < w->end; i++) {
            const misread_char c = read_char(pass, at, candidate);
            len += nd_utf8_encode(char_in(candidate, c.byte), text + len);
            at += c.len;
        }
        status = nd_repair_pass_replace(pass, start, at, text, len);
    }
    return status;
}

static nd_status replace_words(nd_repair_pass *pass, size_t start, size_t end, size_t candidate)
{
    nd_status status = ND_OK;
    while (start < end && status == ND_OK) {
        const word w = next_word(pass, start, candidate);
        if (w.start < end)
            status = replace_word(pass, &w, candidate);
        start = w.end;
    }
    return status;
}

/* Runs of such words are replaced, with the short ones in them; a short run between other words, as
 * "è" in Italian, only where the others are fewer. */
nd_status nd_repair_bytes(nd_repair_pass *pass)
{
    if (nd_repair_scan_current()->next_misread_bytes(pass->in, pass->in_len, 0) == pass->in_len)
        return ND_OK;
    const census all = count_words(pass);
    const size_t page = page_of(&all);
    if (page == NO_CANDIDATE)
        return ND_OK;
    const size_t min_letters = all.num_letters > all.num_foreign ? 1 : MIN_RUN_LETTERS;
    size_t run_start = 0, num_letters = 0;
    nd_status status = ND_OK;
    for (size_t at = 0; at < pass->in_len && status == ND_OK;) {
        const word w = next_word(pass, at, page);
        num_letters += w.is_bytes ? w.num_letters : 0;
        at = w.end;
        if (w.is_bytes && at < pass->in_len)
            continue;
        if (num_letters >= min_letters)
            status = replace_words(pass, run_start, w.is_bytes ? w.end : w.start, page);
        run_start = w.end;
        num_letters = 0;
    }
    return status;
}
