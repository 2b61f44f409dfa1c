#include "coverage/coverage.h"

#include <stdbool.h>

#include "util/radix_sort.h"

enum {
    /* Words between one shared shingle and the next of a run. At 12, copies with 40 % of their
     * words replaced or 8 % of their letters misread fall apart; at 32 nothing more is found. */
    MAX_GAP_WORDS = 20,
    CHARS_A_WORD = 6,
    MIN_RUN = 3,   /* shingles; two meet by chance in texts of one subject */
    MAX_DRIFT = 3, /* shingles by which a gap may be longer in one text, and half its length */
    MAX_ACTIVE = 16,
};

enum { HELD = 0, OTHER = 1 };

/* What a run is in one of the texts. */
typedef struct run_side {
    uint32_t first, last;
    uint32_t num_weights;
    uint64_t weight;
} run_side;

/* A run of shared shingles. */
typedef struct nd_covered_run {
    uint32_t num;
    run_side sides[2];
} run;

/* A shared shingle. weight 0: not sampled. */
typedef struct meeting {
    uint32_t at[2];
    uint32_t weight[2];
} meeting;

/* The runs that may still go on, by number. */
typedef struct active_runs {
    size_t items[MAX_ACTIVE];
    size_t num;
    size_t latest; /* the one that went on last */
} active_runs;

/* What the runs of one text sum up to. */
typedef struct covered_sum {
    uint64_t covered, num_shared, num_weights, weight;
} covered_sum;

void nd_coverage_finder_init(nd_coverage_finder *finder, nd_shingle_spec shingle)
{
    *finder = (nd_coverage_finder){0};
    finder->max_gap =
        shingle.kind == ND_SHINGLE_CHAR ? MAX_GAP_WORDS * CHARS_A_WORD : MAX_GAP_WORDS;
}

nd_status nd_coverage_finder_hold(nd_coverage_finder *finder, const nd_weighted_text *text,
                                  const nd_allocator *allocator)
{
    finder->held = *text;
    return nd_position_index_set(&finder->index, allocator, text->shingles, text->num);
}

/* How unevenly the meeting would continue the run; UINT32_MAX where it would not. */
static uint32_t drift_of(const run *r, const meeting *m, uint32_t max_gap)
{
    const uint32_t last = r->sides[HELD].last, at = m->at[HELD];
    if (at <= last || at - last > max_gap)
        return UINT32_MAX;
    const uint32_t step = at - last, step_other = m->at[OTHER] - r->sides[OTHER].last;
    const uint32_t shorter = step < step_other ? step : step_other;
    const uint32_t drift = step + step_other - 2 * shorter;
    return drift <= MAX_DRIFT + shorter / 2 ? drift : UINT32_MAX;
}

/* The place in `active` of the run the meeting continues most evenly; active->num if none. Runs
 * that ended too long ago are dropped. */
static size_t find_run(const nd_coverage_finder *f, active_runs *active, const meeting *m)
{
    uint32_t least = UINT32_MAX;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < active->num;) {
        const run *const r = &f->runs.items[active->items[i]];
        if (m->at[OTHER] - r->sides[OTHER].last > f->max_gap) {
            active->items[i] = active->items[--active->num];
            continue;
        }
        const uint32_t drift = drift_of(r, m, f->max_gap);
        if (drift < least) {
            least = drift;
            best = i;
        }
        i++;
    }
    return best == SIZE_MAX ? active->num : best;
}

/* Makes room by dropping the run that ended first. */
static void drop_stalest(const nd_coverage_finder *f, active_runs *active)
{
    size_t stalest = 0;
    for (size_t i = 1; i < active->num; i++)
        if (f->runs.items[active->items[i]].sides[OTHER].last <
            f->runs.items[active->items[stalest]].sides[OTHER].last)
            stalest = i;
    active->items[stalest] = active->items[--active->num];
}

static void extend_run(run *r, const meeting *m)
{
    r->num++;
    for (int side = HELD; side <= OTHER; side++) {
        r->sides[side].last = m->at[side];
        r->sides[side].num_weights += m->weight[side] > 0;
        r->sides[side].weight += m->weight[side];
    }
}

/* Begins a run, in place of the one that ended first where too many may still go on. */
static nd_status begin_run(nd_coverage_finder *f, active_runs *active, const meeting *m,
                           const nd_allocator *allocator)
{
    const nd_status status = ND_VEC_RESERVE(allocator, &f->runs, 1);
    if (status != ND_OK)
        return status;
    if (active->num == MAX_ACTIVE)
        drop_stalest(f, active);
    active->latest = f->runs.len;
    active->items[active->num++] = f->runs.len;
    f->runs.items[f->runs.len++] =
        (run){.sides = {{.first = m->at[HELD]}, {.first = m->at[OTHER]}}};
    return ND_OK;
}

/* Adds a meeting that does not just go on with the latest run. */
static nd_status add_meeting(nd_coverage_finder *f, active_runs *active, const meeting *m,
                             const nd_allocator *allocator)
{
    nd_status status = ND_OK;
    const size_t at = find_run(f, active, m);
    if (at < active->num)
        active->latest = active->items[at];
    else
        status = begin_run(f, active, m, allocator);
    if (status == ND_OK)
        extend_run(&f->runs.items[active->latest], m);
    return status;
}

/* Where the walk through the other text stands. */
typedef struct walk {
    uint32_t at, sample;
} walk;

static uint32_t weight_at(const nd_weighted_text *other, walk w)
{
    return other->shingles[w.at] <= other->sampled_up_to ? other->weights[w.sample] : 0;
}

/* Moves on to the next shingle that may stand in the held text. */
static walk skip_strangers(const nd_coverage_finder *f, const nd_weighted_text *other, walk w)
{
    for (; w.at < other->num; w.at++) {
        const uint64_t shingle = other->shingles[w.at];
        if (nd_position_index_may_have(&f->index, shingle))
            break;
        w.sample += shingle <= other->sampled_up_to;
    }
    return w;
}

/* What a stretch that both texts hold adds to a run. */
typedef struct stretch {
    uint32_t num;
    uint32_t num_weights[2];
    uint64_t weight[2];
} stretch;

/* The longest stretch that held and own begin with, where all is sampled in both. */
static stretch measure_whole_sampled(const uint64_t *held, const uint64_t *own, uint32_t most,
                                     const uint16_t *weights)
{
    uint64_t weight = 0;
    uint32_t num = 0;
    for (; num < most && held[num] == own[num]; num++)
        weight += weights[num];
    return (stretch){num, {num, num}, {weight, weight}};
}

/* The same where they are in part; `limits` say which. */
static stretch measure_part_sampled(const uint64_t *held, const uint64_t *own, uint32_t most,
                                    const uint16_t *weights, const uint64_t limits[2])
{
    stretch s = {0};
    for (; s.num < most && held[s.num] == own[s.num]; s.num++) {
        if (own[s.num] > limits[OTHER])
            continue;
        const uint32_t weight = weights[s.num_weights[OTHER]++];
        const bool both = own[s.num] <= limits[HELD];
        s.weight[OTHER] += weight;
        s.weight[HELD] += both ? weight : 0;
        s.num_weights[HELD] += both;
    }
    return s;
}

/* Takes all that goes on with the run without a gap in either text: nearly always so inside a copy,
 * and no run fits better. */
static walk extend_straight(const nd_coverage_finder *f, run *r, const nd_weighted_text *other,
                            walk w)
{
    const uint64_t limits[2] = {f->held.sampled_up_to, other->sampled_up_to};
    const uint32_t held_at = r->sides[HELD].last + 1;
    const uint32_t left = other->num - w.at, held_left = f->held.num - held_at;
    const uint32_t most = left < held_left ? left : held_left;
    const uint64_t *const held = f->held.shingles + held_at, *const own = other->shingles + w.at;
    const uint16_t *const weights = other->weights + w.sample;
    const stretch s = limits[HELD] == UINT64_MAX && limits[OTHER] == UINT64_MAX
                          ? measure_whole_sampled(held, own, most, weights)
                          : measure_part_sampled(held, own, most, weights, limits);
    r->num += s.num;
    for (int side = HELD; side <= OTHER; side++) {
        r->sides[side].last += s.num;
        r->sides[side].num_weights += s.num_weights[side];
        r->sides[side].weight += s.weight[side];
    }
    return (walk){w.at + s.num, w.sample + s.num_weights[OTHER]};
}

/* Adds the shingle at w, if it is shared, and what follows it in both texts. */
static nd_status take_meeting(nd_coverage_finder *f, active_runs *active,
                              const nd_weighted_text *other, walk *w, const nd_allocator *allocator)
{
    const uint64_t shingle = other->shingles[w->at];
    const uint32_t held_at = nd_position_index_find(&f->index, shingle);
    const uint32_t weight = weight_at(other, *w);
    const meeting m = {{held_at, w->at}, {shingle <= f->held.sampled_up_to ? weight : 0, weight}};
    w->at++;
    w->sample += shingle <= other->sampled_up_to;
    if (held_at == ND_NO_POSITION)
        return ND_OK;
    const nd_status status = add_meeting(f, active, &m, allocator);
    if (status == ND_OK)
        *w = extend_straight(f, &f->runs.items[active->latest], other, *w);
    return status;
}

/* Chains what the texts share. A shingle both sampled has one weight; one that only a short text
 * sampled counts for that text alone. */
static nd_status chain(nd_coverage_finder *f, const nd_weighted_text *other,
                       const nd_allocator *allocator)
{
    active_runs active = {.num = 0};
    nd_status status = ND_OK;
    f->runs.len = 0;
    walk w = skip_strangers(f, other, (walk){0, 0});
    while (w.at < other->num && status == ND_OK) {
        status = take_meeting(f, &active, other, &w, allocator);
        w = skip_strangers(f, other, w);
    }
    return status;
}

static uint32_t count_common(const nd_coverage_finder *f)
{
    uint32_t common = 0;
    for (size_t i = 0; i < f->runs.len; i++)
        common += f->runs.items[i].num;
    return common;
}

/* Length of the union of intervals first << 32 | last, both ends included. */
static uint64_t union_length(uint64_t *intervals, uint64_t *scratch, size_t num)
{
    if (num > 1)
        nd_radix_sort_u64(intervals, scratch, num);
    uint64_t length = 0, next = 0;
    for (size_t i = 0; i < num; i++) {
        const uint64_t first = intervals[i] >> 32, last = (uint32_t)intervals[i];
        const uint64_t from = first < next ? next : first;
        if (last >= from) {
            length += last + 1 - from;
            next = last + 1;
        }
    }
    return length;
}

static covered_sum sum_side(nd_coverage_finder *f, int side)
{
    covered_sum sum = {0};
    f->intervals.len = 0;
    for (size_t i = 0; i < f->runs.len; i++) {
        if (f->runs.items[i].num < MIN_RUN)
            continue;
        const run_side *const s = &f->runs.items[i].sides[side];
        f->intervals.items[f->intervals.len++] = (uint64_t)s->first << 32 | s->last;
        sum.num_shared += f->runs.items[i].num;
        sum.num_weights += s->num_weights;
        sum.weight += s->weight;
    }
    sum.covered = union_length(f->intervals.items, f->scratch.items, f->intervals.len);
    return sum;
}

/* Of the words that runs bridge: those to be taken for edits of a copy. Shingles of weight one
 * stand in a few documents, so what lies between them in order was copied with them; common ones
 * are found in order wherever a formula is used, and say little of the figures and names between
 * them. The part falls with the square of their mean weight: as 1 / frequency. */
static uint64_t copied_words(const covered_sum *sum)
{
    const uint64_t mean = sum->num_weights ? sum->weight / sum->num_weights : ND_WEIGHT_ONE;
    if (sum->covered <= sum->num_shared)
        return sum->covered;
    const uint64_t bridged = sum->covered - sum->num_shared;
    return sum->num_shared + bridged * mean / ND_WEIGHT_ONE * mean / ND_WEIGHT_ONE;
}

/* Weights are below 2^13 and lengths below 2^32: the largest product stays below 2^62. Without a
 * sample in one of the parts nothing is known of how common it is, and it weighs what the other
 * does. */
static uint32_t covered_part(const nd_weighted_text *text, const covered_sum *sum)
{
    const uint64_t copied = copied_words(sum), rest = text->num - copied;
    const uint64_t num_rest = text->num_samples - sum->num_weights;
    uint64_t mean = 1, mean_rest = 1;
    if (sum->num_weights && num_rest) {
        mean = sum->weight * 4 / sum->num_weights;
        mean_rest = (text->weight_sum - sum->weight) * 4 / num_rest;
    }
    const uint64_t covered = copied * mean;
    const uint64_t whole = covered + rest * mean_rest;
    return whole ? (uint32_t)(covered * ND_COVERED_ALL / whole) : 0;
}

nd_status nd_coverage_finder_measure(nd_coverage_finder *finder, const nd_weighted_text *other,
                                     const nd_allocator *allocator, nd_coverage_counts *counts)
{
    *counts = (nd_coverage_counts){0};
    nd_status status = chain(finder, other, allocator);
    finder->intervals.len = finder->scratch.len = 0;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &finder->intervals, finder->runs.len);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator, &finder->scratch, finder->runs.len);
    if (status != ND_OK)
        return status;
    const covered_sum of_held = sum_side(finder, HELD), of_other = sum_side(finder, OTHER);
    *counts = (nd_coverage_counts){count_common(finder), covered_part(&finder->held, &of_held),
                                   covered_part(other, &of_other)};
    return ND_OK;
}

void nd_coverage_finder_release(nd_coverage_finder *finder, const nd_allocator *allocator)
{
    nd_position_index_release(&finder->index, allocator);
    ND_VEC_RELEASE(allocator, &finder->runs);
    ND_VEC_RELEASE(allocator, &finder->intervals);
    ND_VEC_RELEASE(allocator, &finder->scratch);
}
