/* Pages that several threads fill, written in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/output/page.h"
#include "failing_allocator.h"
#include "util/alloc.h"

enum { NUM_PARTS = 60, MOST_THREADS = 7 };

/* Part p is `steps` numbers p of `step_bytes` each. */
typedef struct counting {
    uint32_t steps;
    size_t step_bytes;
    uint32_t fails_at; /* filling this part fails */
    uint32_t takes_at_most;

    uint32_t part; /* at work */
    uint32_t num_taken;
    uint64_t bytes_of_part;
    bool is_ordered;
} counting;

static nd_status fill(void *ctx, uint32_t worker, uint32_t part, nd_page *page,
                      nd_ordered_pages *pages)
{
    (void)worker;
    const counting *const c = ctx;
    if (part == c->fails_at)
        return ND_ERR_LIMIT;
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < c->steps && status == ND_OK; i++) {
        for (size_t k = 0; k < c->step_bytes; k += sizeof part)
            nd_page_append(page, (const char *)&part, sizeof part);
        status = nd_ordered_pages_flush(pages, part, page);
    }
    return status;
}

static nd_status take(void *ctx, nd_page *page)
{
    counting *const c = ctx;
    if (c->num_taken++ >= c->takes_at_most)
        return ND_ERR_IO;
    for (size_t at = 0; at < page->bytes.len; at += sizeof(uint32_t)) {
        uint32_t part;
        memcpy(&part, page->bytes.items + at, sizeof part);
        if (part != c->part) {
            c->is_ordered &= part == c->part + 1 && c->bytes_of_part == c->steps * c->step_bytes;
            c->part = part;
            c->bytes_of_part = 0;
        }
        c->bytes_of_part += sizeof part;
    }
    nd_page_clear(page);
    return ND_OK;
}

static nd_status run(counting *c, uint32_t num_threads, const nd_allocator *allocator)
{
    const nd_ordered_job job = {allocator, num_threads, NUM_PARTS, fill, take, c};
    c->is_ordered = true;
    return nd_ordered_pages_run(&job);
}

static counting counting_of(uint32_t steps, size_t step_bytes)
{
    return (counting){.steps = steps,
                      .step_bytes = step_bytes,
                      .fails_at = UINT32_MAX,
                      .takes_at_most = UINT32_MAX};
}

static void parts_come_whole_and_in_order(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    /* Small ones, ones that are flushed on the way, and single steps that fill a page. */
    const counting kinds[] = {counting_of(3, 64), counting_of(20, 1 << 14),
                              counting_of(2, ND_PAGE_FULL_BYTES)};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (uint32_t threads = 1; threads <= MOST_THREADS; threads += 3) {
            counting c = kinds[k];
            assert_int_equal(run(&c, threads, &allocator), ND_OK);
            assert_true(c.is_ordered);
            assert_int_equal(c.part, NUM_PARTS - 1);
            assert_int_equal(c.bytes_of_part, c.steps * c.step_bytes);
        }
    }
}

static void failure_ends_all_threads_and_is_returned(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    for (uint32_t threads = 1; threads <= MOST_THREADS; threads += 3) {
        counting c = counting_of(20, 1 << 14);
        c.fails_at = 17;
        assert_int_equal(run(&c, threads, &allocator), ND_ERR_LIMIT);
        assert_true(c.is_ordered && c.part <= 17);
        c = counting_of(20, 1 << 14);
        c.takes_at_most = 5;
        assert_int_equal(run(&c, threads, &allocator), ND_ERR_IO);
    }
}

static void no_memory_is_returned(void **state)
{
    (void)state;
    bool succeeded = false;
    for (long left = 0; left < 4000 && !succeeded; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator allocator = failing_allocator_make(&f);
        counting c = counting_of(3, 64);
        const nd_status status = run(&c, 3, &allocator);
        succeeded = status == ND_OK;
        assert_true(succeeded || status == ND_ERR_NO_MEMORY);
        assert_int_equal(f.live, 0);
    }
    assert_true(succeeded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_whole_and_in_order),
        cmocka_unit_test(failure_ends_all_threads_and_is_returned),
        cmocka_unit_test(no_memory_is_returned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
