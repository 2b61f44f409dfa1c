/* What the tool says of found pairs and groups, on cases computed by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/evaluation.h"
#include "failing_allocator.h"
#include "random.h"

static nd_allocator plain;

static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-12);
}

/* Pairs "ab cd": documents are letters from a. */
static nd_pair_list list_of(const char *pairs)
{
    nd_pair_list list = {.allocator = &plain};
    for (const char *p = pairs; *p; p += p[2] == ' ' ? 3 : 2)
        assert_int_equal(nd_pair_list_add(&list, (uint32_t)(p[0] - 'a'), (uint32_t)(p[1] - 'a')),
                         ND_OK);
    assert_int_equal(nd_pair_list_sort(&list), ND_OK);
    return list;
}

static nd_scores scores_of(const char *truth, const char *found)
{
    nd_pair_list t = list_of(truth), f = list_of(found);
    const nd_scores scores = nd_scores_of(&t, &f);
    nd_pair_list_release(&t);
    nd_pair_list_release(&f);
    return scores;
}

static void precision_recall_and_f1_are_shares_of_the_pairs(void **state)
{
    (void)state;
    const nd_scores s = scores_of("ab ac bc de fg", "ab bc ae");
    assert_int_equal(s.pairs_true, 5);
    assert_int_equal(s.pairs_found, 3);
    assert_int_equal(s.true_positives, 2);
    assert_near(s.precision, 2.0 / 3);
    assert_near(s.recall, 2.0 / 5);
    assert_near(s.f1, 0.5); /* 2 * 2 / (5 + 3) */
}

static void pairs_count_once_in_either_order_and_never_with_themselves(void **state)
{
    (void)state;
    const nd_scores s = scores_of("ab ba ab cc", "ba ba");
    assert_int_equal(s.pairs_true, 1);
    assert_int_equal(s.pairs_found, 1);
    assert_int_equal(s.true_positives, 1);
}

static void nothing_found_is_no_mistake_and_nothing_true_is_nothing_missed(void **state)
{
    (void)state;
    const nd_scores none = scores_of("", ""), nothing_found = scores_of("ab", ""),
                    nothing_true = scores_of("", "ab");
    assert_true(none.precision == 1 && none.recall == 1 && none.f1 == 1);
    assert_true(nothing_found.precision == 1 && nothing_found.recall == 0 && nothing_found.f1 == 0);
    assert_true(nothing_true.precision == 0 && nothing_true.recall == 1 && nothing_true.f1 == 0);
}

static double ari_of(const char *a, const char *b)
{
    uint32_t label_a[16], label_b[16];
    const size_t num = strlen(a);
    for (size_t i = 0; i < num; i++) {
        label_a[i] = (uint32_t)a[i];
        label_b[i] = (uint32_t)b[i];
    }
    double ari = -9;
    assert_int_equal(nd_adjusted_rand_index(label_a, label_b, num, &plain, &ari), ND_OK);
    return ari;
}

static void adjusted_rand_index_is_that_of_hand_computed_tables(void **state)
{
    (void)state;
    /* 1 pair in both, 2 in the first, 1 in the second, 6 in all: (1 - 1/3) / (1.5 - 1/3) */
    assert_near(ari_of("aabb", "aabc"), 4.0 / 7);
    /* 0 in both, 2 and 2: (0 - 2/3) / (2 - 2/3) */
    assert_near(ari_of("aabb", "abab"), -0.5);
    /* 2 in both, 6 and 6, 15 in all: (2 - 2.4) / (6 - 2.4) */
    assert_near(ari_of("aaabbb", "aabbba"), (2 - 2.4) / (6 - 2.4));
    assert_near(ari_of("aaaa", "abcd"), 0);
}

static void equal_partitions_have_an_adjusted_rand_index_of_1(void **state)
{
    (void)state;
    assert_true(ari_of("aabbc", "xxyyz") == 1);
    assert_true(ari_of("abcde", "edcba") == 1); /* all alone */
    assert_true(ari_of("aaaa", "bbbb") == 1);   /* all together */
    assert_true(ari_of("a", "b") == 1);
    assert_true(ari_of("", "") == 1);
}

static void partitions_by_chance_have_an_adjusted_rand_index_near_0(void **state)
{
    (void)state;
    enum { NUM = 20000 };
    static uint32_t a[NUM], b[NUM];
    nd_random random = {4};
    for (size_t i = 0; i < NUM; i++) {
        a[i] = (uint32_t)(nd_random_u64(&random) % 50);
        b[i] = (uint32_t)(nd_random_u64(&random) % 300);
    }
    double ari = 1;
    assert_int_equal(nd_adjusted_rand_index(a, b, NUM, &plain, &ari), ND_OK);
    assert_true(ari > -0.001 && ari < 0.001);
}

static void components_are_labelled_by_their_lowest_document(void **state)
{
    (void)state;
    const uint32_t expected[] = {0, 1, 0, 3, 1, 0, 6};
    uint32_t label[7];
    nd_pair_list list = list_of("fc ca be");
    nd_pair_list_components(&list, 7, label);
    assert_memory_equal(label, expected, sizeof expected);
    nd_pair_list_release(&list);
}

static void all_pairs_of_a_group_are_added(void **state)
{
    (void)state;
    const uint32_t members[] = {7, 2, 9, 2, 4}; /* 2 stands twice */
    nd_pair_list list = {.allocator = &plain};
    assert_int_equal(nd_pair_list_add_all(&list, members, 5), ND_OK);
    assert_int_equal(nd_pair_list_add_all(&list, members, 1), ND_OK);
    assert_int_equal(nd_pair_list_add_all(&list, members, 0), ND_OK);
    assert_int_equal(nd_pair_list_sort(&list), ND_OK);
    assert_int_equal(list.pairs.len, 6);
    size_t at = 0; /* 24 27 29 47 49 79 */
    assert_false(nd_pair_list_meets(&list, nd_pair_key(2, 3), &at));
    assert_true(nd_pair_list_meets(&list, nd_pair_key(9, 2), &at));
    assert_true(nd_pair_list_meets(&list, nd_pair_key(7, 9), &at));
    assert_false(nd_pair_list_meets(&list, nd_pair_key(8, 9), &at));
    assert_int_equal(nd_pair_list_add_all(&list, members, (size_t)1 << 17), ND_ERR_LIMIT);
    assert_int_equal(nd_pair_list_add_all(&list, members, SIZE_MAX), ND_ERR_LIMIT);
    assert_int_equal(list.pairs.len, 6);
    nd_pair_list_release(&list);
}

static void subtracting_drops_the_pairs_of_the_other_list(void **state)
{
    (void)state;
    nd_pair_list list = list_of("ab ac bd ce"), other = list_of("ac ce ef"),
                 expected = list_of("ab bd");
    assert_int_equal(nd_pair_list_subtract(&list, &other), 2);
    assert_int_equal(list.pairs.len, expected.pairs.len);
    assert_memory_equal(list.pairs.items, expected.pairs.items, 2 * sizeof(uint64_t));
    nd_pair_list_release(&list);
    nd_pair_list_release(&other);
    nd_pair_list_release(&expected);
}

static void a_band_begins_with_its_lower_end(void **state)
{
    (void)state;
    const double similarities[] = {1, 0.9, 0.899999, 0.8, 0.7, 0.699999, 0.5, 0.499999, 0};
    const int bands[] = {0, 0, 1, 1, 2, 3, 3, 4, 4};
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++)
        assert_int_equal(nd_band_of(similarities[i]), bands[i]);
    for (int band = 0; band < ND_NUM_BANDS; band++)
        assert_true(nd_band_begin(band) < nd_band_begin(band - 1));
    assert_true(nd_band_begin(ND_NUM_BANDS - 1) == 0);
}

static nd_status measure(const nd_allocator *allocator)
{
    const uint32_t members[] = {0, 1, 2, 3};
    uint32_t label[4];
    double ari;
    nd_pair_list list = {.allocator = allocator}, sum = {.allocator = allocator};
    nd_status status = nd_pair_list_add_all(&list, members, 4);
    if (status == ND_OK)
        status = nd_pair_list_append(&sum, &list);
    if (status == ND_OK)
        status = nd_pair_list_sort(&sum);
    nd_pair_list_components(&sum, 4, label);
    if (status == ND_OK)
        status = nd_adjusted_rand_index(label, members, 4, allocator, &ari);
    nd_pair_list_release(&list);
    nd_pair_list_release(&sum);
    return status;
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    long num = 0;
    for (;; num++) {
        failing_allocator failing = {.left = num};
        const nd_allocator allocator = failing_allocator_make(&failing);
        const nd_status status = measure(&allocator);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    assert_true(num >= 5);
}

int main(void)
{
    plain = nd_allocator_or_default(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precision_recall_and_f1_are_shares_of_the_pairs),
        cmocka_unit_test(pairs_count_once_in_either_order_and_never_with_themselves),
        cmocka_unit_test(nothing_found_is_no_mistake_and_nothing_true_is_nothing_missed),
        cmocka_unit_test(adjusted_rand_index_is_that_of_hand_computed_tables),
        cmocka_unit_test(equal_partitions_have_an_adjusted_rand_index_of_1),
        cmocka_unit_test(partitions_by_chance_have_an_adjusted_rand_index_near_0),
        cmocka_unit_test(components_are_labelled_by_their_lowest_document),
        cmocka_unit_test(all_pairs_of_a_group_are_added),
        cmocka_unit_test(subtracting_drops_the_pairs_of_the_other_list),
        cmocka_unit_test(a_band_begins_with_its_lower_end),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
