/* Matches by what texts share: copies cut, embedded, re-led and edited (the news preset), told by
 * their coverage or by the verdict on them.
 *
 * There are no bands. Texts are numbered by their shingles, the largest first, and each follows its
 * rare shingles to larger texts that hold them (coverage/rare_candidates.c): it is the smaller text
 * of a pair that is covered, so it alone searches. The pairs are then measured leader by leader,
 * the leader being the largest text that a pair goes back to, so that the copies of a text are met
 * while they are in the cache. */
#include "engine/coverage_matcher.h"

#include <string.h>

#include "engine/matcher.h"
#include "util/sort.h"

enum {
    TEXTS_A_TASK = 256,
    PAIRS_A_TASK = 512,
    FAR_PAIR = 8, /* how many pairs ahead a text is asked for, and how many its shingles */
    NEAR_PAIR = 3,
    PREFETCHED_BYTES = 512, /* the processor goes on by itself */
    LINE_BYTES = 64,
    WORDS_CHUNK_BYTES = 1 << 20,
    AHEAD_TEXT = 2, /* how many texts ahead of the search shingles are asked for */
};

/* A document's block. */
typedef struct kept_block {
    uint32_t num_samples, sample_shift; /* see nd_sampled_text_of */
    const nd_word_code *words;          /* NULL where no verdict is asked for */
} kept_block;

/* 32-bit codes and repeats that keep_words makes. */
static size_t num_kept_words(size_t num_tokens, size_t num_shingles, size_t num_distinct)
{
    return num_tokens + (num_distinct < num_shingles ? ND_REPEATS_WORDS(num_shingles) : 0);
}

/* The words of the text, then, where some of its shingles repeat, which ones; NULL where there is
 * no memory.
 *
 *   | codes, 32 bits each | ND_REPEATS_WORDS(shingles), or nothing |                             */
static const nd_word_code *keep_words(nd_coverage_worker *w, const nd_text *text,
                                      size_t num_shingles, size_t num_distinct)
{
    const size_t num = nd_text_num_tokens(text);
    const size_t num_kept = num_kept_words(num, num_shingles, num_distinct);
    nd_word_code *const words = nd_arena_alloc(&w->words, num_kept * sizeof *words);
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
    nd_coverage_worker *const w = &((nd_coverage_matcher *)m)->workers[worker];
    const bool is_judged = m->options->score > 0;
    const size_t num_shingles = *num;
    kept_block *const kept = block;
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
    *kept = (kept_block){sampled.num_samples, sampled.sample_shift, NULL};
    if (is_judged)
        kept->words = keep_words(w, text, num_shingles, *num);
    return is_judged && !kept->words ? ND_ERR_NO_MEMORY : ND_OK;
}

/* The words; the sample follows from the hashes. */
static const void *kept_words(const nd_matcher *m, const void *block, const nd_text_facts *facts,
                              size_t num_shingles, size_t *len)
{
    const kept_block *const kept = block;
    (void)m;
    *len = kept->words ? num_kept_words(facts->num_tokens, num_shingles, facts->num_hashes) *
                             sizeof *kept->words
                       : 0;
    return kept->words;
}

static nd_status take_kept_words(nd_matcher *m, uint32_t worker, const nd_text_facts *facts,
                                 const uint64_t *hashes, const void *bytes, size_t len, void *block)
{
    const nd_coverage_matcher *const c = (const nd_coverage_matcher *)m;
    const nd_sampled_text sampled = nd_sampled_text_of(hashes, facts->num_hashes);
    *(kept_block *)block = (kept_block){sampled.num_samples, sampled.sample_shift, NULL};
    if (m->options->score <= 0)
        return len == 0 ? ND_OK : ND_ERR_FORMAT;
    const size_t width = m->options->shingle.width, num_tokens = facts->num_tokens;
    const size_t num_shingles = num_tokens < width ? 1 : num_tokens - width + 1;
    if (len % sizeof(nd_word_code) != 0 || len / sizeof(nd_word_code) < num_tokens)
        return ND_ERR_FORMAT;
    if (c->has_trigrams &&
        (facts->num_hashes > num_shingles ||
         len / sizeof(nd_word_code) != num_kept_words(num_tokens, num_shingles, facts->num_hashes)))
        return ND_ERR_FORMAT;
    nd_word_code *const words = nd_arena_alloc(&c->workers[worker].words, len);
    if (!words)
        return ND_ERR_NO_MEMORY;
    memcpy(words, bytes, len);
    ((kept_block *)block)->words = words;
    return ND_OK;
}

static nd_weighted_text weighted_text(const nd_coverage_matcher *c, uint32_t text)
{
    const nd_sampled_text *const t = &c->shared.texts[text];
    return (nd_weighted_text){
        .shingles = t->shingles,
        .num = t->num,
        .num_samples = t->num_samples,
        .weights = c->shared.weights + t->first_sample,
        .weight_sum = t->weight_sum,
        .sampled_up_to = nd_sampled_up_to(t),
    };
}

/* Makes a text ready for verdicts, unless it is. */
static nd_status make_ready(const nd_coverage_matcher *c, nd_coverage_worker *w,
                            nd_ready_text *ready, uint32_t text)
{
    const nd_kept_words *const words = &c->words[text];
    const nd_sampled_text *const t = &c->shared.texts[text];
    const nd_trigrams trigrams = {t->shingles, t->num, words->codes + words->num};
    if (ready->text == text + 1)
        return ND_OK;
    ready->text = 0;
    const nd_status status =
        nd_judged_text_make(&ready->judged, &w->judge.making, words->codes, words->num,
                            c->has_trigrams ? &trigrams : NULL, c->base.allocator);
    if (status == ND_OK)
        ready->text = text + 1;
    return status;
}

/* Where a text is kept ready that is not the held one. */
static nd_ready_text *place_of(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t text)
{
    return c->words[text].num <= ND_READY_WORDS        ? &w->ready[text % ND_READY_TEXTS]
           : c->words[text].num <= ND_READY_LONG_WORDS ? &w->ready_long[text % ND_READY_LONG]
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
    nd_status status = make_ready(c, w, held, text);
    if (status == ND_OK)
        status = nd_judge_hold(&w->judge, &held->judged, c->base.allocator);
    if (status != ND_OK)
        held->text = 0;
    return status;
}

/* The verdict on the texts of an edge, into its score; and its coverage, where no other is asked
 * for. `held` is one of them; places: of the other one's shingles in it, or NULL. */
static nd_status judge(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t held,
                       const uint32_t *places, nd_judge_need need, nd_edge *edge)
{
    const bool holds_from = held == edge->from;
    const uint32_t other = holds_from ? edge->to : edge->from;
    nd_ready_text *const ready_other = place_of(c, w, other);
    const nd_judge_request request = {c->has_trigrams ? places : NULL, need, c->least_score};
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
    const nd_weighted_text held = weighted_text(c, text);
    w->held = 0;
    const nd_status status = nd_coverage_finder_hold(&w->finder, &held, c->base.allocator);
    if (status == ND_OK)
        w->held = text + 1;
    return status;
}

/* Counts what the texts of an edge share; their coverage by that, too. The larger one is held. */
static nd_status measure_coverage(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                  nd_edge *edge)
{
    const nd_weighted_text other = weighted_text(c, edge->to);
    nd_coverage_counts counts = {0};
    nd_status status = hold(c, w, edge->from);
    if (status == ND_OK)
        status = nd_coverage_finder_measure(&w->finder, &other, c->base.allocator, &counts);
    edge->common = counts.common;
    edge->from_covered = (uint16_t)counts.of_held;
    edge->to_covered = (uint16_t)counts.of_other;
    return status;
}

/* Counts what they share, one of them being held, and finds where in it. */
static nd_status match_shingles(const nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t held,
                                nd_edge *edge)
{
    const nd_weighted_text other = weighted_text(c, held == edge->from ? edge->to : edge->from);
    nd_status status = hold(c, w, held);
    w->places.len = 0;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(c->base.allocator, &w->places, other.num);
    if (status == ND_OK)
        edge->common = nd_coverage_finder_match(&w->finder, &other, w->places.items);
    return status;
}

/* Whether the texts may match for another reason than the verdict. */
static bool may_match_unjudged(const nd_coverage_matcher *c, const nd_edge *edge)
{
    const nd_scan_options *const o = c->base.options;
    const uint32_t a = c->shared.texts[edge->from].num, b = c->shared.texts[edge->to].num;
    return c->least_score == 0 || o->coverage > 0 || o->rule.containment > 0 ||
           edge->common >= o->rule.jaccard * (a > b ? a : b);
}

static bool is_worth_judging(const nd_coverage_matcher *c, const nd_edge *edge)
{
    return nd_is_worth_judging(edge->common, c->shared.texts[edge->from].num,
                               c->shared.texts[edge->to].num);
}

nd_status nd_coverage_compare(const nd_coverage_matcher *c, nd_coverage_worker *w, uint64_t pair,
                              uint32_t held, bool *is_match)
{
    nd_edge edge = {.from = (uint32_t)(pair >> 32), .to = (uint32_t)pair};
    const bool is_judged = c->least_score > 0;
    const bool is_measured = !is_judged || c->base.options->coverage > 0;
    nd_status status =
        is_measured ? measure_coverage(c, w, &edge) : match_shingles(c, w, held, &edge);
    w->num_candidates++;
    *is_match = status == ND_OK && may_match_unjudged(c, &edge) &&
                nd_matcher_see(&c->base, &edge).kind != ND_MATCH_NONE;
    if (status == ND_OK && is_judged && (*is_match || is_worth_judging(c, &edge))) {
        status = judge(c, w, held, is_measured ? NULL : w->places.items,
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
    const nd_status status = measure_coverage(c, c->workers, edge);
    return status == ND_OK && c->least_score > 0 ? judge(c, c->workers, a, NULL, ND_JUDGE_ALL, edge)
                                                 : status;
}

static nd_status share_shingles(nd_coverage_matcher *c)
{
    const nd_catalog *const catalog = c->base.catalog;
    const nd_collection *const collection = c->base.collection;
    const size_t num = catalog->num_texts;
    nd_sampled_text *const texts = nd_alloc(c->base.allocator, num, sizeof *texts);
    c->words = nd_alloc(c->base.allocator, num, sizeof *c->words);
    if (!texts || !c->words || nd_matcher_make_sets(&c->base) != ND_OK) {
        nd_release(c->base.allocator, texts);
        return ND_ERR_NO_MEMORY;
    }
    for (size_t x = 0; x < num; x++) {
        const uint32_t index = nd_catalog_record(catalog, (uint32_t)x)->index;
        const nd_chunk *const chunk = nd_collection_chunk(collection, index);
        const size_t place = index & (ND_CHUNK_DOCUMENTS - 1);
        const kept_block *const kept =
            (const kept_block *)(const void *)(chunk->blocks + place * sizeof *kept);
        c->base.sets[x] = (nd_scan_set){.hashes = chunk->documents[place].hashes,
                                        .num = chunk->texts[place].num_hashes,
                                        .state = ND_SET_MADE};
        texts[x] = (nd_sampled_text){.shingles = c->base.sets[x].hashes,
                                     .num = c->base.sets[x].num,
                                     .num_samples = kept->num_samples,
                                     .sample_shift = kept->sample_shift};
        c->words[x] =
            (nd_kept_words){kept->words, nd_catalog_record(catalog, (uint32_t)x)->num_tokens};
    }
    return nd_shared_shingles_init(&c->shared, texts, num, c->base.options->num_threads,
                                   c->base.allocator);
}

static void prefetch_bytes(const void *bytes, size_t len_bytes)
{
    for (size_t at = 0; at < PREFETCHED_BYTES && at < len_bytes; at += LINE_BYTES)
        __builtin_prefetch((const char *)bytes + at);
}

static nd_status propose(nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t text)
{
    nd_candidate_finder *const finder = &w->candidates;
    nd_status status = nd_candidate_finder_find(finder, &c->shared, text, c->base.allocator);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(c->base.allocator, &w->pairs, finder->candidates.len);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < finder->candidates.len; i++)
        w->pairs.items[w->pairs.len++] = (uint64_t)finder->candidates.items[i] << 32 | text;
    w->num_common += finder->left_out > 0;
    if (finder->left_out > 0) {
        w->capped_comparisons += finder->left_out < text ? finder->left_out : text;
        if (w->common_text == 0 || text < w->common_text - 1)
            w->common_text = text + 1;
    }
    return ND_OK;
}

static nd_status propose_task(void *ctx, uint32_t worker, size_t task)
{
    nd_coverage_matcher *const c = ctx;
    const size_t end = (task + 1) * TEXTS_A_TASK;
    for (size_t x = task * TEXTS_A_TASK; x < end && x < c->base.catalog->num_texts; x++) {
        if (x + AHEAD_TEXT < c->base.catalog->num_texts) {
            const nd_sampled_text *const ahead = &c->shared.texts[x + AHEAD_TEXT];
            prefetch_bytes(ahead->shingles, ahead->num * sizeof *ahead->shingles);
        }
        const nd_status status = propose(c, &c->workers[worker], (uint32_t)x);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

/* Takes the workers' pairs, and sorts them. */
static void gather_pairs(nd_coverage_matcher *c, uint64_t *pairs, uint64_t *scratch)
{
    size_t num = 0;
    for (uint32_t w = 0; w < c->base.options->num_threads; w++) {
        const size_t len = c->workers[w].pairs.len;
        if (len)
            memcpy(pairs + num, c->workers[w].pairs.items, len * sizeof *pairs);
        num += len;
        ND_VEC_RELEASE(c->base.allocator, &c->workers[w].pairs);
    }
    nd_radix_sort_u64(pairs, scratch, num);
}

/* Finds out which text leads each one: that which leads the largest text it is paired with, or
 * itself; so copies of one text have one leader. Drops repeats. */
static size_t find_leaders(uint64_t *pairs, size_t num, uint32_t *leader_of, size_t num_texts)
{
    size_t kept = 0;
    for (size_t t = 0; t < num_texts; t++)
        leader_of[t] = (uint32_t)t;
    for (size_t i = 0; i < num; i++) {
        const uint32_t held = (uint32_t)(pairs[i] >> 32), other = (uint32_t)pairs[i];
        if (kept > 0 && pairs[i] == pairs[kept - 1])
            continue;
        if (leader_of[other] == other)
            leader_of[other] = leader_of[held];
        pairs[kept++] = pairs[i];
    }
    return kept;
}

/* Writes the pairs to `ordered` leader by leader. */
static void order_by_leader(const uint64_t *pairs, size_t num, const uint32_t *leader_of,
                            size_t *next, size_t num_texts, uint64_t *ordered)
{
    for (size_t i = 0; i < num; i++)
        next[leader_of[pairs[i] >> 32]]++;
    size_t at = 0;
    for (size_t t = 0; t < num_texts; t++) {
        const size_t count = next[t];
        next[t] = at;
        at += count;
    }
    for (size_t i = 0; i < num; i++)
        ordered[next[leader_of[pairs[i] >> 32]]++] = pairs[i];
}

/* The workers' pairs, none twice: ascending for groups, else leader by leader. */
static nd_status collect_pairs(nd_coverage_matcher *c, nd_wanted_matches wanted)
{
    const nd_allocator *const a = c->base.allocator;
    const size_t num_texts = c->base.catalog->num_texts;
    size_t num = 0;
    for (uint32_t w = 0; w < c->base.options->num_threads; w++)
        num += c->workers[w].pairs.len;
    uint64_t *pairs = nd_alloc(a, num, sizeof *pairs);
    c->pairs = nd_alloc(a, num, sizeof *c->pairs);
    uint32_t *const leader_of = nd_alloc(a, num_texts, sizeof *leader_of);
    size_t *const next = nd_alloc_zeroed(a, num_texts, sizeof *next);
    const bool has_room = c->pairs && pairs && leader_of && next;
    if (has_room) {
        gather_pairs(c, pairs, c->pairs);
        c->num_pairs = find_leaders(pairs, num, leader_of, num_texts);
        if (wanted == ND_WANT_ALL) {
            order_by_leader(pairs, c->num_pairs, leader_of, next, num_texts, c->pairs);
        } else {
            uint64_t *const ascending = pairs;
            pairs = c->pairs;
            c->pairs = ascending;
        }
    }
    nd_release(a, pairs);
    nd_release(a, leader_of);
    nd_release(a, next);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

void nd_coverage_prefetch(const nd_coverage_matcher *c, uint32_t text, nd_asked_part part)
{
    const nd_sampled_text *const t = &c->shared.texts[text];
    const nd_kept_words *const words = &c->words[text];
    if (part == ND_ASK_PLACE) {
        __builtin_prefetch(t);
        __builtin_prefetch(words);
        return;
    }
    prefetch_bytes(t->shingles, t->num * sizeof *t->shingles);
    if (c->least_score > 0)
        prefetch_bytes(words->codes, words->num * sizeof *words->codes);
    if (c->least_score == 0 || c->base.options->coverage > 0)
        prefetch_bytes(c->shared.weights + t->first_sample,
                       t->num_samples * sizeof *c->shared.weights);
}

/* Asks for what the next pairs will read: their texts lie anywhere in memory. */
static void prefetch_pairs(const nd_coverage_matcher *c, size_t at)
{
    if (at + FAR_PAIR < c->num_pairs)
        nd_coverage_prefetch(c, (uint32_t)c->pairs[at + FAR_PAIR], ND_ASK_PLACE);
    if (at + NEAR_PAIR < c->num_pairs)
        nd_coverage_prefetch(c, (uint32_t)c->pairs[at + NEAR_PAIR], ND_ASK_TEXT);
}

static nd_status verify_task(void *ctx, uint32_t worker, size_t task)
{
    const nd_coverage_matcher *const c = ctx;
    nd_coverage_worker *const w = &c->workers[worker];
    const size_t first = task * PAIRS_A_TASK;
    const size_t end = c->num_pairs - first < PAIRS_A_TASK ? c->num_pairs : first + PAIRS_A_TASK;
    nd_status status = ND_OK;
    for (size_t i = first; i < end && status == ND_OK; i++) {
        bool is_match;
        prefetch_pairs(c, i);
        status = nd_coverage_compare(c, w, c->pairs[i], (uint32_t)(c->pairs[i] >> 32), &is_match);
    }
    return status;
}

static nd_status match_all(nd_coverage_matcher *c)
{
    return nd_run_reported(c->base.options, c->base.allocator, ND_PHASE_COMPARE,
                           (c->num_pairs + PAIRS_A_TASK - 1) / PAIRS_A_TASK, verify_task, c);
}

static nd_status match(nd_matcher *m, const nd_match_request *request, nd_edge_list *edges)
{
    nd_coverage_matcher *const c = (nd_coverage_matcher *)m;
    const nd_scan_options *const o = m->options;
    const size_t num_texts = m->catalog->num_texts;
    *edges = (nd_edge_list){0};
    nd_status status = share_shingles(c);
    if (status == ND_OK)
        status = nd_run_reported(o, m->allocator, ND_PHASE_SEARCH,
                                 (num_texts + TEXTS_A_TASK - 1) / TEXTS_A_TASK, propose_task, c);
    nd_shared_shingles_forget_members(&c->shared, m->allocator);
    for (uint32_t w = 0; w < o->num_threads; w++)
        if (c->workers[w].common_text && c->workers[w].common_text - 1 < m->capped_text)
            m->capped_text = c->workers[w].common_text - 1;
    if (status == ND_OK)
        status = collect_pairs(c, request->wanted);
    if (status == ND_OK)
        status = request->wanted == ND_WANT_GROUPS ? nd_coverage_match_groups(c, request->by_rank)
                                                   : match_all(c);
    nd_release(m->allocator, c->pairs);
    c->pairs = NULL;
    if (status == ND_OK)
        status = nd_edge_list_gather(edges, &c->workers->edges, sizeof *c->workers, o->num_threads,
                                     m->allocator);
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
        nd_position_index_release(&worker->positions, a);
        nd_candidate_finder_release(&worker->candidates, a);
        ND_VEC_RELEASE(a, &worker->pairs);
        nd_coverage_finder_release(&worker->finder, a);
        nd_judge_release(&worker->judge, a);
        nd_arena_release(&worker->words);
        nd_judged_text_release(&worker->ready_held.judged, a);
        nd_judged_text_release(&worker->ready_other.judged, a);
        for (size_t i = 0; i < ND_READY_TEXTS; i++)
            nd_judged_text_release(&worker->ready[i].judged, a);
        for (size_t i = 0; i < ND_READY_LONG; i++)
            nd_judged_text_release(&worker->ready_long[i].judged, a);
        ND_VEC_RELEASE(a, &worker->places);
        ND_VEC_RELEASE(a, &worker->repeats);
        ND_VEC_RELEASE(a, &worker->edges);
    }
    nd_release(a, c->workers);
    nd_release(a, c->words);
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
                           .kind_block_bytes = sizeof(kept_block),
                           .capped_text = ND_NO_TEXT};
    c->workers = nd_alloc_zeroed(allocator, options->num_threads, sizeof *c->workers);
    if (!c->workers) {
        nd_release(allocator, c);
        return ND_ERR_NO_MEMORY;
    }
    c->has_trigrams = options->shingle.kind == ND_SHINGLE_WORD && options->shingle.width == 3;
    c->least_score = nd_least_score(options->score);
    for (uint32_t w = 0; w < options->num_threads; w++) {
        nd_coverage_finder_init(&c->workers[w].finder, options->shingle);
        nd_arena_init(&c->workers[w].words, allocator, WORDS_CHUNK_BYTES);
    }
    *out = &c->base;
    return ND_OK;
}
