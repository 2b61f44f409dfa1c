/* Where the stretches of a pair begin and end: words of a run are dropped, or words beside it taken
 * in, to reach the beginning or the end of a line or a sentence. */
#include "passages/passage_finder.h"

enum {
    /* Words on the wrong side of a border that a passage drops: the same word before two copies.
     * And words it takes in to reach one: an edit of the very first or last of them. */
    STRAY_MAX = 4,
    WIDEN_MAX = 4,
    /* More words need this many in common: one in three, to where the sentence ends in both, and
     * one in two to where the line does. */
    WIDEN_LEAST = 2,
    LINE_SHARE = 2,
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

bool nd_passage_is_worth_adding(nd_passage_fitter *f, nd_span a, nd_span b, uint32_t share,
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
    const uint32_t limit_a = nd_least(ND_SENTENCE_MAX, end->free_a);
    const uint32_t limit_b = nd_least(ND_SENTENCE_MAX, end->free_b);
    const uint32_t num_a = words_to(f, end->a, end->step, kind, limit_a);
    if (num_a > limit_a)
        return false;
    const uint32_t num_b = words_to(f, end->b, end->step, kind, limit_b);
    *move = (end_move){.added_a = num_a, .added_b = num_b};
    return num_b <= limit_b &&
           nd_passage_is_worth_adding(f, span_outside(end->a, num_a, end->step),
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

/* How to bring an end to a border: to the one inside, some stray words away, or, if enough of the
 * sentence there is in common, to where it ends in both stretches; and from there, or if no
 * sentence does, to where the line ends, if what is there was edited too much to be seen, but is
 * the same by half. */
static end_move move_end(nd_passage_fitter *f, pair_end end)
{
    end_move move = {0}, more = {0};
    if (!is_border_of_one(f, end.a, end.b)) {
        const uint32_t stray = count_stray(f, &end);
        const bool can_drop = stray <= STRAY_MAX;
        const bool is_wide = can_widen(f, &end, ND_BORDER_SENTENCE, ND_SENTENCE_SHARE, &move) ||
                             can_widen(f, &end, ND_BORDER_LINE, LINE_SHARE, &move);
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

/* Whether a stray run at one end of a piece is most of what the line there has in both stretches;
 * `end` is its far side, `inside_a` and `inside_b` the words from there to where the line meets the
 * piece. */
static bool is_most_of_line(nd_passage_fitter *f, const pair_end *end, uint32_t inside_a,
                            uint32_t inside_b)
{
    const uint32_t num_a = words_to(f, end->a, end->step, ND_BORDER_LINE, ND_SENTENCE_MAX);
    const uint32_t num_b = words_to(f, end->b, end->step, ND_BORDER_LINE, ND_SENTENCE_MAX);
    if (num_a > ND_SENTENCE_MAX || num_b > ND_SENTENCE_MAX)
        return false;
    uint32_t num_common;
    (void)nd_passage_is_worth_adding(f, span_outside(end->a, num_a, end->step),
                                     span_outside(end->b, num_b, end->step), LINE_SHARE,
                                     &num_common);
    return LINE_SHARE * (num_common + end->run_len) >= nd_most(num_a + inside_a, num_b + inside_b);
}

/* Leaves out a first or last run of few words on the far side of a line's beginning or end: two
 * paragraphs that happen to go on with the same words. */
static void drop_stray_runs(nd_passage_fitter *f, const nd_word_run **runs, uint32_t *num)
{
    const nd_word_run *const first = &(*runs)[0], *const last = &(*runs)[*num - 1];
    if (*num > 1 && last->len <= STRAY_MAX) {
        const uint32_t a = last[-1].a + last[-1].len, b = last[-1].b + last[-1].len;
        const pair_end end = {last->a + last->len, last->b + last->len, 1, last->len, 0, 0};
        *num -=
            nd_passage_is_common_line(f, a, b) && !is_most_of_line(f, &end, end.a - a, end.b - b);
    }
    if (*num > 1 && first->len <= STRAY_MAX) {
        const pair_end end = {first->a, first->b, -1, first->len, 0, 0};
        if (nd_passage_is_common_line(f, first[1].a, first[1].b) &&
            !is_most_of_line(f, &end, first[1].a - end.a, first[1].b - end.b)) {
            ++*runs;
            --*num;
        }
    }
}

/* A piece of the trace as a pair of stretches, its ends brought to borders where these are near. */
nd_span_pair nd_passage_pair_of_runs(nd_passage_fitter *f, const nd_word_run *runs, uint32_t num,
                                     const nd_trace_box *box)
{
    drop_stray_runs(f, &runs, &num);
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
