/* The longest common subsequence, against the textbook's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "passages/alignment.h"
#include "random.h"

enum { MAX_LEN = 3000, LEN = 700, NUM_IDS = 4000 };

static uint32_t textbook_length(nd_word_sequence a, nd_word_sequence b)
{
    static uint32_t row[MAX_LEN + 1];
    memset(row, 0, sizeof row);
    for (uint32_t i = 0; i < a.len; i++) {
        uint32_t diagonal = 0;
        for (uint32_t j = 0; j < b.len; j++) {
            const uint32_t above = row[j + 1];
            if (a.ids[i] == b.ids[j])
                row[j + 1] = diagonal + 1;
            else if (row[j] > row[j + 1])
                row[j + 1] = row[j];
            diagonal = above;
        }
    }
    return row[b.len];
}

/* Two sequences over num_ids words; the second one is an edited copy of the first, or made anew. */
typedef struct pair {
    uint32_t ids[2][MAX_LEN];
    nd_word_sequence a, b;
} pair;

static void make_pair(pair *p, nd_random *random, uint32_t max_len)
{
    const uint32_t num_ids = 1u << (nd_random_u64(random) % 12);
    const uint32_t edited = (uint32_t)(nd_random_u64(random) % 4), rate = 2u << (edited * 2);
    uint32_t len_b = 0;
    p->a = (nd_word_sequence){p->ids[0], (uint32_t)(nd_random_u64(random) % max_len)};
    for (uint32_t i = 0; i < p->a.len; i++)
        p->ids[0][i] = (uint32_t)(nd_random_u64(random) % num_ids);
    for (uint32_t i = 0; i < p->a.len && len_b + 2 < max_len; i++) {
        const uint64_t chance = nd_random_u64(random);
        if (chance % rate > 1)
            p->ids[1][len_b++] = p->ids[0][i];
        else if (chance % rate == 1)
            p->ids[1][len_b++] = (uint32_t)(chance >> 32) % num_ids;
    }
    p->b = (nd_word_sequence){p->ids[1], len_b};
}

static nd_lcs new_lcs(const nd_allocator *allocator)
{
    nd_lcs lcs;
    nd_lcs_init(&lcs, allocator);
    assert_int_equal(nd_lcs_begin(&lcs, NUM_IDS), ND_OK);
    return lcs;
}

/* Runs ascend in both and hold equal words; returns how many words they hold. */
static uint32_t check_runs(const nd_word_run *runs, size_t num, nd_word_sequence a,
                           nd_word_sequence b)
{
    uint32_t end_a = 0, end_b = 0, words = 0;
    for (size_t i = 0; i < num; i++) {
        assert_true(runs[i].len > 0);
        assert_true(runs[i].a >= end_a && runs[i].b >= end_b);
        assert_true(i == 0 || runs[i].a > end_a || runs[i].b > end_b); /* else they were one */
        for (uint32_t k = 0; k < runs[i].len; k++)
            assert_int_equal(a.ids[runs[i].a + k], b.ids[runs[i].b + k]);
        end_a = runs[i].a + runs[i].len;
        end_b = runs[i].b + runs[i].len;
        words += runs[i].len;
    }
    assert_true(end_a <= a.len && end_b <= b.len);
    return words;
}

static void a_window_holds_a_longest_common_subsequence(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_lcs lcs = new_lcs(&allocator);
    nd_random random = {1};
    static pair p;
    for (int round = 0; round < 20000; round++) {
        nd_word_run runs[ND_LCS_WINDOW];
        make_pair(&p, &random, ND_LCS_WINDOW + 1);
        const uint32_t num = nd_lcs_window(&lcs, p.a, p.b, runs);
        const uint32_t expected = textbook_length(p.a, p.b);
        assert_int_equal(check_runs(runs, num, p.a, p.b), expected);
        assert_int_equal(nd_lcs_window_length(&lcs, p.a, p.b), expected);
    }
    nd_lcs_release(&lcs);
}

static void a_length_is_exact_where_it_says_so_and_never_too_long(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_lcs lcs = new_lcs(&allocator);
    nd_random random = {2};
    static pair p;
    uint32_t num_exact = 0;
    for (int round = 0; round < 3000; round++) {
        nd_lcs_bound bound;
        make_pair(&p, &random, LEN);
        const uint32_t expected = textbook_length(p.a, p.b);
        const uint32_t known = expected ? (uint32_t)(nd_random_u64(&random) % (expected + 1)) : 0;
        assert_int_equal(nd_lcs_length(&lcs, p.a, p.b,
                                       (nd_lcs_limits){.at_least = round % 2 ? known : 0}, &bound),
                         ND_OK);
        if (bound.is_exact)
            assert_int_equal(bound.length, expected);
        else
            assert_true(bound.length <= expected && bound.length >= (round % 2 ? known : 0));
        num_exact += bound.is_exact;
    }
    assert_true(num_exact > 2900);
    nd_lcs_release(&lcs);
}

static void a_length_that_is_wanted_is_found_as_without_asking(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_lcs lcs = new_lcs(&allocator);
    nd_random random = {7};
    static pair p;
    uint32_t num_wanted = 0;
    for (int round = 0; round < 3000; round++) {
        nd_lcs_bound full, bound;
        make_pair(&p, &random, LEN);
        const uint32_t most = p.a.len < p.b.len ? p.a.len : p.b.len;
        const uint32_t wanted = (uint32_t)(nd_random_u64(&random) % (most + 2));
        assert_int_equal(nd_lcs_length(&lcs, p.a, p.b, (nd_lcs_limits){0}, &full), ND_OK);
        assert_int_equal(nd_lcs_length(&lcs, p.a, p.b, (nd_lcs_limits){.wanted = wanted}, &bound),
                         ND_OK);
        assert_true(full.length < wanted ? bound.length <= full.length
                                         : bound.length == full.length);
        num_wanted += full.length >= wanted;
    }
    assert_in_range(num_wanted, 1, 2999);
    nd_lcs_release(&lcs);
}

/* Where all words that both hold stand in one order, the first of b among them. */
static void all_that_both_hold_is_as_long_as_can_be_wanted(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_lcs lcs = new_lcs(&allocator);
    static pair p;
    uint32_t expected = 0;
    for (uint32_t i = 0; i < LEN; i++) {
        const bool is_edited = i > 0 && i % 5 == 0;
        p.ids[0][i] = i == 0 ? NUM_IDS - 1 : i;
        p.ids[1][i] = is_edited ? LEN + i : i + 1;
        expected += i + 1 < LEN && !is_edited;
    }
    p.a = (nd_word_sequence){p.ids[0], LEN};
    p.b = (nd_word_sequence){p.ids[1], LEN};
    assert_int_equal(textbook_length(p.a, p.b), expected);
    for (uint32_t known = 0; known < 2; known++) {
        nd_lcs_bound bound;
        const nd_lcs_limits limits = {.at_least = known, .wanted = expected};
        assert_int_equal(nd_lcs_length(&lcs, p.a, p.b, limits, &bound), ND_OK);
        assert_int_equal(bound.length, expected);
        assert_true(bound.is_exact);
    }
    nd_lcs_release(&lcs);
}

/* Long sequences with little in common take more steps than there are. */
static void past_its_steps_a_length_is_a_lower_bound(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_lcs lcs = new_lcs(&allocator);
    nd_random random = {5};
    static pair p;
    for (uint32_t i = 0; i < MAX_LEN; i++) {
        p.ids[0][i] = (uint32_t)(nd_random_u64(&random) % 50);
        p.ids[1][i] = (uint32_t)(nd_random_u64(&random) % 50);
    }
    p.a = (nd_word_sequence){p.ids[0], MAX_LEN};
    p.b = (nd_word_sequence){p.ids[1], MAX_LEN};
    const uint32_t expected = textbook_length(p.a, p.b);
    nd_lcs_bound bound;
    assert_int_equal(nd_lcs_length(&lcs, p.a, p.b, (nd_lcs_limits){0}, &bound), ND_OK);
    assert_false(bound.is_exact);
    assert_true(bound.length <= expected);
    assert_int_equal(
        nd_lcs_length(&lcs, p.a, p.b, (nd_lcs_limits){.at_least = expected / 2}, &bound), ND_OK);
    assert_true(bound.length >= expected / 2 && bound.length <= expected);
    nd_lcs_release(&lcs);
}

static void an_alignment_of_any_length_is_longest(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_lcs lcs = new_lcs(&allocator);
    nd_random random = {3};
    nd_word_runs runs = {0};
    static pair p;
    for (int round = 0; round < 2000; round++) {
        make_pair(&p, &random, LEN);
        runs.len = 0;
        assert_int_equal(nd_lcs_align(&lcs, p.a, p.b, &runs), ND_OK);
        assert_int_equal(check_runs(runs.items, runs.len, p.a, p.b), textbook_length(p.a, p.b));
    }
    ND_VEC_RELEASE(&allocator, &runs);
    nd_lcs_release(&lcs);
}

static void nothing_is_aligned_with_nothing(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_lcs lcs = new_lcs(&allocator);
    const uint32_t ids[] = {1, 2, 3};
    nd_word_run window[ND_LCS_WINDOW];
    nd_word_runs runs = {0};
    nd_lcs_bound bound;
    const nd_word_sequence none = {ids, 0}, some = {ids, 3};
    assert_int_equal(nd_lcs_window(&lcs, none, some, window), 0);
    assert_int_equal(nd_lcs_window(&lcs, some, none, window), 0);
    assert_int_equal(nd_lcs_window_length(&lcs, none, some), 0);
    assert_int_equal(nd_lcs_window_length(&lcs, some, none), 0);
    assert_int_equal(nd_lcs_length(&lcs, none, some, (nd_lcs_limits){0}, &bound), ND_OK);
    assert_int_equal(bound.length, 0);
    assert_true(bound.is_exact);
    assert_int_equal(nd_lcs_align(&lcs, none, none, &runs), ND_OK);
    assert_int_equal(runs.len, 0);
    nd_lcs_release(&lcs);
}

static void each_failed_allocation_is_reported(void **state)
{
    (void)state;
    nd_random random = {4};
    static pair p;
    do
        make_pair(&p, &random, LEN);
    while (p.a.len < 200 || p.b.len < 200);
    long left = 0;
    for (nd_status status = ND_ERR_NO_MEMORY; status != ND_OK; left++) {
        failing_allocator failing = {.left = left};
        const nd_allocator allocator = failing_allocator_make(&failing);
        nd_word_runs runs = {0};
        nd_lcs_bound bound;
        nd_lcs lcs;
        nd_lcs_init(&lcs, &allocator);
        status = nd_lcs_begin(&lcs, NUM_IDS);
        if (status == ND_OK)
            status = nd_lcs_length(&lcs, p.a, p.b, (nd_lcs_limits){0}, &bound);
        if (status == ND_OK)
            status = nd_lcs_align(&lcs, p.a, p.b, &runs);
        nd_lcs_release(&lcs);
        ND_VEC_RELEASE(&allocator, &runs);
        assert_int_equal(failing.live, 0);
    }
    assert_true(left > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_holds_a_longest_common_subsequence),
        cmocka_unit_test(a_length_is_exact_where_it_says_so_and_never_too_long),
        cmocka_unit_test(a_length_that_is_wanted_is_found_as_without_asking),
        cmocka_unit_test(all_that_both_hold_is_as_long_as_can_be_wanted),
        cmocka_unit_test(past_its_steps_a_length_is_a_lower_bound),
        cmocka_unit_test(an_alignment_of_any_length_is_longest),
        cmocka_unit_test(nothing_is_aligned_with_nothing),
        cmocka_unit_test(each_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
