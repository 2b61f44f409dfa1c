/* The finder itself: options, memory, and the parts it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "neardup/match.h"
#include "neardup/passages.h"
#include "passages/pieces.h"
#include "passages/seed_index.h"
#include "passages/span_similarity.h"
#include "random.h"
#include "util/heap_sort.h"

static const char article[] =
    "Snow closed the pass above the village for the ninth day, and the postman went on skis.\n\n"
    "Food is not short, the shopkeeper said, but there is no more lamp oil to be had.\n\n"
    "Snow closed the pass above the village for the tenth day, and the postman went on skis.\n\n"
    "Food is not short, the shopkeeper said, but there is no more lamp oil to be had.\n\n"
    "One sack of letters has been lost.\nOne sack of letters has been lost.\n"
    "One sack of letters has been lost.\n";

static void assert_refused(nd_passage_options options)
{
    nd_passage_finder *finder;
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_ERR_INVALID_ARGUMENT);
    assert_null(finder);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    nd_passage_options options;
    nd_passage_options_init(&options);
    nd_passage_options bad = options;
    bad.shingle.kind = ND_SHINGLE_CHAR;
    assert_refused(bad);
    bad = options;
    bad.shingle.width = 0;
    assert_refused(bad);
    bad.shingle.width = ND_SHINGLE_WIDTH_MAX + 1;
    assert_refused(bad);
    bad = options;
    bad.min_similarity = 0;
    assert_refused(bad);
    bad.min_similarity = 1.01;
    assert_refused(bad);
    bad = options;
    bad.min_words = 0;
    assert_refused(bad);
    bad = options;
    bad.min_words_unbound = 0;
    assert_refused(bad);
}

/* Repeats of the article under these options. */
static size_t count_repeats(nd_passage_options options, double *least_similarity)
{
    nd_passage_finder *finder;
    const nd_repeat *repeats;
    size_t num;
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    assert_int_equal(nd_passage_finder_repeats(finder, article, strlen(article), &repeats, &num),
                     ND_OK);
    *least_similarity = 1;
    for (size_t i = 0; i < num; i++)
        if (repeats[i].similarity < *least_similarity)
            *least_similarity = repeats[i].similarity;
    nd_passage_finder_free(finder);
    return num;
}

static void every_option_has_its_effect(void **state)
{
    (void)state;
    nd_passage_options options;
    double least;
    nd_passage_options_init(&options);
    assert_int_equal(count_repeats(options, &least), 2);
    assert_true(least < 1);
    options.min_similarity = 1;
    assert_int_equal(count_repeats(options, &least), 2); /* the block from its edit on */
    assert_true(least >= 1);
    options.min_words = 8; /* more than "one sack of letters has been lost" */
    assert_int_equal(count_repeats(options, &least), 1);
    options.min_words = 1000;
    assert_int_equal(count_repeats(options, &least), 0);
    nd_passage_options_init(&options);
    options.shingle.width = 1;
    assert_int_equal(count_repeats(options, &least), 2);
    const double by_words = least;
    options.shingle.width = 8;
    assert_int_equal(count_repeats(options, &least), 2);
    assert_true(least < by_words);
}

static nd_status run_all(nd_passage_finder *finder)
{
    const nd_repeat *repeats;
    const nd_shared_passage *passages;
    size_t num;
    nd_status status = nd_passage_finder_repeats(finder, article, strlen(article), &repeats, &num);
    if (status == ND_OK) {
        assert_int_equal(num, 2);
        status = nd_passage_finder_shared(finder, article, strlen(article), article + 90,
                                          strlen(article) - 90, &passages, &num);
    }
    if (status == ND_OK) {
        assert_true(num >= 1);
    } else {
        assert_int_equal(status, ND_ERR_NO_MEMORY);
        assert_int_equal(num, 0);
    }
    return status;
}

static void each_failed_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    nd_passage_options options;
    nd_passage_options_init(&options);
    long left = 0;
    for (nd_status status = ND_ERR_NO_MEMORY; status != ND_OK; left++) {
        failing_allocator failing = {.left = left};
        const nd_allocator allocator = failing_allocator_make(&failing);
        nd_passage_finder *finder;
        status = nd_passage_finder_new(&options, &allocator, &finder);
        if (status == ND_OK) {
            status = run_all(finder);
            failing.left = 1000;
            assert_int_equal(run_all(finder), ND_OK); /* usable after the failure */
        } else {
            assert_null(finder);
        }
        nd_passage_finder_free(finder);
        assert_int_equal(failing.live, 0);
    }
    assert_true(left > 20);
}

static void a_warm_finder_allocates_nothing(void **state)
{
    (void)state;
    failing_allocator failing = {.left = 1000};
    const nd_allocator allocator = failing_allocator_make(&failing);
    nd_passage_options options;
    nd_passage_finder *finder;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, &allocator, &finder), ND_OK);
    assert_int_equal(run_all(finder), ND_OK);
    failing.left = 0;
    for (int i = 0; i < 10; i++)
        assert_int_equal(run_all(finder), ND_OK);
    nd_passage_finder_free(finder);
}

static void stats_are_those_of_the_last_call(void **state)
{
    (void)state;
    nd_passage_options options;
    nd_passage_finder *finder;
    const nd_repeat *repeats;
    size_t num;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    assert_int_equal(nd_passage_finder_repeats(finder, "a \xff b", 5, &repeats, &num), ND_OK);
    assert_int_equal(nd_passage_finder_stats(finder).tokens, 2);
    assert_int_equal(nd_passage_finder_stats(finder).invalid_bytes, 1);
    assert_int_equal(nd_passage_finder_repeats(finder, "a", 1, &repeats, &num), ND_OK);
    assert_int_equal(nd_passage_finder_stats(finder).tokens, 1);
    assert_int_equal(nd_passage_finder_stats(finder).invalid_bytes, 0);
    nd_passage_finder_free(finder);
    nd_passage_finder_free(NULL);
}

/* Indexes a text, beginning with 8,192 slots, and checks its links. */
static void assert_links(nd_seed_index *index, const nd_text *text)
{
    assert_int_equal(nd_seed_index_begin(index, text, 5), ND_OK);
    if (index->mask > 8191)
        index->mask = 8191;
    for (uint32_t from = 0; from < index->num_seeds; from += ND_SEED_BLOCK) {
        const uint32_t rest = index->num_seeds - from;
        const uint32_t to = from + (rest < ND_SEED_BLOCK ? rest : ND_SEED_BLOCK);
        nd_seed_link links[ND_SEED_BLOCK];
        uint32_t num;
        assert_int_equal(nd_seed_index_add(index, from, to, links, &num), ND_OK);
        for (uint32_t i = 0; i < num; i++) {
            assert_true(links[i].previous < links[i].position);
            assert_int_equal(index->class_of[links[i].position],
                             index->class_of[links[i].previous]);
        }
    }
}

static nd_text *numbered_words(size_t num, size_t modulo)
{
    char *const bytes = malloc(num * 12);
    nd_text *text;
    size_t len = 0;
    assert_non_null(bytes);
    for (size_t i = 0; i < num; i++)
        len += (size_t)sprintf(bytes + len, "%zu ", i % modulo);
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, len, ND_TEXT_WITH_OFFSETS), ND_OK);
    free(bytes);
    return text;
}

static void the_seed_table_grows_with_different_seeds_only(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_seed_index index;
    nd_seed_index_init(&index, &allocator);
    nd_text *const few = numbered_words(100000, 1000);
    assert_links(&index, few);
    assert_int_equal(index.num_classes, 1000);
    assert_int_equal(index.class_of[99000], 0);
    assert_int_equal(index.previous[99000], 98000);
    assert_int_equal(index.mask, 8191);
    nd_text *const many = numbered_words(800000, 700000);
    assert_links(&index, many);
    assert_int_equal(index.num_classes, 700000);
    assert_int_equal(index.class_of[750000], 50000);
    assert_true(index.mask + 1 >= 1400000);
    assert_links(&index, few);
    assert_int_equal(index.num_classes, 1000);
    nd_text_free(few);
    nd_text_free(many);
    nd_seed_index_release(&index);
}

static void seeds_of_earlier_texts_are_forgotten_when_epochs_run_out(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_seed_index index;
    nd_seed_index_init(&index, &allocator);
    nd_text *const text = numbered_words(400, 400);
    assert_links(&index, text);
    index.epoch = UINT32_MAX - 1000;
    for (int i = 0; i < 5; i++) {
        assert_links(&index, text);
        assert_int_equal(index.num_classes, 396);
    }
    assert_true(index.epoch < UINT32_MAX - 1000);
    nd_text_free(text);
    nd_seed_index_release(&index);
}

static void span_similarity_is_the_jaccard_of_the_shingle_sets(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_random random = {11};
    char bytes[4000];
    size_t len = 0;
    while (len < sizeof bytes - 10)
        len += (size_t)sprintf(bytes + len, "w%d ", (int)(nd_random_u64(&random) % 4));
    nd_text *whole, *part;
    assert_int_equal(nd_text_new(NULL, &whole), ND_OK);
    assert_int_equal(nd_text_new(NULL, &part), ND_OK);
    assert_int_equal(nd_text_set(whole, bytes, len, ND_TEXT_WITH_OFFSETS), ND_OK);
    nd_seed_index seeds;
    nd_seed_index_init(&seeds, &allocator);
    assert_links(&seeds, whole);
    for (int round = 0; round < 300; round++) {
        const nd_shingle_spec spec = {ND_SHINGLE_WORD, (uint32_t)(1 + round % 7)};
        nd_span_scorer scorer;
        nd_span_scorer_init(&scorer, &allocator, spec.width);
        nd_span spans[2];
        uint64_t hashes[2][1500];
        size_t sizes[2];
        for (int i = 0; i < 2; i++) {
            spans[i].start = (uint32_t)(nd_random_u64(&random) % 900);
            spans[i].end = spans[i].start + 1 + (uint32_t)(nd_random_u64(&random) % 100);
            const size_t from = nd_text_token(whole, spans[i].start).start;
            const size_t to = nd_text_token(whole, spans[i].end - 1).end;
            assert_int_equal(nd_text_set(part, bytes + from, to - from, ND_TEXT_NO_OFFSETS), ND_OK);
            assert_int_equal(nd_shingle_hashes(part, spec, hashes[i]), ND_OK);
            sizes[i] = nd_shingle_set(hashes[i], nd_shingle_count(part, spec), NULL);
        }
        double similarity;
        assert_int_equal(nd_span_similarity(&scorer, whole, spans[0], spans[1], &similarity),
                         ND_OK);
        const nd_similarity expected =
            nd_similarity_compute(hashes[0], sizes[0], hashes[1], sizes[1]);
        assert_true(similarity == expected.jaccard);
        assert_int_equal(nd_span_seed_similarity(&scorer, &seeds, spans[0], spans[1], &similarity),
                         ND_OK);
        assert_true(similarity == expected.jaccard);
        nd_span_scorer_release(&scorer);
    }
    nd_seed_index_release(&seeds);
    nd_text_free(whole);
    nd_text_free(part);
}

static void pieces_are_cut_where_a_gap_costs_more_than_it_joins(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    /* Scores 20, 20 and 100; the gaps cost 10 and 30. */
    const nd_run runs[] = {{1000, 0, 20}, {1025, 25, 20}, {1060, 60, 100}};
    nd_pieces pieces = {0};
    assert_int_equal(nd_pieces_split(&pieces, &allocator, runs, 3, 0.5), ND_OK);
    assert_int_equal(pieces.list.len, 2);
    assert_int_equal(pieces.list.items[0].last, 1);
    assert_int_equal(pieces.list.items[1].first, 2);
    /* 30 is what the first two are worth together: not less than the gap costs. */
    const nd_run nearer[] = {{1000, 0, 20}, {1025, 25, 20}, {1059, 59, 100}};
    assert_int_equal(nd_pieces_split(&pieces, &allocator, nearer, 3, 0.5), ND_OK);
    assert_int_equal(pieces.list.len, 1);
    /* At a threshold of 1 nothing is joined. */
    assert_int_equal(nd_pieces_split(&pieces, &allocator, nearer, 3, 1.0), ND_OK);
    assert_int_equal(pieces.list.len, 3);
    nd_pieces_release(&pieces, &allocator);
}

static int compare_in_context(void *ctx, const void *a, const void *b)
{
    ++*(size_t *)ctx;
    return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static int compare_ints(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void heap_sort_sorts(void **state)
{
    (void)state;
    nd_random random = {5};
    for (size_t num = 0; num < 200; num++) {
        int items[200], expected[200];
        for (size_t i = 0; i < num; i++)
            items[i] = expected[i] = (int)(nd_random_u64(&random) % 50);
        size_t num_compared = 0;
        nd_heap_sort(items, num, sizeof *items, compare_in_context, &num_compared);
        assert_true(num < 2 || num_compared > 0);
        qsort(expected, num, sizeof *expected, compare_ints);
        for (size_t i = 0; i < num; i++)
            assert_int_equal(items[i], expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(every_option_has_its_effect),
        cmocka_unit_test(each_failed_allocation_is_reported_and_nothing_leaks),
        cmocka_unit_test(a_warm_finder_allocates_nothing),
        cmocka_unit_test(stats_are_those_of_the_last_call),
        cmocka_unit_test(the_seed_table_grows_with_different_seeds_only),
        cmocka_unit_test(seeds_of_earlier_texts_are_forgotten_when_epochs_run_out),
        cmocka_unit_test(span_similarity_is_the_jaccard_of_the_shingle_sets),
        cmocka_unit_test(pieces_are_cut_where_a_gap_costs_more_than_it_joins),
        cmocka_unit_test(heap_sort_sorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
