/* The texts that match one: candidates (those that share a bucket, or sampled shingles, with it),
 * verified exactly on the sets made of the stored texts, and by the verdict on their words where
 * one is asked for. */
#include "index/query.h"
#include "neardup/verify.h"
#include "similarity/similarity.h"
#include "util/sort.h"

static nd_status add_ranked(nd_search *q, const nd_ranked_text *ranked)
{
    nd_query_scratch *const s = &q->index->query;
    const nd_status status = nd_reserve(&q->index->allocator, (void **)&s->ranked,
                                        &s->ranked_capacity, q->num_ranked + 1, sizeof *s->ranked);
    if (status == ND_OK)
        s->ranked[q->num_ranked++] = *ranked;
    return status;
}

static int compare_numbers(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The texts to look at, each once. */
static nd_status find_candidates(nd_search *q, nd_error *error)
{
    nd_query_scratch *const s = &q->index->query;
    s->candidates.len = 0;
    const nd_status status =
        nd_index_has_bands(q->index)
            ? nd_index_find_mates(q->index, &q->seeker, &s->candidates, error)
            : nd_index_find_sharers(q->index, &q->seeker, &s->candidates, error);
    if (status != ND_OK || s->candidates.len < 2)
        return status;
    nd_heap_sort(s->candidates.items, s->candidates.len, sizeof(uint32_t), compare_numbers, NULL);
    size_t kept = 1;
    for (size_t i = 1; i < s->candidates.len; i++)
        if (s->candidates.items[i] != s->candidates.items[kept - 1])
            s->candidates.items[kept++] = s->candidates.items[i];
    s->candidates.len = kept;
    return ND_OK;
}

/* By the sets alone. Sizes tell of most texts that do not match that they don't. */
static nd_status verify_set(nd_search *q, nd_ranked_text *ranked, nd_error *error)
{
    nd_index *const index = q->index;
    const nd_match_rule *const rule = &q->options->rule;
    const size_t size = q->seeker.entry.num_shingles, other = ranked->entry.num_shingles;
    const uint64_t *set = NULL;
    if (nd_match_least_common(rule, size, other) > (size < other ? size : other))
        return ND_OK;
    const nd_status status =
        nd_text_reader_set(&index->texts, &index->log, ranked->number, &ranked->entry, &set, error);
    if (status == ND_OK)
        ranked->kind = nd_verify_sets(q->seeker.set, size, set, other, rule, &ranked->similarity);
    return status;
}

/* Makes both texts ready for the verdict. */
static nd_status make_ready(nd_search *q, const nd_text_entry *entry, nd_error *error)
{
    nd_index *const index = q->index;
    nd_judging *const j = &index->query.judging;
    const nd_allocator *const a = &index->allocator;
    const nd_text *text = NULL;
    nd_status status = ND_OK;
    if (!j->is_ready)
        status = nd_judged_text_make(&j->own, &j->judge.making, q->words,
                                     q->seeker.entry.num_tokens, NULL, a);
    if (!j->is_ready && status == ND_OK)
        status = nd_judge_hold(&j->judge, &j->own, a);
    j->is_ready = status == ND_OK;
    if (status == ND_OK)
        status = nd_text_reader_text(&index->texts, &index->log, entry, &text, error);
    if (status != ND_OK)
        return status;
    const size_t num = nd_text_num_tokens(text);
    j->other_words.len = 0;
    status = ND_VEC_RESERVE(a, &j->other_words, num);
    if (status != ND_OK)
        return status;
    nd_word_codes(text, j->other_words.items);
    return nd_judged_text_make(&j->other, &j->judge.making, j->other_words.items, (uint32_t)num,
                               NULL, a);
}

static nd_status judge(nd_search *q, nd_ranked_text *ranked, nd_error *error)
{
    nd_judging *const j = &q->index->query.judging;
    const nd_judge_request request = {.need = ranked->kind == ND_MATCH_NONE ? ND_JUDGE_UNLESS_LOW
                                                                            : ND_JUDGE_ALL,
                                      .least = q->least_score};
    nd_judgement judgement = {0};
    nd_status status = make_ready(q, &ranked->entry, error);
    if (status == ND_OK)
        status = nd_judge_held(&j->judge, &j->other, &request, &q->index->allocator, &judgement);
    ranked->score = (double)judgement.score / ND_LOGISTIC_ONE;
    ranked->coverage = (nd_coverage){(double)judgement.covered[0] / ND_LOGISTIC_ONE,
                                     (double)judgement.covered[1] / ND_LOGISTIC_ONE};
    if (status == ND_OK && judgement.score >= q->least_score)
        ranked->kind =
            nd_match_classify_covered(&ranked->similarity, &q->options->rule, &ranked->coverage, 0);
    return status;
}

/* By the sets, and by the verdict where that is worth it. */
static nd_status verify_words(nd_search *q, nd_ranked_text *ranked, nd_error *error)
{
    nd_index *const index = q->index;
    const uint32_t size = q->seeker.entry.num_shingles, other = ranked->entry.num_shingles;
    const uint64_t *set = NULL;
    const nd_status status =
        nd_text_reader_set(&index->texts, &index->log, ranked->number, &ranked->entry, &set, error);
    if (status != ND_OK)
        return status;
    ranked->similarity = nd_similarity_compute(q->seeker.set, size, set, other);
    ranked->kind = nd_match_classify(&ranked->similarity, &q->options->rule);
    return ranked->kind != ND_MATCH_NONE ||
                   nd_is_worth_judging(ranked->similarity.common, size, other)
               ? judge(q, ranked, error)
               : ND_OK;
}

/* `entries` is kept from one text to the next. */
static nd_status verify(nd_search *q, nd_run_cursor *entries, uint32_t number, nd_error *error)
{
    nd_ranked_text ranked = {.number = number, .kind = ND_MATCH_NONE};
    nd_status status = nd_index_text_entry_near(q->index, entries, number, &ranked.entry, error);
    if (status == ND_OK)
        status =
            q->least_score > 0 ? verify_words(q, &ranked, error) : verify_set(q, &ranked, error);
    return status != ND_OK || ranked.kind == ND_MATCH_NONE ? status : add_ranked(q, &ranked);
}

/* Documents of the same text. */
static nd_status add_own_text(nd_search *q)
{
    const uint64_t size = q->seeker.entry.num_shingles;
    const nd_ranked_text own = {
        .number = q->seeker.number,
        .kind = ND_MATCH_EXACT,
        .similarity = nd_similarity_from_counts(size, size, size),
        .coverage = {q->least_score > 0, q->least_score > 0},
        .score = q->least_score > 0,
        .entry = q->seeker.entry,
    };
    return q->seeker.number == ND_NO_NUMBER ? ND_OK : add_ranked(q, &own);
}

nd_status nd_search_find_texts(nd_search *search, nd_error *error)
{
    nd_query_scratch *const s = &search->index->query;
    nd_run_cursor entries;
    nd_run_cursor_init(&entries, NULL, ND_TABLE_TEXTS, search->index->blocks);
    s->judging.is_ready = false;
    nd_status status = find_candidates(search, error);
    if (status == ND_OK)
        status = add_own_text(search);
    for (size_t i = 0; status == ND_OK && i < s->candidates.len; i++)
        status = verify(search, &entries, s->candidates.items[i], error);
    return status;
}
