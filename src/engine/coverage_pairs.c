/* The pairs that the matcher by coverage compares: proposed text by text, and put in the order in
 * which they are compared. Texts are numbered by their shingles, the largest first, and each
 * follows its rare shingles to larger texts that hold them (coverage/rare_candidates.c): it is the
 * smaller text of a pair that is covered, so it alone searches.
 *
 * Where the budget is limited the same goes by way of files (filed_candidates.h), and each order of
 * the pairs is that of sorted runs. */
#include <string.h>

#include "engine/coverage_matcher.h"
#include "util/sort.h"

enum {
    PAIRS_AT_ONCE = 1 << 12, /* on their way to a file or from it */
};

/* ---- in memory ---- */

static nd_status propose(nd_coverage_matcher *c, nd_coverage_worker *w, uint32_t text)
{
    nd_candidate_finder *const finder = &w->candidates;
    nd_status status = nd_candidate_finder_find(finder, &c->shared, text, w->walk.samples.items,
                                                c->base.allocator);
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

/* The texts of a chunk. */
static nd_status propose_task(void *ctx, uint32_t worker, size_t chunk)
{
    nd_coverage_matcher *const c = ctx;
    nd_coverage_worker *const w = &c->workers[worker];
    nd_status status = nd_posting_walk_begin(&w->walk, &c->shared, chunk, c->base.allocator);
    while (status == ND_OK && nd_posting_walk_has_next(&w->walk)) {
        size_t text;
        status = nd_posting_walk_next(&w->walk, c->base.allocator, &text);
        if (status == ND_OK)
            status = propose(c, w, (uint32_t)text);
    }
    return status;
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
 * itself; so copies of one text have one leader. Pairs come in ascending order. */
static void begin_leaders(uint32_t *leader_of, size_t num_texts)
{
    for (size_t t = 0; t < num_texts; t++)
        leader_of[t] = (uint32_t)t;
}

static void find_leader(uint32_t *leader_of, uint64_t pair)
{
    const uint32_t held = (uint32_t)(pair >> 32), other = (uint32_t)pair;
    if (leader_of[other] == other)
        leader_of[other] = leader_of[held];
}

/* Drops repeats, and finds the leaders. */
static size_t drop_repeats(uint64_t *pairs, size_t num, uint32_t *leader_of, size_t num_texts)
{
    size_t kept = 0;
    begin_leaders(leader_of, num_texts);
    for (size_t i = 0; i < num; i++) {
        if (kept > 0 && pairs[i] == pairs[kept - 1])
            continue;
        find_leader(leader_of, pairs[i]);
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
        c->num_pairs = drop_repeats(pairs, num, leader_of, num_texts);
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

static nd_status find_in_memory(nd_coverage_matcher *c, nd_wanted_matches wanted)
{
    nd_status status = nd_coverage_list_texts(c);
    if (status == ND_OK)
        status = nd_run_reported(c->base.options, c->base.allocator, ND_PHASE_SEARCH,
                                 ND_SHARED_CHUNKS, propose_task, c);
    for (uint32_t w = 0; w < c->base.options->num_threads; w++)
        nd_posting_walk_release(&c->workers[w].walk, c->base.allocator);
    if (status == ND_OK && nd_coverage_is_measured(c))
        status = nd_shared_shingles_keep_weights(&c->shared, c->base.options->num_threads,
                                                 c->base.allocator);
    nd_shared_shingles_forget_members(&c->shared, c->base.allocator);
    if (status == ND_OK && !nd_coverage_is_measured(c))
        status = nd_coverage_make_marks(c);
    return status == ND_OK ? collect_pairs(c, wanted) : status;
}

/* ---- in a file ---- */

/* Pairs on their way to the file: one after the other, repeats left out. */
typedef struct pair_filing {
    nd_coverage_matcher *matcher;
    nd_temp_file *file;
    uint64_t *buffer; /* PAIRS_AT_ONCE */
    size_t num;
    uint64_t last, num_filed;
    uint32_t *leader_of;     /* of the texts; NULL: not asked for */
    nd_sorted_runs *ordered; /* where pairs go by leader; NULL: in the order they come */
    nd_key_value_vec items;  /* what is not there yet */
} pair_filing;

static nd_status write_pairs(pair_filing *f)
{
    uint64_t at;
    const nd_status status =
        f->num > 0 ? nd_temp_file_append(f->file, f->buffer, f->num * sizeof *f->buffer, &at, NULL)
                   : ND_OK;
    f->num = 0;
    return status;
}

static nd_status file_pair(pair_filing *f, uint64_t pair)
{
    f->buffer[f->num++] = pair;
    f->num_filed++;
    return f->num == PAIRS_AT_ONCE ? write_pairs(f) : ND_OK;
}

/* An nd_sorted_item_fn: of runs by pair, */
static nd_status take_pair(void *ctx, const void *at)
{
    const nd_key_value *const item = at;
    pair_filing *const f = ctx;
    if (item->key == f->last)
        return ND_OK;
    f->last = item->key;
    if (!f->ordered)
        return file_pair(f, item->key);
    find_leader(f->leader_of, item->key);
    const nd_status status = ND_VEC_RESERVE(f->matcher->base.allocator, &f->items, 1);
    if (status != ND_OK)
        return status;
    f->items.items[f->items.len++] = (nd_key_value){f->leader_of[item->key >> 32], item->key};
    return f->items.len < nd_key_value_runs_most(f->ordered, 1)
               ? ND_OK
               : nd_key_value_runs_add(f->ordered, &f->items);
}

/* and of runs by another key, with pairs for values. */
static nd_status take_value(void *ctx, const void *at)
{
    const nd_key_value *const item = at;
    return file_pair(ctx, item->value);
}

/* Puts the pairs into a new file in place of the one there is: those of `runs`, which are sorted by
 * pair, ascending or, where all matches are wanted, leader by leader. */
static nd_status file_pairs(nd_coverage_matcher *c, const nd_sorted_runs *runs,
                            nd_wanted_matches wanted)
{
    const nd_allocator *const a = c->base.allocator;
    nd_budget *const budget = c->base.options->budget;
    nd_sorted_runs ordered;
    pair_filing f = {.matcher = c, .last = UINT64_MAX};
    nd_status status = nd_key_value_runs_init(&ordered, budget, a);
    if (status != ND_OK)
        return status;
    f.buffer = nd_alloc(a, PAIRS_AT_ONCE, sizeof *f.buffer);
    if (wanted == ND_WANT_ALL) {
        f.ordered = &ordered;
        f.leader_of = nd_alloc(a, c->base.catalog->num_texts, sizeof *f.leader_of);
        if (f.leader_of)
            begin_leaders(f.leader_of, c->base.catalog->num_texts);
    }
    status = f.buffer && (f.leader_of || !f.ordered) ? nd_temp_file_new(budget, &f.file, NULL)
                                                     : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_sorted_runs_merge(runs, take_pair, &f);
    if (status == ND_OK && f.ordered)
        status = nd_key_value_runs_add(f.ordered, &f.items);
    ND_VEC_RELEASE(a, &f.items);
    if (status == ND_OK && f.ordered)
        status = nd_sorted_runs_merge(f.ordered, take_value, &f);
    if (status == ND_OK)
        status = write_pairs(&f);
    nd_temp_file_free(c->filed_pairs);
    c->filed_pairs = f.file;
    c->num_pairs = (size_t)f.num_filed;
    nd_sorted_runs_release(&ordered);
    nd_release(a, f.leader_of);
    nd_release(a, f.buffer);
    return status;
}

/* Shingles of one text after the other, from the file. */
typedef struct shingle_reader {
    const nd_coverage_matcher *matcher;
    ND_VEC(uint64_t) shingles;
} shingle_reader;

/* See nd_text_source. */
static nd_status get_shingles(void *ctx, uint32_t text, const uint64_t **shingles, uint32_t *num)
{
    shingle_reader *const r = ctx;
    const nd_matcher *const m = &r->matcher->base;
    const nd_scan_set *const set = &m->sets[text];
    r->shingles.len = 0;
    nd_status status = ND_VEC_RESERVE(m->allocator, &r->shingles, set->num);
    if (status == ND_OK)
        status = nd_collection_read(m->collection, set->at, r->shingles.items,
                                    set->num * sizeof *r->shingles.items);
    *shingles = r->shingles.items;
    *num = set->num;
    return status;
}

static nd_status propose_by_files(nd_coverage_matcher *c, nd_filed_proposals *proposals)
{
    shingle_reader reader = {.matcher = c};
    nd_text_source source = {&reader, get_shingles, c->base.catalog->num_texts, 0};
    nd_status status = nd_coverage_list_filed_texts(c, &source.num_samples);
    if (status == ND_OK) {
        nd_collection_forget_blocks(c->base.collection);
        status = nd_filed_samples_init(&c->filed, c->base.options, c->base.allocator, &source,
                                       nd_coverage_is_measured(c), proposals);
    }
    ND_VEC_RELEASE(c->base.allocator, &reader.shingles);
    if (status == ND_OK)
        status = nd_filed_samples_search(&c->filed, proposals);
    if (c->filed.allocator)
        nd_filed_samples_forget_lists(&c->filed);
    return status;
}

static nd_status find_by_files(nd_coverage_matcher *c, nd_wanted_matches wanted)
{
    nd_sorted_runs runs;
    nd_filed_proposals proposals = {.pairs = &runs, .common_text = ND_NO_TEXT};
    nd_status status = nd_key_value_runs_init(&runs, c->base.options->budget, c->base.allocator);
    if (status != ND_OK)
        return status;
    status = propose_by_files(c, &proposals);
    c->workers->num_common = proposals.num_common;
    c->workers->capped_comparisons = proposals.capped_comparisons;
    c->workers->common_text = proposals.common_text + 1; /* ND_NO_TEXT: 0 */
    if (status == ND_OK)
        status = file_pairs(c, &runs, wanted);
    nd_sorted_runs_release(&runs);
    return status;
}

/* ---- either ---- */

nd_status nd_coverage_find_pairs(nd_coverage_matcher *c, nd_wanted_matches wanted)
{
    const nd_status status = c->is_limited ? find_by_files(c, wanted) : find_in_memory(c, wanted);
    for (uint32_t w = 0; w < c->base.options->num_threads; w++)
        if (c->workers[w].common_text && c->workers[w].common_text - 1 < c->base.capped_text)
            c->base.capped_text = c->workers[w].common_text - 1;
    return status;
}

nd_status nd_coverage_get_pairs(const nd_coverage_matcher *c, nd_coverage_worker *w, size_t first,
                                size_t num, const uint64_t **pairs)
{
    if (!c->is_limited) {
        *pairs = c->pairs + first;
        return ND_OK;
    }
    w->pairs.len = 0;
    const nd_status status = ND_VEC_RESERVE(c->base.allocator, &w->pairs, num + 1);
    *pairs = w->pairs.items;
    return status == ND_OK && num > 0
               ? nd_temp_file_read(c->filed_pairs, first * sizeof **pairs, w->pairs.items,
                                   num * sizeof **pairs, NULL)
               : status;
}

static nd_status map_filed_pairs(nd_coverage_matcher *c, nd_pair_map_fn map, void *ctx)
{
    nd_coverage_worker *const w = c->workers;
    nd_sorted_runs runs;
    nd_key_value_vec items = {0};
    nd_status status = nd_key_value_runs_init(&runs, c->base.options->budget, c->base.allocator);
    if (status != ND_OK)
        return status;
    for (size_t first = 0; first < c->num_pairs && status == ND_OK; first += PAIRS_AT_ONCE) {
        const size_t left = c->num_pairs - first;
        const size_t num = left < PAIRS_AT_ONCE ? left : PAIRS_AT_ONCE;
        const uint64_t *pairs;
        status = nd_coverage_get_pairs(c, w, first, num, &pairs);
        if (status == ND_OK)
            status = ND_VEC_RESERVE(c->base.allocator, &items, num);
        for (size_t i = 0; i < num && status == ND_OK; i++)
            items.items[items.len++] = (nd_key_value){map(ctx, pairs[i]), 0};
        if (status == ND_OK && items.len >= nd_key_value_runs_most(&runs, 1))
            status = nd_key_value_runs_add(&runs, &items);
    }
    if (status == ND_OK)
        status = nd_key_value_runs_add(&runs, &items);
    ND_VEC_RELEASE(c->base.allocator, &items);
    if (status == ND_OK)
        status = file_pairs(c, &runs, ND_WANT_GROUPS);
    nd_sorted_runs_release(&runs);
    return status;
}

nd_status nd_coverage_map_pairs(nd_coverage_matcher *c, nd_pair_map_fn map, void *ctx)
{
    if (c->is_limited)
        return map_filed_pairs(c, map, ctx);
    uint64_t *const scratch = nd_alloc(c->base.allocator, c->num_pairs, sizeof *scratch);
    if (!scratch)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < c->num_pairs; i++)
        c->pairs[i] = map(ctx, c->pairs[i]);
    nd_radix_sort_u64(c->pairs, scratch, c->num_pairs);
    nd_release(c->base.allocator, scratch);
    return ND_OK;
}
