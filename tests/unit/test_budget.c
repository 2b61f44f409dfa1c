/* A memory budget, and the temporary files of those who spill. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "store/budget.h"
#include "store/sorted_runs.h"
#include "store/spool.h"
#include "util/threads.h"

static nd_budget *budget_with(uint64_t limit_bytes, const nd_allocator *allocator)
{
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = limit_bytes;
    options.allocator = allocator;
    nd_budget *budget;
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
    return budget;
}

static void blocks_are_counted_by_what_was_asked_for(void **state)
{
    (void)state;
    nd_budget *const budget = budget_with(1000, NULL);
    const nd_allocator *const a = nd_budget_allocator(budget);
    char *block = a->allocate(a->ctx, 100);
    char *const other = a->resize(a->ctx, NULL, 50);
    assert_non_null(block);
    assert_non_null(other);
    assert_int_equal((uintptr_t)block % 16, 0);
    memset(block, 'x', 100);
    block = a->resize(a->ctx, block, 300);
    assert_non_null(block);
    assert_int_equal(block[99], 'x');
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 350);
    block = a->resize(a->ctx, block, 10);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 60);
    a->release(a->ctx, block);
    a->release(a->ctx, other);
    a->release(a->ctx, NULL);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
    assert_int_equal(nd_budget_use_get(budget).peak_memory_bytes, 350);
    nd_budget_free(budget);
    nd_budget_free(NULL);
}

static void what_the_allocator_behind_refuses_is_not_counted(void **state)
{
    (void)state;
    failing_allocator f = {.left = 1};
    const nd_allocator behind = failing_allocator_make(&f);
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.allocator = &behind;
    nd_budget *budget;
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_ERR_NO_MEMORY);
    assert_null(budget);
    assert_int_equal(f.live, 0);
    f.left = 3;
    budget = budget_with(UINT64_MAX, &behind);
    const nd_allocator *const a = nd_budget_allocator(budget);
    char *const block = a->allocate(a->ctx, 10);
    assert_non_null(block);
    assert_null(a->allocate(a->ctx, 10));
    assert_null(a->resize(a->ctx, block, 20));
    f.left = 10;
    assert_null(a->allocate(a->ctx, SIZE_MAX));
    assert_null(a->resize(a->ctx, block, SIZE_MAX));
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 10);
    a->release(a->ctx, block);
    nd_budget_free(budget);
    assert_int_equal(f.live, 0);
}

static void room_is_what_is_left_below_the_limit(void **state)
{
    (void)state;
    nd_budget *const free_of_limits = budget_with(UINT64_MAX, NULL), *const b =
                                                                         budget_with(400, NULL);
    assert_true(nd_budget_has_room(NULL, UINT64_MAX) && !nd_budget_is_tight(NULL));
    assert_true(nd_budget_has_room(free_of_limits, UINT64_MAX));
    assert_false(nd_budget_is_limited(free_of_limits) || nd_budget_is_tight(free_of_limits));
    const nd_allocator *const a = nd_budget_allocator(b);
    assert_int_equal(nd_budget_room(b), 400);
    char *const first = a->allocate(a->ctx, 100);
    assert_true(nd_budget_has_room(b, 300) && !nd_budget_has_room(b, 301));
    assert_false(nd_budget_is_tight(b));
    char *const second = a->allocate(a->ctx, 1);
    assert_true(nd_budget_is_tight(b));
    char *const third = a->allocate(a->ctx, 400);
    assert_int_equal(nd_budget_room(b), 0);
    a->release(a->ctx, first);
    a->release(a->ctx, second);
    a->release(a->ctx, third);
    nd_budget_free(b);
    nd_budget_free(free_of_limits);
}

static void more_than_the_most_is_refused(void **state)
{
    (void)state;
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.most_bytes = 1000;
    nd_budget *budget;
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
    const nd_allocator *const a = nd_budget_allocator(budget);
    assert_null(a->allocate(a->ctx, 1001));
    char *block = a->allocate(a->ctx, 600);
    assert_non_null(block);
    assert_null(a->allocate(a->ctx, 401));
    assert_null(a->resize(a->ctx, block, 1001));
    block = a->resize(a->ctx, block, 1000);
    assert_non_null(block);
    block = a->resize(a->ctx, block, 10);
    assert_non_null(block);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 10);
    a->release(a->ctx, block);
    nd_budget_free(budget);
}

static void a_limit_needs_a_folder_that_can_be_written_to(void **state)
{
    (void)state;
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.temp_dir = "/nowhere/at/all";
    nd_budget *budget;
    nd_error error = {0};
    assert_int_equal(nd_budget_new(&options, &budget, NULL), ND_OK);
    nd_temp_file *file;
    assert_int_equal(nd_temp_file_new(budget, &file, &error), ND_ERR_IO);
    assert_null(file);
    nd_budget_free(budget);
    options.limit_bytes = 1000;
    assert_int_equal(nd_budget_new(&options, &budget, &error), ND_ERR_IO);
    assert_null(budget);
    assert_string_equal(error.message, "cannot make a temporary file in '/nowhere/at/all': "
                                       "No such file or directory");
    options.size_bytes = 3;
    assert_int_equal(nd_budget_new(&options, &budget, &error), ND_ERR_INVALID_ARGUMENT);
}

enum { NUM_THREADS = 4, NUM_RECORDS = 200, RECORD_BYTES = 1000 };

typedef struct records {
    nd_temp_file *file;
    uint64_t offsets[NUM_THREADS][NUM_RECORDS];
} records;

static nd_status append_records(void *ctx, uint32_t worker)
{
    records *const r = ctx;
    char bytes[RECORD_BYTES];
    for (int i = 0; i < NUM_RECORDS; i++) {
        memset(bytes, (int)(worker * 37 + (uint32_t)i) % 251, sizeof bytes);
        const nd_status status =
            nd_temp_file_append(r->file, bytes, sizeof bytes, &r->offsets[worker][i], NULL);
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

static void what_threads_append_at_once_is_read_again(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_budget *const budget = budget_with(1000, NULL);
    records r;
    assert_int_equal(nd_temp_file_new(budget, &r.file, NULL), ND_OK);
    assert_int_equal(nd_threads_run(&allocator, NUM_THREADS, append_records, &r), ND_OK);
    const uint64_t num_bytes = (uint64_t)NUM_THREADS * NUM_RECORDS * RECORD_BYTES;
    assert_int_equal(nd_budget_use_get(budget).disk_bytes, num_bytes);
    char bytes[RECORD_BYTES];
    for (uint32_t t = 0; t < NUM_THREADS; t++)
        for (int i = 0; i < NUM_RECORDS; i++) {
            assert_int_equal(nd_temp_file_read(r.file, r.offsets[t][i], bytes, sizeof bytes, NULL),
                             ND_OK);
            for (size_t k = 0; k < sizeof bytes; k++)
                assert_int_equal((uint8_t)bytes[k], (t * 37 + (uint32_t)i) % 251);
        }
    nd_error error = {0};
    assert_int_equal(nd_temp_file_read(r.file, num_bytes - 1, bytes, 2, &error), ND_ERR_IO);
    assert_non_null(strstr(error.message, "cannot read a temporary file in '"));
    nd_temp_file_free(r.file);
    nd_temp_file_free(NULL);
    assert_int_equal(nd_budget_use_get(budget).disk_bytes, 0);
    assert_int_equal(nd_budget_use_get(budget).peak_disk_bytes, num_bytes);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
    nd_budget_free(budget);
}

static void a_file_that_cannot_grow_is_an_error(void **state)
{
    (void)state;
    nd_budget *const budget = budget_with(1000, NULL);
    nd_temp_file *file;
    assert_int_equal(nd_temp_file_new(budget, &file, NULL), ND_OK);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {4096, before.rlim_max};
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    static const char bytes[10000];
    uint64_t offset;
    nd_error error = {0};
    const nd_status status = nd_temp_file_append(file, bytes, sizeof bytes, &offset, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, ND_ERR_IO);
    assert_non_null(strstr(error.message, "cannot write to a temporary file in '"));
    nd_error explained = {.code = ND_OK, .message = "known"};
    nd_budget_explain(budget, ND_ERR_IO, &explained);
    assert_string_equal(explained.message, "known");
    explained.message[0] = '\0';
    nd_budget_explain(budget, ND_ERR_LIMIT, &explained);
    assert_string_equal(explained.message, "");
    nd_budget_explain(budget, ND_ERR_IO, &explained);
    assert_string_equal(explained.message, error.message);
    nd_budget_explain(NULL, ND_ERR_IO, &explained);
    nd_temp_file_free(file);
    nd_budget_free(budget);
}

static void spools_of_one_file_give_back_what_each_was_given(void **state)
{
    (void)state;
    enum {
        SPOOLS = 3,
        ITEMS = 1000,
        BLOCK = 100
    }; /* no item ends where a block does, but by chance */
    nd_budget *const budget = budget_with(1 << 20, NULL);
    nd_temp_file *file;
    nd_spool spools[SPOOLS];
    assert_int_equal(nd_temp_file_new(budget, &file, NULL), ND_OK);
    for (uint64_t s = 0; s < SPOOLS; s++)
        nd_spool_init(&spools[s], file, BLOCK, nd_budget_allocator(budget));
    for (uint64_t i = 0; i < ITEMS; i++)
        for (uint64_t s = 0; s < SPOOLS - 1; s++) {
            const uint64_t item[2] = {i, s};
            assert_int_equal(nd_spool_put(&spools[s], item, sizeof item), ND_OK);
        }
    for (uint64_t s = 0; s < SPOOLS; s++)
        assert_int_equal(nd_spool_end(&spools[s]), ND_OK);
    for (int time = 0; time < 2; time++) {
        for (uint64_t i = 0; i < ITEMS; i++)
            for (uint64_t s = 0; s < SPOOLS - 1; s++) {
                uint64_t item[2];
                assert_int_equal(nd_spool_get(&spools[s], item, sizeof item), ND_OK);
                assert_int_equal(item[0], i);
                assert_int_equal(item[1], s);
            }
        for (uint64_t s = 0; s < SPOOLS; s++) {
            char more;
            assert_int_equal(nd_spool_get(&spools[s], &more, 1), ND_ERR_FORMAT);
            nd_spool_rewind(&spools[s]);
        }
    }
    for (uint64_t s = 0; s < SPOOLS; s++)
        nd_spool_release(&spools[s]);
    nd_temp_file_free(file);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
    nd_budget_free(budget);
}

typedef struct seen_items {
    uint64_t num, last_key, last_value;
} seen_items;

/* Ascending keys; values of one key, which count on, in the order they were added. */
static nd_status see_item(void *ctx, const void *at)
{
    const nd_key_value *const item = at;
    seen_items *const seen = ctx;
    if (seen->num > 0)
        assert_true(item->key >= seen->last_key);
    if (seen->num > 0 && item->key == seen->last_key)
        assert_true(item->value > seen->last_value);
    *seen = (seen_items){seen->num + 1, item->key, item->value};
    return ND_OK;
}

static void runs_are_merged_by_key_and_in_the_order_they_were_added(void **state)
{
    (void)state;
    nd_budget *const budget = budget_with(1 << 16, NULL);
    const nd_allocator *const a = nd_budget_allocator(budget);
    nd_sorted_runs runs;
    nd_key_value_vec items = {0};
    seen_items seen = {0};
    uint64_t num = 0;
    assert_int_equal(nd_key_value_runs_init(&runs, budget, a), ND_OK);
    assert_int_equal(nd_sorted_runs_merge(&runs, see_item, &seen), ND_OK);
    assert_int_equal(seen.num, 0);
    for (int run = 0; run < 20; run++) {
        for (size_t i = 0; i < nd_key_value_runs_most(&runs, 1); i++) {
            assert_int_equal(ND_VEC_RESERVE(a, &items, 1), ND_OK);
            items.items[items.len++] = (nd_key_value){num * 7919 % 101, num};
            num++;
        }
        assert_int_equal(nd_key_value_runs_add(&runs, &items), ND_OK);
        assert_int_equal(nd_key_value_runs_add(&runs, &items), ND_OK); /* nothing */
    }
    assert_true(num >= 1000);
    assert_int_equal(nd_sorted_runs_merge(&runs, see_item, &seen), ND_OK);
    assert_int_equal(seen.num, num);
    ND_VEC_RELEASE(a, &items);
    nd_sorted_runs_release(&runs);
    assert_int_equal(nd_budget_use_get(budget).memory_bytes, 0);
    assert_int_equal(nd_budget_use_get(budget).disk_bytes, 0);
    nd_budget_free(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_counted_by_what_was_asked_for),
        cmocka_unit_test(what_the_allocator_behind_refuses_is_not_counted),
        cmocka_unit_test(room_is_what_is_left_below_the_limit),
        cmocka_unit_test(more_than_the_most_is_refused),
        cmocka_unit_test(a_limit_needs_a_folder_that_can_be_written_to),
        cmocka_unit_test(what_threads_append_at_once_is_read_again),
        cmocka_unit_test(a_file_that_cannot_grow_is_an_error),
        cmocka_unit_test(spools_of_one_file_give_back_what_each_was_given),
        cmocka_unit_test(runs_are_merged_by_key_and_in_the_order_they_were_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
