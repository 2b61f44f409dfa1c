/* Two texts word by word: a longest common subsequence of all their words (lcs.h), or for very long
 * ones the runs of the passages that they share in the same order. */
#include "passages/passage_finder.h"

/* Steps that aligning two sequences takes, each half as often again as its own length says. */
static uint64_t count_steps(nd_word_sequence a, nd_word_sequence b)
{
    return ((uint64_t)a.len / ND_LCS_BLOCK + 1) * b.len * 2;
}

/* Appends the runs of the passages, in the order of a, as far as they ascend in b as well; `a` of a
 * run is a token of a. */
static nd_status take_shared(nd_passage_finder *f, uint32_t split)
{
    uint32_t end_in_b = 0;
    nd_status status = nd_finder_share(f, split);
    for (size_t i = 0; i < f->fitter.pairs.len && status == ND_OK; i++) {
        const nd_span_pair *const pair = &f->fitter.pairs.items[i];
        const nd_word_run *const runs = f->fitter.runs.items + pair->first_run;
        if (pair->earlier.start < end_in_b)
            continue;
        end_in_b = pair->earlier.end;
        status = ND_VEC_RESERVE(&f->allocator, &f->runs, pair->num_runs);
        for (uint32_t k = 0; k < pair->num_runs && status == ND_OK; k++)
            f->runs.items[f->runs.len++] = (nd_word_run){runs[k].b - split, runs[k].a, runs[k].len};
    }
    return status;
}

static nd_status write_alignment(nd_passage_finder *f, uint32_t split, nd_text_alignment *alignment)
{
    const nd_status status = ND_VEC_RESERVE(&f->allocator, &f->aligned, f->runs.len);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < f->runs.len; i++) {
        const nd_word_run run = f->runs.items[i];
        const nd_span in_a = {split + run.a, split + run.a + run.len};
        const nd_place a = nd_finder_place_in_a(f, in_a);
        const nd_place b = nd_finder_place(f, &f->b, (nd_span){run.b, run.b + run.len});
        f->aligned.items[f->aligned.len++] =
            (nd_aligned_run){a.start, a.end, b.start, b.end, run.len};
        alignment->words_common += run.len;
    }
    const uint64_t words =
        alignment->words_a > alignment->words_b ? alignment->words_a : alignment->words_b;
    alignment->identity = words > 0 ? (double)alignment->words_common / (double)words : 1;
    alignment->runs = f->aligned.items;
    alignment->num_runs = f->aligned.len;
    return ND_OK;
}

nd_status nd_passage_finder_align(nd_passage_finder *finder, const char *a, size_t a_len_bytes,
                                  const char *b, size_t b_len_bytes, nd_text_alignment *alignment)
{
    uint32_t split;
    *alignment = (nd_text_alignment){0};
    finder->runs.len = finder->aligned.len = 0;
    nd_status status = nd_finder_text_set(&finder->a, a, a_len_bytes);
    if (status == ND_OK)
        status = nd_finder_text_set(&finder->b, b, b_len_bytes);
    if (status == ND_OK)
        status = nd_finder_begin_both(finder, &split);
    if (status == ND_OK)
        status = nd_lcs_begin(&finder->fitter.lcs, finder->words.num_ids);
    if (status != ND_OK)
        return status;
    const uint32_t *const ids = finder->words.ids;
    const nd_word_sequence words_a = {ids + split, finder->words.num_tokens - split};
    const nd_word_sequence words_b = {ids, split};
    const bool is_long = count_steps(words_a, words_b) > ND_ALIGN_MAX_STEPS;
    status = is_long ? take_shared(finder, split)
                     : nd_lcs_align(&finder->fitter.lcs, words_a, words_b, &finder->runs);
    if (status != ND_OK)
        return status;
    alignment->words_a = words_a.len;
    alignment->words_b = words_b.len;
    return write_alignment(finder, split, alignment);
}
