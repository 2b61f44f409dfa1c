/* Candidates by way of files are those that are found in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/catalog.h"
#include "engine/filed_candidates.h"
#include "failing_allocator.h"
#include "random.h"

enum { MAX_SHINGLES = 700 };

/* Texts of distinct shingles; their order is that of their numbers. */
typedef struct collection {
    uint64_t *shingles; /* MAX_SHINGLES a text */
    uint32_t *nums;
    size_t num;
} collection;

static uint64_t shingle_of(uint64_t number)
{
    nd_random random = {number};
    return nd_random_u64(&random);
}

static void append(collection *c, size_t text, uint64_t first, uint32_t num)
{
    for (uint32_t i = 0; i < num && c->nums[text] < MAX_SHINGLES; i++)
        c->shingles[text * MAX_SHINGLES + c->nums[text]++] = shingle_of(first + i);
}

/* Texts of all lengths: with parts of others, with footers that dozens and hundreds share, and some
 * made of hardly anything else. */
static collection make_collection(size_t num, uint64_t seed)
{
    collection c = {calloc(num * MAX_SHINGLES, sizeof *c.shingles), calloc(num, sizeof *c.nums),
                    num};
    nd_random random = {seed};
    assert_non_null(c.shingles);
    assert_non_null(c.nums);
    for (size_t x = 0; x < num; x++) {
        const uint64_t kind = nd_random_u64(&random) % 8, footer = nd_random_u64(&random) % 3;
        append(&c, x, 1000000 + x * 1000,
               kind == 0 ? 1 : 1 + (uint32_t)(nd_random_u64(&random) % (kind < 4 ? 60 : 500)));
        if (kind % 2 == 0 && x > 0)
            append(&c, x, 1000000 + nd_random_u64(&random) % x * 1000, 10 + 20 * (uint32_t)kind);
        if (kind < 6)
            append(&c, x, footer * 1000, 3 + 12 * (uint32_t)footer);
        append(&c, x, 5000 + x % 11 * 100, 4); /* in as many as are rare, or nearly */
    }
    return c;
}

static void release(collection *c)
{
    free(c->shingles);
    free(c->nums);
}

static nd_status get(void *ctx, uint32_t text, const uint64_t **shingles, uint32_t *num)
{
    const collection *const c = ctx;
    *shingles = c->shingles + (size_t)text * MAX_SHINGLES;
    *num = c->nums[text];
    return ND_OK;
}

/* What is proposed: pairs, ascending and none twice, weights of all samples, and what was counted.
 */
typedef struct proposals {
    ND_VEC(uint64_t) pairs;
    ND_VEC(uint16_t) weights;
    uint64_t num_common, capped_comparisons;
    uint32_t common_text;
} proposals;

static nd_allocator plain(void)
{
    return nd_allocator_or_default(NULL);
}

static void add_pair(proposals *p, uint64_t pair)
{
    const nd_allocator a = plain();
    if (p->pairs.len > 0 && p->pairs.items[p->pairs.len - 1] == pair)
        return;
    assert_int_equal(ND_VEC_RESERVE(&a, &p->pairs, 1), ND_OK);
    p->pairs.items[p->pairs.len++] = pair;
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Adds the pairs of the next text of the walk to `all`, and what picks left out to `p`. */
static void add_proposed(nd_posting_walk *walk, nd_candidate_finder *finder, proposals *all,
                         proposals *p)
{
    const nd_allocator a = plain();
    size_t x;
    assert_int_equal(nd_posting_walk_next(walk, &a, &x), ND_OK);
    assert_int_equal(
        nd_candidate_finder_find(finder, walk->shared, (uint32_t)x, walk->samples.items, &a),
        ND_OK);
    assert_int_equal(ND_VEC_RESERVE(&a, &all->pairs, finder->candidates.len), ND_OK);
    for (size_t i = 0; i < finder->candidates.len; i++)
        all->pairs.items[all->pairs.len++] = (uint64_t)finder->candidates.items[i] << 32 | x;
    if (finder->left_out == 0)
        return;
    p->num_common++;
    p->capped_comparisons += finder->left_out < x ? finder->left_out : x;
    p->common_text = x < p->common_text ? (uint32_t)x : p->common_text;
}

static proposals find_in_memory(const collection *c)
{
    const nd_allocator a = plain();
    proposals p = {.common_text = ND_NO_TEXT}, all = {0};
    nd_shared_shingles shared;
    nd_candidate_finder finder = {0};
    nd_posting_walk walk = {0};
    nd_sampled_text *const texts = nd_alloc(&a, c->num, sizeof *texts);
    assert_non_null(texts);
    for (size_t x = 0; x < c->num; x++)
        texts[x] = nd_sampled_text_of(c->shingles + x * MAX_SHINGLES, c->nums[x]);
    assert_int_equal(nd_shared_shingles_init(&shared, texts, c->num, 2, &a), ND_OK);
    for (size_t chunk = 0; chunk < ND_SHARED_CHUNKS; chunk++) {
        assert_int_equal(nd_posting_walk_begin(&walk, &shared, chunk, &a), ND_OK);
        while (nd_posting_walk_has_next(&walk))
            add_proposed(&walk, &finder, &all, &p);
    }
    qsort(all.pairs.items, all.pairs.len, sizeof *all.pairs.items, compare_u64);
    for (size_t i = 0; i < all.pairs.len; i++)
        add_pair(&p, all.pairs.items[i]);
    assert_int_equal(nd_shared_shingles_keep_weights(&shared, 2, &a), ND_OK);
    assert_int_equal(ND_VEC_RESERVE(&a, &p.weights, shared.num_samples), ND_OK);
    p.weights.len = shared.num_samples;
    memcpy(p.weights.items, shared.weights, shared.num_samples * sizeof *shared.weights);
    ND_VEC_RELEASE(&a, &all.pairs);
    nd_candidate_finder_release(&finder, &a);
    nd_posting_walk_release(&walk, &a);
    nd_shared_shingles_release(&shared, &a);
    return p;
}

static nd_status take_pair(void *ctx, const void *at)
{
    const nd_key_value *const item = at;
    add_pair(ctx, item->key);
    return ND_OK;
}

static nd_status find_in_files(const collection *c, nd_budget *budget, uint32_t num_threads,
                               proposals *p)
{
    const nd_allocator *const a = nd_budget_allocator(budget);
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    options.budget = budget;
    options.num_threads = num_threads;
    nd_text_source source = {(void *)c, get, c->num, 0};
    for (size_t x = 0; x < c->num; x++)
        source.num_samples +=
            nd_sampled_text_of(c->shingles + x * MAX_SHINGLES, c->nums[x]).num_samples;
    nd_sorted_runs runs;
    nd_filed_samples samples;
    nd_filed_proposals filed = {.pairs = &runs, .common_text = ND_NO_TEXT};
    assert_int_equal(nd_key_value_runs_init(&runs, budget, a), ND_OK);
    nd_status status = nd_filed_samples_init(&samples, &options, a, &source, true, &filed);
    if (status == ND_OK)
        status = nd_filed_samples_search(&samples, &filed);
    *p = (proposals){.num_common = filed.num_common,
                     .capped_comparisons = filed.capped_comparisons,
                     .common_text = filed.common_text};
    if (status == ND_OK)
        status = nd_sorted_runs_merge(&runs, take_pair, p);
    if (status == ND_OK) {
        const nd_allocator b = plain();
        p->weights.len = samples.first_sample[c->num];
        assert_int_equal(p->weights.len, source.num_samples);
        assert_int_equal(nd_reserve(&b, (void **)&p->weights.items, &p->weights.capacity,
                                    p->weights.len, sizeof *p->weights.items),
                         ND_OK);
        status = nd_temp_file_read(samples.weights, 0, p->weights.items,
                                   p->weights.len * sizeof *p->weights.items, NULL);
    }
    nd_filed_samples_release(&samples);
    nd_sorted_runs_release(&runs);
    return status;
}

static nd_budget *budget_of(uint64_t limit_bytes, const nd_allocator *allocator)
{
    nd_budget_options options;
    nd_budget *budget;
    nd_budget_options_init(&options);
    options.limit_bytes = limit_bytes;
    options.allocator = allocator;
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
    return budget;
}

static void release_proposals(proposals *p)
{
    const nd_allocator a = plain();
    ND_VEC_RELEASE(&a, &p->pairs);
    ND_VEC_RELEASE(&a, &p->weights);
}

static void files_propose_what_memory_does(void **state)
{
    (void)state;
    static const struct {
        uint64_t limit_bytes;
        uint32_t num_threads;
    } kinds[] = {{UINT64_C(1) << 40, 1}, {1 << 22, 2}, {1 << 18, 1}, {1 << 16, 3}};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        collection c = make_collection(700, seed);
        proposals expected = find_in_memory(&c);
        assert_true(expected.pairs.len > 1000);
        assert_true(expected.num_common > 10);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            nd_budget *const budget = budget_of(kinds[k].limit_bytes, NULL);
            proposals found;
            assert_int_equal(find_in_files(&c, budget, kinds[k].num_threads, &found), ND_OK);
            assert_int_equal(found.pairs.len, expected.pairs.len);
            assert_memory_equal(found.pairs.items, expected.pairs.items,
                                found.pairs.len * sizeof *found.pairs.items);
            assert_int_equal(found.weights.len, expected.weights.len);
            assert_memory_equal(found.weights.items, expected.weights.items,
                                found.weights.len * sizeof *found.weights.items);
            assert_int_equal(found.num_common, expected.num_common);
            assert_int_equal(found.capped_comparisons, expected.capped_comparisons);
            assert_int_equal(found.common_text, expected.common_text);
            release_proposals(&found);
            assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
            assert_int_equal(nd_budget_use_get(budget).disk_bytes, 0);
            nd_budget_free(budget);
        }
        release_proposals(&expected);
        release(&c);
    }
}

static void no_texts_have_no_candidates(void **state)
{
    (void)state;
    collection c = make_collection(1, 1);
    for (c.num = 0; c.num < 2; c.num++) {
        nd_budget *const budget = budget_of(1 << 20, NULL);
        proposals found;
        assert_int_equal(find_in_files(&c, budget, 2, &found), ND_OK);
        assert_int_equal(found.pairs.len, 0);
        release_proposals(&found);
        nd_budget_free(budget);
    }
    release(&c);
}

static void survives_each_allocation_failing(void **state)
{
    (void)state;
    collection c = make_collection(120, 5);
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status == ND_ERR_NO_MEMORY; left++) {
        failing_allocator f = {.left = 1000000};
        const nd_allocator behind = failing_allocator_make(&f);
        nd_budget *const budget = budget_of(1 << 18, &behind);
        proposals found;
        f.left = left;
        status = find_in_files(&c, budget, 1, &found);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        release_proposals(&found);
        nd_budget_free(budget);
    }
    assert_int_equal(status, ND_OK);
    release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_propose_what_memory_does),
        cmocka_unit_test(no_texts_have_no_candidates),
        cmocka_unit_test(survives_each_allocation_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
