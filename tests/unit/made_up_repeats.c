#include "made_up_repeats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VOCABULARY = 8000, MAX_WORDS = 300, PUT_IN = 2 };

const char *made_up_kind_name(made_up_kind kind)
{
    static const char *const names[] = {"exact",   "space",   "punct",  "edit_02", "edit_05",
                                        "edit_10", "edit_20", "ocr_01", "ocr_03"};
    return names[kind];
}

/* Letters of a script, by their code points. */
typedef struct alphabet {
    unsigned first_consonant, num_consonants, first_vowel, num_vowels;
    unsigned least_syllables, more_syllables;
} alphabet;

static const alphabet alphabets[] = {
    [MADE_UP_LATIN] = {'b', 24, 'a', 1, 1, 3},
    [MADE_UP_CYRILLIC] = {0x0431, 20, 0x0430, 1, 2, 4},
    [MADE_UP_ARABIC] = {0x0628, 18, 0x0627, 1, 1, 3},
};

static size_t put_char(char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
}

/* The word of a rank: rare ones are longer. */
static size_t spell(char *out, made_up_script script, unsigned rank)
{
    if (script == MADE_UP_CHINESE)
        return put_char(out, 0x4E00 + rank * 7 % 20000);
    const alphabet *const a = &alphabets[script];
    nd_random random = {rank * 1000003u + (unsigned)script};
    const unsigned more = rank < 50 ? 0 : (unsigned)(nd_random_u64(&random) % a->more_syllables);
    size_t len = 0;
    for (unsigned i = 0; i < a->least_syllables + more; i++) {
        len += put_char(out + len, a->first_consonant +
                                       (unsigned)(nd_random_u64(&random) % a->num_consonants));
        len += put_char(out + len, a->first_vowel);
    }
    return len;
}

/* A rank by Zipf's law, about: its logarithm is evenly spread. */
static unsigned random_rank(nd_random *random)
{
    const double u = (double)(nd_random_u64(random) >> 11) / 9007199254740992.0;
    return (unsigned)(exp(u * log(VOCABULARY)) - 1);
}

typedef struct words {
    unsigned rank[MAX_WORDS];
    size_t num;
} words;

static void make_words(words *w, made_up_script script, nd_random *random)
{
    w->num = 18 + nd_random_u64(random) % 103;
    w->num *= script == MADE_UP_CHINESE ? 2 : 1;
    for (size_t i = 0; i < w->num; i++)
        w->rank[i] = random_rank(random);
}

/* Replaces three of five words, leaves one out, and puts one in. */
static void edit_words(words *w, unsigned percent, nd_random *random)
{
    words edited = {.num = 0};
    for (size_t i = 0; i < w->num && edited.num + PUT_IN < MAX_WORDS; i++) {
        const uint64_t chance = nd_random_u64(random);
        const unsigned what = (unsigned)(chance >> 32) % 5;
        if (chance % 100 >= percent || what == 4)
            edited.rank[edited.num++] = w->rank[i];
        if (chance % 100 < percent && what != 3)
            edited.rank[edited.num++] = random_rank(random);
    }
    *w = edited;
}

/* Writes words as sentences of about a dozen. */
static size_t write_words(char *out, const words *w, made_up_script script, nd_random *random)
{
    size_t len = 0;
    for (size_t i = 0; i < w->num; i++) {
        len += spell(out + len, script, w->rank[i]);
        const char *const end = i + 1 == w->num                   ? "."
                                : script == MADE_UP_CHINESE       ? ""
                                : nd_random_u64(random) % 12 == 0 ? ". "
                                : nd_random_u64(random) % 8 == 0  ? ", "
                                                                  : " ";
        len += (size_t)sprintf(out + len, "%s", end);
    }
    return len;
}

static size_t char_len(const char *at)
{
    const unsigned char lead = (unsigned char)*at;
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3;
}

/* Damages characters: another letter, one too many, one missing, a break. */
static size_t damage(char *out, const char *text, size_t len, unsigned percent, nd_random *random)
{
    size_t num = 0;
    for (size_t at = 0, next; at < len; at = next) {
        next = at + char_len(text + at);
        const uint64_t chance = nd_random_u64(random);
        const unsigned what = (unsigned)(chance >> 32) % 10;
        const int is_damaged = chance % 100 < percent;
        if (!is_damaged || what >= 5) {
            memcpy(out + num, text + at, next - at);
            num += next - at;
        }
        if (!is_damaged)
            continue;
        const size_t other = next < len ? next : 0; /* a letter that stands nearby */
        if (what < 4 || what == 5) {
            memcpy(out + num, text + other, char_len(text + other));
            num += char_len(text + other);
        } else if (what > 7) {
            out[num++] = what == 8 ? ' ' : '\'';
        }
    }
    return num;
}

/* Other white space or punctuation at some of the spaces. */
static size_t respace(char *out, const char *text, size_t len, made_up_kind kind, nd_random *random)
{
    size_t num = 0;
    for (size_t i = 0; i < len; i++) {
        const int here = text[i] == ' ' && nd_random_u64(random) % 3 == 0;
        const char *const with = !here                   ? NULL
                                 : kind == MADE_UP_SPACE ? (i % 2 ? "\n" : "  ")
                                                         : (i % 2 ? " - " : "; ");
        if (with)
            num += (size_t)sprintf(out + num, "%s", with);
        else
            out[num++] = text[i];
    }
    return num;
}

static unsigned percent_of(made_up_kind kind)
{
    static const unsigned percents[] = {
        [MADE_UP_EDIT_02] = 2,  [MADE_UP_EDIT_05] = 5, [MADE_UP_EDIT_10] = 10,
        [MADE_UP_EDIT_20] = 20, [MADE_UP_OCR_01] = 1,  [MADE_UP_OCR_03] = 3,
    };
    return percents[kind];
}

/* Writes the paragraph of `w`, as the kind says. */
static size_t write_variant(char *out, words w, made_up_script script, made_up_kind kind,
                            const char *original, size_t len, nd_random *random)
{
    switch (kind) {
    case MADE_UP_SPACE:
    case MADE_UP_PUNCT:
        return respace(out, original, len, kind, random);
    case MADE_UP_OCR_01:
    case MADE_UP_OCR_03:
        return damage(out, original, len, percent_of(kind), random);
    case MADE_UP_EDIT_02:
    case MADE_UP_EDIT_05:
    case MADE_UP_EDIT_10:
    case MADE_UP_EDIT_20:
        edit_words(&w, percent_of(kind), random);
        return write_words(out, &w, script, random);
    default:
        memcpy(out, original, len);
        return len;
    }
}

void made_up_article_make(made_up_article *article, made_up_script script, made_up_kind kind,
                          nd_random *random)
{
    static words all[MADE_UP_PARAGRAPHS];
    const size_t num = 5 + nd_random_u64(random) % 8;
    article->kind = kind;
    article->first = nd_random_u64(random) % (num - 1);
    article->second = article->first + 1 + nd_random_u64(random) % (num - 1 - article->first);
    article->len = 0;
    article->num_paragraphs = num;
    for (size_t i = 0; i < num; i++) {
        made_up_paragraph *const p = &article->paragraphs[i];
        char *const out = article->text + article->len;
        p->start = article->len;
        make_words(&all[i], script, random);
        if (kind != MADE_UP_NOTHING && i == article->second) {
            const made_up_paragraph first = article->paragraphs[article->first];
            article->len +=
                write_variant(out, all[article->first], script, kind, article->text + first.start,
                              first.end - first.start, random);
        } else {
            article->len += write_words(out, &all[i], script, random);
        }
        p->end = article->len;
        memcpy(article->text + article->len, "\n\n", 2);
        article->len += 2;
    }
}
