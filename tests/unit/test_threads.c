/* Tasks shared out to threads, their results taken in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/threads.h"

enum { NUM_TASKS = 1000, NUM_SLOTS = 7 };

static nd_status fail_some(void *ctx, uint32_t worker, size_t task)
{
    (void)worker;
    atomic_int *const done = ctx;
    done[task]++;
    return task == 50 ? ND_ERR_LIMIT : ND_OK;
}

static void tasks_run_once_and_stop_after_a_failure(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    static atomic_int done[1000];
    assert_int_equal(nd_threads_for(&a, 4, 50, fail_some, done), ND_OK);
    for (int i = 0; i < 50; i++)
        assert_int_equal(done[i], 1);
    assert_int_equal(nd_threads_for(&a, 4, 0, fail_some, done), ND_OK);
    assert_int_equal(nd_threads_for(&a, 1, 1000, fail_some, done), ND_ERR_LIMIT);
    assert_int_equal(done[51], 0);
}

typedef struct squares {
    size_t slots[NUM_SLOTS];
    size_t num_taken;
    size_t fails_at; /* task; NUM_TASKS: none */
    size_t stops_at; /* taken */
} squares;

static nd_status leave_square(void *ctx, uint32_t worker, size_t task, size_t slot)
{
    (void)worker;
    squares *const s = ctx;
    s->slots[slot] = task * task;
    return task == s->fails_at ? ND_ERR_LIMIT : ND_OK;
}

static nd_status take_square(void *ctx, size_t slot)
{
    squares *const s = ctx;
    if (s->num_taken == s->stops_at)
        return ND_ERR_IO;
    assert_int_equal(s->slots[slot], s->num_taken * s->num_taken);
    s->num_taken++;
    return ND_OK;
}

static nd_status run_squares(squares *s, uint32_t num_threads, size_t num_tasks)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    return nd_threads_in_order(&a, num_threads, num_tasks, NUM_SLOTS, leave_square, take_square, s);
}

static void results_are_taken_in_order(void **state)
{
    (void)state;
    static const size_t num_tasks[] = {0, 1, NUM_SLOTS - 1, NUM_SLOTS, NUM_SLOTS + 1, NUM_TASKS};
    for (uint32_t num_threads = 1; num_threads <= 8; num_threads++)
        for (size_t i = 0; i < sizeof num_tasks / sizeof *num_tasks; i++) {
            squares s = {.fails_at = NUM_TASKS, .stops_at = NUM_TASKS};
            assert_int_equal(run_squares(&s, num_threads, num_tasks[i]), ND_OK);
            assert_int_equal(s.num_taken, num_tasks[i]);
        }
}

static void a_failure_ends_it(void **state)
{
    (void)state;
    for (uint32_t num_threads = 1; num_threads <= 3; num_threads++) {
        squares failing = {.fails_at = 500, .stops_at = NUM_TASKS};
        assert_int_equal(run_squares(&failing, num_threads, NUM_TASKS), ND_ERR_LIMIT);
        assert_int_equal(failing.num_taken, 500 / NUM_SLOTS * NUM_SLOTS);
        squares stopped = {.fails_at = NUM_TASKS, .stops_at = 123};
        assert_int_equal(run_squares(&stopped, num_threads, NUM_TASKS), ND_ERR_IO);
        assert_int_equal(stopped.num_taken, 123);
    }
}

static void slices_cover_all(void **state)
{
    (void)state;
    for (size_t num = 0; num < 50; num++)
        for (uint32_t slices = 1; slices < 9; slices++) {
            assert_int_equal(nd_slice_start(num, slices, 0), 0);
            assert_int_equal(nd_slice_start(num, slices, slices), num);
            for (uint32_t s = 0; s < slices; s++)
                assert_in_range(nd_slice_start(num, slices, s + 1) - nd_slice_start(num, slices, s),
                                num / slices, (num + slices - 1) / slices);
        }
    assert_int_equal(nd_threads_worth(0, 10, 4), 1);
    assert_int_equal(nd_threads_worth(25, 10, 4), 3);
    assert_int_equal(nd_threads_worth(1000, 10, 4), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_run_once_and_stop_after_a_failure),
        cmocka_unit_test(results_are_taken_in_order),
        cmocka_unit_test(a_failure_ends_it),
        cmocka_unit_test(slices_cover_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
