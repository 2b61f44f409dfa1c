/* Between the seeds of a chain, and for a few words outside it, a window of at most 64 words of
 * each stretch is aligned exactly (lcs.c). What is kept of the words outside is the part that
 * scores most, and the search goes on from there: the X-drop extension of Altschul et al., "Gapped
 * BLAST and PSI-BLAST", Nucleic Acids Research 1997, with windows in place of the score that drops.
 */
#include "passages/alignment.h"

#include <string.h>

#define NO_PIECE UINT32_MAX

enum {
    /* Words that may be skipped at once outside a piece, and columns of unpaired words without as
     * much in common, at which its search ends. */
    SKIP_MAX = 3,
    DROP_MAX = 6,
    /* Words that are followed outside a piece, and twice as many as it holds: so the pieces of a
     * text that lines up with itself in many ways take linear time together. */
    FOLLOW_MAX = 64,
    /* Columns of unpaired words from which it matters whether they are whole lines. */
    LINES_LEAST = 5,
};

void nd_trace_init(nd_trace *trace, const nd_allocator *allocator, nd_lcs *lcs, double min_identity)
{
    const double gain = (1 - min_identity) / min_identity * ND_TRACE_COST;
    *trace = (nd_trace){.allocator = *allocator, .lcs = lcs};
    /* At an identity of 1 an equal pair adds nothing; every run is then a piece of its own. */
    trace->gain = gain < 1 ? 1 : (int64_t)gain;
}

static uint32_t end_a(const nd_word_run *run)
{
    return run->a + run->len;
}

static uint32_t end_b(const nd_word_run *run)
{
    return run->b + run->len;
}

/* Columns of unpaired words between two runs. */
static uint32_t gap_between(const nd_word_run *before, const nd_word_run *after)
{
    return nd_most(after->a - end_a(before), after->b - end_b(before));
}

static nd_status append(nd_trace *trace, nd_word_runs *runs, nd_word_run run)
{
    nd_word_run *const last = runs->len > 0 ? &runs->items[runs->len - 1] : NULL;
    if (last && end_a(last) == run.a && end_b(last) == run.b) {
        last->len += run.len;
        return ND_OK;
    }
    const nd_status status = ND_VEC_RESERVE(&trace->allocator, runs, 1);
    if (status == ND_OK)
        runs->items[runs->len++] = run;
    return status;
}

/* Pairs the words of two gaps. */
static nd_status fill_gap(nd_trace *trace, nd_span a, nd_span b)
{
    const uint32_t num_a = nd_span_len(a), num_b = nd_span_len(b);
    if (num_a == 0 || num_b == 0 || (num_a == 1 && num_b == 1) || num_a > ND_LCS_WINDOW ||
        num_b > ND_LCS_WINDOW)
        return ND_OK;
    nd_word_run found[ND_LCS_WINDOW];
    const uint32_t num = nd_lcs_window(trace->lcs, (nd_word_sequence){trace->ids + a.start, num_a},
                                       (nd_word_sequence){trace->ids + b.start, num_b}, found);
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < num && status == ND_OK; i++)
        status = append(trace, &trace->runs,
                        (nd_word_run){a.start + found[i].a, b.start + found[i].b, found[i].len});
    return status;
}

/* What a run of seeds says of words inside the box that come after those paired so far. */
static nd_word_run clip(const nd_trace *trace, const nd_run *seeds, uint32_t seed_width,
                        const nd_trace_box *box)
{
    uint32_t a = box->earlier.start, b = box->later.start;
    if (trace->runs.len > 0) {
        const nd_word_run *const last = &trace->runs.items[trace->runs.len - 1];
        a = end_a(last);
        b = end_b(last);
    }
    const uint32_t len = seeds->len + seed_width - 1;
    const uint32_t skip = nd_most(a > seeds->earlier ? a - seeds->earlier : 0,
                                  b > seeds->later ? b - seeds->later : 0);
    const uint32_t past_a = seeds->earlier + len, past_b = seeds->later + len;
    const uint32_t cut = nd_most(past_a > box->earlier.end ? past_a - box->earlier.end : 0,
                                 past_b > box->later.end ? past_b - box->later.end : 0);
    if ((uint64_t)skip + cut >= len)
        return (nd_word_run){0, 0, 0};
    return (nd_word_run){seeds->earlier + skip, seeds->later + skip, len - skip - cut};
}

nd_status nd_trace_set(nd_trace *trace, const uint32_t *ids, const nd_run *chain, uint32_t num,
                       uint32_t seed_width, const nd_trace_box *box)
{
    trace->ids = ids;
    trace->runs.len = 0;
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < num && status == ND_OK; i++) {
        const nd_word_run run = clip(trace, &chain[i], seed_width, box);
        if (run.len == 0)
            continue;
        if (trace->runs.len > 0) {
            const nd_word_run *const last = &trace->runs.items[trace->runs.len - 1];
            status = fill_gap(trace, (nd_span){end_a(last), run.a}, (nd_span){end_b(last), run.b});
        }
        if (status == ND_OK)
            status = append(trace, &trace->runs, run);
    }
    return status;
}

/* Two sequences walked side by side, forwards from the end of a piece or backwards from its start.
 */
typedef struct walk {
    const uint32_t *a, *b; /* the next words, or one past the ones before */
    uint32_t num_a, num_b; /* words there are */
    int32_t step;          /* 1 or -1 */
} walk;

static inline uint32_t word_at(const walk *w, const uint32_t *from, uint32_t at)
{
    return w->step > 0 ? from[at] : *(from - 1 - at);
}

static inline bool is_pair(const walk *w, uint32_t i, uint32_t j)
{
    return i < w->num_a && j < w->num_b && word_at(w, w->a, i) == word_at(w, w->b, j);
}

/* The next words from `at` on, as many as may be skipped and two more; past the end of the sequence
 * there are `none`. */
static inline void look_ahead(const walk *w, const uint32_t *from, uint32_t num, uint32_t at,
                              uint32_t none, uint32_t words[SKIP_MAX + 2])
{
    const bool is_far = num - at >= SKIP_MAX + 2; /* from the end, as it mostly is */
    for (uint32_t k = 0; k < SKIP_MAX + 2; k++)
        words[k] = is_far || num - at > k ? word_at(w, from, at + k) : none;
}

/* Where the sequences are the same again after a difference at words *i and *j: after as many words
 * in both, or, where two in a row are the same, after more of one of them. */
static inline __attribute__((always_inline)) bool find_next_pair(const walk *w, uint32_t *i,
                                                                 uint32_t *j)
{
    uint32_t a[SKIP_MAX + 2], b[SKIP_MAX + 2];
    look_ahead(w, w->a, w->num_a, *i, UINT32_MAX, a);
    look_ahead(w, w->b, w->num_b, *j, UINT32_MAX - 1, b);
    for (uint32_t k = 1; k <= SKIP_MAX; k++) {
        for (uint32_t less = 0; less < k; less++) {
            const bool in_a = a[k] == b[less] && a[k + 1] == b[less + 1];
            const bool in_b = b[k] == a[less] && b[k + 1] == a[less + 1];
            if (!in_a && !in_b)
                continue;
            *i += in_a ? k : less;
            *j += in_a ? less : k;
            return true;
        }
        if (a[k] == b[k]) {
            *i += k;
            *j += k;
            return true;
        }
    }
    return false;
}

/* Appends to trace->part the runs of a walk, up to where the score is highest, as distances from
 * its beginning. Inlined for either direction, so that no word asks which way it is. */
static inline __attribute__((always_inline)) nd_status follow(nd_trace *trace, const walk *w)
{
    uint32_t i = 0, j = 0;
    int64_t score = 0, best = 0;
    const size_t num_before = trace->part.len;
    size_t num_best = num_before;
    nd_status status = ND_OK;
    do {
        nd_word_run run = {i, j, 0};
        while (is_pair(w, i, j)) {
            run.len++;
            i++;
            j++;
        }
        score += (int64_t)run.len * trace->gain;
        if (run.len > 0) {
            status = ND_VEC_RESERVE(&trace->allocator, &trace->part, 1);
            if (status != ND_OK)
                return status;
            trace->part.items[trace->part.len++] = run;
        }
        if (score > best) {
            best = score;
            num_best = trace->part.len;
        }
        const uint32_t a = i, b = j;
        if (!find_next_pair(w, &i, &j))
            break;
        score -= (int64_t)nd_most(i - a, j - b) * ND_TRACE_COST;
    } while (score + (int64_t)DROP_MAX * ND_TRACE_COST >= best);
    trace->part.len = num_best;
    return ND_OK;
}

/* The box without what would let two stretches of one text run into each other. */
static nd_trace_box clear_of(const nd_trace_box *box, uint32_t earlier_end, uint32_t later_start)
{
    nd_trace_box clear = *box;
    clear.earlier.end = nd_least(clear.earlier.end, later_start);
    clear.later.start = nd_most(clear.later.start, earlier_end);
    return clear;
}

/* To trace->part, in order. */
static nd_status follow_start(nd_trace *trace, uint32_t a, uint32_t b, const nd_trace_box *box,
                              uint32_t limit)
{
    const walk w = {trace->ids + a, trace->ids + b, nd_least(a - box->earlier.start, limit),
                    nd_least(b - box->later.start, limit), -1};
    const nd_status status = follow(trace, &w);
    nd_word_run *const runs = trace->part.items;
    const size_t num = trace->part.len;
    for (size_t i = 0; i < num; i++)
        runs[i] = (nd_word_run){a - end_a(&runs[i]), b - end_b(&runs[i]), runs[i].len};
    for (size_t i = 0; i < num / 2; i++) {
        const nd_word_run run = runs[i];
        runs[i] = runs[num - 1 - i];
        runs[num - 1 - i] = run;
    }
    return status;
}

static nd_status follow_end(nd_trace *trace, const nd_trace_box *box, uint32_t limit)
{
    const size_t num_before = trace->part.len;
    const uint32_t a = end_a(&trace->part.items[num_before - 1]);
    const uint32_t b = end_b(&trace->part.items[num_before - 1]);
    const walk w = {trace->ids + a, trace->ids + b, nd_least(box->earlier.end - a, limit),
                    nd_least(box->later.end - b, limit), 1};
    const nd_status status = follow(trace, &w);
    for (size_t i = num_before; i < trace->part.len; i++) {
        trace->part.items[i].a += a;
        trace->part.items[i].b += b;
    }
    return status;
}

nd_status nd_trace_extend(nd_trace *trace, const nd_piece *piece, const nd_trace_box *box)
{
    const nd_word_run *const runs = trace->runs.items + piece->first;
    const uint32_t num = piece->last - piece->first + 1;
    const nd_trace_box free = clear_of(box, end_a(&runs[num - 1]), runs[0].b);
    const uint64_t limit_of_size = FOLLOW_MAX + 2 * (uint64_t)(end_b(&runs[num - 1]) - runs[0].b);
    const uint32_t limit = limit_of_size < UINT32_MAX ? (uint32_t)limit_of_size : UINT32_MAX;
    trace->part.len = 0;
    nd_status status = follow_start(trace, runs[0].a, runs[0].b, &free, limit);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&trace->allocator, &trace->part, num);
    if (status != ND_OK)
        return status;
    memcpy(trace->part.items + trace->part.len, runs, num * sizeof *runs);
    trace->part.len += num;
    const nd_trace_box rest = clear_of(&free, 0, trace->part.items[0].b);
    return follow_end(trace, &rest, limit);
}

static bool is_line(nd_borders *borders, uint32_t token)
{
    return nd_border_before(borders, token) == ND_BORDER_LINE;
}

bool nd_spans_are_lines(nd_borders *borders, nd_span a, nd_span b)
{
    const bool in_a = a.start == a.end || (is_line(borders, a.start) && is_line(borders, a.end));
    const bool in_b = b.start == b.end || (is_line(borders, b.start) && is_line(borders, b.end));
    return in_a && in_b;
}

static int64_t cost_of_gap(const nd_word_run *before, const nd_word_run *after, nd_borders *borders)
{
    const uint32_t columns = gap_between(before, after);
    const bool lines =
        columns >= LINES_LEAST && nd_spans_are_lines(borders, (nd_span){end_a(before), after->a},
                                                     (nd_span){end_b(before), after->b});
    return (int64_t)columns * (lines ? 2 : 1) * ND_TRACE_COST;
}

/* Adds the last piece to the ones before it that it belongs together with. */
static void join_last(nd_trace *trace)
{
    nd_piece *const list = trace->pieces.items;
    for (;;) {
        nd_piece *const piece = &list[trace->pieces.len - 1];
        uint32_t at = trace->pieces.len > 1 ? (uint32_t)trace->pieces.len - 2 : NO_PIECE;
        while (at != NO_PIECE && list[at].start >= piece->start)
            at = list[at].before;
        piece->before = at;
        if (at == NO_PIECE || list[at].end >= piece->end)
            return;
        list[at].last = piece->last;
        list[at].end = piece->end;
        trace->pieces.len = (size_t)at + 1;
    }
}

nd_status nd_trace_cut(nd_trace *trace, nd_borders *borders)
{
    const nd_word_run *const runs = trace->runs.items;
    const uint32_t num = (uint32_t)trace->runs.len;
    trace->pieces.len = 0;
    const nd_status status = ND_VEC_RESERVE(&trace->allocator, &trace->pieces, num);
    if (status != ND_OK)
        return status;
    int64_t score = 0;
    for (uint32_t i = 0; i < num; i++) {
        const int64_t start = i == 0 ? 0 : score - cost_of_gap(&runs[i - 1], &runs[i], borders);
        score = start + (int64_t)runs[i].len * trace->gain;
        trace->pieces.items[trace->pieces.len++] =
            (nd_piece){.first = i, .last = i, .before = NO_PIECE, .start = start, .end = score};
        join_last(trace);
    }
    return ND_OK;
}

void nd_trace_release(nd_trace *trace)
{
    ND_VEC_RELEASE(&trace->allocator, &trace->runs);
    ND_VEC_RELEASE(&trace->allocator, &trace->part);
    ND_VEC_RELEASE(&trace->allocator, &trace->pieces);
}
