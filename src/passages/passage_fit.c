/* Chains are aligned (trace.c), cut into pieces, and each piece brought to borders (passage_ends.c)
 * and held to what a passage needs (passage_measure.c). A chain that overlaps itself, a text that
 * goes on with itself, is first cut into its periods. */
#include "passages/passage_finder.h"

enum { JOINED_MAX = 1024 /* words of a passage that pieces are joined to */ };

/* What the runs of a trace may miss of the words in common. */
static const double trace_slack = 1.1;

/* The weight of the words of runs, no more of them than it takes to reach `enough`. */
static uint64_t weigh_runs(const nd_passage_fitter *f, const nd_word_run *runs, uint32_t num,
                           uint64_t enough)
{
    uint64_t weight = 0;
    for (uint32_t i = 0; i < num && weight < enough; i++)
        for (uint32_t k = 0; k < runs[i].len && weight < enough; k++)
            weight += nd_vocabulary_weight(f->seeds->words, runs[i].a + k);
    return weight;
}

void nd_passage_fitter_init(nd_passage_fitter *fitter, const nd_allocator *allocator,
                            const nd_passage_options *options)
{
    *fitter = (nd_passage_fitter){.allocator = *allocator, .options = *options};
    nd_lcs_init(&fitter->lcs, allocator);
    nd_trace_init(&fitter->trace, allocator, &fitter->lcs, options->min_similarity);
}

nd_status nd_passage_fitter_begin(nd_passage_fitter *fitter, const nd_seed_index *seeds,
                                  const nd_passage_measure *measure, nd_borders *borders,
                                  const nd_trace_box *box, nd_exact_pairs exact_pairs)
{
    fitter->measure = *measure;
    fitter->exact_pairs = exact_pairs;
    fitter->borders = borders;
    fitter->seeds = seeds;
    fitter->box = *box;
    fitter->pairs.len = 0;
    fitter->runs.len = 0;
    return nd_lcs_begin(&fitter->lcs, seeds->words->num_ids);
}

/* The part of a run that stands inside the stretches of a pair. */
static nd_word_run clip_run(const nd_word_run *run, const nd_span_pair *pair)
{
    const uint32_t start = nd_most(pair->earlier.start > run->a ? pair->earlier.start - run->a : 0,
                                   pair->later.start > run->b ? pair->later.start - run->b : 0);
    const uint32_t past_a = run->a + run->len, past_b = run->b + run->len;
    const uint32_t cut = nd_most(past_a > pair->earlier.end ? past_a - pair->earlier.end : 0,
                                 past_b > pair->later.end ? past_b - pair->later.end : 0);
    const uint32_t len = start + cut < run->len ? run->len - start - cut : 0;
    return (nd_word_run){run->a + start, run->b + start, len};
}

static nd_status keep_runs(nd_passage_fitter *f, nd_span_pair *pair, const nd_word_run *runs,
                           uint32_t num)
{
    const nd_status status = ND_VEC_RESERVE(&f->allocator, &f->runs, num);
    if (status != ND_OK)
        return status;
    pair->first_run = (uint32_t)f->runs.len;
    for (uint32_t i = 0; i < num; i++) {
        const nd_word_run run = clip_run(&runs[i], pair);
        if (run.len > 0)
            f->runs.items[f->runs.len++] = run;
    }
    pair->num_runs = (uint32_t)f->runs.len - pair->first_run;
    return ND_OK;
}

static nd_status emit(nd_passage_fitter *f, nd_span_pair pair, const nd_word_run *runs,
                      uint32_t num)
{
    nd_status status = ND_VEC_RESERVE(&f->allocator, &f->pairs, 1);
    if (status == ND_OK && f->exact_pairs == ND_EXACT_PAIRS_KEEP)
        status = keep_runs(f, &pair, runs, num);
    if (status == ND_OK)
        f->pairs.items[f->pairs.len++] = pair;
    return status;
}

static bool is_exact(const nd_span_pair *pair)
{
    return pair->common == nd_span_longer(pair->earlier, pair->later);
}

/* Whether one of the stretches, and so the other, about, is long enough. */
static bool is_passage(const nd_passage_fitter *f, const nd_span_pair *pair, uint32_t min_words)
{
    return (nd_span_has_words(&f->measure, pair->earlier, min_words) ||
            nd_span_has_words(&f->measure, pair->later, min_words)) &&
           nd_span_has_variety(&f->measure, pair->later);
}

nd_status nd_passage_fitter_measure(nd_passage_fitter *f, nd_span_pair *pair)
{
    nd_lcs_bound bound;
    const uint32_t *const ids = f->measure.ids;
    const nd_status status = nd_lcs_length(
        &f->lcs, (nd_word_sequence){ids + pair->earlier.start, nd_span_len(pair->earlier)},
        (nd_word_sequence){ids + pair->later.start, nd_span_len(pair->later)},
        (nd_lcs_limits){.at_least = pair->common}, &bound);
    if (status == ND_OK)
        pair->common = bound.length;
    return status;
}

static nd_status fit_edited(nd_passage_fitter *f, const nd_word_run *runs, uint32_t num,
                            const nd_trace_box *box, bool *is_taken)
{
    *is_taken = false;
    if (weigh_runs(f, runs, num, ND_FIT_WEIGHT) < ND_FIT_WEIGHT)
        return ND_OK;
    nd_span_pair pair = nd_passage_pair_of_runs(f, runs, num, box);
    if (is_exact(&pair) || !is_passage(f, &pair, f->measure.min_unbound) ||
        nd_passage_is_exact_inside(f, &pair, runs, num))
        return ND_OK;
    const double needed = nd_passage_identity_needed(f, &pair, runs, num);
    nd_status status = ND_OK;
    if (nd_span_pair_identity(&pair) * trace_slack < needed)
        return ND_OK;
    if (nd_span_pair_identity(&pair) < needed)
        status = nd_passage_fitter_measure(f, &pair);
    if (status != ND_OK || nd_span_pair_identity(&pair) < needed)
        return status;
    status = emit(f, pair, runs, num);
    *is_taken = status == ND_OK;
    return status;
}

/* The longest part of two equal stretches that fills whole lines or sentences in both; less than
 * min_len tokens of them if there is none that long. */
static nd_span_pair narrow_to_borders(const nd_passage_fitter *f, nd_span_pair pair,
                                      uint32_t min_len)
{
    while (nd_span_len(pair.later) >= min_len &&
           !nd_passage_is_common_border(f, pair.earlier.start, pair.later.start)) {
        pair.earlier.start++;
        pair.later.start++;
    }
    while (nd_span_len(pair.later) >= min_len &&
           !nd_passage_is_common_border(f, pair.earlier.end, pair.later.end)) {
        pair.earlier.end--;
        pair.later.end--;
    }
    pair.common = nd_span_len(pair.later);
    return pair;
}

/* A run as it stands, where it is long enough, else what it has of whole lines or sentences. */
static nd_status fit_exact(nd_passage_fitter *f, const nd_word_run *run, const nd_trace_box *box)
{
    nd_trace_box still = *box; /* no word is added */
    still.earlier = (nd_span){run->a, run->a + run->len};
    still.later = (nd_span){run->b, run->b + run->len};
    nd_span_pair pair = nd_passage_pair_of_runs(f, run, 1, &still);
    if (!is_passage(f, &pair, f->measure.min_unbound)) {
        pair = (nd_span_pair){still.earlier, still.later, run->len, 0, 0};
        pair = narrow_to_borders(f, pair, f->measure.min_bound);
        if (!is_passage(f, &pair, f->measure.min_bound))
            return ND_OK;
    }
    return emit(f, pair, run, 1);
}

/* What is in f->trace.part; *is_taken: as an edited passage. */
static nd_status fit_piece(nd_passage_fitter *f, const nd_trace_box *box, bool *is_taken)
{
    const nd_word_run *const runs = f->trace.part.items;
    const uint32_t num = (uint32_t)f->trace.part.len;
    nd_status status = fit_edited(f, runs, num, box, is_taken);
    if (*is_taken || f->exact_pairs == ND_EXACT_PAIRS_DROP)
        return status;
    for (uint32_t i = 0; i < num && status == ND_OK; i++)
        if (runs[i].len >= f->measure.min_bound)
            status = fit_exact(f, &runs[i], box);
    return status;
}

/* Whether the words of a piece weigh enough to look around it. */
static bool is_promising(const nd_passage_fitter *f, const nd_piece *piece)
{
    const nd_word_run *const runs = f->trace.runs.items + piece->first;
    const uint64_t wanted = f->exact_pairs == ND_EXACT_PAIRS_KEEP ? 0 : ND_FIT_PIECE_WEIGHT;
    return weigh_runs(f, runs, piece->last - piece->first + 1, wanted) >= wanted;
}

/* Words that the runs of a piece hold. */
static uint32_t num_words_of(const nd_passage_fitter *f, const nd_piece *piece)
{
    uint32_t num = 0;
    for (uint32_t i = piece->first; i <= piece->last; i++)
        num += f->trace.runs.items[i].len;
    return num;
}

/* The same of all the seeds of a chain. */
static bool is_promising_chain(const nd_passage_fitter *f, const nd_run *chain, uint32_t num)
{
    uint64_t weight = 0;
    for (uint32_t i = 0; i < num && weight < ND_FIT_PIECE_WEIGHT; i++) {
        const nd_word_run run = {chain[i].earlier, chain[i].later,
                                 chain[i].len + f->seeds->width - 1};
        weight += weigh_runs(f, &run, 1, ND_FIT_PIECE_WEIGHT);
    }
    return weight >= ND_FIT_PIECE_WEIGHT;
}

/* What a piece is by itself. */
typedef enum piece_kind {
    PIECE_STRAY = 0, /* words here and there */
    PIECE_WEAK,      /* says too little for a passage */
    PIECE_PASSAGE,
    PIECE_EXACT, /* the same word for word, and told of as that */
} piece_kind;

typedef struct fitted_piece {
    nd_piece piece;
    piece_kind kind;
} fitted_piece;

/* Fits a piece by itself. */
static nd_status fit_alone(nd_passage_fitter *f, fitted_piece *fitted, const nd_trace_box *box)
{
    const nd_piece *const piece = &fitted->piece;
    const size_t num_before = f->pairs.len;
    bool is_taken = false;
    nd_status status = ND_OK;
    if (is_promising(f, piece)) {
        status = nd_trace_extend(&f->trace, piece, box);
        if (status == ND_OK)
            status = fit_piece(f, box, &is_taken);
    }
    const bool is_weak = num_words_of(f, piece) >= f->measure.min_bound;
    fitted->kind = is_taken                    ? PIECE_PASSAGE
                   : f->pairs.len > num_before ? PIECE_EXACT
                   : is_weak                   ? PIECE_WEAK
                                               : PIECE_STRAY;
    return status;
}

/* Whether the unpaired words of two stretches are whole sentences, on each side where there are
 * any, and other ones. */
static bool are_other_sentences(nd_passage_fitter *f, nd_span a, nd_span b)
{
    uint32_t num_common;
    return nd_passage_is_common_border(f, a.start, b.start) &&
           nd_passage_is_common_border(f, a.end, b.end) &&
           !nd_passage_is_worth_adding(f, a, b, ND_SENTENCE_SHARE, &num_common);
}

/* Whether a piece goes on in a later one after a sentence at most: not if that is another one in
 * the other place, or lines of their own. */
static bool is_followed_closely(nd_passage_fitter *f, const nd_piece *piece, const nd_piece *later)
{
    const nd_word_run *const before = &f->trace.runs.items[piece->last];
    const nd_word_run *const after = &f->trace.runs.items[later->first];
    const nd_span a = {before->a + before->len, after->a}, b = {before->b + before->len, after->b};
    return nd_span_longer(a, b) <= ND_SENTENCE_MAX && !nd_spans_are_lines(f->borders, a, b) &&
           !are_other_sentences(f, a, b);
}

/* Fits two pieces, one of them a passage, as one, in place of what was told of them. If the other
 * one is weak, it has to lead to the beginning or the end of a line. */
static nd_status join(nd_passage_fitter *f, const fitted_piece *before, const fitted_piece *after,
                      const nd_trace_box *box, bool *is_joined)
{
    const nd_piece joined = {.first = before->piece.first, .last = after->piece.last};
    const bool has_before = before->kind == PIECE_PASSAGE, has_after = after->kind == PIECE_PASSAGE;
    const nd_word_run *const runs = f->trace.runs.items;
    *is_joined = false;
    if (runs[joined.last].b - runs[joined.first].b > JOINED_MAX)
        return ND_OK;
    nd_status status = nd_trace_extend(&f->trace, &joined, box);
    if (status == ND_OK)
        status = fit_edited(f, f->trace.part.items, (uint32_t)f->trace.part.len, box, is_joined);
    if (status != ND_OK || !*is_joined)
        return status;
    const nd_span_pair pair = f->pairs.items[--f->pairs.len];
    *is_joined =
        (has_before || nd_passage_is_common_line(f, pair.earlier.start, pair.later.start)) &&
        (has_after || nd_passage_is_common_line(f, pair.earlier.end, pair.later.end));
    if (*is_joined) {
        f->pairs.len -= (size_t)has_before + has_after;
        f->pairs.items[f->pairs.len++] = pair;
    }
    return ND_OK;
}

static bool may_join(nd_passage_fitter *f, const fitted_piece *before, const fitted_piece *after)
{
    return (before->kind == PIECE_PASSAGE || after->kind == PIECE_PASSAGE) &&
           (before->kind == PIECE_PASSAGE || before->kind == PIECE_WEAK) &&
           (after->kind == PIECE_PASSAGE || after->kind == PIECE_WEAK) &&
           is_followed_closely(f, &before->piece, &after->piece);
}

/* Fits the pieces of the trace: each by itself, and together with the one before, stray words
 * between them left aside, if that is one passage. */
static nd_status fit_pieces(nd_passage_fitter *f, const nd_trace_box *box)
{
    nd_status status = ND_OK;
    fitted_piece before = {.kind = PIECE_STRAY};
    for (size_t i = 0; i < f->trace.pieces.len && status == ND_OK; i++) {
        fitted_piece fitted = {.piece = f->trace.pieces.items[i]};
        bool is_joined = false;
        status = fit_alone(f, &fitted, box);
        if (status == ND_OK && may_join(f, &before, &fitted))
            status = join(f, &before, &fitted, box, &is_joined);
        if (is_joined)
            before = (fitted_piece){{.first = before.piece.first, .last = fitted.piece.last},
                                    PIECE_PASSAGE};
        else if (fitted.kind != PIECE_STRAY)
            before = fitted;
    }
    return status;
}

static nd_status fit_within(nd_passage_fitter *f, const nd_run *chain, uint32_t num,
                            const nd_trace_box *box)
{
    nd_trace *const trace = &f->trace;
    nd_status status = nd_trace_set(trace, f->measure.ids, chain, num, f->seeds->width, box);
    if (status == ND_OK)
        status = nd_trace_cut(trace, f->borders);
    return status == ND_OK ? fit_pieces(f, box) : status;
}

/* A chain whose two stretches overlap, read as a function from earlier tokens to later ones: a text
 * that goes on with itself.
 *
 *   tokens    | A | A | A | A | A |
 *   earlier   |---------------|
 *   later         |---------------|
 */
typedef struct period_map {
    const nd_run *chain;
    uint32_t num, at;
    uint32_t end; /* of the last period */
} period_map;

/* Where `token`, which is not before the last one asked for, stands one period later. */
static uint32_t next_period(period_map *map, uint32_t token)
{
    while (map->at + 1 < map->num && map->chain[map->at + 1].earlier <= token)
        map->at++;
    return token + (map->chain[map->at].later - map->chain[map->at].earlier);
}

/* The first token that begins a line, or else a sentence, in the first two periods. */
static uint32_t find_phase(const nd_passage_fitter *f, period_map map)
{
    const uint32_t start = map.chain[0].earlier, second = next_period(&map, start);
    for (nd_border kind = ND_BORDER_LINE; kind > ND_BORDER_NONE; kind--) {
        map.at = 0;
        for (uint32_t token = start; token < second; token++) {
            const uint32_t next = next_period(&map, token);
            if (next >= map.end)
                break;
            if (nd_border_before(f->borders, token) >= kind &&
                nd_border_before(f->borders, next) >= kind)
                return token;
        }
    }
    return start;
}

/* Whether a whole period says enough for an edited passage: those of a list mostly do not. */
static bool is_promising_period(const nd_passage_fitter *f, const nd_trace_box *box)
{
    const nd_word_run all = {box->earlier.start, box->later.start, nd_span_len(box->earlier)};
    const uint64_t wanted = f->exact_pairs == ND_EXACT_PAIRS_KEEP ? 0 : ND_FIT_WEIGHT;
    return weigh_runs(f, &all, 1, wanted) >= wanted;
}

/* Fits what a chain holds of one period and the next. */
static nd_status fit_period(nd_passage_fitter *f, const nd_run *chain, uint32_t num,
                            const nd_trace_box *box)
{
    if (nd_span_len(box->earlier) < f->measure.min_unbound || !is_promising_period(f, box))
        return ND_OK;
    return fit_within(f, chain, num, box);
}

/* Each period is a stretch, and is paired with the next. */
static nd_status fit_periods(nd_passage_fitter *f, const nd_run *chain, uint32_t num)
{
    const nd_run *const last = &chain[num - 1];
    period_map map = {chain, num, 0, last->later + last->len + f->seeds->width - 1};
    nd_status status = ND_OK;
    uint32_t start = find_phase(f, map), next = next_period(&map, start);
    if (start > chain[0].earlier) { /* the chain begins inside a period */
        const uint32_t period = next - start;
        const nd_trace_box box = {{start > period ? start - period : 0, start}, {start, next}};
        status = fit_period(f, chain, map.at + 1, &box);
    }
    while (next < map.end && status == ND_OK) {
        const uint32_t first = map.at;
        const uint32_t end = nd_least(next_period(&map, next), map.end);
        if (end <= next) /* words were left out: the later place catches up with the earlier */
            break;
        /* What the last one ends with may be an edit, which no seed shows. */
        const uint32_t full = nd_most(end, nd_least(next + (next - start), f->box.later.end));
        const nd_trace_box box = {{start, next}, {next, end < map.end ? end : full}};
        status = fit_period(f, chain + first, map.at - first + 1, &box);
        start = next;
        next = end;
    }
    return status;
}

nd_status nd_passage_fitter_add(nd_passage_fitter *fitter, const nd_run *chain, uint32_t num)
{
    if (fitter->exact_pairs == ND_EXACT_PAIRS_DROP && !is_promising_chain(fitter, chain, num))
        return ND_OK;
    const nd_run *const last = &chain[num - 1];
    const uint32_t earlier_end = last->earlier + last->len + fitter->seeds->width - 1;
    if (earlier_end > chain[0].later)
        return fit_periods(fitter, chain, num);
    return fit_within(fitter, chain, num, &fitter->box);
}

void nd_passage_fitter_release(nd_passage_fitter *fitter)
{
    nd_lcs_release(&fitter->lcs);
    nd_trace_release(&fitter->trace);
    ND_VEC_RELEASE(&fitter->allocator, &fitter->pairs);
    ND_VEC_RELEASE(&fitter->allocator, &fitter->runs);
}
