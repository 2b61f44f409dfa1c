#include <string.h>

#include "passages/passage_finder.h"
#include "util/alloc.h"

/* --- the best counterpart of each passage --- */

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

/* Of fitter->pairs, keeps those whose later places do not overlap, preferring the pair that has
 * more in common; one that loses is cut to what is left of it, if that is still a passage. Sorted
 * by later place. */
static nd_status choose_pairs(nd_passage_fitter *fitter)
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

/* --- two documents as one --- */

/* Lays both documents out as one text, so that everything is the same as for repeats:
 *
 *   | b ... | \n | a ... |
 */
static nd_status join_documents(nd_passage_finder *f)
{
    const char *const a = f->a.repaired, *const b = f->b.repaired;
    const size_t a_len = f->a.repaired_len_bytes, b_len = f->b.repaired_len_bytes;
    size_t len;
    if (!nd_size_add(a_len, b_len, &len) || len >= ND_TEXT_MAX_BYTES)
        return ND_ERR_LIMIT;
    f->joined.len = 0;
    const nd_status status = ND_VEC_RESERVE(&f->allocator, &f->joined, len + 1);
    if (status != ND_OK)
        return status;
    if (b_len > 0)
        memcpy(f->joined.items, b, b_len);
    f->joined.items[b_len] = '\n';
    if (a_len > 0)
        memcpy(f->joined.items + b_len + 1, a, a_len);
    f->joined.len = len + 1;
    return ND_OK;
}

/* The first token of a, whose bytes follow the b_len of b and a line feed. */
static uint32_t first_token_of_a(const nd_text *text, size_t b_len)
{
    uint32_t low = 0, high = (uint32_t)nd_text_num_tokens(text);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (nd_text_token(text, middle).end <= b_len)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

nd_status nd_finder_begin_both(nd_passage_finder *f, uint32_t *split)
{
    *split = 0;
    nd_status status = join_documents(f);
    if (status == ND_OK)
        status = nd_finder_begin(f, f->joined.items, f->joined.len);
    if (status == ND_OK)
        *split = first_token_of_a(f->text, f->b.repaired_len_bytes);
    return status;
}

/* Indexes the seeds of b, which end before token `split`, and chains those of a to them. */
static nd_status link_documents(nd_passage_finder *f, uint32_t split)
{
    const uint32_t num = f->seeds.num_seeds;
    uint32_t b_end = split < f->seeds.width ? 0 : split - f->seeds.width + 1;
    b_end = b_end < num ? b_end : num;
    const uint32_t a_start = split < num ? split : num;
    nd_seed_link links[ND_SEED_BLOCK];
    uint32_t num_links;
    nd_status status = ND_OK;
    for (uint32_t from = 0; from < b_end;) {
        const uint32_t to = nd_seed_block_end(from, b_end);
        nd_seed_index_add(&f->seeds, from, to, links, &num_links);
        from = to;
    }
    nd_seed_index_skip(&f->seeds, b_end, a_start);
    nd_chainer_begin(&f->chainer, &f->seeds, b_end, a_start, 0);
    for (uint32_t from = a_start; from < num && status == ND_OK;) {
        const uint32_t to = nd_seed_block_end(from, num);
        nd_seed_index_match(&f->seeds, from, to, links, &num_links);
        status = nd_chainer_feed(&f->chainer, links, num_links);
        from = to;
    }
    return status;
}

static nd_status write_shared(nd_passage_finder *f)
{
    nd_status status = ND_VEC_RESERVE(&f->allocator, &f->passages, f->fitter.pairs.len);
    if (status == ND_OK)
        status = nd_line_index_set(&f->b.lines, &f->allocator, f->b.bytes, f->b.len_bytes);
    if (status == ND_OK)
        status = nd_line_index_set(&f->a.lines, &f->allocator, f->a.bytes, f->a.len_bytes);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < f->fitter.pairs.len; i++) {
        const nd_span_pair *const pair = &f->fitter.pairs.items[i];
        nd_shared_passage passage = {
            .a = nd_finder_place_in_a(f, pair->later),
            .b = nd_finder_place(f, &f->b, pair->earlier),
            .words = nd_span_len(pair->later),
            .similarity = nd_span_pair_identity(pair),
        };
        if (i > 0 && passage.a.start < f->passages.items[i - 1].a.end)
            passage.a.start = f->passages.items[i - 1].a.end;
        nd_finder_set_lines(&passage.a, &f->a.lines);
        nd_finder_set_lines(&passage.b, &f->b.lines);
        f->passages.items[f->passages.len++] = passage;
    }
    return ND_OK;
}

nd_status nd_finder_share(nd_passage_finder *f, uint32_t split)
{
    const nd_trace_box box = {{0, split}, {split, f->words.num_tokens}};
    nd_status status = link_documents(f, split);
    if (status == ND_OK)
        status = nd_finder_fit(f, &box, ND_EXACT_PAIRS_KEEP);
    if (status == ND_OK)
        status = choose_pairs(&f->fitter);
    nd_finder_count_caps(f);
    return status;
}

nd_status nd_passage_finder_shared(nd_passage_finder *finder, const char *a, size_t a_len_bytes,
                                   const char *b, size_t b_len_bytes,
                                   const nd_shared_passage **passages, size_t *num_passages)
{
    uint32_t split;
    *passages = NULL;
    *num_passages = 0;
    finder->passages.len = 0;
    nd_status status = nd_finder_text_set(&finder->a, a, a_len_bytes);
    if (status == ND_OK)
        status = nd_finder_text_set(&finder->b, b, b_len_bytes);
    if (status == ND_OK)
        status = nd_finder_begin_both(finder, &split);
    if (status == ND_OK)
        status = nd_finder_share(finder, split);
    if (status == ND_OK && finder->fitter.pairs.len > 0)
        status = write_shared(finder);
    if (status != ND_OK)
        return status;
    *passages = finder->passages.items;
    *num_passages = finder->passages.len;
    return ND_OK;
}

/* --- two documents word by word --- */

/* Two texts word by word: a longest common subsequence of all their words (lcs.c), or for very long
 * ones the runs of the passages that they share in the same order. */

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
