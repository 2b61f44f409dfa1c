/* How much of two texts stands in each other, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coverage/coverage.h"
#include "failing_allocator.h"
#include "random.h"

enum { MAX = 2000 };

/* A text whose shingles are given; all of them sampled. */
typedef struct text {
    uint64_t shingles[MAX];
    uint16_t weights[MAX];
    uint32_t num;
} text;

/* Shingles first, first + 1, ..., none of which any other range has. */
static void append(text *t, uint64_t first, uint32_t num, uint16_t weight)
{
    for (uint32_t i = 0; i < num; i++) {
        nd_random random = {first + i};
        t->shingles[t->num] = nd_random_u64(&random);
        t->weights[t->num++] = weight;
    }
}

static nd_weighted_text weigh(const text *t)
{
    nd_weighted_text w = {t->shingles, t->num, t->num, t->weights, 0, UINT64_MAX};
    for (uint32_t i = 0; i < t->num; i++)
        w.weight_sum += t->weights[i];
    return w;
}

static nd_coverage_counts measure(const text *held, const text *other)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_shingle_spec words = {ND_SHINGLE_WORD, 3};
    const nd_weighted_text held_text = weigh(held), other_text = weigh(other);
    nd_coverage_finder finder;
    nd_coverage_counts counts;
    nd_coverage_finder_init(&finder, words);
    assert_int_equal(nd_coverage_finder_hold(&finder, &held_text, &a), ND_OK);
    assert_int_equal(nd_coverage_finder_measure(&finder, &other_text, &a, &counts), ND_OK);
    nd_coverage_finder_release(&finder, &a);
    return counts;
}

static void assert_near(uint32_t part, double expected)
{
    const double actual = (double)part / ND_COVERED_ALL;
    assert_true(actual > expected - 0.01 && actual < expected + 0.01);
}

enum { PLAIN = ND_SHINGLE_WEIGHT_ONE };

static void a_lead_is_covered_whole_and_its_story_a_little(void **state)
{
    (void)state;
    text story = {.num = 0}, lead = {.num = 0};
    append(&story, 1000, 400, PLAIN);
    append(&lead, 1000, 30, PLAIN);
    const nd_coverage_counts counts = measure(&story, &lead);
    assert_int_equal(counts.common, 30);
    assert_near(counts.of_other, 1);
    assert_near(counts.of_held, 30.0 / 400);
}

static void the_measure_is_the_same_the_other_way_round(void **state)
{
    (void)state;
    text a = {.num = 0}, b = {.num = 0};
    append(&a, 1000, 100, PLAIN);
    append(&a, 5000, 100, 1000);
    append(&b, 9000, 50, PLAIN);
    append(&b, 1000, 60, PLAIN);
    append(&b, 5010, 40, 1000);
    const nd_coverage_counts ab = measure(&a, &b), ba = measure(&b, &a);
    assert_int_equal(ab.common, ba.common);
    assert_int_equal(ab.of_held, ba.of_other);
    assert_int_equal(ab.of_other, ba.of_held);
}

static void edited_words_inside_a_copy_are_covered(void **state)
{
    (void)state;
    text original = {.num = 0}, edited = {.num = 0};
    append(&original, 1000, 300, PLAIN);
    for (uint32_t at = 0; at < 300; at += 10) { /* seven of ten shingles are left */
        append(&edited, 1000 + at, 7, PLAIN);
        append(&edited, 9000 + at, 3, PLAIN);
    }
    const nd_coverage_counts counts = measure(&original, &edited);
    assert_int_equal(counts.common, 210);
    assert_near(counts.of_held, 297.0 / 300);
    assert_near(counts.of_other, 297.0 / 300);
}

static void broken_words_leave_enough_in_order(void **state)
{
    (void)state;
    text original = {.num = 0}, scanned = {.num = 0};
    append(&original, 1000, 300, PLAIN);
    for (uint32_t at = 0; at < 300;
         at += 6) { /* one of six is left; a word is split now and then */
        append(&scanned, 1000 + at, 1, PLAIN);
        append(&scanned, 9000 + at * 10, at % 18 ? 5 : 7, PLAIN);
    }
    const nd_coverage_counts counts = measure(&original, &scanned);
    assert_true(counts.of_held > ND_COVERED_ALL * 9 / 10);
    assert_true(counts.of_other > ND_COVERED_ALL * 9 / 10);
}

static void what_two_texts_share_out_of_order_covers_nothing(void **state)
{
    (void)state;
    text long_text = {.num = 0}, other = {.num = 0};
    nd_random random = {1};
    append(&long_text, 1000, 1500, PLAIN);
    for (uint32_t i = 0; i < 40; i++) { /* pairs of shingles from anywhere */
        append(&other, 1000 + nd_random_u64(&random) % 37 * 40, 2, PLAIN);
        append(&other, 9000 + i * 100, 10, PLAIN);
    }
    size_t num_distinct;
    nd_position_index index = {0};
    const nd_allocator a = nd_allocator_or_default(NULL);
    assert_int_equal(
        nd_position_index_distinct(&index, &a, other.shingles, other.num, &num_distinct, NULL),
        ND_OK);
    other.num = (uint32_t)num_distinct;
    nd_position_index_release(&index, &a);
    const nd_coverage_counts counts = measure(&long_text, &other);
    assert_true(counts.common > 20);
    assert_true(counts.of_other < ND_COVERED_ALL / 10);
    assert_true(counts.of_held < ND_COVERED_ALL / 10);
}

static void paragraphs_in_another_order_are_covered(void **state)
{
    (void)state;
    text a = {.num = 0}, b = {.num = 0};
    const uint32_t orders[2][4] = {{0, 1, 2, 3}, {2, 0, 3, 1}};
    for (int i = 0; i < 4; i++) {
        append(&a, 1000 + orders[0][i] * 1000, 60, PLAIN);
        append(&b, 1000 + orders[1][i] * 1000, 60, PLAIN);
    }
    const nd_coverage_counts counts = measure(&a, &b);
    assert_near(counts.of_held, 1);
    assert_near(counts.of_other, 1);
}

static void a_footer_that_many_share_counts_little(void **state)
{
    (void)state;
    const uint16_t common = (uint16_t)nd_shingle_weight(5000);
    text a = {.num = 0}, b = {.num = 0};
    append(&a, 1000, 150, PLAIN);
    append(&b, 3000, 150, PLAIN);
    append(&a, 5000, 150, common);
    append(&b, 5000, 150, common);
    const nd_coverage_counts counts = measure(&a, &b);
    assert_true(counts.of_held < ND_COVERED_ALL / 20);
    assert_true(counts.of_other < ND_COVERED_ALL / 20);
}

static void a_story_that_many_carry_is_covered_for_all_that(void **state)
{
    (void)state;
    const uint16_t common = (uint16_t)nd_shingle_weight(500);
    text a = {.num = 0}, b = {.num = 0};
    append(&a, 1000, 10, PLAIN);
    append(&b, 3000, 15, PLAIN);
    append(&a, 5000, 250, common);
    append(&b, 5000, 250, common);
    const nd_coverage_counts counts = measure(&a, &b);
    assert_true(counts.of_held > ND_COVERED_ALL / 2);
    assert_true(counts.of_other > ND_COVERED_ALL / 2);
}

static void a_formula_does_not_cover_the_figures_in_it(void **state)
{
    (void)state;
    const uint16_t common = (uint16_t)nd_shingle_weight(100);
    text a = {.num = 0}, b = {.num = 0};
    for (uint32_t at = 0; at < 60; at += 6) {
        append(&a, 1000 + at, 2, common);
        append(&b, 1000 + at, 2, common);
        append(&a, 5000 + at, 4, PLAIN);
        append(&b, 9000 + at, 4, PLAIN);
    }
    const nd_coverage_counts counts = measure(&a, &b);
    assert_int_equal(counts.common, 20);
    assert_true(counts.of_held < ND_COVERED_ALL / 5);
}

static void texts_that_share_nothing_cover_nothing(void **state)
{
    (void)state;
    text a = {.num = 0}, b = {.num = 0};
    append(&a, 1000, 50, PLAIN);
    append(&b, 3000, 1, PLAIN);
    const nd_coverage_counts counts = measure(&a, &b);
    assert_int_equal(counts.common, 0);
    assert_int_equal(counts.of_held, 0);
    assert_int_equal(counts.of_other, 0);
}

/* Weights decide by their means: where all are equal, which shingles have one does not matter. */
static void a_sample_measures_what_the_whole_does(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    text held = {.num = 0}, other = {.num = 0};
    for (uint64_t i = 0; i < 8; i++) {
        append(&held, 1000 + i * 100, 60, PLAIN);
        append(&other, 1000 + i * 100, 40, PLAIN);
        append(&other, 9000 + i * 100, 10 + (uint32_t)i * 5, PLAIN);
    }
    const nd_coverage_counts whole = measure(&held, &other);
    for (unsigned shift = 0; shift < 9; shift++) {
        nd_weighted_text texts[2] = {weigh(&held), weigh(&other)};
        for (int i = 0; i < 2; i++) {
            texts[i].sampled_up_to = UINT64_MAX >> (i ? shift % 3 : shift / 3);
            texts[i].num_samples = 0;
            for (uint32_t s = 0; s < texts[i].num; s++)
                texts[i].num_samples += texts[i].shingles[s] <= texts[i].sampled_up_to;
            texts[i].weight_sum = (uint64_t)texts[i].num_samples * ND_SHINGLE_WEIGHT_ONE;
        }
        nd_coverage_finder finder;
        nd_coverage_counts counts;
        nd_coverage_finder_init(&finder, (nd_shingle_spec){ND_SHINGLE_WORD, 3});
        assert_int_equal(nd_coverage_finder_hold(&finder, &texts[0], &a), ND_OK);
        assert_int_equal(nd_coverage_finder_measure(&finder, &texts[1], &a, &counts), ND_OK);
        assert_memory_equal(&counts, &whole, sizeof counts);
        nd_coverage_finder_release(&finder, &a);
    }
}

static void weights_fall_with_the_root_of_the_frequency(void **state)
{
    (void)state;
    assert_int_equal(nd_shingle_weight(1), ND_SHINGLE_WEIGHT_ONE);
    assert_int_equal(nd_shingle_weight(ND_PLAIN_FREQUENCY), ND_SHINGLE_WEIGHT_ONE);
    assert_int_equal(nd_shingle_weight(4 * ND_PLAIN_FREQUENCY), ND_SHINGLE_WEIGHT_ONE / 2);
    assert_int_equal(nd_shingle_weight(100 * ND_PLAIN_FREQUENCY), ND_SHINGLE_WEIGHT_ONE / 10);
    assert_true(nd_shingle_weight(UINT32_MAX) >= 1);
    for (uint32_t f = 1; f < 5000; f++)
        assert_true(nd_shingle_weight(f) >= nd_shingle_weight(f + 1));
}

static void positions_are_those_of_the_first_of_each_kind(void **state)
{
    (void)state;
    uint64_t hashes[] = {7, 3, 7, 9, 3, 3, 1, 9 + 16, 9};
    const uint64_t expected[] = {7, 3, 9, 1, 9 + 16};
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_position_index index = {0};
    size_t num;
    uint32_t repeats[ND_REPEATS_WORDS(9)];
    assert_int_equal(nd_position_index_distinct(&index, &a, hashes, 9, &num, repeats), ND_OK);
    assert_int_equal(num, 5);
    assert_int_equal(repeats[0], 1 << 2 | 1 << 4 | 1 << 5 | 1 << 8);
    assert_memory_equal(hashes, expected, sizeof expected);
    for (int again = 0; again < 2; again++) {
        for (uint32_t i = 0; i < 5; i++)
            assert_int_equal(nd_position_index_find(&index, expected[i]), i);
        assert_int_equal(nd_position_index_find(&index, 2), ND_NO_POSITION);
        assert_int_equal(nd_position_index_set(&index, &a, hashes, num), ND_OK);
    }
    assert_int_equal(nd_position_index_distinct(&index, &a, hashes, 0, &num, NULL), ND_OK);
    assert_int_equal(num, 0);
    nd_position_index_release(&index, &a);
}

/* Looking through all that share their lowest bits with a shingle would take hours. */
static void shingles_alike_in_most_bits_are_found_as_quickly(void **state)
{
    (void)state;
    enum { NUM = 1 << 20, ALIKE_BITS = 40 };
    const nd_allocator a = nd_allocator_or_default(NULL);
    uint64_t *const hashes = calloc(NUM, sizeof *hashes);
    assert_non_null(hashes);
    for (size_t i = 0; i < NUM; i++)
        hashes[i] = (uint64_t)i << ALIKE_BITS | 0x5eed;
    nd_position_index index = {0};
    size_t num;
    assert_int_equal(nd_position_index_distinct(&index, &a, hashes, NUM, &num, NULL), ND_OK);
    assert_int_equal(num, NUM);
    for (size_t i = 0; i < NUM; i++)
        assert_int_equal(nd_position_index_find(&index, hashes[i]), i);
    nd_position_index_release(&index, &a);
    free(hashes);
}

/* Stretches of one text in any order, between shingles of its own. */
static void append_stretches(text *t, const text *from, nd_random *random)
{
    while (t->num + 100 < MAX && nd_random_u64(random) % 20 > 0) {
        const uint32_t at = (uint32_t)(nd_random_u64(random) % from->num);
        const uint32_t len = 1 + (uint32_t)(nd_random_u64(random) % 40);
        for (uint32_t i = at; i < from->num && i < at + len; i++) {
            bool is_there = false;
            for (uint32_t k = 0; k < t->num; k++)
                is_there |= t->shingles[k] == from->shingles[i];
            if (!is_there)
                t->shingles[t->num++] = from->shingles[i];
        }
        append(t, nd_random_u64(random), (uint32_t)(nd_random_u64(random) % 5), PLAIN);
    }
}

/* Where each of num shingles stands in the held text. Stretches come in order, and none goes on
 * where the one before it ends. */
static void place_stretches(const nd_stretch_vec *stretches, uint32_t *places, uint32_t num)
{
    for (uint32_t i = 0; i < num; i++)
        places[i] = ND_NO_POSITION;
    for (size_t i = 0; i < stretches->len; i++) {
        const nd_stretch *const s = &stretches->items[i], *const before = s - 1;
        assert_true(s->num > 0 && s->at[ND_OTHER] + s->num <= num);
        if (i > 0) {
            assert_true(s->at[ND_OTHER] >= before->at[ND_OTHER] + before->num);
            assert_true(s->at[ND_OTHER] > before->at[ND_OTHER] + before->num ||
                        s->at[ND_HELD] != before->at[ND_HELD] + before->num);
        }
        for (uint32_t k = 0; k < s->num; k++)
            places[s->at[ND_OTHER] + k] = s->at[ND_HELD] + k;
    }
}

static void shingles_are_found_where_a_plain_search_finds_them(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_shingle_spec words = {ND_SHINGLE_WORD, 3};
    static uint32_t places[MAX];
    nd_random random = {21};
    nd_stretch_vec stretches = {0};
    nd_coverage_finder finder;
    nd_coverage_finder_init(&finder, words);
    for (int round = 0; round < 40; round++) {
        text held = {.num = 0}, other = {.num = 0};
        append(&held, 5000, 1 + (uint32_t)(nd_random_u64(&random) % 300), PLAIN);
        append_stretches(&other, &held, &random);
        const nd_weighted_text held_text = weigh(&held), other_text = weigh(&other);
        uint32_t num = 0;
        assert_int_equal(nd_coverage_finder_hold(&finder, &held_text, &a), ND_OK);
        uint32_t num_found;
        assert_int_equal(nd_coverage_finder_match(&finder, &other_text, &a, &stretches, &num_found),
                         ND_OK);
        place_stretches(&stretches, places, other.num);
        for (uint32_t i = 0; i < other.num; i++) {
            uint32_t expected = ND_NO_POSITION;
            for (uint32_t k = 0; k < held.num; k++)
                expected = held.shingles[k] == other.shingles[i] ? k : expected;
            assert_int_equal(places[i], expected);
            num += expected != ND_NO_POSITION;
        }
        assert_int_equal(num_found, num);
    }
    ND_VEC_RELEASE(&a, &stretches);
    nd_coverage_finder_release(&finder, &a);
}

static void marks_bound_what_is_shared_from_above(void **state)
{
    (void)state;
    enum { NUM = 1500, STRANGERS = 1000 };
    static text longer, shorter;
    nd_shingle_marks *const marks = malloc(nd_shingle_marks_bytes(NUM));
    assert_non_null(marks);
    longer.num = 0;
    append(&longer, 1, NUM, 1);
    nd_shingle_marks_set(marks, longer.shingles, longer.num);
    for (uint32_t num_shared = 0; num_shared <= 20; num_shared += 10) {
        shorter.num = 0;
        append(&shorter, 1, num_shared, 1);
        append(&shorter, MAX + 1, STRANGERS, 1);
        const uint32_t most = nd_shingle_marks_count(marks, shorter.shingles, shorter.num);
        assert_true(most >= num_shared);
        assert_true(most <= num_shared + STRANGERS / 20);
    }
    assert_int_equal(nd_shingle_marks_count(marks, longer.shingles, NUM), NUM);
    assert_int_equal(nd_shingle_marks_count(marks, longer.shingles, 0), 0);
    free(marks);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    text a = {.num = 0}, b = {.num = 0};
    append(&a, 1000, 300, PLAIN);
    for (uint32_t at = 0; at < 300; at += 30) /* several runs */
        append(&b, 1000 + (290 - at), 10, PLAIN);
    const nd_weighted_text held = weigh(&a), other = weigh(&b);
    const nd_shingle_spec words = {ND_SHINGLE_WORD, 3};
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator allocator = failing_allocator_make(&f);
        nd_coverage_finder finder;
        nd_coverage_counts counts;
        nd_coverage_finder_init(&finder, words);
        status = nd_coverage_finder_hold(&finder, &held, &allocator);
        if (status == ND_OK)
            status = nd_coverage_finder_measure(&finder, &other, &allocator, &counts);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        nd_coverage_finder_release(&finder, &allocator);
        assert_int_equal(f.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lead_is_covered_whole_and_its_story_a_little),
        cmocka_unit_test(the_measure_is_the_same_the_other_way_round),
        cmocka_unit_test(edited_words_inside_a_copy_are_covered),
        cmocka_unit_test(broken_words_leave_enough_in_order),
        cmocka_unit_test(what_two_texts_share_out_of_order_covers_nothing),
        cmocka_unit_test(paragraphs_in_another_order_are_covered),
        cmocka_unit_test(a_footer_that_many_share_counts_little),
        cmocka_unit_test(a_story_that_many_carry_is_covered_for_all_that),
        cmocka_unit_test(a_formula_does_not_cover_the_figures_in_it),
        cmocka_unit_test(texts_that_share_nothing_cover_nothing),
        cmocka_unit_test(a_sample_measures_what_the_whole_does),
        cmocka_unit_test(weights_fall_with_the_root_of_the_frequency),
        cmocka_unit_test(positions_are_those_of_the_first_of_each_kind),
        cmocka_unit_test(shingles_alike_in_most_bits_are_found_as_quickly),
        cmocka_unit_test(shingles_are_found_where_a_plain_search_finds_them),
        cmocka_unit_test(marks_bound_what_is_shared_from_above),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
