/* What makes a passage of two stretches that are alike: how much they say, and how much alike they
 * are. */
#include "passages/alignment.h"

#include <utf8proc.h>

#include "passages/passage_finder.h"
#include "text/characters.h"
#include "text/tokenise/tokeniser.h"
#include "util/sort.h"

/* --- stretches, and what they say --- */

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
    if (order == 0)
        order = compare_numbers(a->earlier.end, b->earlier.end);
    return order ? order : compare_numbers(a->first_run, b->first_run);
}

void nd_span_pairs_sort(nd_span_pair *pairs, size_t num)
{
    nd_near_sort(pairs, num, sizeof *pairs, compare_pairs, NULL);
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

/* --- how much alike two of them have to be --- */

enum {
    /* What stands at so many places is the form of a list, a table, a price list. */
    HOT = 5,
    /* Words of a phrase, which begins or ends inside a sentence. */
    SHORT_PHRASE = 20,
    LONG_PHRASE = 40,
    LONG_FORM = 120,
};

/* Stretches that have only the words of a form in common, or differ only in numbers, must be this
 * much the same: a page header that differs in its number is a repeat, the rows of a list are not.
 * Long ones that do not repeat themselves, and differ in words, say enough with less. */
static const double form_identity = 0.92, long_form_identity = 0.75;

/* Short phrases must be so much the same; long ones need no more than the option says. */
static const double phrase_identity = 0.8;

/* How much of what runs hold is a form: the shares of their seeds that stand at HOT places or more,
 * and that stand in the stretch itself before, as the rows of a list do in any longer part of it.
 */
typedef struct form_share {
    double hot, self;
} form_share;

static form_share measure_form(const nd_passage_fitter *f, uint32_t start, const nd_word_run *runs,
                               uint32_t num)
{
    const nd_seed_index *const seeds = f->seeds;
    uint32_t hot = 0, self = 0, all = 0;
    for (uint32_t i = 0; i < num; i++) {
        for (uint32_t k = 0; k + seeds->width <= runs[i].len; k++) {
            const uint32_t at = runs[i].a + k, class = seeds->class_of[at];
            all++;
            hot += seeds->count[class] >= HOT;
            self += class != at && seeds->previous[at] >= start;
        }
    }
    return all > 0 ? (form_share){(double)hot / all, (double)self / all} : (form_share){0, 0};
}

/* Numbers among the words from `from` to `to`. */
static uint32_t count_numbers(const nd_passage_fitter *f, uint32_t from, uint32_t to)
{
    uint32_t num = 0;
    for (uint32_t t = from; t < to; t++)
        num += nd_token_is_number(&f->measure, t);
    return num;
}

/* The share of numbers among the words of a pair that are not in common: those that its runs, or
 * the parts of them that stand in the pair, do not hold. */
static double number_share(const nd_passage_fitter *f, const nd_span_pair *pair,
                           const nd_word_run *runs, uint32_t num)
{
    const uint32_t differing =
        nd_span_len(pair->earlier) + nd_span_len(pair->later) - 2 * pair->common;
    uint32_t numbers = 0, a = pair->earlier.start, b = pair->later.start;
    for (uint32_t i = 0; i < num; i++) {
        numbers += count_numbers(f, a, nd_least(runs[i].a, pair->earlier.end));
        numbers += count_numbers(f, b, nd_least(runs[i].b, pair->later.end));
        a = nd_most(a, runs[i].a + runs[i].len);
        b = nd_most(b, runs[i].b + runs[i].len);
    }
    numbers += count_numbers(f, a, pair->earlier.end);
    numbers += count_numbers(f, b, pair->later.end);
    return numbers < differing ? (double)numbers / differing : 1;
}

/* `from`, raised by this share of the way to `to`. */
static double raise(double from, double to, double share)
{
    return from < to ? from + (to - from) * share : from;
}

/* How far a length is from one to another: 0 up to the first, 1 from the second on. */
static double share_past(uint32_t len, uint32_t from, uint32_t to)
{
    return len <= from ? 0 : len >= to ? 1 : (double)(len - from) / (to - from);
}

/* The identity that a pair with these runs in common needs. */
double nd_passage_identity_needed(const nd_passage_fitter *f, const nd_span_pair *pair,
                                  const nd_word_run *runs, uint32_t num)
{
    const uint32_t len = nd_span_longer(pair->earlier, pair->later);
    const bool fills = nd_passage_is_common_border(f, pair->earlier.start, pair->later.start) &&
                       nd_passage_is_common_border(f, pair->earlier.end, pair->later.end);
    double needed = f->options.min_similarity;
    if (!fills)
        needed = raise(needed, phrase_identity, 1 - share_past(len, SHORT_PHRASE, LONG_PHRASE));
    const form_share share = measure_form(f, pair->earlier.start, runs, num);
    const double relief = share_past(len, LONG_PHRASE, LONG_FORM) * (1 - share.self);
    const double form = form_identity - (form_identity - long_form_identity) * relief;
    needed = raise(needed, form_identity, number_share(f, pair, runs, num));
    return raise(needed, form, share.hot);
}

/* Whether what a pair holds before or after whole lines that are the same is too little for a
 * passage, and not the same enough to be a part of this one. */
static bool is_neighbour(nd_passage_fitter *f, nd_span earlier, nd_span later)
{
    const uint32_t longer = nd_span_longer(earlier, later);
    if (longer == 0 || longer >= f->measure.min_unbound || longer > ND_LCS_WINDOW)
        return longer == 0;
    nd_word_run runs[ND_LCS_WINDOW];
    nd_span_pair beside = {earlier, later, 0, 0, 0};
    const uint32_t num = nd_passage_align_window(f, earlier, later, runs);
    for (uint32_t i = 0; i < num; i++) {
        runs[i].a += earlier.start;
        runs[i].b += later.start;
        beside.common += runs[i].len;
    }
    const double needed =
        raise(f->options.min_similarity, form_identity, number_share(f, &beside, runs, num));
    return nd_span_pair_identity(&beside) < needed;
}

/* Whether a pair is nothing but whole lines that are the same and lines beside them that differ. */
bool nd_passage_is_exact_inside(nd_passage_fitter *f, const nd_span_pair *pair,
                                const nd_word_run *runs, uint32_t num)
{
    const nd_word_run *core = &runs[0];
    for (uint32_t i = 1; i < num; i++)
        core = runs[i].len > core->len ? &runs[i] : core;
    uint32_t from = 0, to = core->len;
    while (from < to && from < f->measure.min_unbound &&
           !nd_passage_is_common_line(f, core->a + from, core->b + from))
        from++;
    while (to > from && core->len - to < f->measure.min_unbound &&
           !nd_passage_is_common_line(f, core->a + to, core->b + to))
        to--;
    if (to - from < f->measure.min_bound ||
        !nd_passage_is_common_line(f, core->a + from, core->b + from) ||
        !nd_passage_is_common_line(f, core->a + to, core->b + to))
        return false;
    return is_neighbour(f, (nd_span){pair->earlier.start, core->a + from},
                        (nd_span){pair->later.start, core->b + from}) &&
           is_neighbour(f, (nd_span){core->a + to, pair->earlier.end},
                        (nd_span){core->b + to, pair->later.end});
}
