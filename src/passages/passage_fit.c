#include "passages/passage_fit.h"

#include "passages/passage_period.h"
#include "passages/span_words.h"
#include "text/border.h"

enum {
    /* Words on the wrong side of a border that a passage drops: the same word before two copies. */
    STRAY_MAX = 4,
    /* Words an edited passage takes in to reach a border: an edit near its beginning or end leaves
     * no equal seed there. */
    WIDEN_MAX = 10,
    /* Texts up to this many tokens are held to options.min_words as it is. */
    SHORT_TEXT = 1 << 12,
    ROW_MAX_WORDS = 40,
};

static const double row_similarity_max = 0.8;

void nd_passage_fitter_init(nd_passage_fitter *fitter, const nd_allocator *allocator,
                            const nd_passage_options *options)
{
    *fitter = (nd_passage_fitter){.allocator = *allocator, .options = *options};
    if (fitter->options.min_words_unbound < options->min_words)
        fitter->options.min_words_unbound = options->min_words;
    nd_span_scorer_init(&fitter->scorer, allocator, options->shingle.width);
}

void nd_passage_fitter_begin(nd_passage_fitter *fitter, const nd_seed_index *seeds,
                             nd_borders *borders)
{
    uint32_t min_words = fitter->options.min_words;
    for (size_t num = nd_text_num_tokens(seeds->text); num >= SHORT_TEXT; num /= 4)
        min_words++;
    fitter->min_words_bound = min_words < fitter->options.min_words_unbound
                                  ? min_words
                                  : fitter->options.min_words_unbound;
    fitter->text = seeds->text;
    fitter->has_half_words = nd_text_has_half_words(seeds->text);
    fitter->borders = borders;
    fitter->seeds = seeds;
    fitter->pairs.len = 0;
    fitter->dropped = 0;
}

static bool is_common_border(const nd_passage_fitter *f, uint32_t a, uint32_t b)
{
    return nd_border_before(f->borders, a) != ND_BORDER_NONE &&
           nd_border_before(f->borders, b) != ND_BORDER_NONE;
}

nd_status nd_passage_fitter_emit(nd_passage_fitter *fitter, nd_span_pair pair)
{
    const nd_status status = ND_VEC_RESERVE(&fitter->allocator, &fitter->pairs, 1);
    if (status == ND_OK)
        fitter->pairs.items[fitter->pairs.len++] = pair;
    return status;
}

/* Tokens to leave out at the start of two stretches that begin with a seed or more in common. */
static uint32_t stray_at_start(const nd_passage_fitter *f, nd_span earlier, nd_span later)
{
    for (uint32_t k = 0; k <= STRAY_MAX && k < f->seeds->width; k++)
        if (is_common_border(f, earlier.start + k, later.start + k))
            return k;
    return 0;
}

static uint32_t stray_at_end(const nd_passage_fitter *f, nd_span earlier, nd_span later)
{
    for (uint32_t k = 0; k <= STRAY_MAX && k < f->seeds->width; k++)
        if (is_common_border(f, earlier.end - k, later.end - k))
            return k;
    return 0;
}

/* The longest part of two equal stretches that fills whole lines or sentences in both; less than
 * min_len tokens of them if there is none that long. */
static void narrow_to_borders(const nd_passage_fitter *f, nd_span *earlier, nd_span *later,
                              uint32_t min_len)
{
    while (nd_span_len(*later) >= min_len && !is_common_border(f, earlier->start, later->start)) {
        earlier->start++;
        later->start++;
    }
    while (nd_span_len(*later) >= min_len && !is_common_border(f, earlier->end, later->end)) {
        earlier->end--;
        later->end--;
    }
}

/* Drops stray words at both ends, if what is left is long enough anywhere. */
static bool trim_strays(const nd_passage_fitter *f, nd_span *earlier, nd_span *later)
{
    const uint32_t min_words = f->options.min_words_unbound;
    if (!nd_passage_fitter_has_words(f, *later, min_words))
        return false;
    const uint32_t skip = stray_at_start(f, *earlier, *later);
    const uint32_t cut = stray_at_end(f, *earlier, *later);
    if (nd_span_len(*later) < skip + cut ||
        !nd_passage_fitter_has_words(f, (nd_span){later->start + skip, later->end - cut},
                                     min_words))
        return false;
    *earlier = (nd_span){earlier->start + skip, earlier->end - cut};
    *later = (nd_span){later->start + skip, later->end - cut};
    return true;
}

static nd_span tokens_of_seeds(const nd_passage_fitter *f, uint32_t first, uint32_t last_end)
{
    return (nd_span){first, last_end + f->seeds->width - 1};
}

/* A run as it stands, where it is long enough, else what it has of whole lines or sentences. */
static nd_status fit_exact(nd_passage_fitter *f, const nd_run *run, bool *is_taken)
{
    nd_span earlier = tokens_of_seeds(f, run->earlier, run->earlier + run->len);
    nd_span later = tokens_of_seeds(f, run->later, run->later + run->len);
    *is_taken = false;
    if (!trim_strays(f, &earlier, &later)) {
        narrow_to_borders(f, &earlier, &later, f->min_words_bound);
        if (!nd_passage_fitter_has_words(f, later, f->min_words_bound))
            return ND_OK;
    }
    if (!nd_span_has_variety(f->text, later, f->options.min_words)) {
        f->dropped += run->len;
        return ND_OK;
    }
    *is_taken = true;
    return nd_passage_fitter_emit(f, (nd_span_pair){earlier, later, 1.0, true});
}

/* The nearest border at or before `token`, at most WIDEN_MAX back; `token` if there is none. */
static uint32_t border_before(const nd_passage_fitter *f, uint32_t token)
{
    for (uint32_t k = 0; k <= WIDEN_MAX && k <= token; k++)
        if (nd_border_before(f->borders, token - k) != ND_BORDER_NONE)
            return token - k;
    return token;
}

static uint32_t border_after(const nd_passage_fitter *f, uint32_t token)
{
    const size_t num = nd_text_num_tokens(f->text);
    for (uint32_t k = 0; k <= WIDEN_MAX && token + k <= num; k++)
        if (nd_border_before(f->borders, token + k) != ND_BORDER_NONE)
            return token + k;
    return token;
}

/* Moves both starts inward to a common border, or outward to a border each; else nowhere. */
static void snap_starts(const nd_passage_fitter *f, nd_span *earlier, nd_span *later)
{
    const uint32_t stray = stray_at_start(f, *earlier, *later);
    earlier->start += stray;
    later->start += stray;
    const uint32_t a = border_before(f, earlier->start), b = border_before(f, later->start);
    if (!is_common_border(f, a, b))
        return;
    earlier->start = a;
    later->start = b;
}

static void snap_ends(const nd_passage_fitter *f, nd_span *earlier, nd_span *later)
{
    const uint32_t stray = stray_at_end(f, *earlier, *later);
    earlier->end -= stray;
    later->end -= stray;
    const uint32_t a = border_after(f, earlier->end), b = border_after(f, later->end);
    if (!is_common_border(f, a, b))
        return;
    earlier->end = a;
    later->end = b;
}

/* Rows of a list differ in what each is about and agree in what all have: a short passage that is
 * not very similar must be similar without what stands in many places, too. */
static nd_status check_row(nd_passage_fitter *f, const nd_span_pair *pair, bool *is_row)
{
    *is_row = false;
    if (pair->similarity >= row_similarity_max ||
        nd_passage_fitter_has_words(f, pair->later, ROW_MAX_WORDS))
        return ND_OK;
    double similarity;
    const nd_status status =
        nd_span_rare_similarity(&f->scorer, f->seeds, pair->earlier, pair->later, &similarity);
    *is_row = similarity < f->options.min_similarity;
    return status;
}

nd_status nd_passage_fitter_try_edited(nd_passage_fitter *f, nd_span earlier, nd_span later,
                                       bool *is_taken)
{
    *is_taken = false;
    const uint32_t min_words = f->options.min_words_unbound;
    if (earlier.end > later.start || !nd_passage_fitter_has_words(f, earlier, min_words) ||
        !nd_passage_fitter_has_words(f, later, min_words) ||
        !nd_span_has_variety(f->text, later, f->options.min_words))
        return ND_OK;
    nd_span_pair pair = {earlier, later, 0, false};
    nd_status status =
        nd_span_seed_similarity(&f->scorer, f->seeds, earlier, later, &pair.similarity);
    if (status != ND_OK || pair.similarity < f->options.min_similarity)
        return status;
    bool is_row;
    status = check_row(f, &pair, &is_row);
    if (status != ND_OK || is_row)
        return status;
    status = nd_passage_fitter_emit(f, pair);
    *is_taken = status == ND_OK;
    return status;
}

/* Whether spans that line up num_equal seeds may reach the similarity and the length asked for. To
 * save the work of scoring: it lets a tenth more pass than it should, for seeds that are equal out
 * of line, and says nothing where shingles are narrower than seeds. */
static bool may_reach(const nd_passage_fitter *f, nd_span_pair pair, uint32_t num_equal)
{
    static const double slack = 1.1;
    const uint32_t width = f->seeds->width, min_len = f->options.min_words_unbound;
    if (f->options.shingle.width < width)
        return true;
    uint32_t a = nd_span_len(pair.earlier), b = nd_span_len(pair.later);
    a = a < min_len ? min_len : a;
    b = b < min_len ? min_len : b;
    const double both = (double)(a - width + 1) + (double)(b - width + 1);
    return num_equal * slack * (1 + f->options.min_similarity) >= f->options.min_similarity * both;
}

static bool is_same_pair(const nd_span_pair *a, const nd_span_pair *b)
{
    return a->earlier.start == b->earlier.start && a->earlier.end == b->earlier.end &&
           a->later.start == b->later.start && a->later.end == b->later.end;
}

/* The runs with what is between them, widened to near borders, or else as they stand. */
static nd_status fit_edited(nd_passage_fitter *f, const nd_run *runs, uint32_t num, bool *is_taken)
{
    const nd_run *const last = &runs[num - 1];
    const nd_span_pair narrow = {
        .earlier = tokens_of_seeds(f, runs->earlier, last->earlier + last->len),
        .later = tokens_of_seeds(f, runs->later, last->later + last->len),
    };
    uint32_t num_equal = 0;
    for (uint32_t i = 0; i < num; i++)
        num_equal += runs[i].len;
    *is_taken = false;
    if (!may_reach(f, narrow, num_equal))
        return ND_OK;
    nd_span_pair wide = narrow;
    snap_starts(f, &wide.earlier, &wide.later);
    snap_ends(f, &wide.earlier, &wide.later);
    nd_status status = ND_OK;
    if (may_reach(f, wide, num_equal))
        status = nd_passage_fitter_try_edited(f, wide.earlier, wide.later, is_taken);
    if (status == ND_OK && !*is_taken && num > 1 && !is_same_pair(&wide, &narrow))
        status = nd_passage_fitter_try_edited(f, narrow.earlier, narrow.later, is_taken);
    return status;
}

/* Runs and what is between them as one passage. */
static nd_status fit_runs(nd_passage_fitter *f, const nd_run *runs, uint32_t num, bool *is_taken)
{
    const nd_run *const last = &runs[num - 1];
    *is_taken = false;
    if (last->earlier + last->len + f->seeds->width - 1 > runs->later)
        return nd_passage_fitter_add_period(f, runs, num, is_taken);
    nd_status status = ND_OK;
    if (num == 1)
        status = fit_exact(f, runs, is_taken);
    if (status == ND_OK && !*is_taken)
        status = fit_edited(f, runs, num, is_taken);
    return status;
}

/* The runs of a piece as one passage, or else each on its own. */
static nd_status fit_piece(nd_passage_fitter *f, const nd_run *runs, uint32_t num)
{
    bool is_taken;
    nd_status status = fit_runs(f, runs, num, &is_taken);
    if (is_taken || num == 1)
        return status;
    for (uint32_t i = 0; i < num && status == ND_OK; i++)
        status = fit_runs(f, &runs[i], 1, &is_taken);
    return status;
}

/* Joined pieces as one passage, or else each on its own. */
static nd_status fit_joined(nd_passage_fitter *f, const nd_run *runs, nd_joined_piece joined)
{
    const nd_piece *const pieces = f->pieces.list.items;
    const uint32_t first = pieces[joined.first_piece].first;
    bool is_taken = false;
    nd_status status = ND_OK;
    if (joined.first_piece < joined.last_piece)
        status = fit_runs(f, runs + first, pieces[joined.last_piece].last - first + 1, &is_taken);
    for (uint32_t i = joined.first_piece; i <= joined.last_piece && status == ND_OK && !is_taken;
         i++)
        status = fit_piece(f, runs + pieces[i].first, pieces[i].last - pieces[i].first + 1);
    return status;
}

nd_status nd_passage_fitter_add(nd_passage_fitter *fitter, const nd_run *runs, uint32_t num)
{
    if (num == 1)
        return fit_piece(fitter, runs, 1);
    nd_status status = nd_pieces_split(&fitter->pieces, &fitter->allocator, runs, num,
                                       fitter->options.min_similarity);
    if (status == ND_OK)
        status = nd_pieces_join(&fitter->pieces, &fitter->allocator, runs, fitter->borders,
                                fitter->seeds->width);
    for (size_t i = 0; i < fitter->pieces.joined.len && status == ND_OK; i++)
        status = fit_joined(fitter, runs, fitter->pieces.joined.items[i]);
    return status;
}

void nd_passage_fitter_release(nd_passage_fitter *fitter)
{
    nd_span_scorer_release(&fitter->scorer);
    nd_pieces_release(&fitter->pieces, &fitter->allocator);
    ND_VEC_RELEASE(&fitter->allocator, &fitter->pairs);
}
