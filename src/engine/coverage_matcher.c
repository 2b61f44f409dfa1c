/* Matches by what texts share: copies cut, embedded, re-led and edited (the news preset), told by
 * their coverage or by the verdict on them.
 *
 * There are no bands: coverage_pairs.c finds the pairs. They are measured leader by leader, the
 * leader being the largest text that a pair goes back to, so that the copies of a text are met
 * while they are in the cache. */
#include "engine/coverage_matcher.h"

#include <string.h>

#include "engine/edge_runs.h"

enum {
    PAIRS_A_TASK = 512,
    FAR_PAIR = 8, /* how many pairs ahead a text is asked for, and how many its shingles */
    NEAR_PAIR = 3,
    WORDS_CHUNK_BYTES = 4 << 20,
    READY_SHARE = 16,      /* of the limit, for texts of each kind that all workers keep ready */
    READY_WORD_BYTES = 80, /* of these, about */
};

/* Room for the words of a document: where the budget is limited until the next one is read. */
static nd_word_code *room_for_words(const nd_coverage_matcher *c, nd_coverage_worker *w, size_t num)
{
    if (!c->is_limited)
        return nd_arena_alloc(&w->words, num * sizeof(nd_word_code));
    w->read_words.len = 0;
    return ND_VEC_RESERVE(c->base.allocator, &w->read_words, num) == ND_OK ? w->read_words.items
                                                                           : NULL;
}

/* The words of the text, then, where some of its shingles repeat, which ones; NULL where there is
 * no memory.
 *
 *   | codes, 32 bits each | ND_REPEATS_WORDS(shingles), or nothing |                             */
static const nd_word_code *keep_words(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                      const nd_text *text, size_t num_shingles, size_t num_distinct)
{
    const size_t num = nd_text_num_tokens(text);
    const size_t num_kept = nd_num_kept_words(num, num_shingles, num_distinct);
    nd_word_code *const words = room_for_words(c, w, num_kept);
    if (!words)
        return NULL;
    nd_word_codes(text, words);
    if (num_kept > num)
        memcpy(words + num, w->repeats.items, (num_kept - num) * sizeof *words);
    return words;
}

/* The set, in text order, its sample, and the words. */
static nd_status read_text(nd_matcher *m, uint32_t worker, const nd_text *text, uint64_t *hashes,
                           size_t *num, void *block)
{
    const nd_coverage_matcher *const c = (const nd_coverage_matcher *)m;
    nd_coverage_worker *const w = &c->workers[worker];
    const bool is_judged = m->options->score > 0;
    const size_t num_shingles = *num;
    nd_kept_block *const kept = block;
    nd_status status = ND_OK;
    w->repeats.len = 0;
    if (is_judged)
        status = ND_VEC_RESERVE(m->allocator, &w->repeats, ND_REPEATS_WORDS(num_shingles));
    if (status == ND_OK)
        status = nd_position_index_distinct(&w->positions, m->allocator, hashes, num_shingles, num,
                                            is_judged ? w->repeats.items : NULL);
    if (status != ND_OK)
        return status;
    const nd_sampled_text sampled = nd_sampled_text_of(hashes, (uint32_t)*num);
    *kept = (nd_kept_block){sampled.num_samples, sampled.sample_shift, NULL};
    if (is_judged)
        kept->words = keep_words(c, w, text, num_shingles, *num);
    return is_judged && !kept->words ? ND_ERR_NO_MEMORY : ND_OK;
}

/* The words; the sample follows from the hashes. */
static const void *kept_words(const nd_matcher *m, const void *block, const nd_text_facts *facts,
                              size_t num_shingles, size_t *len)
{
    const nd_kept_block *const kept = block;
    (void)m;
    *len = kept->words ? nd_num_kept_words(facts->num_tokens, num_shingles, facts->num_hashes) *
                             sizeof *kept->words
                       : 0;
    return kept->words;
}

static nd_status take_kept_words(nd_matcher *m, uint32_t worker, const nd_text_facts *facts,
                                 const uint64_t *hashes, const void *bytes, size_t len, void *block)
{
    const nd_coverage_matcher *const c = (const nd_coverage_matcher *)m;
    const nd_sampled_text sampled = nd_sampled_text_of(hashes, facts->num_hashes);
    *(nd_kept_block *)block = (nd_kept_block){sampled.num_samples, sampled.sample_shift, NULL};
    if (m->options->score <= 0)
        return len == 0 ? ND_OK : ND_ERR_FORMAT;
    const size_t width = m->options->shingle.width, num_tokens = facts->num_tokens;
    const size_t num_shingles = num_tokens < width ? 1 : num_tokens - width + 1;
    if (len % sizeof(nd_word_code) != 0 || len / sizeof(nd_word_code) < num_tokens)
        return ND_ERR_FORMAT;
    if (c->has_trigrams && (facts->num_hashes > num_shingles ||
                            len / sizeof(nd_word_code) !=
                                nd_num_kept_words(num_tokens, num_shingles, facts->num_hashes)))
        return ND_ERR_FORMAT;
    if (c->is_limited) /* they are in the file */
        return ND_OK;
    nd_word_code *const words = nd_arena_alloc(&c->workers[worker].words, len);
    if (!words)
        return ND_ERR_NO_MEMORY;
    memcpy(words, bytes, len);
    ((nd_kept_block *)block)->words = words;
    return ND_OK;
}

/* The text, from the place where it is made ready: what is ready there is of what was read. */
static nd_status view_ready(const nd_coverage_matcher *c, nd_ready_text *ready, uint32_t text,
                            nd_text_view *view)
{
    if (c->is_limited && ready->filed.text != text + 1)
        ready->text = 0;
    return nd_coverage_view(c, &ready->filed, text, view);
}

/* Makes a text ready for verdicts, unless it is. */
static nd_status make_ready(const nd_coverage_matcher *c, nd_coverage_worker *w,
                            nd_ready_text *ready, uint32_t text)
{
    if (ready->text == text + 1)
        return ND_OK;
    nd_text_view view;
    nd_status status = view_ready(c, ready, text, &view);
    if (status != ND_OK)
        return status;
    const nd_kept_words *const words = &view.words;
    const nd_trigrams trigrams = {view.weighted.shingles, view.weighted.num,
                                  words->codes + words->num};
    ready->text = 0;
    status = nd_judged_text_make(&ready->judged, &w->judge.making, words->codes, words->num,
                                 c->has_trigrams ? &trigrams : NULL, c->base.allocator);
    if (status == ND_OK)
        ready->text = text + 1;
    return status;
}

/* One of `num` places, by a hash: texts that are compared with each other are about as long, so
 * that their numbers are no mixture by themselves. */
static uint32_t scattered(uint32_t text, uint32_t num)
{
    return (uint32_t)((uint64_t)(text * UINT32_C(0x9E3779B1)) * num >> 32);
}

/* Where a text is kept ready that is not the held one. */
static nd_ready_text *place_of(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t text)
{
    const uint32_t num = nd_coverage_num_words(c, text);
    return num <= ND_READY_WORDS        ? &w->ready[scattered(text, c->num_ready)]
           : num <= ND_READY_LONG_WORDS ? &w->ready_long[scattered(text, c->num_ready_long)]
                                        : &w->ready_other;
}

static void exchange(nd_ready_text *a, nd_ready_text *b)
{
    const nd_ready_text c = *a;
    *a = *b;
    *b = c;
}

/* Holds a text for verdicts: where it is ready it is taken from its place. The one held before goes
 * to its own place, as the next pairs may have it. */
static nd_status hold_ready(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t text)
{
    nd_ready_text *const held = &w->ready_held, *const place = place_of(c, w, text);
    if (held->text == text + 1)
        return ND_OK;
    if (held->text > 0)
        exchange(held, place_of(c, w, held->text - 1));
    if (place->text == text + 1)
        exchange(held, place);
    const bool is_ready = held->text == text + 1;
    nd_status status = make_ready(c, w, held, text);
    if (status == ND_OK)
        status = is_ready ? nd_judge_hold(&w->judge, &held->judged, c->base.allocator)
                          : nd_judge_hold_made(&w->judge, &held->judged, c->base.allocator);
    if (status != ND_OK)
        held->text = 0;
    return status;
}

/* The verdict on the texts of an edge, into its score; and its coverage, where no other is asked
 * for. `held` is one of them; shared: with the other one, or NULL. */
static nd_status judge(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t held,
                       const nd_stretch_vec *shared, nd_judge_need need, nd_edge *edge)
{
    const bool holds_from = held == edge->from;
    const uint32_t other = holds_from ? edge->to : edge->from;
    nd_ready_text *const ready_other = place_of(c, w, other);
    const nd_judge_request request = {c->has_trigrams ? shared : NULL, need, c->least_score};
    nd_judgement judgement = {0};
    nd_status status = hold_ready(c, w, held);
    if (status == ND_OK)
        status = make_ready(c, w, ready_other, other);
    if (status == ND_OK)
        status =
            nd_judge_held(&w->judge, &ready_other->judged, &request, c->base.allocator, &judgement);
    edge->score = (uint16_t)judgement.score;
    if (c->base.options->coverage > 0)
        return status;
    edge->from_covered = (uint16_t)judgement.covered[!holds_from];
    edge->to_covered = (uint16_t)judgement.covered[holds_from];
    return status;
}

static nd_status hold(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t text)
{
    if (w->held == text + 1)
        return ND_OK;
    nd_text_view view;
    w->held = 0;
    nd_status status = nd_coverage_view(c, &w->held_filed, text, &view);
    if (status == ND_OK)
        status = nd_coverage_finder_hold(&w->finder, &view.weighted, c->base.allocator);
    if (status == ND_OK)
        w->held = text + 1;
    return status;
}

/* Counts what the texts of an edge share; their coverage by that, too. The larger one is held. */
static nd_status measure_coverage(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                  nd_edge *edge)
{
    nd_text_view other;
    nd_coverage_counts counts = {0};
    nd_status status = hold(c, w, edge->from);
    if (status == ND_OK)
        status = view_ready(c, place_of(c, w, edge->to), edge->to, &other);
    if (status == ND_OK)
        status =
            nd_coverage_finder_measure(&w->finder, &other.weighted, c->base.allocator, &counts);
    edge->common = counts.common;
    edge->from_covered = (uint16_t)counts.of_held;
    edge->to_covered = (uint16_t)counts.of_other;
    return status;
}

/* Counts what they share, one of them being held, and finds where. */
static nd_status match_shingles(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t held,
                                nd_edge *edge)
{
    const uint32_t other = held == edge->from ? edge->to : edge->from;
    nd_text_view view;
    nd_status status = hold(c, w, held);
    if (status == ND_OK)
        status = view_ready(c, place_of(c, w, other), other, &view);
    return status == ND_OK ? nd_coverage_finder_match(&w->finder, &view.weighted, c->base.allocator,
                                                      &w->shared, &edge->common)
                           : status;
}

/* Whether the texts may match for another reason than the verdict. */
static bool may_match_unjudged(const nd_coverage_matcher *c, const nd_edge *edge)
{
    const nd_scan_options *const o = c->base.options;
    const uint32_t a = c->base.sets[edge->from].num, b = c->base.sets[edge->to].num;
    return c->least_score == 0 || o->coverage > 0 || o->rule.containment > 0 ||
           edge->common >= o->rule.jaccard * (a > b ? a : b);
}

static bool is_worth_judging(const nd_coverage_matcher *c, const nd_edge *edge)
{
    return nd_is_worth_judging(edge->common, c->base.sets[edge->from].num,
                               c->base.sets[edge->to].num);
}

/* Whether the texts surely share too little for a match; a bound of what they share is left in the
 * edge. */
static nd_status shares_too_little(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                   uint32_t held, nd_edge *edge, bool *is_too_little)
{
    const uint32_t other = held == edge->from ? edge->to : edge->from;
    const nd_status status = nd_coverage_bound_common(c, w, held, other, &edge->common);
    *is_too_little = status == ND_OK && !may_match_unjudged(c, edge) && !is_worth_judging(c, edge);
    return status;
}

nd_status nd_coverage_compare(const nd_coverage_matcher *c, nd_coverage_worker *w, uint64_t pair,
                              uint32_t held, bool *is_match)
{
    nd_edge edge = {.from = (uint32_t)(pair >> 32), .to = (uint32_t)pair};
    const bool is_judged = c->least_score > 0;
    const bool is_measured = nd_coverage_is_measured(c);
    bool is_too_little;
    nd_status status = shares_too_little(c, w, held, &edge, &is_too_little);
    w->num_candidates++;
    *is_match = false;
    if (status != ND_OK || is_too_little)
        return status;
    status = is_measured ? measure_coverage(c, w, &edge) : match_shingles(c, w, held, &edge);
    *is_match = status == ND_OK && may_match_unjudged(c, &edge) &&
                nd_matcher_see(&c->base, &edge).kind != ND_MATCH_NONE;
    if (status == ND_OK && is_judged && (*is_match || is_worth_judging(c, &edge))) {
        status = judge(c, w, held, is_measured ? NULL : &w->shared,
                       *is_match ? ND_JUDGE_ALL : ND_JUDGE_UNLESS_LOW, &edge);
        *is_match |= status == ND_OK && edge.score >= c->least_score;
    }
    if (status != ND_OK || !*is_match)
        return status;
    w->num_matches++;
    status = ND_VEC_RESERVE(c->base.allocator, &w->edges, 1);
    if (status == ND_OK)
        w->edges.items[w->edges.len++] = edge;
    return status;
}

static nd_status measure(nd_matcher *m, uint32_t a, uint32_t b, nd_edge *edge)
{
    nd_coverage_matcher *const c = (nd_coverage_matcher *)m;
    *edge = (nd_edge){.from = a, .to = b};
    const nd_status status = nd_coverage_is_measured(c) ? measure_coverage(c, c->workers, edge)
                                                        : match_shingles(c, c->workers, a, edge);
    return status == ND_OK && c->least_score > 0 ? judge(c, c->workers, a, NULL, ND_JUDGE_ALL, edge)
                                                 : status;
}

/* Asks for what the next pairs will read: their texts lie anywhere in memory. */
static void prefetch_pairs(const nd_coverage_matcher *c, size_t at)
{
    if (!c->pairs) /* in a file, as are the texts */
        return;
    if (at + FAR_PAIR < c->num_pairs)
        nd_coverage_prefetch(c, (uint32_t)c->pairs[at + FAR_PAIR], ND_ASK_PLACE);
    if (at + NEAR_PAIR < c->num_pairs)
        nd_coverage_prefetch(c, (uint32_t)c->pairs[at + NEAR_PAIR], ND_ASK_TEXT);
}

static nd_status verify_task(void *ctx, uint32_t worker, size_t task)
{
    const nd_coverage_matcher *const c = ctx;
    nd_coverage_worker *const w = &c->workers[worker];
    const size_t first = task * PAIRS_A_TASK, left = c->num_pairs - first;
    const size_t num = left < PAIRS_A_TASK ? left : PAIRS_A_TASK;
    const uint64_t *pairs;
    nd_status status = nd_coverage_get_pairs(c, w, first, num, &pairs);
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        bool is_match;
        prefetch_pairs(c, first + i);
        status = nd_coverage_compare(c, w, pairs[i], (uint32_t)(pairs[i] >> 32), &is_match);
    }
    return status == ND_OK && c->runs && w->edges.len >= c->runs->run_edges
               ? nd_edge_runs_add(c->runs, &w->edges)
               : status;
}

static nd_status match_all(nd_coverage_matcher *c)
{
    return nd_run_reported(c->base.options, c->base.allocator, ND_PHASE_COMPARE,
                           (c->num_pairs + PAIRS_A_TASK - 1) / PAIRS_A_TASK, verify_task, c);
}

static void release_ready(nd_ready_text *ready, const nd_allocator *a)
{
    nd_judged_text_release(&ready->judged, a);
    nd_filed_text_release(&ready->filed, a);
    ready->text = 0;
}

/* What a worker compares with; it grows again where it is used again. */
static void release_scratch(const nd_coverage_matcher *c, nd_coverage_worker *w)
{
    const nd_allocator *const a = c->base.allocator;
    nd_position_index_release(&w->positions, a);
    nd_candidate_finder_release(&w->candidates, a);
    ND_VEC_RELEASE(a, &w->pairs);
    nd_coverage_finder_release(&w->finder, a);
    nd_coverage_finder_init(&w->finder, c->base.options->shingle);
    w->held = 0;
    nd_filed_text_release(&w->held_filed, a);
    nd_judge_release(&w->judge, a);
    w->judge = (nd_judge){0};
    release_ready(&w->ready_held, a);
    release_ready(&w->ready_other, a);
    for (size_t i = 0; i < ND_READY_TEXTS; i++)
        release_ready(&w->ready[i], a);
    for (size_t i = 0; i < ND_READY_LONG; i++)
        release_ready(&w->ready_long[i], a);
    ND_VEC_RELEASE(a, &w->shared);
    ND_VEC_RELEASE(a, &w->repeats);
    ND_VEC_RELEASE(a, &w->read_words);
}

/* Writes what the workers have left. */
static nd_status end_runs(nd_coverage_matcher *c)
{
    nd_status status = ND_OK;
    for (uint32_t w = 0; w < c->base.options->num_threads && status == ND_OK; w++) {
        status = nd_edge_runs_add(c->runs, &c->workers[w].edges);
        ND_VEC_RELEASE(c->base.allocator, &c->workers[w].edges);
    }
    return status;
}

static nd_status match(nd_matcher *m, const nd_match_request *request, nd_edge_list *edges)
{
    nd_coverage_matcher *const c = (nd_coverage_matcher *)m;
    *edges = (nd_edge_list){0};
    c->runs = request->runs;
    nd_status status = nd_coverage_find_pairs(c, request->wanted);
    if (status == ND_OK)
        status = request->wanted == ND_WANT_GROUPS ? nd_coverage_match_groups(c, request->by_rank)
                                                   : match_all(c);
    nd_release(m->allocator, c->pairs);
    nd_temp_file_free(c->filed_pairs);
    c->pairs = NULL;
    c->filed_pairs = NULL;
    for (uint32_t w = 0; w < m->options->num_threads; w++)
        release_scratch(c, &c->workers[w]);
    if (status == ND_OK && c->runs)
        return end_runs(c);
    if (status == ND_OK)
        status = nd_edge_list_gather(edges, &c->workers->edges, sizeof *c->workers,
                                     m->options->num_threads, m->allocator);
    return status;
}

static void count(const nd_matcher *m, nd_scan_stats *stats)
{
    const nd_coverage_matcher *const c = (const nd_coverage_matcher *)m;
    for (uint32_t w = 0; w < m->options->num_threads; w++) {
        const nd_coverage_worker *const worker = &c->workers[w];
        stats->candidates += worker->num_candidates;
        stats->matches += worker->num_matches;
        stats->common_documents += worker->num_common;
        stats->capped_comparisons += worker->capped_comparisons;
    }
}

static void release(nd_matcher *m)
{
    nd_coverage_matcher *const c = (nd_coverage_matcher *)m;
    const nd_allocator *const a = m->allocator;
    for (uint32_t w = 0; c->workers && w < m->options->num_threads; w++) {
        nd_coverage_worker *const worker = &c->workers[w];
        release_scratch(c, worker);
        nd_arena_release(&worker->words);
        ND_VEC_RELEASE(a, &worker->edges);
    }
    nd_release(a, c->workers);
    nd_release(a, c->words);
    nd_release(a, c->num_words);
    nd_release(a, (void *)c->marks);
    nd_filed_samples_release(&c->filed);
    nd_temp_file_free(c->filed_pairs);
    nd_shared_shingles_release(&c->shared, a);
    nd_release(a, c->pairs);
    nd_release(a, c);
}

static const nd_matcher_kind KIND = {
    .text_size = ND_SIZE_SHINGLES,
    .has_coverage = true,
    .keeps_hashes = true,
    .read = read_text,
    .kept = kept_words,
    .take_kept = take_kept_words,
    .match = match,
    .measure = measure,
    .count = count,
    .release = release,
};

/* How many texts of up to so many words a worker keeps ready: as many as their share of the limit
 * has room for, but one at least. */
static uint32_t num_ready(const nd_scan_options *options, uint32_t words, uint32_t most)
{
    const uint64_t room = nd_budget_limit(options->budget) / READY_SHARE / options->num_threads;
    const uint64_t num = room / ((uint64_t)words * READY_WORD_BYTES);
    return num == 0 ? 1 : num < most ? (uint32_t)num : most;
}

nd_status nd_coverage_matcher_new(const nd_scan_options *options, const nd_allocator *allocator,
                                  nd_matcher **out)
{
    *out = NULL;
    nd_coverage_matcher *const c = nd_alloc_zeroed(allocator, 1, sizeof *c);
    if (!c)
        return ND_ERR_NO_MEMORY;
    c->base = (nd_matcher){.kind = &KIND,
                           .options = options,
                           .allocator = allocator,
                           .kind_block_bytes = sizeof(nd_kept_block),
                           .capped_text = ND_NO_TEXT};
    c->workers = nd_alloc_zeroed(allocator, options->num_threads, sizeof *c->workers);
    if (!c->workers) {
        nd_release(allocator, c);
        return ND_ERR_NO_MEMORY;
    }
    c->is_limited = nd_budget_is_limited(options->budget);
    c->num_ready = num_ready(options, ND_READY_WORDS, ND_READY_TEXTS);
    c->num_ready_long = num_ready(options, ND_READY_LONG_WORDS, ND_READY_LONG);
    c->has_trigrams = options->shingle.kind == ND_SHINGLE_WORD && options->shingle.width == 3;
    c->least_score = nd_least_score(options->score);
    for (uint32_t w = 0; w < options->num_threads; w++) {
        nd_coverage_finder_init(&c->workers[w].finder, options->shingle);
        nd_arena_init(&c->workers[w].words, allocator, WORDS_CHUNK_BYTES);
    }
    *out = &c->base;
    return ND_OK;
}
