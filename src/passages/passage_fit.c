/* Chains are aligned (trace.c), cut into pieces, and each piece brought to borders and held to what
 * a passage needs (passage_measure.c). A chain that overlaps itself, a text that goes on with
 * itself, is first cut into its periods. */
#include "passages/passage_finder.h"

/* --- the ends of a passage --- */

enum {
    /* Words on the wrong side of a border that a passage drops: the same word before two copies.
     * And words it takes in to reach one: an edit of the very first or last of them. */
    STRAY_MAX = 4,
    WIDEN_MAX = 4,
    /* More words need this many in common: one in three, to where the sentence ends in both, and
     * one in two to where the line does. */
    WIDEN_LEAST = 2,
    SENTENCE_SHARE = 3,
    LINE_SHARE = 2,
    SENTENCE_MAX = 24,
};

/* A line or a sentence begins at either token. */
static bool is_border_of_one(const nd_passage_fitter *f, uint32_t a, uint32_t b)
{
    return nd_passage_is_border(f, a) || nd_passage_is_border(f, b);
}

/* What is done to one end of a pair: words dropped from both stretches, or added to each, of which
 * some are in common. */
typedef struct end_move {
    uint32_t dropped, added_a, added_b, common;
} end_move;

/* Whether what is left of a sentence in both stretches has enough in common to belong to them. */
static bool is_worth_adding(nd_passage_fitter *f, nd_span a, nd_span b, uint32_t share,
                            uint32_t *num_common)
{
    const uint32_t num = nd_span_longer(a, b);
    const uint32_t *const ids = f->measure.ids;
    *num_common = nd_lcs_window_length(&f->lcs, (nd_word_sequence){ids + a.start, nd_span_len(a)},
                                       (nd_word_sequence){ids + b.start, nd_span_len(b)});
    return num <= WIDEN_MAX || (*num_common >= WIDEN_LEAST && *num_common * share >= num);
}

/* Words from one end of a stretch to the next border of a kind, counted forwards or backwards; more
 * than `limit` if there is none so near. */
static uint32_t words_to(const nd_passage_fitter *f, uint32_t token, int step, nd_border kind,
                         uint32_t limit)
{
    uint32_t num = 0;
    while (num <= limit &&
           nd_border_before(f->borders, step > 0 ? token + num : token - num) < kind)
        num++;
    return num;
}

/* One end of a pair: the tokens where its stretches begin or end, which way is out, the words of
 * the run there, and how many words there are outside. */
typedef struct pair_end {
    uint32_t a, b;
    int step;
    uint32_t run_len, free_a, free_b;
} pair_end;

static nd_span span_outside(uint32_t token, uint32_t num, int step)
{
    return step > 0 ? (nd_span){token, token + num} : (nd_span){token - num, token};
}

/* The words outside up to a border of a kind in both stretches, if enough of them, one in `share`,
 * are in common. */
static bool can_widen(nd_passage_fitter *f, const pair_end *end, nd_border kind, uint32_t share,
                      end_move *move)
{
    const uint32_t limit_a = nd_least(SENTENCE_MAX, end->free_a);
    const uint32_t limit_b = nd_least(SENTENCE_MAX, end->free_b);
    const uint32_t num_a = words_to(f, end->a, end->step, kind, limit_a);
    if (num_a > limit_a)
        return false;
    const uint32_t num_b = words_to(f, end->b, end->step, kind, limit_b);
    *move = (end_move){.added_a = num_a, .added_b = num_b};
    return num_b <= limit_b &&
           is_worth_adding(f, span_outside(end->a, num_a, end->step),
                           span_outside(end->b, num_b, end->step), share, &move->common);
}

/* The stray words between the end and a border inside; more than STRAY_MAX if there is none. */
static uint32_t count_stray(const nd_passage_fitter *f, const pair_end *end)
{
    uint32_t num = 1;
    while (num <= STRAY_MAX && (num >= end->run_len ||
                                !(end->step > 0 ? is_border_of_one(f, end->a - num, end->b - num)
                                                : is_border_of_one(f, end->a + num, end->b + num))))
        num++;
    return num;
}

/* How to bring an end to a border: to the one inside, some stray words away, or, if half of the
 * sentence there is in common, to where it ends in both stretches; and from there to where the line
 * ends, if what is there was edited too much to be seen, but is the same by half. */
static end_move move_end(nd_passage_fitter *f, pair_end end)
{
    end_move move = {0}, more = {0};
    if (!is_border_of_one(f, end.a, end.b)) {
        const uint32_t stray = count_stray(f, &end);
        const bool can_drop = stray <= STRAY_MAX;
        const bool is_wide = can_widen(f, &end, ND_BORDER_SENTENCE, SENTENCE_SHARE, &move);
        const uint32_t added = nd_most(move.added_a, move.added_b);
        if (!is_wide || (can_drop && 2 * (stray + move.common) < stray + added))
            return (end_move){.dropped = can_drop ? stray : 0};
    }
    end.a = end.step > 0 ? end.a + move.added_a : end.a - move.added_a;
    end.b = end.step > 0 ? end.b + move.added_b : end.b - move.added_b;
    end.free_a -= move.added_a;
    end.free_b -= move.added_b;
    if (can_widen(f, &end, ND_BORDER_LINE, LINE_SHARE, &more) && more.common > 0) {
        move.added_a += more.added_a;
        move.added_b += more.added_b;
        move.common += more.common;
    }
    return move;
}

/* A piece of the trace as a pair of stretches, its ends brought to borders where these are near. */
nd_span_pair nd_passage_pair_of_runs(nd_passage_fitter *f, const nd_word_run *runs, uint32_t num,
                                     const nd_trace_box *box)
{
    const nd_word_run *const first = &runs[0], *const last = &runs[num - 1];
    nd_span_pair pair = {
        .earlier = {first->a, last->a + last->len},
        .later = {first->b, last->b + last->len},
    };
    for (uint32_t i = 0; i < num; i++)
        pair.common += runs[i].len;
    nd_trace_box free = *box; /* the stretches of one text do not run into each other */
    if (free.later.start <= free.earlier.start)
        free.earlier.end = nd_least(free.earlier.end, pair.later.start);
    const end_move end = move_end(f, (pair_end){pair.earlier.end, pair.later.end, 1, last->len,
                                                free.earlier.end - pair.earlier.end,
                                                free.later.end - pair.later.end});
    pair.earlier.end = pair.earlier.end + end.added_a - end.dropped;
    pair.later.end = pair.later.end + end.added_b - end.dropped;
    const uint32_t first_len = num == 1 ? first->len - end.dropped : first->len;
    const uint32_t later_min = nd_most(free.later.start, pair.earlier.end);
    const end_move start = move_end(
        f, (pair_end){pair.earlier.start, pair.later.start, -1, first_len,
                      pair.earlier.start - free.earlier.start, pair.later.start - later_min});
    pair.earlier.start = pair.earlier.start - start.added_a + start.dropped;
    pair.later.start = pair.later.start - start.added_b + start.dropped;
    pair.common = pair.common + start.common + end.common - end.dropped - start.dropped;
    return pair;
}

/* --- passages out of chains --- */

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
        (nd_word_sequence){ids + pair->later.start, nd_span_len(pair->later)}, pair->common,
        &bound);
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

static bool is_common_border(const nd_passage_fitter *f, uint32_t a, uint32_t b)
{
    return nd_passage_is_border(f, a) && nd_passage_is_border(f, b);
}

/* The longest part of two equal stretches that fills whole lines or sentences in both; less than
 * min_len tokens of them if there is none that long. */
static nd_span_pair narrow_to_borders(const nd_passage_fitter *f, nd_span_pair pair,
                                      uint32_t min_len)
{
    while (nd_span_len(pair.later) >= min_len &&
           !is_common_border(f, pair.earlier.start, pair.later.start)) {
        pair.earlier.start++;
        pair.later.start++;
    }
    while (nd_span_len(pair.later) >= min_len &&
           !is_common_border(f, pair.earlier.end, pair.later.end)) {
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

/* What is in f->trace.part. */
static nd_status fit_piece(nd_passage_fitter *f, const nd_trace_box *box)
{
    const nd_word_run *const runs = f->trace.part.items;
    const uint32_t num = (uint32_t)f->trace.part.len;
    bool is_taken;
    nd_status status = fit_edited(f, runs, num, box, &is_taken);
    if (is_taken || f->exact_pairs == ND_EXACT_PAIRS_DROP)
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

static nd_status fit_within(nd_passage_fitter *f, const nd_run *chain, uint32_t num,
                            const nd_trace_box *box)
{
    nd_trace *const trace = &f->trace;
    nd_status status = nd_trace_set(trace, f->measure.ids, chain, num, f->seeds->width, box);
    if (status == ND_OK)
        status = nd_trace_cut(trace, f->borders);
    for (size_t i = 0; i < trace->pieces.len && status == ND_OK; i++) {
        if (!is_promising(f, &trace->pieces.items[i]))
            continue;
        status = nd_trace_extend(trace, &trace->pieces.items[i], box);
        if (status == ND_OK)
            status = fit_piece(f, box);
    }
    return status;
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

/* Fits what a chain holds of one period and the next. */
static nd_status fit_period(nd_passage_fitter *f, const nd_run *chain, uint32_t num,
                            const nd_trace_box *box)
{
    if (nd_span_len(box->earlier) < f->measure.min_unbound)
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
