/* The buckets of a band by sorting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "lsh/band_buckets.h"
#include "random.h"

enum { BANDS = 2 };

typedef struct fixture {
    size_t num;
    uint32_t *keys[BANDS];
    uint32_t *bucket_of; /* 1 + first document of its bucket, as reported */
    uint32_t *stage_of;  /* stages in which it was announced */
    uint32_t band;
    atomic_size_t num_in_buckets;
} fixture;

static fixture make(size_t num, uint64_t num_keys)
{
    fixture f = {.num = num,
                 .bucket_of = calloc(num + 1, sizeof *f.bucket_of),
                 .stage_of = calloc(num + 1, sizeof *f.stage_of)};
    assert_true(f.bucket_of && f.stage_of);
    for (int j = 0; j < BANDS; j++) {
        f.keys[j] = calloc(num + 1, sizeof *f.keys[j]);
        assert_non_null(f.keys[j]);
    }
    nd_random random = {num};
    for (size_t d = 0; d < num; d++) {
        for (int j = 0; j < BANDS; j++) {
            nd_random key = {nd_random_u64(&random) % num_keys};
            f.keys[j][d] = (uint32_t)nd_random_u64(&key);
        }
    }
    return f;
}

static void release(fixture *f)
{
    for (int j = 0; j < BANDS; j++)
        free(f->keys[j]);
    free(f->bucket_of);
    free(f->stage_of);
}

/* Before the bucket, and stage by stage; the first few of a partition join at a later stage. */
static void note_soon(void *ctx, uint32_t member, unsigned stage)
{
    fixture *const f = ctx;
    assert_int_equal(f->bucket_of[member], 0);
    assert_true(stage < ND_BUCKET_STAGES && stage >= f->stage_of[member]);
    f->stage_of[member] = stage + 1;
}

static nd_status take_bucket(void *ctx, uint32_t worker, uint32_t *members, size_t num)
{
    (void)worker;
    fixture *const f = ctx;
    assert_true(num >= 2);
    for (size_t i = 0; i < num; i++) {
        assert_true(i == 0 || members[i] > members[i - 1]);
        assert_true(f->keys[f->band][members[i]] == f->keys[f->band][members[0]]);
        assert_int_equal(f->bucket_of[members[i]], 0);
        f->bucket_of[members[i]] = members[0] + 1;
    }
    f->num_in_buckets += num;
    return ND_OK;
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* All documents that share their key of the band are in buckets, and those of one key in one. */
static void assert_buckets_are_whole(const fixture *f)
{
    uint64_t *const order = calloc(f->num + 1, sizeof *order);
    assert_non_null(order);
    for (size_t d = 0; d < f->num; d++)
        order[d] = (uint64_t)f->keys[f->band][d] << 32 | d;
    qsort(order, f->num, sizeof *order, compare_u64);
    size_t num_shared = 0;
    bool is_shared = false; /* with the one before */
    for (size_t i = 0; i < f->num; i++) {
        const bool is_next = i + 1 < f->num && order[i + 1] >> 32 == order[i] >> 32;
        num_shared += is_shared || is_next;
        if (is_next)
            assert_int_equal(f->bucket_of[(uint32_t)order[i]],
                             f->bucket_of[(uint32_t)order[i + 1]]);
        is_shared = is_next;
    }
    assert_int_equal(f->num_in_buckets, num_shared);
    free(order);
}

static void check(size_t num, uint64_t num_keys, uint32_t num_threads)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    fixture f = make(num, num_keys);
    nd_band_buckets *buckets;
    assert_int_equal(nd_band_buckets_new(num, num_threads, &a, &buckets), ND_OK);
    for (f.band = 0; f.band < BANDS; f.band++) {
        for (size_t d = 0; d < num; d++)
            f.bucket_of[d] = f.stage_of[d] = 0;
        f.num_in_buckets = 0;
        assert_int_equal(nd_band_buckets_each(buckets, f.keys[f.band],
                                              &(nd_bucket_visitor){take_bucket, note_soon, &f}),
                         ND_OK);
        assert_buckets_are_whole(&f);
    }
    nd_band_buckets_free(buckets);
    release(&f);
}

static void every_shared_key_is_one_bucket_of_all_its_documents(void **state)
{
    (void)state;
    check(0, 1, 1);
    check(1, 1, 2);
    check(2, 1, 8);
    check(1000, 1, 2);
    check(1000, 500, 3);
    check(3000, 1000000, 2);
    check(9000, 9000, 4);
    check(200000, 150000, 8); /* so many that threads scatter slices of them side by side */
}

static nd_status refuse(void *ctx, uint32_t worker, uint32_t *members, size_t num)
{
    (void)ctx;
    (void)worker;
    (void)members;
    (void)num;
    return ND_ERR_CANCELLED;
}

static void a_failing_bucket_stops_the_band(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    fixture f = make(100, 10);
    nd_band_buckets *buckets;
    assert_int_equal(nd_band_buckets_new(f.num, 2, &a, &buckets), ND_OK);
    assert_int_equal(
        nd_band_buckets_each(buckets, f.keys[0], &(nd_bucket_visitor){refuse, NULL, &f}),
        ND_ERR_CANCELLED);
    nd_band_buckets_free(buckets);
    release(&f);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    fixture f = make(200, 20);
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        failing_allocator failing = {.left = left};
        const nd_allocator a = failing_allocator_make(&failing);
        nd_band_buckets *buckets;
        for (size_t d = 0; d < f.num; d++)
            f.bucket_of[d] = 0;
        status = nd_band_buckets_new(f.num, 2, &a, &buckets);
        if (status == ND_OK)
            status = nd_band_buckets_each(buckets, f.keys[0],
                                          &(nd_bucket_visitor){take_bucket, NULL, &f});
        nd_band_buckets_free(buckets);
        assert_int_equal(failing.live, 0);
    }
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shared_key_is_one_bucket_of_all_its_documents),
        cmocka_unit_test(a_failing_bucket_stops_the_band),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
