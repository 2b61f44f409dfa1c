/* Exact similarity of shingle sets, and the kinds of match it makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/kernel.h"
#include "neardup/match.h"
#include "random.h"
#include "similarity/similarity.h"
#include "util/sort.h"

typedef struct u64_set {
    uint64_t *items;
    size_t size;
} u64_set;

/* Sorts and drops repeats; the block is made as small as the set, so that reading past it is found.
 */
static u64_set set_from(uint64_t *items, size_t num)
{
    uint64_t *const scratch = malloc((num + 1) * sizeof *scratch);
    assert_non_null(scratch);
    nd_radix_sort_u64(items, scratch, num);
    free(scratch);
    u64_set set = {malloc((num ? num : 1) * sizeof *set.items), 0};
    assert_non_null(set.items);
    for (size_t i = 0; i < num; i++)
        if (i == 0 || items[i] != items[i - 1])
            set.items[set.size++] = items[i];
    if (set.size < num && set.size > 0)
        set.items = realloc(set.items, set.size * sizeof *set.items);
    assert_non_null(set.items);
    return set;
}

/* `num` values below `range` (0: any), about a `shared` hundredth of them from `other`. */
static u64_set random_set(nd_random *random, size_t num, uint64_t range, const u64_set *other,
                          unsigned shared)
{
    uint64_t *const items = malloc((num + 1) * sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < num; i++) {
        const uint64_t value = nd_random_u64(random);
        if (other && other->size > 0 && nd_random_u64(random) % 100 < shared)
            items[i] = other->items[value % other->size];
        else
            items[i] = range ? value % range : value;
    }
    const u64_set set = set_from(items, num);
    free(items);
    return set;
}

static uint64_t naive_intersection(const u64_set *a, const u64_set *b)
{
    uint64_t common = 0;
    for (size_t i = 0, j = 0; i < a->size && j < b->size;)
        if (a->items[i] == b->items[j])
            common++, i++, j++;
        else if (a->items[i] < b->items[j])
            i++;
        else
            j++;
    return common;
}

/* The kernels for other machines, over tests/unit/emulation. */
nd_merge_blocks_fn nd_merge_blocks_emulated_avx512;
nd_merge_blocks_fn nd_merge_blocks_emulated_neon;

static uint64_t merge_with(nd_merge_blocks_fn *kernel, const u64_set *a, const u64_set *b,
                           uint64_t need)
{
    nd_merge merge = {a->items, a->items + a->size, b->items, b->items + b->size, 0};
    nd_merge_finish(&merge, kernel, need);
    return merge.common >= need ? merge.common : 0;
}

static void assert_counts_alike(const u64_set *a, const u64_set *b)
{
    const uint64_t common = naive_intersection(a, b);
    const uint64_t needs[] = {0, 1, common / 2, common, common + 1, a->size, UINT64_MAX};
    assert_int_equal(nd_intersection(a->items, a->size, b->items, b->size), common);
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const uint64_t need = needs[i], expected = common >= need ? common : 0;
        assert_int_equal(nd_intersection_at_least(a->items, a->size, b->items, b->size, need),
                         expected);
        assert_int_equal(merge_with(NULL, a, b, need), expected);
        assert_int_equal(merge_with(nd_merge_blocks_emulated_avx512, a, b, need), expected);
        assert_int_equal(merge_with(nd_merge_blocks_emulated_neon, a, b, need), expected);
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx2"))
            assert_int_equal(merge_with(nd_merge_blocks_avx2, a, b, need), expected);
#endif
    }
}

static void every_kernel_counts_what_is_common(void **state)
{
    (void)state;
    nd_random random = {8};
    for (size_t size_a = 0; size_a <= 70; size_a++)
        for (size_t size_b = 0; size_b <= 70; size_b += 1 + size_b / 12) {
            const uint64_t range = size_a % 3 == 0 ? 0 : 2 * (size_a + size_b) + 1;
            const u64_set a = random_set(&random, size_a, range, NULL, 0);
            const u64_set b = random_set(&random, size_b, range, &a, 50);
            assert_counts_alike(&a, &b);
            free(a.items);
            free(b.items);
        }
    for (unsigned shared = 0; shared <= 100; shared += 10) {
        const u64_set a = random_set(&random, 1500, 0, NULL, 0);
        const u64_set b = random_set(&random, 900 + 13 * (size_t)shared, 0, &a, shared);
        assert_counts_alike(&a, &b);
        free(a.items);
        free(b.items);
    }
}

/* Values from `first` on, `step` apart. */
static u64_set steps_from(uint64_t first, uint64_t step, size_t num)
{
    uint64_t *const items = malloc((num + 1) * sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < num; i++)
        items[i] = first + step * i;
    const u64_set set = set_from(items, num);
    free(items);
    return set;
}

static void sets_that_interleave_follow_or_hold_each_other_are_counted(void **state)
{
    (void)state;
    const u64_set sets[] = {
        steps_from(0, 2, 100),
        steps_from(1, 2, 100),
        steps_from(0, 1, 100),
        steps_from(200, 1, 64),
        steps_from(0, 8, 40),
        steps_from(7, 8, 40),
        steps_from(UINT64_MAX - 31, 1, 32),
        steps_from(UINT64_MAX, 1, 1),
        steps_from(0, 1, 1),
        steps_from(0, UINT64_MAX / 63, 64),
        steps_from(0, 3, 5000),
        steps_from(0, 1000, 7),
        steps_from(14999, 1, 2),
    };
    const size_t num = sizeof sets / sizeof *sets;
    for (size_t i = 0; i < num; i++)
        for (size_t j = 0; j < num; j++)
            assert_counts_alike(&sets[i], &sets[j]);
    for (size_t i = 0; i < num; i++)
        free(sets[i].items);
}

static void sets_of_very_different_sizes_are_counted(void **state)
{
    (void)state;
    nd_random random = {9};
    for (size_t large = 100; large <= 30000; large *= 3)
        for (size_t small = 1; small * 20 <= large && small < 60; small += 1 + small / 4)
            for (unsigned shared = 0; shared <= 100; shared += 25) {
                const u64_set a = random_set(&random, large, 0, NULL, 0);
                const u64_set b = random_set(&random, small, 0, &a, shared);
                assert_counts_alike(&a, &b);
                assert_counts_alike(&b, &a);
                free(a.items);
                free(b.items);
            }
}

static void similarity_is_exact(void **state)
{
    (void)state;
    const uint64_t a[] = {1, 2, 3, 4}, b[] = {3, 4, 5, 6, 7, 8};
    const nd_similarity s = nd_similarity_compute(a, 4, b, 6);
    assert_int_equal(s.size_a, 4);
    assert_int_equal(s.size_b, 6);
    assert_int_equal(s.common, 2);
    assert_true(s.jaccard == 0.25 && s.a_in_b == 0.5 && s.b_in_a == 2.0 / 6);
    const nd_similarity none = nd_similarity_compute(a, 4, NULL, 0);
    assert_true(none.jaccard == 0 && none.a_in_b == 0 && none.b_in_a == 0 && none.common == 0);
    const nd_similarity same = nd_similarity_compute(a, 4, a, 4);
    assert_true(same.jaccard == 1 && same.a_in_b == 1 && same.b_in_a == 1);
}

static nd_match_kind kind_of(uint64_t size_a, uint64_t size_b, uint64_t common, nd_match_rule rule)
{
    const nd_similarity s = nd_similarity_from_counts(size_a, size_b, common);
    return nd_match_classify(&s, &rule);
}

static void thresholds_are_reached_by_equality(void **state)
{
    (void)state;
    assert_int_equal(kind_of(5, 4, 4, (nd_match_rule){0.8, 0}), ND_MATCH_NEAR);
    assert_int_equal(kind_of(5, 5, 4, (nd_match_rule){0.8, 0}), ND_MATCH_NONE);
    assert_int_equal(kind_of(10, 4, 2, (nd_match_rule){0.8, 0.5}), ND_MATCH_CONTAINS);
    assert_int_equal(kind_of(10, 4, 1, (nd_match_rule){0.8, 0.5}), ND_MATCH_NONE);
}

static void kinds_name_the_stronger_relation_first(void **state)
{
    (void)state;
    const nd_match_rule rule = {0.5, 0.6};
    assert_int_equal(kind_of(7, 7, 7, rule), ND_MATCH_EXACT);
    assert_int_equal(kind_of(7, 8, 7, rule), ND_MATCH_NEAR);
    assert_int_equal(kind_of(100, 10, 9, rule), ND_MATCH_CONTAINS);
    assert_int_equal(kind_of(10, 100, 9, rule), ND_MATCH_CONTAINED);
    assert_int_equal(kind_of(10, 10, 6, (nd_match_rule){0.9, 0.6}), ND_MATCH_CONTAINS);
    assert_int_equal(kind_of(100, 10, 9, (nd_match_rule){0.5, 0}), ND_MATCH_NONE);
    assert_int_equal(kind_of(0, 0, 0, (nd_match_rule){0, 0}), ND_MATCH_NONE);
    assert_int_equal(kind_of(4, 4, 0, (nd_match_rule){0, 0}), ND_MATCH_NONE);
}

/* As what compares goodness would say where products were cut to 64 bits. */
static int compare_cut(nd_goodness a, nd_goodness b)
{
    const uint64_t left = a.common * b.of_union, right = b.common * a.of_union;
    return (left < right) - (left > right);
}

static void the_better_match_is_told_at_any_size(void **state)
{
    (void)state;
    const uint64_t most = UINT32_MAX;
    /* All but one shingle of two sets of 2^32 - 1, and a third less of as many. */
    const nd_goodness good = nd_goodness_of(most, most, most - 1);
    const nd_goodness bad = nd_goodness_of(most, most, most / 3 * 2);
    assert_int_equal(nd_goodness_compare(good, bad), -1);
    assert_int_equal(nd_goodness_compare(bad, good), 1);
    assert_int_equal(nd_goodness_compare(good, good), 0);
    /* Fractions that differ by a part in 2^64, and those that do not. */
    const nd_goodness larger = {most, most + 1, most}, smaller = {most - 1, most, most};
    assert_int_equal(nd_goodness_compare(larger, smaller), -1);
    const nd_goodness half = {most / 2, most - 1, most}, third = {1, 2, 2};
    assert_int_equal(nd_goodness_compare(half, third), 1); /* one jaccard, less containment */
    /* 2^32 * 2^32 is 0 in 64 bits: the order would be the other way round. */
    const nd_goodness whole = {UINT64_C(1) << 32, UINT64_C(1) << 33, UINT64_C(1) << 32};
    const nd_goodness little = {1, UINT64_C(1) << 32, 1};
    assert_int_equal(nd_goodness_compare(whole, little), -1);
    assert_int_equal(compare_cut(whole, little), 1);
}

static void verification_asks_for_enough_at_any_size(void **state)
{
    (void)state;
    const uint64_t sizes[] = {1, 1000, INT32_MAX, UINT32_MAX, UINT64_C(1) << 33};
    const nd_match_rule rule = {0.8, 0.6};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++) {
            const uint64_t least = nd_match_least_common(&rule, sizes[i], sizes[j]);
            const uint64_t smaller = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
            assert_true(least >= 1 && least <= smaller);
            nd_similarity s = nd_similarity_from_counts(sizes[i], sizes[j], least - 1);
            assert_int_equal(nd_match_classify(&s, &rule), ND_MATCH_NONE);
            s = nd_similarity_from_counts(sizes[i], sizes[j],
                                          least + 2 < smaller ? least + 2 : smaller);
            assert_int_not_equal(nd_match_classify(&s, &rule), ND_MATCH_NONE);
        }
    const nd_similarity s = nd_similarity_from_counts(UINT32_MAX, UINT32_MAX, UINT32_MAX - 1);
    assert_true(s.jaccard > 0.999999999 && s.jaccard < 1);
    assert_int_equal(nd_match_classify(&s, &rule), ND_MATCH_NEAR); /* not exact */
}

static void kinds_turn_around_and_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"none",     "exact",     "near",
                                        "contains", "contained", "partial"};
    for (int kind = ND_MATCH_NONE; kind <= ND_MATCH_PARTIAL; kind++) {
        const nd_match_kind reversed = nd_match_kind_reversed((nd_match_kind)kind);
        assert_int_equal(nd_match_kind_reversed(reversed), kind);
        assert_string_equal(nd_match_kind_name((nd_match_kind)kind), names[kind]);
    }
    assert_int_equal(nd_match_kind_reversed(ND_MATCH_CONTAINS), ND_MATCH_CONTAINED);
    assert_int_equal(nd_match_kind_reversed(ND_MATCH_NEAR), ND_MATCH_NEAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_counts_what_is_common),
        cmocka_unit_test(sets_that_interleave_follow_or_hold_each_other_are_counted),
        cmocka_unit_test(sets_of_very_different_sizes_are_counted),
        cmocka_unit_test(similarity_is_exact),
        cmocka_unit_test(thresholds_are_reached_by_equality),
        cmocka_unit_test(kinds_name_the_stronger_relation_first),
        cmocka_unit_test(the_better_match_is_told_at_any_size),
        cmocka_unit_test(verification_asks_for_enough_at_any_size),
        cmocka_unit_test(kinds_turn_around_and_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
