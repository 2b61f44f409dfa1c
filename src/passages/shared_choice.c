#include "passages/shared_choice.h"

/* Tokens in common, about. */
static double weight(const nd_span_pair *pair)
{
    return pair->similarity * (double)nd_span_len(pair->later);
}

/* Scores a pair that was cut; similarity 0 if it is no passage any more. */
static nd_status score_again(nd_passage_fitter *f, nd_span_pair *pair)
{
    pair->similarity = 0;
    const uint32_t min_words = f->options.min_words_unbound;
    if (pair->earlier.start >= pair->earlier.end || pair->later.start >= pair->later.end ||
        !nd_passage_fitter_has_words(f, pair->earlier, min_words) ||
        !nd_passage_fitter_has_words(f, pair->later, min_words))
        return ND_OK;
    if (pair->is_exact) {
        pair->similarity = 1;
        return ND_OK;
    }
    const nd_status status = nd_span_seed_similarity(&f->scorer, f->seeds, pair->earlier,
                                                     pair->later, &pair->similarity);
    if (pair->similarity < f->options.min_similarity)
        pair->similarity = 0;
    return status;
}

static nd_status cut_start(nd_passage_fitter *f, nd_span_pair *pair, uint32_t start)
{
    pair->earlier.start += start - pair->later.start;
    pair->later.start = start;
    return score_again(f, pair);
}

static nd_status cut_end(nd_passage_fitter *f, nd_span_pair *pair, uint32_t end)
{
    const uint32_t cut = pair->later.end - end;
    pair->earlier.end = pair->earlier.end > cut ? pair->earlier.end - cut : 0;
    pair->later.end = end;
    return score_again(f, pair);
}

/* Settles the overlap of a kept pair and the next one; the loser's similarity becomes 0 if nothing
 * is left of it. */
static nd_status settle(nd_passage_fitter *f, nd_span_pair *kept, nd_span_pair *next)
{
    if (next->later.start >= kept->later.end)
        return ND_OK;
    if (weight(kept) >= weight(next))
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
        while (num_kept > 0 && next.similarity > 0) {
            nd_span_pair *const kept = &pairs[num_kept - 1];
            const nd_status status = settle(fitter, kept, &next);
            if (status != ND_OK)
                return status;
            if (kept->similarity > 0)
                break;
            num_kept--;
        }
        if (next.similarity > 0)
            pairs[num_kept++] = next;
    }
    fitter->pairs.len = num_kept;
    return ND_OK;
}
