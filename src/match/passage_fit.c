#include "match/passage_fit.h"

#include "match/passage_period.h"
#include "match/span_words.h"
#include "text/border.h"

enum {
    /* Words on the wrong side of a border that a passage drops: the same word before two copies. */
    STRAY_MAX = 4,
    /* Words an edited passage takes in to reach a border: an edit near its beginning or end leaves
     * no equal seed there. */
    WIDEN_MAX = 10,
    /* Texts up to this many tokens are held to options.min_words as it is. */
    SHORT_TEXT = 1 << 12,
};

void nd_passage_fitter_init(nd_passage_fitter *fitter, const nd_allocator *allocator,
                            const nd_passage_options *options)
{
    *fitter = (nd_passage_fitter){.allocator = *allocator, .options = *options};
    if (fitter->options.min_words_unbound < options->min_words)
        fitter->options.min_words_unbound = options->min_words;
    nd_span_scorer_init(&fitter->scorer, allocator, options->shingle.width);
}

void nd_passage_fitter_begin(nd_passage_fitter *fitter, const nd_text *text, const uint8_t *borders,
                             uint32_t seed_width)
{
    uint32_t min_words = fitter->options.min_words;
    for (size_t num = nd_text_num_tokens(text); num >= SHORT_TEXT; num /= 4)
        min_words++;
    fitter->min_words_bound = min_words < fitter->options.min_words_unbound
                                  ? min_words
                                  : fitter->options.min_words_unbound;
    fitter->text = text;
    fitter->borders = borders;
    fitter->seed_width = seed_width;
    fitter->pairs.len = 0;
    fitter->dropped = 0;
}

static bool is_common_border(const nd_passage_fitter *f, uint32_t a, uint32_t b)
{
    return f->borders[a] != ND_BORDER_NONE && f->borders[b] != ND_BORDER_NONE;
}

nd_status nd_passage_fitter_emit(nd_passage_fitter *fitter, nd_span_pair pair)
{
    const nd_status status = ND_VEC_RESERVE(&fitter->allocator, &fitter->pairs, 1);
    if (status == ND_OK)
        fitter->pairs.items[fitter->pairs.len++] = pair;
    return status;
}

/* Tokens to leave out at the start of two equal stretches of len tokens. */
static uint32_t stray_at_start(const nd_passage_fitter *f, nd_span earlier, nd_span later,
                               uint32_t len)
{
    for (uint32_t k = 0; k <= STRAY_MAX && k < len; k++)
        if (is_common_border(f, earlier.start + k, later.start + k))
            return k;
    return 0;
}

static uint32_t stray_at_end(const nd_passage_fitter *f, nd_span earlier, nd_span later,
                             uint32_t len)
{
    for (uint32_t k = 0; k <= STRAY_MAX && k < len; k++)
        if (is_common_border(f, earlier.end - k, later.end - k))
            return k;
    return 0;
}

/* The longest part of two equal stretches that fills whole lines or sentences in both; empty if
 * there is none. */
static void narrow_to_borders(const nd_passage_fitter *f, nd_span *earlier, nd_span *later)
{
    while (earlier->start < earlier->end && !is_common_border(f, earlier->start, later->start)) {
        earlier->start++;
        later->start++;
    }
    while (earlier->start < earlier->end && !is_common_border(f, earlier->end, later->end)) {
        earlier->end--;
        later->end--;
    }
}

static nd_span tokens_of_seeds(const nd_passage_fitter *f, uint32_t first, uint32_t last_end)
{
    return (nd_span){first, last_end + f->seed_width - 1};
}

static nd_status fit_exact(nd_passage_fitter *f, const nd_run *run)
{
    nd_span earlier = tokens_of_seeds(f, run->earlier, run->earlier + run->len);
    nd_span later = tokens_of_seeds(f, run->later, run->later + run->len);
    const uint32_t len = nd_span_len(later);
    const uint32_t skip = stray_at_start(f, earlier, later, len);
    const uint32_t cut = stray_at_end(f, earlier, later, len);
    if (skip + cut < len &&
        nd_span_has_words(f->text, (nd_span){later.start + skip, later.end - cut},
                          f->options.min_words_unbound)) {
        earlier = (nd_span){earlier.start + skip, earlier.end - cut};
        later = (nd_span){later.start + skip, later.end - cut};
    } else {
        narrow_to_borders(f, &earlier, &later);
        if (!nd_span_has_words(f->text, later, f->min_words_bound))
            return ND_OK;
    }
    if (nd_span_has_variety(f->text, later, f->options.min_words))
        return nd_passage_fitter_emit(f, (nd_span_pair){earlier, later, 1.0});
    f->dropped += run->len;
    return ND_OK;
}

/* The nearest border at or before `token`, at most WIDEN_MAX back; `token` if there is none. */
static uint32_t border_before(const nd_passage_fitter *f, uint32_t token)
{
    for (uint32_t k = 0; k <= WIDEN_MAX && k <= token; k++)
        if (f->borders[token - k] != ND_BORDER_NONE)
            return token - k;
    return token;
}

static uint32_t border_after(const nd_passage_fitter *f, uint32_t token)
{
    const size_t num = nd_text_num_tokens(f->text);
    for (uint32_t k = 0; k <= WIDEN_MAX && token + k <= num; k++)
        if (f->borders[token + k] != ND_BORDER_NONE)
            return token + k;
    return token;
}

/* Moves both starts inward to a common border, or outward to a border each; else nowhere. */
static void snap_starts(const nd_passage_fitter *f, nd_span *earlier, nd_span *later,
                        uint32_t num_equal)
{
    const uint32_t stray = stray_at_start(f, *earlier, *later, num_equal);
    earlier->start += stray;
    later->start += stray;
    const uint32_t a = border_before(f, earlier->start), b = border_before(f, later->start);
    if (!is_common_border(f, a, b))
        return;
    earlier->start = a;
    later->start = b;
}

static void snap_ends(const nd_passage_fitter *f, nd_span *earlier, nd_span *later,
                      uint32_t num_equal)
{
    const uint32_t stray = stray_at_end(f, *earlier, *later, num_equal);
    earlier->end -= stray;
    later->end -= stray;
    const uint32_t a = border_after(f, earlier->end), b = border_after(f, later->end);
    if (!is_common_border(f, a, b))
        return;
    earlier->end = a;
    later->end = b;
}

nd_status nd_passage_fitter_try_edited(nd_passage_fitter *f, nd_span earlier, nd_span later,
                                       bool *is_taken)
{
    *is_taken = false;
    const uint32_t min_words = f->options.min_words_unbound;
    if (earlier.end > later.start || !nd_span_has_words(f->text, earlier, min_words) ||
        !nd_span_has_words(f->text, later, min_words) ||
        !nd_span_has_variety(f->text, later, f->options.min_words))
        return ND_OK;
    nd_span_pair pair = {earlier, later, 0};
    nd_status status = nd_span_similarity(&f->scorer, f->text, earlier, later, &pair.similarity);
    if (status != ND_OK || pair.similarity < f->options.min_similarity)
        return status;
    status = nd_passage_fitter_emit(f, pair);
    *is_taken = status == ND_OK;
    return status;
}

/* Runs of which at least one follows another: first as wide as its borders, then as it stands, else
 * each run on its own. */
static nd_status fit_edited(nd_passage_fitter *f, const nd_run *runs, uint32_t num)
{
    const nd_run *const last = &runs[num - 1];
    const nd_span earlier = tokens_of_seeds(f, runs->earlier, last->earlier + last->len);
    const nd_span later = tokens_of_seeds(f, runs->later, last->later + last->len);
    nd_span wide_earlier = earlier, wide_later = later;
    snap_starts(f, &wide_earlier, &wide_later, runs->len);
    snap_ends(f, &wide_earlier, &wide_later, last->len);
    bool is_taken;
    nd_status status = nd_passage_fitter_try_edited(f, wide_earlier, wide_later, &is_taken);
    if (status == ND_OK && !is_taken)
        status = nd_passage_fitter_try_edited(f, earlier, later, &is_taken);
    for (uint32_t i = 0; i < num && status == ND_OK && !is_taken; i++)
        status = fit_exact(f, &runs[i]);
    return status;
}

static nd_status fit_piece(nd_passage_fitter *f, const nd_run *runs, uint32_t num)
{
    const nd_run *const last = &runs[num - 1];
    if (last->earlier + last->len + f->seed_width - 1 > runs->later)
        return nd_passage_fitter_add_period(f, runs, num);
    return num == 1 ? fit_exact(f, runs) : fit_edited(f, runs, num);
}

nd_status nd_passage_fitter_add(nd_passage_fitter *fitter, const nd_run *runs, uint32_t num)
{
    if (num == 1)
        return fit_piece(fitter, runs, 1);
    nd_status status = nd_pieces_split(&fitter->pieces, &fitter->allocator, runs, num,
                                       fitter->options.min_similarity);
    for (size_t i = 0; i < fitter->pieces.list.len && status == ND_OK; i++) {
        const nd_piece piece = fitter->pieces.list.items[i];
        status = fit_piece(fitter, runs + piece.first, piece.last - piece.first + 1);
    }
    return status;
}

void nd_passage_fitter_release(nd_passage_fitter *fitter)
{
    nd_span_scorer_release(&fitter->scorer);
    nd_pieces_release(&fitter->pieces, &fitter->allocator);
    ND_VEC_RELEASE(&fitter->allocator, &fitter->pairs);
}
