/* The exact join that recall is measured against. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench_random.h"
#include "exact_join.h"
#include "failing_allocator.h"
#include "neardup/shingle.h"

enum { NUM_SETS = 300, MAX_SIZE = 60 };

typedef struct sets_fixture {
    uint64_t elements[NUM_SETS * MAX_SIZE];
    size_t starts[NUM_SETS + 1];
} sets_fixture;

/* Small sets from a small universe, so that every similarity occurs; some empty, some equal. */
static bench_set_list random_sets(sets_fixture *f)
{
    bench_random random = {7};
    for (size_t i = 0; i < NUM_SETS; i++) {
        uint64_t *const set = f->elements + f->starts[i];
        size_t size = bench_random_below(&random, MAX_SIZE);
        const uint64_t family = i % 12;
        for (size_t k = 0; k < size; k++)
            set[k] = bench_mix(family * 1000 + (k < 30 ? k : bench_random_below(&random, 200)));
        if (i % 5 == 4) { /* the one before once more */
            size = f->starts[i] - f->starts[i - 1];
            memcpy(set, f->elements + f->starts[i - 1], size * sizeof *set);
        }
        f->starts[i + 1] = f->starts[i] + nd_shingle_set(set, size, NULL);
    }
    return (bench_set_list){f->elements, f->starts, NUM_SETS};
}

typedef struct found_pairs {
    const bench_set_list *sets;
    double threshold;
    uint8_t found[NUM_SETS][NUM_SETS];
    size_t num;
} found_pairs;

static nd_similarity similarity_of(const bench_set_list *sets, size_t i, size_t j)
{
    return nd_similarity_compute(
        sets->elements + sets->starts[i], sets->starts[i + 1] - sets->starts[i],
        sets->elements + sets->starts[j], sets->starts[j + 1] - sets->starts[j]);
}

static nd_status take_pair(void *ctx, size_t i, size_t j, const nd_similarity *similarity)
{
    found_pairs *const pairs = ctx;
    assert_true(i < j);
    const nd_similarity expected = similarity_of(pairs->sets, i, j);
    assert_memory_equal(&expected, similarity, sizeof expected);
    assert_int_equal(pairs->found[i][j]++, 0);
    pairs->num++;
    return ND_OK;
}

static void finds_each_pair_that_reaches_the_threshold_once_and_no_other(void **state)
{
    (void)state;
    static sets_fixture fixture;
    static found_pairs pairs;
    const bench_set_list sets = random_sets(&fixture);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    static const double thresholds[] = {0.05, 0.3, 0.5, 0.75, 0.8, 1.0};
    for (size_t t = 0; t < sizeof thresholds / sizeof *thresholds; t++) {
        memset(&pairs, 0, sizeof pairs);
        pairs.sets = &sets;
        assert_int_equal(bench_exact_join(&sets, thresholds[t], &allocator, take_pair, &pairs),
                         ND_OK);
        size_t expected = 0;
        for (size_t i = 0; i < NUM_SETS; i++)
            for (size_t j = i + 1; j < NUM_SETS; j++) {
                const int reaches = similarity_of(&sets, i, j).jaccard >= thresholds[t];
                assert_int_equal(pairs.found[i][j], reaches);
                expected += (size_t)reaches;
            }
        assert_true(expected > 20);
        assert_int_equal(pairs.num, expected);
    }
}

static nd_status stop_at_once(void *ctx, size_t i, size_t j, const nd_similarity *similarity)
{
    (void)i;
    (void)j;
    (void)similarity;
    ++*(int *)ctx;
    return ND_ERR_CANCELLED;
}

static void a_callback_that_stops_ends_the_join(void **state)
{
    (void)state;
    static sets_fixture fixture;
    const bench_set_list sets = random_sets(&fixture);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    int calls = 0;
    assert_int_equal(bench_exact_join(&sets, 0.5, &allocator, stop_at_once, &calls),
                     ND_ERR_CANCELLED);
    assert_int_equal(calls, 1);
}

static void no_sets_have_no_pairs_and_no_threshold_is_zero(void **state)
{
    (void)state;
    const size_t starts[3] = {0};
    const bench_set_list none = {NULL, starts, 0}, empty = {NULL, starts, 2};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    int calls = 0;
    assert_int_equal(bench_exact_join(&none, 0.5, &allocator, stop_at_once, &calls), ND_OK);
    assert_int_equal(bench_exact_join(&empty, 0.5, &allocator, stop_at_once, &calls), ND_OK);
    assert_int_equal(bench_exact_join(&none, 0, &allocator, stop_at_once, &calls),
                     ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(calls, 0);
}

static nd_status ignore_pair(void *ctx, size_t i, size_t j, const nd_similarity *similarity)
{
    (void)ctx;
    (void)i;
    (void)j;
    (void)similarity;
    return ND_OK;
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    static sets_fixture fixture;
    const bench_set_list sets = random_sets(&fixture);
    long num = 0;
    for (;; num++) {
        failing_allocator failing = {.left = num};
        const nd_allocator allocator = failing_allocator_make(&failing);
        const nd_status status = bench_exact_join(&sets, 0.5, &allocator, ignore_pair, NULL);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    assert_true(num > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_pair_that_reaches_the_threshold_once_and_no_other),
        cmocka_unit_test(a_callback_that_stops_ends_the_join),
        cmocka_unit_test(each_failing_allocation_is_reported),
        cmocka_unit_test(no_sets_have_no_pairs_and_no_threshold_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
