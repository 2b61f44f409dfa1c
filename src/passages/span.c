#include "passages/span.h"

#include <utf8proc.h>

#include "text/characters.h"
#include "text/tokenise/tokeniser.h"
#include "util/sort.h"

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_pairs(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_span_pair *const a = left, *const b = right;
    int order = compare_numbers(a->later.start, b->later.start);
    if (order == 0)
        order = compare_numbers(b->later.end, a->later.end);
    if (order == 0)
        order = compare_numbers(b->common, a->common);
    if (order == 0)
        order = compare_numbers(a->earlier.start, b->earlier.start);
    return order ? order : compare_numbers(a->earlier.end, b->earlier.end);
}

void nd_span_pairs_sort(nd_span_pair *pairs, size_t num)
{
    nd_heap_sort(pairs, num, sizeof *pairs, compare_pairs, NULL);
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* `inner` lines up the same tokens as `outer`, and fewer. */
static bool is_part_of(const nd_span_pair *inner, const nd_span_pair *outer)
{
    enum { SHIFT_MAX = 16 }; /* what widening to borders may move an end */
    if (!nd_span_contains(outer->later, inner->later) ||
        !nd_span_contains(outer->earlier, inner->earlier))
        return false;
    const uint32_t in_later = inner->later.start - outer->later.start;
    const uint32_t in_earlier = inner->earlier.start - outer->earlier.start;
    const uint32_t len_difference =
        distance(nd_span_len(outer->later), nd_span_len(outer->earlier));
    return distance(in_later, in_earlier) <= SHIFT_MAX + len_difference;
}

size_t nd_span_pairs_drop_parts(nd_span_pair *pairs, size_t num)
{
    enum { WINDOW = 16 };
    size_t kept = 0;
    for (size_t i = 0; i < num; i++) {
        bool is_part = false;
        for (size_t k = kept; k > 0 && kept - k < WINDOW && !is_part; k--)
            is_part = is_part_of(&pairs[i], &pairs[k - 1]);
        if (!is_part)
            pairs[kept++] = pairs[i];
    }
    return kept;
}

/* --- how much a stretch says --- */

enum {
    FIRST_NO_SPACE_BYTE =
        0xE0,                  /* U+0E00, Thai, is the first character of a script without spaces */
    FIRST_EAST_ASIAN = 0x2E80, /* CJK Radicals Supplement; Thai, Lao, Khmer, Burmese are below */
    SHORT_TEXT = 1 << 12,      /* tokens up to which min_words holds as it is */
};

/* What a token counts for, in sixths of a word. */
enum { WHOLE_WORD = 6, HALF_WORD = 3, THIRD_WORD = 2 };

static uint64_t weigh_token(const nd_text *text, uint32_t token)
{
    const uint32_t start = text->token_start[token];
    const char *const word = text->normalised + start;
    if ((unsigned char)word[0] < FIRST_NO_SPACE_BYTE)
        return WHOLE_WORD;
    const nd_utf8_char first = nd_utf8_decode(word, text->token_start[token + 1] - start - 1);
    if (nd_char_class_of(first.code_point) != ND_CHAR_ALONE)
        return WHOLE_WORD;
    return first.code_point < FIRST_EAST_ASIAN ? THIRD_WORD : HALF_WORD;
}

/* The bytes are taken as a block of one length, which the compiler does many at a time. */
static bool has_no_space_byte(const unsigned char *bytes, size_t len_bytes)
{
    unsigned char most = 0;
    for (size_t i = 0; i < len_bytes; i++)
        most = bytes[i] > most ? bytes[i] : most;
    return most >= FIRST_NO_SPACE_BYTE;
}

static bool has_part_words(const nd_text *text)
{
    enum { BLOCK = 256 };
    size_t left;
    const unsigned char *at = (const unsigned char *)nd_text_normalised(text, &left);
    for (; left >= BLOCK; left -= BLOCK, at += BLOCK)
        if (has_no_space_byte(at, BLOCK))
            return true;
    return has_no_space_byte(at, left);
}

nd_passage_measure nd_passage_measure_of(const nd_passage_options *options, const nd_text *text,
                                         const nd_vocabulary *words)
{
    nd_passage_measure measure = {
        .text = text,
        .ids = words->ids,
        .has_part_words = has_part_words(text),
        .min_bound = options->min_words,
        .min_unbound = options->min_words_unbound,
        .min_distinct = options->min_words,
    };
    if (measure.min_unbound < options->min_words)
        measure.min_unbound = options->min_words;
    if (measure.min_distinct > ND_SPAN_VARIETY)
        measure.min_distinct = ND_SPAN_VARIETY;
    for (size_t num = words->num_tokens; num >= SHORT_TEXT; num /= 4)
        measure.min_bound++;
    if (measure.min_bound > measure.min_unbound)
        measure.min_bound = measure.min_unbound;
    return measure;
}

bool nd_span_has_words(const nd_passage_measure *measure, nd_span span, uint32_t num_words)
{
    if (nd_span_len(span) < num_words || !measure->has_part_words)
        return nd_span_len(span) >= num_words;
    const uint64_t wanted = (uint64_t)num_words * WHOLE_WORD;
    uint64_t weight = 0;
    for (uint32_t t = span.start; t < span.end && weight < wanted; t++)
        weight += weigh_token(measure->text, t);
    return weight >= wanted;
}

bool nd_token_is_number(const nd_passage_measure *measure, uint32_t token)
{
    const uint32_t start = measure->text->token_start[token];
    const char *const word = measure->text->normalised + start;
    if ((unsigned char)word[0] < 0x80)
        return word[0] >= '0' && word[0] <= '9';
    const size_t len_bytes = measure->text->token_start[token + 1] - start - 1;
    const nd_utf8_char first = nd_utf8_decode(word, len_bytes);
    return utf8proc_category((utf8proc_int32_t)first.code_point) == UTF8PROC_CATEGORY_ND;
}

bool nd_span_has_variety(const nd_passage_measure *measure, nd_span span)
{
    uint32_t seen[ND_SPAN_VARIETY];
    uint32_t num = 0;
    for (uint32_t t = span.start; t < span.end && num < measure->min_distinct; t++) {
        bool is_new = true;
        for (uint32_t i = 0; i < num; i++)
            is_new &= seen[i] != measure->ids[t];
        if (is_new)
            seen[num++] = measure->ids[t];
    }
    return num >= measure->min_distinct;
}
