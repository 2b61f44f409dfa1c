#include "passages/shared_choice.h"

static void drop_runs(nd_span_pair *pair, uint32_t num_at_start)
{
    pair->first_run += num_at_start;
    pair->num_runs -= num_at_start;
}

/* Counts what is left of a pair that was cut; nothing in common if it is no passage any more. */
static nd_status score_again(nd_passage_fitter *f, nd_span_pair *pair)
{
    const uint32_t min_words = f->measure.min_unbound;
    const nd_word_run *const runs = f->runs.items + pair->first_run;
    pair->common = 0;
    if (pair->num_runs == 0 || !nd_span_has_words(&f->measure, pair->earlier, min_words) ||
        !nd_span_has_words(&f->measure, pair->later, min_words))
        return ND_OK;
    for (uint32_t i = 0; i < pair->num_runs; i++)
        pair->common += runs[i].len;
    const nd_status status = nd_passage_fitter_measure(f, pair);
    if (nd_span_pair_identity(pair) < f->options.min_similarity)
        pair->common = 0;
    return status;
}

/* Leaves of a pair what is paired with later tokens from `start` on. */
static nd_status cut_start(nd_passage_fitter *f, nd_span_pair *pair, uint32_t start)
{
    nd_word_run *runs = f->runs.items + pair->first_run;
    uint32_t num = 0;
    while (num < pair->num_runs && runs[num].b + runs[num].len <= start)
        num++;
    drop_runs(pair, num);
    runs += num;
    if (pair->num_runs > 0 && runs->b < start) {
        const uint32_t cut = start - runs->b;
        *runs = (nd_word_run){runs->a + cut, start, runs->len - cut};
    }
    if (pair->num_runs > 0) {
        pair->earlier.start = runs->a;
        pair->later.start = runs->b;
    }
    return score_again(f, pair);
}

/* The same up to `end`. */
static nd_status cut_end(nd_passage_fitter *f, nd_span_pair *pair, uint32_t end)
{
    nd_word_run *const runs = f->runs.items + pair->first_run;
    while (pair->num_runs > 0 && runs[pair->num_runs - 1].b >= end)
        pair->num_runs--;
    if (pair->num_runs > 0) {
        nd_word_run *const last = &runs[pair->num_runs - 1];
        if (last->b + last->len > end)
            last->len = end - last->b;
        pair->earlier.end = last->a + last->len;
        pair->later.end = last->b + last->len;
    }
    return score_again(f, pair);
}

/* Settles the overlap of a kept pair and the next one: the one with more in common stays whole. The
 * other has nothing in common any more if nothing is left of it. */
static nd_status settle(nd_passage_fitter *f, nd_span_pair *kept, nd_span_pair *next)
{
    if (next->later.start >= kept->later.end)
        return ND_OK;
    if (kept->common >= next->common)
        return cut_start(f, next, kept->later.end);
    return cut_end(f, kept,
                   next->later.start > kept->later.start ? next->later.start : kept->later.start);
}

nd_status nd_shared_choose(nd_passage_fitter *fitter)
{
    nd_span_pair *const pairs = fitter->pairs.items;
    const size_t num = fitter->pairs.len;
    size_t num_kept = 0;
    nd_span_pairs_sort(pairs, num);
    for (size_t i = 0; i < num; i++) {
        nd_span_pair next = pairs[i];
        while (num_kept > 0 && next.common > 0) {
            nd_span_pair *const kept = &pairs[num_kept - 1];
            const nd_status status = settle(fitter, kept, &next);
            if (status != ND_OK)
                return status;
            if (kept->common > 0)
                break;
            num_kept--;
        }
        if (next.common > 0)
            pairs[num_kept++] = next;
    }
    fitter->pairs.len = num_kept;
    nd_status status = ND_OK;
    for (size_t i = 0; i < num_kept && status == ND_OK; i++)
        status = nd_passage_fitter_measure(fitter, &pairs[i]);
    return status;
}
