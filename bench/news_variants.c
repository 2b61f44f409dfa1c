#include "news_variants.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "text/characters.h"

/* ---- variants of words ---- */

enum {
    NUM_SOURCES = 20,
    BYLINE_WORDS = 6,
    TAIL_BYTES = 250,
    INSERT_BYTES = 120,
    LEAD_WORDS = 40,
};

/* An article by paragraphs: paragraph i is items[starts[i]..starts[i + 1]); the first is the title.
 */
typedef struct paragraphs {
    const bench_item_vec *items;
    ND_VEC(size_t) starts;
    size_t num;
} paragraphs;

static nd_status split(const bench_item_vec *items, const nd_allocator *allocator, paragraphs *out)
{
    *out = (paragraphs){.items = items};
    const nd_status status = ND_VEC_RESERVE(allocator, &out->starts, items->len + 1);
    if (status != ND_OK)
        return status;
    size_t *const starts = out->starts.items;
    starts[0] = 0;
    for (size_t i = 0; i < items->len; i++)
        if (i + 1 == items->len || items->items[i] & BENCH_ITEM_PARAGRAPH)
            starts[++out->num] = i + 1;
    return ND_OK;
}

/* Appends paragraphs first .. last - 1. */
static nd_status put_paragraphs(bench_article_writer *w, const paragraphs *p, size_t first,
                                size_t last)
{
    const size_t num = first < last ? p->starts.items[last] - p->starts.items[first] : 0;
    const nd_status status = ND_VEC_RESERVE(w->allocator, w->items, num);
    if (status != ND_OK || num == 0)
        return status;
    memcpy(w->items->items + w->items->len, p->items->items + p->starts.items[first],
           num * sizeof *p->items->items);
    w->items->len += num;
    w->items->items[w->items->len - 1] |= BENCH_ITEM_PARAGRAPH;
    return ND_OK;
}

static nd_status put_whole(bench_article_writer *w, const paragraphs *p)
{
    return put_paragraphs(w, p, 0, p->num);
}

static nd_status put_other_title(bench_article_writer *w, const paragraphs *p)
{
    const nd_status status = bench_put_title(w);
    return status == ND_OK ? put_paragraphs(w, p, 1, p->num) : status;
}

static nd_status put_line_of_source(bench_article_writer *w)
{
    const nd_status status = ND_VEC_RESERVE(w->allocator, w->items, BYLINE_WORDS);
    if (status != ND_OK)
        return status;
    bench_put_fixed(w, bench_random_below(&w->random, NUM_SOURCES), BENCH_FOR_BYLINE, BYLINE_WORDS);
    w->items->items[w->items->len - 1] |= BENCH_ITEM_PARAGRAPH;
    return ND_OK;
}

static nd_status put_byline(bench_article_writer *w, const paragraphs *p)
{
    nd_status status = put_paragraphs(w, p, 0, 1);
    if (status == ND_OK)
        status = put_line_of_source(w);
    return status == ND_OK ? put_paragraphs(w, p, 1, p->num) : status;
}

static nd_status put_tail(bench_article_writer *w, const paragraphs *p)
{
    const nd_status status = put_whole(w, p);
    return status == ND_OK ? bench_put_paragraphs(w, TAIL_BYTES) : status;
}

static nd_status put_truncated(bench_article_writer *w, const paragraphs *p)
{
    const size_t half = (p->num + 2) / 2;
    const size_t kept = half + bench_random_below(&w->random, (uint32_t)(p->num / 4) + 1);
    return put_paragraphs(w, p, 0, kept < p->num ? kept : p->num);
}

static nd_status put_without_one(bench_article_writer *w, const paragraphs *p)
{
    if (p->num < 4)
        return put_whole(w, p);
    const size_t gone = 1 + bench_random_below(&w->random, (uint32_t)p->num - 1);
    const nd_status status = put_paragraphs(w, p, 0, gone);
    return status == ND_OK ? put_paragraphs(w, p, gone + 1, p->num) : status;
}

/* Turned round by a random number of paragraphs, then each swapped with its neighbour half the
 * time: no two orders are far apart in cost, and no table is needed. */
static nd_status put_reordered(bench_article_writer *w, const paragraphs *p)
{
    nd_status status = put_paragraphs(w, p, 0, 1);
    const size_t num = p->num - 1;
    const size_t turn = num > 1 ? 1 + bench_random_below(&w->random, (uint32_t)num - 1) : 0;
    for (size_t i = 0; i < num && status == ND_OK;) {
        const bool swaps = i + 1 < num && bench_random_below(&w->random, 2);
        for (size_t k = 0; k < (swaps ? 2u : 1u) && status == ND_OK; k++) {
            const size_t at = 1 + (i + (swaps ? 1 - k : 0) + turn) % num;
            status = put_paragraphs(w, p, at, at + 1);
        }
        i += swaps ? 2 : 1;
    }
    return status;
}

static nd_status put_with_inserts(bench_article_writer *w, const paragraphs *p)
{
    const size_t first = 1 + bench_random_below(&w->random, (uint32_t)p->num);
    const size_t second = first + bench_random_below(&w->random, (uint32_t)(p->num - first) + 1);
    const size_t ends[] = {first, second, p->num};
    nd_status status = ND_OK;
    for (size_t i = 0, at = 0; i < 3 && status == ND_OK; at = ends[i++]) {
        status = put_paragraphs(w, p, at, ends[i]);
        if (status == ND_OK && i < 2)
            status =
                bench_put_sentence(w, INSERT_BYTES / 6, BENCH_ITEM_STOP | BENCH_ITEM_PARAGRAPH);
    }
    return status;
}

static nd_status put_lead(bench_article_writer *w, const paragraphs *p)
{
    size_t num = 2;
    while (num < p->num && p->starts.items[num] - p->starts.items[1] < LEAD_WORDS)
        num++;
    return put_paragraphs(w, p, 0, num < p->num ? num : p->num);
}

static nd_status put_syndicated(bench_article_writer *w, const paragraphs *p)
{
    nd_status status = bench_put_title(w);
    if (status == ND_OK)
        status = put_line_of_source(w);
    if (status == ND_OK)
        status = put_paragraphs(w, p, 1, p->num > 3 ? p->num - 1 : p->num);
    return status == ND_OK ? bench_put_paragraphs(w, TAIL_BYTES) : status;
}

static nd_status put_10_edited(bench_article_writer *w, const paragraphs *p)
{
    return bench_put_edited(w, p->items, bench_random_bound(0.1));
}

static nd_status put_20_edited(bench_article_writer *w, const paragraphs *p)
{
    return bench_put_edited(w, p->items, bench_random_bound(0.2));
}

static nd_status put_without_punctuation(bench_article_writer *w, const paragraphs *p)
{
    const size_t first = w->items->len;
    const nd_status status = put_whole(w, p);
    for (size_t i = first; i < w->items->len; i++)
        w->items->items[i] &= ~(BENCH_ITEM_COMMA | BENCH_ITEM_STOP);
    return status;
}

/* ---- variants of letters ---- */

/* Appends one character as the variant spells it; `at` points behind room for SPELLING_BYTES. */
typedef char *spell_fn(bench_random *random, uint32_t code_point, char *at);

enum { SPELLING_BYTES = 32 };

static char *put_character(uint32_t code_point, char *at)
{
    return at + nd_utf8_encode(code_point, at);
}

static char *spell_in_capitals(bench_random *random, uint32_t code_point, char *at)
{
    (void)random;
    return put_character((uint32_t)utf8proc_toupper((utf8proc_int32_t)code_point), at);
}

static char *spell_with_spaces(bench_random *random, uint32_t code_point, char *at)
{
    static const char *const spaces[] = {"  ", "\n", "\u00A0", " \n "};
    if (code_point != ' ' || bench_random_below(random, 4) > 0)
        return put_character(code_point, at);
    const char *const space = spaces[bench_random_below(random, sizeof spaces / sizeof *spaces)];
    const size_t len = strlen(space);
    memcpy(at, space, len);
    return at + len;
}

static char *spell_apart(bench_random *random, uint32_t code_point, char *at)
{
    (void)random;
    utf8proc_int32_t parts[4];
    int last_class = UTF8PROC_BOUNDCLASS_START;
    const utf8proc_ssize_t num = utf8proc_decompose_char((utf8proc_int32_t)code_point, parts, 4,
                                                         UTF8PROC_DECOMPOSE, &last_class);
    if (num < 1 || num > 4)
        return put_character(code_point, at);
    for (utf8proc_ssize_t i = 0; i < num; i++)
        at = put_character((uint32_t)parts[i], at);
    return at;
}

static char *spell_misread(bench_random *random, uint32_t code_point, char *at)
{
    /* What windows-1252 has in 0x80 to 0x9F, as browsers read it. */
    static const uint16_t high_controls[32] = {
        0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
        0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
    (void)random;
    char bytes[4];
    const size_t num = nd_utf8_encode(code_point, bytes);
    for (size_t i = 0; i < num; i++) {
        const uint8_t byte = (uint8_t)bytes[i];
        at = put_character(byte >= 0x80 && byte < 0xA0 ? high_controls[byte - 0x80] : byte, at);
    }
    return at;
}

static char *spell_as_reference(bench_random *random, uint32_t code_point, char *at)
{
    if (code_point < 0x80)
        return put_character(code_point, at);
    const unsigned code = code_point;
    return at + (bench_random_below(random, 2) ? snprintf(at, SPELLING_BYTES, "&#%u;", code)
                                               : snprintf(at, SPELLING_BYTES, "&#x%X;", code));
}

static char *spell_as_read(bench_random *random, uint32_t code_point, char *at)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    if (code_point <= ' ' || bench_random_below(random, 100) > 0)
        return put_character(code_point, at);
    return put_character((uint8_t)letters[bench_random_below(random, 26)], at);
}

/* ---- the table ---- */

typedef struct variant_kind {
    const char *name;
    nd_status (*put)(bench_article_writer *w,
                     const paragraphs *p); /* NULL: see bench_put_variant */
    spell_fn *spell;                       /* NULL: as it is */
} variant_kind;

static const variant_kind kinds[BENCH_NUM_VARIANTS] = {
    [BENCH_VARIANT_HEADLINE] = {"headline", put_other_title, NULL},
    [BENCH_VARIANT_BYLINE] = {"byline", put_byline, NULL},
    [BENCH_VARIANT_TAIL] = {"tail", put_tail, NULL},
    [BENCH_VARIANT_TRUNCATE] = {"truncate", put_truncated, NULL},
    [BENCH_VARIANT_DROP_PARA] = {"drop_para", put_without_one, NULL},
    [BENCH_VARIANT_REORDER_PARA] = {"reorder_para", put_reordered, NULL},
    [BENCH_VARIANT_INSERTS] = {"inserts", put_with_inserts, NULL},
    [BENCH_VARIANT_EMBED] = {"embed", NULL, NULL},
    [BENCH_VARIANT_LEAD_ONLY] = {"lead_only", put_lead, NULL},
    [BENCH_VARIANT_SYNDICATED] = {"syndicated", put_syndicated, NULL},
    [BENCH_VARIANT_EDIT_10] = {"edit_10", put_10_edited, NULL},
    [BENCH_VARIANT_EDIT_20] = {"edit_20", put_20_edited, NULL},
    [BENCH_VARIANT_PUNCT] = {"punct", put_without_punctuation, NULL},
    [BENCH_VARIANT_CASE] = {"case", put_whole, spell_in_capitals},
    [BENCH_VARIANT_SPACE] = {"space", put_whole, spell_with_spaces},
    [BENCH_VARIANT_UNICODE] = {"unicode", put_whole, spell_apart},
    [BENCH_VARIANT_MOJIBAKE] = {"mojibake", put_whole, spell_misread},
    [BENCH_VARIANT_HTMLENT] = {"htmlent", put_whole, spell_as_reference},
    [BENCH_VARIANT_OCR_01] = {"ocr_01", put_whole, spell_as_read},
};

const char *bench_variant_name(bench_variant variant)
{
    return kinds[variant].name;
}

nd_status bench_put_variant(bench_article_writer *w, uint64_t index, bench_variant variant,
                            const bench_item_vec *original)
{
    if (!kinds[variant].put)
        return bench_put_container(w, index, original);
    paragraphs p;
    nd_status status = split(original, w->allocator, &p);
    if (status == ND_OK)
        status = kinds[variant].put(w, &p);
    ND_VEC_RELEASE(w->allocator, &p.starts);
    return status;
}

nd_status bench_spell_variant(bench_variant variant, bench_random random, const nd_byte_vec *text,
                              const nd_allocator *allocator, nd_byte_vec *out)
{
    spell_fn *const spell = kinds[variant].spell;
    if (!spell)
        return nd_bytes_append(allocator, out, text->items, text->len);
    for (size_t at = 0; at < text->len;) {
        const nd_status status = ND_VEC_RESERVE(allocator, out, SPELLING_BYTES);
        if (status != ND_OK)
            return status;
        const nd_utf8_char c = nd_utf8_decode(text->items + at, text->len - at);
        char *const start = out->items + out->len;
        out->len += (size_t)(spell(&random, c.code_point, start) - start);
        at += c.len_bytes;
    }
    return ND_OK;
}
