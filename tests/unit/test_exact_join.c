/* The exact join that recall is measured against. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "neardup/exact_join.h"
#include "neardup/shingle.h"
#include "random.h"

/* What nd_exact_join_options_init sets, for constants. */
#define SIZED .size_bytes = sizeof(nd_exact_join_options)

enum { NUM_SETS = 300, MAX_SIZE = 60, MAX_THREADS = 8 };

/* How the values of elements are spread. */
typedef enum spread {
    SPREAD_LIKE_HASHES = 0,
    SPREAD_LOW, /* all in the lowest range of values */
} spread;

typedef struct sets_fixture {
    uint64_t elements[NUM_SETS * MAX_SIZE];
    size_t starts[NUM_SETS + 1];
} sets_fixture;

static uint64_t element_of(uint64_t number, spread how)
{
    nd_random random = {number};
    return how == SPREAD_LIKE_HASHES ? nd_random_u64(&random) : number;
}

/* Small sets from a small universe, so that every similarity occurs; some empty, some equal, some
 * inside others. */
static nd_set_list random_sets(sets_fixture *f, uint64_t seed, spread how)
{
    nd_random random = {seed};
    f->starts[0] = 0;
    for (size_t i = 0; i < NUM_SETS; i++) {
        uint64_t *const set = f->elements + f->starts[i];
        size_t size = nd_random_u64(&random) % MAX_SIZE;
        const uint64_t family = i % 12;
        for (size_t k = 0; k < size; k++)
            set[k] = element_of(family * 1000 + (k < 30 ? k : nd_random_u64(&random) % 200), how);
        if (i % 5 == 4) { /* the one before once more */
            size = f->starts[i] - f->starts[i - 1];
            memcpy(set, f->elements + f->starts[i - 1], size * sizeof *set);
        }
        f->starts[i + 1] = f->starts[i] + nd_shingle_set(set, size, NULL);
    }
    return (nd_set_list){f->elements, f->starts, NUM_SETS};
}

typedef struct found_pairs {
    const nd_set_list *sets;
    const nd_exact_join_options *options;
    atomic_uchar found[NUM_SETS][NUM_SETS];
} found_pairs;

static nd_similarity similarity_of(const nd_set_list *sets, size_t i, size_t j)
{
    return nd_similarity_compute(
        sets->elements + sets->starts[i], sets->starts[i + 1] - sets->starts[i],
        sets->elements + sets->starts[j], sets->starts[j + 1] - sets->starts[j]);
}

/* Runs in several threads: what is wrong becomes a status. */
static nd_status take_pair(void *ctx, uint32_t worker, size_t i, size_t j,
                           const nd_similarity *similarity)
{
    found_pairs *const pairs = ctx;
    const nd_similarity expected = similarity_of(pairs->sets, i, j);
    const int is_right = i < j && worker < pairs->options->num_threads &&
                         memcmp(&expected, similarity, sizeof expected) == 0;
    atomic_fetch_add(&pairs->found[i][j], 1);
    return is_right ? ND_OK : ND_ERR_FORMAT;
}

static int reaches(const nd_exact_join_options *o, const nd_similarity *s)
{
    return s->common > 0 &&
           (s->jaccard >= o->jaccard ||
            (o->containment > 0 && (s->a_in_b >= o->containment || s->b_in_a >= o->containment)));
}

/* Joins, and compares with everything against everything; returns the number of pairs. */
static size_t assert_all_pairs(const nd_set_list *sets, const nd_exact_join_options *options)
{
    static found_pairs pairs;
    memset(&pairs, 0, sizeof pairs);
    pairs.sets = sets;
    pairs.options = options;
    assert_int_equal(nd_exact_join(sets, options, take_pair, &pairs), ND_OK);
    size_t num = 0;
    for (size_t i = 0; i < sets->num; i++)
        for (size_t j = i + 1; j < sets->num; j++) {
            const nd_similarity s = similarity_of(sets, i, j);
            assert_int_equal(pairs.found[i][j], reaches(options, &s));
            num += pairs.found[i][j];
        }
    return num;
}

static void finds_each_pair_that_reaches_the_threshold_once_and_no_other(void **state)
{
    (void)state;
    static sets_fixture fixture;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        const nd_set_list sets =
            random_sets(&fixture, seed, seed % 2 ? SPREAD_LIKE_HASHES : SPREAD_LOW);
        for (int percent = 5; percent <= 100; percent += 5) {
            const nd_exact_join_options options = {SIZED, .jaccard = percent / 100.0,
                                                   .num_threads = 1};
            assert_true(assert_all_pairs(&sets, &options) > 20);
        }
    }
}

static void thresholds_are_reached_by_equality(void **state)
{
    (void)state;
    const uint64_t elements[] = {1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 1, 2, 3};
    const size_t starts[] = {0, 7, 13, 16}; /* 3 of 7, 3 of 6 and 6 of 7 in common */
    const nd_set_list sets = {elements, starts, 3};
    const nd_exact_join_options options[] = {
        {SIZED, .jaccard = 3.0 / 7, .num_threads = 1},
        {SIZED, .jaccard = 0.5, .num_threads = 1},
        {SIZED, .jaccard = 6.0 / 7, .num_threads = 1},
        {SIZED, .jaccard = 0.86, .num_threads = 1},
        {SIZED, .jaccard = 1, .containment = 1, .num_threads = 1},
    };
    const size_t num_pairs[] = {3, 2, 1, 0, 3};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(assert_all_pairs(&sets, &options[i]), num_pairs[i]);
}

static void containment_finds_sets_inside_larger_ones(void **state)
{
    (void)state;
    static sets_fixture fixture;
    const nd_set_list sets = random_sets(&fixture, 11, SPREAD_LIKE_HASHES);
    size_t first = 0, last = SIZE_MAX;
    for (int percent = 10; percent <= 100; percent += 15) {
        const nd_exact_join_options options = {SIZED, .jaccard = 0.9,
                                               .containment = percent / 100.0, .num_threads = 2};
        const size_t num = assert_all_pairs(&sets, &options);
        assert_true(num > 20 && num <= last);
        first = first ? first : num;
        last = num;
    }
    assert_true(last < first);
}

static void any_number_of_threads_finds_the_same(void **state)
{
    (void)state;
    static sets_fixture fixture;
    const nd_set_list sets = random_sets(&fixture, 5, SPREAD_LIKE_HASHES);
    for (uint32_t threads = 1; threads <= MAX_THREADS; threads++) {
        const nd_exact_join_options options = {SIZED, .jaccard = 0.4, .containment = 0.8,
                                               .num_threads = threads};
        assert_true(assert_all_pairs(&sets, &options) > 20);
    }
}

static nd_status count_pair(void *ctx, uint32_t worker, size_t i, size_t j,
                            const nd_similarity *similarity)
{
    (void)worker;
    (void)i;
    (void)j;
    (void)similarity;
    ++*(size_t *)ctx;
    return ND_OK;
}

/* Every third set and the one before it. */
static nd_status take_copy(void *ctx, uint32_t worker, size_t i, size_t j,
                           const nd_similarity *similarity)
{
    unsigned char *const is_found = ctx;
    (void)worker;
    assert_true(j % 3 == 1 && i == j - 1 && similarity->common >= 700);
    assert_int_equal(is_found[j]++, 0);
    return ND_OK;
}

/* More elements than one range of values has room for. */
static void many_elements_are_joined_range_by_range(void **state)
{
    (void)state;
    enum { NUM = 3000, SIZE = 800 };
    uint64_t *const elements = malloc(sizeof(uint64_t) * NUM * SIZE);
    size_t starts[NUM + 1];
    assert_non_null(elements);
    nd_random random = {3};
    starts[0] = 0;
    for (size_t i = 0; i < NUM; i++) {
        uint64_t *const set = elements + starts[i];
        for (size_t k = 0; k < SIZE; k++) /* every third set has most of the one before */
            set[k] = i % 3 == 1 && k % 8 ? set[k - SIZE] : nd_random_u64(&random);
        starts[i + 1] = starts[i] + SIZE;
    }
    for (size_t i = 0; i < NUM; i++)
        assert_int_equal(nd_shingle_set(elements + starts[i], SIZE, NULL), SIZE);
    const nd_set_list sets = {elements, starts, NUM};
    const nd_exact_join_options options = {SIZED, .jaccard = 0.5, .num_threads = 1};
    static unsigned char is_found[NUM];
    assert_int_equal(nd_exact_join(&sets, &options, take_copy, is_found), ND_OK);
    for (size_t i = 0; i < NUM; i++)
        assert_int_equal(is_found[i], i % 3 == 1);
    free(elements);
}

static nd_status stop_at_once(void *ctx, uint32_t worker, size_t i, size_t j,
                              const nd_similarity *similarity)
{
    (void)worker;
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
    const nd_set_list sets = random_sets(&fixture, 7, SPREAD_LIKE_HASHES);
    const nd_exact_join_options options = {SIZED, .jaccard = 0.5, .num_threads = 1};
    int calls = 0;
    assert_int_equal(nd_exact_join(&sets, &options, stop_at_once, &calls), ND_ERR_CANCELLED);
    assert_int_equal(calls, 1);
}

typedef struct steps {
    uint64_t last, total, num;
    nd_status answer;
} steps;

static nd_status take_step(void *ctx, nd_phase phase, uint64_t done, uint64_t total)
{
    steps *const s = ctx;
    assert_int_equal(phase, ND_PHASE_JOIN);
    assert_true(done > s->last && done <= total);
    s->last = done;
    s->total = total;
    s->num++;
    return s->answer;
}

static void progress_goes_up_to_all_sets_and_can_stop_the_join(void **state)
{
    (void)state;
    static sets_fixture fixture;
    const nd_set_list sets = random_sets(&fixture, 7, SPREAD_LIKE_HASHES);
    steps s = {0};
    nd_exact_join_options options = {SIZED, .jaccard = 0.5, .num_threads = 1, .progress = take_step,
                                     .progress_ctx = &s};
    size_t num = 0;
    assert_int_equal(nd_exact_join(&sets, &options, count_pair, &num), ND_OK);
    assert_true(s.num > 1);
    assert_int_equal(s.last, s.total);
    s = (steps){.answer = ND_ERR_CANCELLED};
    assert_int_equal(nd_exact_join(&sets, &options, count_pair, &num), ND_ERR_CANCELLED);
    assert_int_equal(s.num, 1);
}

static void no_sets_have_no_pairs_and_no_threshold_is_zero(void **state)
{
    (void)state;
    const size_t starts[3] = {0};
    const nd_set_list none = {NULL, starts, 0}, empty = {NULL, starts, 2};
    nd_exact_join_options options = {SIZED, .jaccard = 0.5, .num_threads = 1};
    int calls = 0;
    assert_int_equal(nd_exact_join(&none, &options, stop_at_once, &calls), ND_OK);
    assert_int_equal(nd_exact_join(&empty, &options, stop_at_once, &calls), ND_OK);
    const nd_exact_join_options bad[] = {
        {SIZED, .num_threads = 1},
        {SIZED, .jaccard = 1.1, .num_threads = 1},
        {SIZED, .jaccard = 0.5, .containment = 1.1, .num_threads = 1},
        {SIZED, .jaccard = 0.5, .containment = -1, .num_threads = 1},
        {SIZED, .jaccard = 0.5, .num_threads = 0},
        {.jaccard = 0.5, .num_threads = 1} /* not initialised */};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(nd_exact_join(&none, &bad[i], stop_at_once, &calls),
                         ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(calls, 0);
}

static nd_status ignore_pair(void *ctx, uint32_t worker, size_t i, size_t j,
                             const nd_similarity *similarity)
{
    (void)ctx;
    (void)worker;
    (void)i;
    (void)j;
    (void)similarity;
    return ND_OK;
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    static sets_fixture fixture;
    const nd_set_list sets = random_sets(&fixture, 7, SPREAD_LIKE_HASHES);
    long num = 0;
    for (;; num++) {
        failing_allocator failing = {.left = num};
        const nd_allocator allocator = failing_allocator_make(&failing);
        const nd_exact_join_options options = {SIZED, .jaccard = 0.5, .containment = 0.9,
                                               .num_threads = 2, .allocator = &allocator};
        const nd_status status = nd_exact_join(&sets, &options, ignore_pair, NULL);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    assert_true(num > 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_pair_that_reaches_the_threshold_once_and_no_other),
        cmocka_unit_test(thresholds_are_reached_by_equality),
        cmocka_unit_test(containment_finds_sets_inside_larger_ones),
        cmocka_unit_test(any_number_of_threads_finds_the_same),
        cmocka_unit_test(many_elements_are_joined_range_by_range),
        cmocka_unit_test(a_callback_that_stops_ends_the_join),
        cmocka_unit_test(progress_goes_up_to_all_sets_and_can_stop_the_join),
        cmocka_unit_test(no_sets_have_no_pairs_and_no_threshold_is_zero),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
