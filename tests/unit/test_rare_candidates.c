/* Shared shingles of a batch, and the candidates they propose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coverage/coverage.h"
#include "failing_allocator.h"
#include "neardup/plan.h"
#include "random.h"

enum { MAX_SHINGLES = 500 };

/* Distinct shingles of one document, in text order. */
typedef struct shingle_list {
    uint64_t *shingles;
    uint32_t num;
} shingle_list;

/* The documents stand by size, the largest first, where a test asks who finds whom. */
typedef struct batch {
    shingle_list *lists;
    uint64_t *shingles; /* MAX_SHINGLES for each */
    size_t num;
} batch;

static batch batch_new(size_t num)
{
    batch b = {calloc(num, sizeof *b.lists), calloc(num * MAX_SHINGLES, sizeof *b.shingles), num};
    assert_non_null(b.lists);
    assert_non_null(b.shingles);
    for (size_t d = 0; d < num; d++)
        b.lists[d].shingles = b.shingles + d * MAX_SHINGLES;
    return b;
}

static void batch_free(batch *b)
{
    free(b->lists);
    free(b->shingles);
}

static uint64_t shingle_of(uint64_t number)
{
    nd_random random = {number};
    return nd_random_u64(&random);
}

/* Shingles first, first + 1, ... to document d. */
static void append(batch *b, size_t d, uint64_t first, uint32_t num)
{
    for (uint32_t i = 0; i < num; i++)
        b->shingles[d * MAX_SHINGLES + b->lists[d].num++] = shingle_of(first + i);
}

/* NULL when out of memory. */
static nd_sampled_text *sample(const batch *b, const nd_allocator *a)
{
    nd_sampled_text *const texts = nd_alloc(a, b->num, sizeof *texts);
    for (size_t d = 0; texts && d < b->num; d++)
        texts[d] = nd_sampled_text_of(b->lists[d].shingles, b->lists[d].num);
    return texts;
}

static nd_shared_shingles share(const batch *b, uint32_t num_threads)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_shared_shingles shared;
    nd_sampled_text *const texts = sample(b, &a);
    assert_non_null(texts);
    assert_int_equal(nd_shared_shingles_init(&shared, texts, b->num, num_threads, &a), ND_OK);
    assert_int_equal(nd_shared_shingles_keep_weights(&shared, num_threads, &a), ND_OK);
    return shared;
}

/* What is said of all samples, those of a document from first_sample on. */
static uint64_t *collect_samples(const nd_shared_shingles *shared)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_posting_walk walk = {0};
    uint64_t *const samples = malloc((shared->num_samples + 1) * sizeof *samples);
    size_t num = 0, num_documents = 0;
    assert_non_null(samples);
    for (size_t chunk = 0; chunk < ND_SHARED_CHUNKS; chunk++) {
        assert_int_equal(nd_posting_walk_begin(&walk, shared, chunk, &a), ND_OK);
        while (nd_posting_walk_has_next(&walk)) {
            size_t d;
            assert_int_equal(nd_posting_walk_next(&walk, &a, &d), ND_OK);
            assert_int_equal(d, num_documents++);
            assert_int_equal(num, shared->texts[d].first_sample);
            assert_int_equal(walk.samples.len, shared->texts[d].num_samples);
            memcpy(samples + num, walk.samples.items, walk.samples.len * sizeof *samples);
            num += walk.samples.len;
        }
    }
    assert_int_equal(num, shared->num_samples);
    assert_int_equal(num_documents, shared->num_documents);
    nd_posting_walk_release(&walk, &a);
    return samples;
}

static void release(nd_shared_shingles *shared, uint64_t *samples)
{
    free(samples);
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_shared_shingles_release(shared, &a);
}

/* Unrelated documents of mixed lengths, some of which share a stretch with the one before. */
static batch make_batch(size_t num, uint64_t seed)
{
    batch b = batch_new(num);
    nd_random random = {seed};
    for (size_t d = 0; d < num; d++) {
        const uint32_t own = 1 + (uint32_t)(nd_random_u64(&random) % 250);
        append(&b, d, d * 1000, own);
        if (d > 0 && d % 3 == 0)
            append(&b, d, (d - 1) * 1000, b.lists[d - 1].num < 60 ? b.lists[d - 1].num : 60);
    }
    return b;
}

static int is_sampled(const nd_shared_shingles *shared, size_t d, uint64_t shingle)
{
    return shingle <= nd_sampled_up_to(&shared->texts[d]);
}

static int contains(const batch *b, size_t d, uint64_t shingle)
{
    for (uint32_t i = 0; i < b->lists[d].num; i++)
        if (b->lists[d].shingles[i] == shingle)
            return 1;
    return 0;
}

/* Sample s of document d against what a search through all documents finds. */
static void assert_sample(const batch *b, const nd_shared_shingles *shared, uint32_t d,
                          const uint64_t *samples, uint64_t shingle, size_t s)
{
    uint32_t earlier[8], num = 0, num_earlier = 0;
    for (uint32_t e = 0; e < b->num; e++) {
        if (!is_sampled(shared, e, shingle) || !contains(b, e, shingle))
            continue;
        if (e < d)
            earlier[num_earlier++] = e;
        num++;
    }
    const uint64_t found = samples[s];
    assert_int_equal(nd_sample_weight(found), nd_shingle_weight(num));
    assert_int_equal(shared->weights[s], nd_shingle_weight(num));
    assert_int_equal(nd_sample_earlier(found), num_earlier);
    if (num_earlier == 1)
        assert_int_equal(nd_sample_member(found), earlier[0]);
    if (num_earlier > 1)
        assert_memory_equal(shared->members + nd_sample_member(found) - num_earlier, earlier,
                            num_earlier * sizeof *earlier);
}

static void samples_tell_the_documents_before_their_own(void **state)
{
    (void)state;
    batch b = make_batch(120, 1);
    append(&b, 7, 5000, 40); /* in three documents, */
    append(&b, 9, 5000, 40); /* and of 7 and 9 alone from 5040 on */
    append(&b, 80, 5000, 30);
    append(&b, 119, 0, 20); /* of document 0 */
    nd_shared_shingles shared = share(&b, 2);
    uint64_t *const samples = collect_samples(&shared);
    for (uint32_t d = 0; d < b.num; d++) {
        size_t s = shared.texts[d].first_sample;
        uint64_t sum = 0;
        for (uint32_t i = 0; i < b.lists[d].num; i++)
            if (is_sampled(&shared, d, b.lists[d].shingles[i])) {
                sum += shared.weights[s];
                assert_sample(&b, &shared, d, samples, b.lists[d].shingles[i], s++);
            }
        assert_int_equal(s, shared.texts[d].first_sample + shared.texts[d].num_samples);
        assert_int_equal(sum, shared.texts[d].weight_sum);
    }
    release(&shared, samples);
    batch_free(&b);
}

static void shingles_alike_in_half_of_their_bits_are_two(void **state)
{
    (void)state;
    batch b = batch_new(2);
    b.shingles[0] = UINT64_C(0x0123456789abcdef);
    b.shingles[MAX_SHINGLES] = b.shingles[0] ^ UINT64_C(1) << 40;
    b.lists[0].num = b.lists[1].num = 1;
    nd_shared_shingles shared = share(&b, 1);
    uint64_t *const samples = collect_samples(&shared);
    assert_int_equal(nd_sample_earlier(samples[0]), 0);
    assert_int_equal(nd_sample_earlier(samples[1]), 0);
    release(&shared, samples);
    batch_free(&b);
}

static void short_texts_sample_all_and_long_ones_a_quarter(void **state)
{
    (void)state;
    batch b = batch_new(3);
    append(&b, 0, 1000, 60);
    append(&b, 1, 2000, 180);
    append(&b, 2, 3000, 480);
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_sampled_text *const texts = sample(&b, &a);
    assert_int_equal(texts[0].num_samples, 60);
    assert_true(texts[1].num_samples >= ND_SAMPLE_MIN && texts[1].num_samples < 115);
    assert_true(texts[2].num_samples > 90 && texts[2].num_samples < 150);
    assert_true(nd_sampled_up_to(&texts[0]) == UINT64_MAX);
    assert_true(nd_sampled_up_to(&texts[1]) == UINT64_MAX >> 1);
    assert_true(nd_sampled_up_to(&texts[2]) == UINT64_MAX >> 2);
    nd_release(&a, texts);
    batch_free(&b);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    batch b = make_batch(1500, 2); /* more than one partition */
    nd_shared_shingles one = share(&b, 1), many = share(&b, 8);
    uint64_t *const samples = collect_samples(&one), *const same = collect_samples(&many);
    const size_t num = one.num_samples;
    assert_true(num > 30000);
    assert_int_equal(num, many.num_samples);
    assert_memory_equal(one.texts, many.texts, b.num * sizeof *one.texts);
    assert_memory_equal(one.weights, many.weights, num * sizeof *one.weights);
    assert_memory_equal(samples, same, num * sizeof *samples);
    for (size_t s = 0; s < num; s++) {
        const uint32_t earlier = nd_sample_earlier(samples[s]);
        const uint32_t member = nd_sample_member(samples[s]);
        if (earlier > 1)
            assert_memory_equal(one.members + member - earlier, many.members + member - earlier,
                                earlier * sizeof *one.members);
    }
    release(&one, samples);
    release(&many, same);
    batch_free(&b);
}

static nd_status find(nd_candidate_finder *finder, const nd_shared_shingles *shared,
                      const uint64_t *samples, uint32_t d)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    return nd_candidate_finder_find(finder, shared, d, samples + shared->texts[d].first_sample, &a);
}

/* Whether a call for d proposes e. */
static int proposes(nd_candidate_finder *finder, const nd_shared_shingles *shared,
                    const uint64_t *samples, uint32_t d, uint32_t e)
{
    assert_int_equal(find(finder, shared, samples, d), ND_OK);
    for (size_t i = 0; i < finder->candidates.len; i++)
        if (finder->candidates.items[i] == e)
            return 1;
    return 0;
}

static void a_short_text_finds_the_long_one_that_holds_it(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    batch b = batch_new(50);
    for (size_t d = 0; d < 50; d++) /* 0 to 24 hold 25 to 49 */
        append(&b, d, d % 25 * 1000 + (d < 25 ? 0 : 100), d < 25 ? 400 : 40);
    nd_shared_shingles shared = share(&b, 1);
    uint64_t *const samples = collect_samples(&shared);
    nd_candidate_finder finder = {0};
    for (uint32_t d = 25; d < 50; d++) {
        assert_true(proposes(&finder, &shared, samples, d, d - 25));
        assert_int_equal(finder.candidates.len, 1);
    }
    nd_candidate_finder_release(&finder, &a);
    release(&shared, samples);
    batch_free(&b);
}

/* A pair is the business of its shorter text. */
static void a_long_text_does_not_search_for_what_it_holds(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    batch b = batch_new(2);
    append(&b, 0, 0, 400);
    append(&b, 1, 100, 40);
    nd_shared_shingles shared = share(&b, 1);
    uint64_t *const samples = collect_samples(&shared);
    nd_candidate_finder finder = {0};
    assert_true(proposes(&finder, &shared, samples, 1, 0));
    assert_false(proposes(&finder, &shared, samples, 0, 1));
    nd_candidate_finder_release(&finder, &a);
    release(&shared, samples);
    batch_free(&b);
}

/* Of pairs of a long text and one of `num` shingles that shares num_shared with it. */
static uint32_t count_proposed(uint32_t num, uint32_t num_shared, uint32_t num_pairs)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    batch b = batch_new((size_t)num_pairs * 2);
    for (uint32_t d = 0; d < num_pairs; d++) {
        append(&b, d, d * UINT64_C(10000), MAX_SHINGLES);
        append(&b, num_pairs + d, d * UINT64_C(10000), num_shared);
        append(&b, num_pairs + d, d * UINT64_C(10000) + 5000, num - num_shared);
    }
    nd_shared_shingles shared = share(&b, 1);
    uint64_t *const samples = collect_samples(&shared);
    nd_candidate_finder finder = {0};
    uint32_t num_proposed = 0;
    for (uint32_t d = 0; d < num_pairs; d++)
        num_proposed += proposes(&finder, &shared, samples, num_pairs + d, d) != 0;
    nd_candidate_finder_release(&finder, &a);
    release(&shared, samples);
    batch_free(&b);
    return num_proposed;
}

static void as_many_candidates_are_proposed_as_planned(void **state)
{
    (void)state;
    enum { PAIRS = 500 };
    const struct {
        uint32_t num, num_shared;
    } kinds[] = {{10, 1},   {40, 4},   {40, 8},   {100, 10}, {100, 15}, {100, 25}, {150, 15},
                 {200, 20}, {200, 30}, {300, 30}, {300, 40}, {480, 48}, {480, 96}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const double num = kinds[i].num;
        const double chance = nd_rare_search_probability(num, kinds[i].num_shared / num);
        const double found =
            (double)count_proposed(kinds[i].num, kinds[i].num_shared, PAIRS) / PAIRS;
        assert_true(found > chance - 0.08 && found < chance + 0.08);
    }
    assert_true(nd_rare_search_probability(300, 0.02) < 0.01);
    assert_true(nd_rare_search_probability(300, 1) > 0.999999);
    assert_true(nd_rare_search_probability(1e9, 0.2) > 0.999);
    assert_true(nd_rare_search_probability(0, 0.5) == 0);
}

static void texts_that_share_a_phrase_are_no_candidates(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    batch b = batch_new(30);
    for (size_t d = 0; d < 30; d++) {
        append(&b, d, d * 1000, 450);
        append(&b, d, 900000 + d / 2 * 100, 3);
    }
    nd_shared_shingles shared = share(&b, 1);
    uint64_t *const samples = collect_samples(&shared);
    nd_candidate_finder finder = {0};
    for (uint32_t d = 0; d < 30; d++) {
        assert_int_equal(find(&finder, &shared, samples, d), ND_OK);
        assert_int_equal(finder.candidates.len, 0);
    }
    nd_candidate_finder_release(&finder, &a);
    release(&shared, samples);
    batch_free(&b);
}

/* All carry one footer, and `own` shingles of their own. */
static size_t count_candidates(size_t num, uint32_t own, uint32_t footer, uint64_t *common)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    batch b = batch_new(num);
    for (size_t d = 0; d < num; d++) {
        append(&b, d, 1000000 + d * 1000, own);
        append(&b, d, 1000, footer);
    }
    nd_shared_shingles shared = share(&b, 2);
    uint64_t *const samples = collect_samples(&shared);
    nd_candidate_finder finder = {0};
    size_t candidates = 0;
    for (uint32_t d = 0; d < num; d++) {
        assert_int_equal(find(&finder, &shared, samples, d), ND_OK);
        candidates += finder.candidates.len;
        *common += finder.left_out > 0;
        assert_true(finder.left_out <= (uint64_t)ND_PICKS_FOLLOWED * d);
    }
    nd_candidate_finder_release(&finder, &a);
    release(&shared, samples);
    batch_free(&b);
    return candidates;
}

/* A fifth of each text: few have it in half of their picks. */
static void a_footer_that_thousands_share_proposes_a_few(void **state)
{
    (void)state;
    uint64_t common = 0;
    const size_t num = count_candidates(3000, 350, 100, &common);
    assert_true(num < 3000 * 3);
    assert_true(common < 3000 / 4);
}

static void text_that_thousands_share_is_compared_linearly(void **state)
{
    (void)state;
    enum { MOST = ND_PICKS_FOLLOWED * (ND_PICK_LEADERS + ND_PICK_NEIGHBOURS) };
    uint64_t common[2] = {0, 0};
    const size_t few = count_candidates(4000, 30, 400, &common[0]);
    const size_t many = count_candidates(8000, 30, 400, &common[1]);
    assert_true(common[0] >= 3980); /* all but the first few */
    assert_true(common[1] >= 7980);
    assert_true(few >= 3999 && few <= 4000 * MOST);
    assert_true(many <= 2 * few + 4 * MOST);
}

/* --- against the rule, read word by word --- */

/* Sorted copies of all lists, and of all samples together. */
typedef struct rule_reader {
    const batch *b;
    nd_sequence_sample *samples;
    uint64_t *sorted; /* MAX_SHINGLES for each document */
    uint64_t *all;
    size_t num_all;
} rule_reader;

static int compare_u64(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static rule_reader rule_reader_new(const batch *b)
{
    rule_reader r = {b, calloc(b->num, sizeof *r.samples),
                     calloc(b->num * MAX_SHINGLES, sizeof *r.sorted),
                     calloc(b->num * MAX_SHINGLES, sizeof *r.all), 0};
    assert_non_null(r.samples);
    assert_non_null(r.sorted);
    assert_non_null(r.all);
    for (size_t d = 0; d < b->num; d++) {
        const shingle_list *const list = &b->lists[d];
        uint64_t *const own = r.sorted + d * MAX_SHINGLES;
        r.samples[d] = nd_sample_sequence(list->shingles, list->num);
        memcpy(own, list->shingles, list->num * sizeof *own);
        qsort(own, list->num, sizeof *own, compare_u64);
        for (uint32_t i = 0; i < list->num && own[i] <= r.samples[d].up_to; i++)
            r.all[r.num_all++] = own[i];
    }
    qsort(r.all, r.num_all, sizeof *r.all, compare_u64);
    return r;
}

static void rule_reader_free(rule_reader *r)
{
    free(r->samples);
    free(r->sorted);
    free(r->all);
}

static int has_sample(const rule_reader *r, size_t d, uint64_t shingle)
{
    return shingle <= r->samples[d].up_to &&
           bsearch(&shingle, r->sorted + d * MAX_SHINGLES, r->b->lists[d].num, sizeof shingle,
                   compare_u64) != NULL;
}

static uint32_t frequency_of(const rule_reader *r, uint64_t shingle)
{
    const uint64_t *at = bsearch(&shingle, r->all, r->num_all, sizeof shingle, compare_u64);
    uint32_t num = 0;
    while (at && at > r->all && at[-1] == shingle)
        at--;
    for (; at && at < r->all + r->num_all && *at == shingle; at++)
        num++;
    return num;
}

static int are_rare_candidates(const rule_reader *r, size_t larger, size_t smaller)
{
    const uint32_t x = r->samples[larger].shift, y = r->samples[smaller].shift;
    const uint32_t shift = x > y ? x : y;
    const shingle_list *const list = &r->b->lists[smaller];
    uint64_t weight = 0;
    for (uint32_t i = 0; i < list->num; i++) {
        const uint64_t shingle = list->shingles[i];
        if (shingle > r->samples[smaller].up_to || !has_sample(r, larger, shingle))
            continue;
        const uint32_t frequency = frequency_of(r, shingle);
        weight += frequency <= ND_RARE_FREQUENCY ? nd_shingle_weight(frequency) : 0;
    }
    return weight >= nd_rare_weight_needed(list->num, shift);
}

/* By one pick: place of `larger` among those before `smaller` that sample it. */
static int pick_proposes(const rule_reader *r, size_t larger, size_t smaller, uint64_t shingle)
{
    size_t num = 0, place = SIZE_MAX;
    for (size_t d = 0; d < smaller; d++) {
        if (!has_sample(r, d, shingle))
            continue;
        if (d == larger)
            place = num;
        num++;
    }
    return place != SIZE_MAX && nd_pick_proposes(num, place);
}

static int are_common_candidates(const rule_reader *r, size_t larger, size_t smaller)
{
    const nd_sequence_sample *const own = &r->samples[smaller];
    uint32_t num_hot = 0, num_followed = 0;
    int proposed = 0;
    for (uint32_t i = 0; i < own->num_picks; i++) {
        if (frequency_of(r, own->picks[i]) <= ND_HOT_FREQUENCY)
            continue;
        num_hot++;
        if (num_followed++ < ND_PICKS_FOLLOWED)
            proposed |= pick_proposes(r, larger, smaller, own->picks[i]);
    }
    return 2 * num_hot >= own->num_picks && proposed;
}

static int is_larger(const batch *b, size_t d, size_t e)
{
    return b->lists[d].num > b->lists[e].num;
}

/* By size, the largest first. */
static void order_by_size(batch *b)
{
    for (size_t d = 1; d < b->num; d++)
        for (size_t e = d; e > 0 && is_larger(b, e, e - 1); e--) {
            const shingle_list list = b->lists[e];
            b->lists[e] = b->lists[e - 1];
            b->lists[e - 1] = list;
        }
}

/* Edited copies of a few texts, cut to any length, under one footer; the shingles of a copy begin
 * anywhere in its text. */
static batch make_copies(size_t num, size_t num_stories, uint64_t seed)
{
    batch b = batch_new(num);
    nd_random random = {seed};
    for (size_t d = 0; d < num; d++) {
        const uint64_t story = 1000 + nd_random_u64(&random) % num_stories * 1000;
        const uint32_t size = 4 + (uint32_t)(nd_random_u64(&random) % 420);
        const uint32_t edits = (uint32_t)(nd_random_u64(&random) % 100);
        for (uint32_t i = 0; i < size; i++) {
            const int is_edited = nd_random_u64(&random) % 100 < edits;
            append(&b, d, is_edited ? 1000000 + d * 1000 + i : story + i, 1);
        }
        if (nd_random_u64(&random) % 4 > 0)
            append(&b, d, 0, (uint32_t)(nd_random_u64(&random) % 60));
    }
    order_by_size(&b);
    return b;
}

static int found(const nd_candidate_finder *finder, uint32_t document)
{
    for (size_t i = 0; i < finder->candidates.len; i++)
        if (finder->candidates.items[i] == document)
            return 1;
    return 0;
}

static void assert_follows_the_rule(const batch *b, size_t least_rare, size_t least_common)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    rule_reader r = rule_reader_new(b);
    nd_shared_shingles shared = share(b, 2);
    uint64_t *const samples = collect_samples(&shared);
    nd_candidate_finder finder = {0};
    size_t num_rare = 0, num_common = 0;
    for (uint32_t d = 0; d < b->num; d++) {
        assert_int_equal(find(&finder, &shared, samples, d), ND_OK);
        for (uint32_t e = 0; e < d; e++) {
            const int rare = are_rare_candidates(&r, e, d);
            const int common = are_common_candidates(&r, e, d);
            assert_int_equal(found(&finder, e), rare || common);
            num_rare += rare != 0;
            num_common += common && !rare;
        }
    }
    assert_true(num_rare >= least_rare);
    assert_true(num_common >= least_common);
    nd_candidate_finder_release(&finder, &a);
    release(&shared, samples);
    rule_reader_free(&r);
}

static void candidates_are_those_of_the_rule(void **state)
{
    (void)state;
    batch few = make_copies(90, 12, 1), many = make_copies(320, 1, 2);
    assert_follows_the_rule(&few, 100, 0);
    assert_follows_the_rule(&many, 100, 50);
    batch_free(&few);
    batch_free(&many);
}

static void a_sequence_tells_its_samples_and_picks(void **state)
{
    (void)state;
    batch b = batch_new(3);
    append(&b, 0, 0, 5);
    append(&b, 1, 0, 180);
    append(&b, 2, 0, 480);
    for (uint32_t d = 0; d < 3; d++) {
        const nd_sequence_sample sample = nd_sample_sequence(b.lists[d].shingles, b.lists[d].num);
        uint32_t num = 0, num_lower = 0;
        for (uint32_t i = 0; i < b.lists[d].num; i++) {
            num += b.lists[d].shingles[i] <= sample.up_to;
            num_lower += b.lists[d].shingles[i] < sample.picks[sample.num_picks - 1];
        }
        assert_int_equal(sample.shift, d);
        assert_true(sample.up_to == UINT64_MAX >> d);
        assert_int_equal(sample.num_samples, num);
        assert_int_equal(sample.num_picks, d == 0 ? 5 : ND_PICKS);
        assert_int_equal(num_lower, sample.num_picks - 1);
        for (uint32_t i = 1; i < sample.num_picks; i++)
            assert_true(sample.picks[i - 1] < sample.picks[i]);
    }
    assert_int_equal(nd_sample_sequence(NULL, 0).num_picks, 0);
    batch_free(&b);
}

/* Copies of one text, a twentieth of whose shingles are edited, and how many pairs of them are
 * candidates: each finds others whatever their number is. */
static void copies_find_each_other_however_many_there_are(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    for (size_t num = 20; num <= 220; num += 20) {
        batch b = batch_new(num);
        for (size_t d = 0; d < num; d++)
            for (uint32_t i = 0; i < 300; i++)
                append(&b, d, shingle_of(d * 1000 + i) % 20 == 0 ? d * 1000 + i : 900000 + i, 1);
        nd_shared_shingles shared = share(&b, 1);
        uint64_t *const samples = collect_samples(&shared);
        nd_candidate_finder finder = {0};
        for (uint32_t d = 1; d < num; d++) {
            assert_int_equal(find(&finder, &shared, samples, d), ND_OK);
            assert_true(finder.candidates.len > 0);
        }
        nd_candidate_finder_release(&finder, &a);
        release(&shared, samples);
        batch_free(&b);
    }
}

static nd_status find_in_chunk(nd_candidate_finder *finder, nd_posting_walk *walk,
                               const nd_shared_shingles *shared, size_t chunk,
                               const nd_allocator *a)
{
    nd_status status = nd_posting_walk_begin(walk, shared, chunk, a);
    while (status == ND_OK && nd_posting_walk_has_next(walk)) {
        size_t d;
        status = nd_posting_walk_next(walk, a, &d);
        if (status == ND_OK)
            status = nd_candidate_finder_find(finder, shared, (uint32_t)d, walk->samples.items, a);
    }
    return status;
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    batch b = make_batch(20, 3);
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        nd_shared_shingles shared;
        nd_posting_walk walk = {0};
        nd_candidate_finder finder = {0};
        nd_sampled_text *const texts = sample(&b, &a);
        if (!texts)
            continue;
        status = nd_shared_shingles_init(&shared, texts, b.num, 2, &a);
        for (size_t chunk = 0; status == ND_OK && chunk < ND_SHARED_CHUNKS; chunk++)
            status = find_in_chunk(&finder, &walk, &shared, chunk, &a);
        if (status == ND_OK)
            status = nd_shared_shingles_keep_weights(&shared, 2, &a);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        nd_posting_walk_release(&walk, &a);
        nd_candidate_finder_release(&finder, &a);
        nd_shared_shingles_release(&shared, &a);
        assert_int_equal(f.live, 0);
    }
    batch_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_tell_the_documents_before_their_own),
        cmocka_unit_test(shingles_alike_in_half_of_their_bits_are_two),
        cmocka_unit_test(short_texts_sample_all_and_long_ones_a_quarter),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(a_short_text_finds_the_long_one_that_holds_it),
        cmocka_unit_test(a_long_text_does_not_search_for_what_it_holds),
        cmocka_unit_test(as_many_candidates_are_proposed_as_planned),
        cmocka_unit_test(texts_that_share_a_phrase_are_no_candidates),
        cmocka_unit_test(a_footer_that_thousands_share_proposes_a_few),
        cmocka_unit_test(text_that_thousands_share_is_compared_linearly),
        cmocka_unit_test(candidates_are_those_of_the_rule),
        cmocka_unit_test(a_sequence_tells_its_samples_and_picks),
        cmocka_unit_test(copies_find_each_other_however_many_there_are),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
