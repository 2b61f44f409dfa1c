/* The buckets of a batch, and the pairs they propose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "lsh/buckets.h"
#include "random.h"

enum { BANDS = 3 };

static uint32_t *make_keys(size_t num, uint64_t num_keys)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    uint32_t *const keys = nd_alloc(&a, num * BANDS, sizeof *keys);
    assert_non_null(keys);
    nd_random random = {num + num_keys};
    for (size_t i = 0; i < num * BANDS; i++) {
        nd_random key = {nd_random_u64(&random) % num_keys};
        keys[i] = (uint32_t)nd_random_u64(&key);
    }
    return keys;
}

/* The bucket of a text in which all members have its key of the band, as many as there are. */
static bool has_bucket(const uint32_t *keys, const nd_bucket_index *index, uint32_t text,
                       uint32_t num_of_key)
{
    for (size_t i = index->first_of[text]; i < index->first_of[text + 1]; i++) {
        const uint32_t *const members = index->members + index->starts[index->buckets[i]];
        const size_t num = index->starts[index->buckets[i] + 1] - index->starts[index->buckets[i]];
        bool is_of_key = num == num_of_key, is_member = false;
        for (size_t k = 0; k < num; k++) {
            assert_true(k == 0 || members[k] > members[k - 1]);
            is_of_key &= keys[members[k]] == keys[text];
            is_member |= members[k] == text;
        }
        assert_true(is_member);
        if (is_of_key)
            return true;
    }
    return false;
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* How many texts have the key of each text. */
static uint32_t *count_keys(const uint32_t *keys, size_t num)
{
    uint64_t *const order = calloc(num + 1, sizeof *order);
    uint32_t *const counts = calloc(num + 1, sizeof *counts);
    assert_true(order && counts);
    for (size_t t = 0; t < num; t++)
        order[t] = (uint64_t)keys[t] << 32 | t;
    qsort(order, num, sizeof *order, compare_u64);
    for (size_t first = 0, end; first < num; first = end) {
        for (end = first; end < num && order[end] >> 32 == order[first] >> 32;)
            end++;
        for (size_t i = first; i < end; i++)
            counts[(uint32_t)order[i]] = (uint32_t)(end - first);
    }
    free(order);
    return counts;
}

static void check(size_t num, uint64_t num_keys, uint32_t num_threads)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    uint32_t *const keys = make_keys(num, num_keys), *const taken = make_keys(num, num_keys);
    const uint32_t step = num > 5000 ? 37 : 1;
    nd_bucket_index index;
    assert_int_equal(nd_bucket_index_init(&index, taken, num, BANDS, num_threads, &a), ND_OK);
    for (uint32_t band = 0; band < BANDS; band++) {
        uint32_t *const counts = count_keys(keys + band * num, num);
        for (uint32_t t = 0; t < num; t += step) {
            assert_int_equal(has_bucket(keys + band * num, &index, t, counts[t]), counts[t] > 1);
            assert_true(index.first_of[t + 1] - index.first_of[t] <= BANDS);
        }
        free(counts);
    }
    nd_bucket_index_release(&index, &a);
    nd_release(&a, keys);
}

static void every_shared_key_is_one_bucket_of_all_its_texts(void **state)
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

/* By looking at every bucket for every other text. */
static bool is_proposed(const nd_bucket_index *index, uint32_t x, uint32_t y)
{
    for (size_t b = index->first_of[x]; b < index->first_of[x + 1]; b++) {
        size_t places[2] = {SIZE_MAX, SIZE_MAX};
        const uint32_t *const members = index->members + index->starts[index->buckets[b]];
        const size_t num = index->starts[index->buckets[b] + 1] - index->starts[index->buckets[b]];
        for (size_t i = 0; i < num; i++) {
            if (members[i] == x)
                places[0] = i;
            if (members[i] == y)
                places[1] = i;
        }
        const size_t first = places[0] < places[1] ? places[0] : places[1];
        const size_t second = places[0] < places[1] ? places[1] : places[0];
        if (second != SIZE_MAX && nd_bucket_proposes(num, first, second))
            return true;
    }
    return false;
}

static void check_mates(const nd_bucket_index *index, uint32_t x, nd_mates which)
{
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_mate_finder finder = {0};
    assert_int_equal(nd_mate_finder_find(&finder, index, x, which, &a), ND_OK);
    size_t at = 0;
    for (uint32_t y = 0; y < index->num_texts; y++) {
        if (y == x || (which == ND_MATES_LATER && y < x) || !is_proposed(index, x, y))
            continue;
        assert_true(at < finder.mates.len);
        assert_int_equal(finder.mates.items[at++], y);
    }
    assert_int_equal(at, finder.mates.len);
    nd_mate_finder_release(&finder, &a);
}

static void mates_are_those_the_rule_proposes_each_once(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    static const struct {
        size_t num;
        uint64_t num_keys;
    } cases[] = {{60, 5}, {300, 40}, {513, 1}, {1500, 2}, {900, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nd_bucket_index index;
        uint32_t *const keys = make_keys(cases[i].num, cases[i].num_keys);
        assert_int_equal(nd_bucket_index_init(&index, keys, cases[i].num, BANDS, 2, &a), ND_OK);
        for (uint32_t x = 0; x<cases[i].num; x += cases[i].num> 500 && x > 20 ? 23 : 1) {
            check_mates(&index, x, ND_MATES_LATER);
            check_mates(&index, x, ND_MATES_ALL);
        }
        nd_bucket_index_release(&index, &a);
    }
}

static void bands_that_put_the_same_texts_together_make_one_bucket(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    static const uint32_t made[BANDS][5] = {{1, 1, 2, 2, 3}, {7, 7, 8, 9, 9}, {4, 4, 4, 5, 6}};
    uint32_t *const keys = nd_alloc(&a, BANDS * 5, sizeof *keys);
    assert_non_null(keys);
    memcpy(keys, made, sizeof made);
    nd_bucket_index index;
    assert_int_equal(nd_bucket_index_init(&index, keys, 5, BANDS, 1, &a), ND_OK);
    assert_int_equal(index.num_buckets, 4); /* 0 1, 2 3, 3 4, 0 1 2 */
    assert_int_equal(index.first_of[1] - index.first_of[0], 2);
    assert_int_equal(index.first_of[5] - index.first_of[4], 1);
    nd_bucket_index_release(&index, &a);
}

static void what_a_large_bucket_leaves_out_is_counted(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    enum { MEMBERS = 1000 };
    uint32_t *const keys = nd_alloc(&a, MEMBERS, sizeof *keys);
    assert_non_null(keys);
    memset(keys, 0, MEMBERS * sizeof *keys);
    nd_bucket_index index;
    assert_int_equal(nd_bucket_index_init(&index, keys, MEMBERS, 1, 1, &a), ND_OK);
    nd_mate_finder finder = {0};
    uint64_t proposed = 0, left_out = 0;
    for (uint32_t x = 0; x < MEMBERS; x++) {
        assert_int_equal(nd_mate_finder_find(&finder, &index, x, ND_MATES_LATER, &a), ND_OK);
        proposed += finder.mates.len;
        left_out += finder.left_out;
        assert_int_equal(nd_mate_finder_find(&finder, &index, x, ND_MATES_ALL, &a), ND_OK);
        assert_int_equal(finder.mates.len + finder.left_out, MEMBERS - 1);
    }
    assert_int_equal(proposed + left_out, MEMBERS * (MEMBERS - 1) / 2);
    assert_true(proposed <= (uint64_t)MEMBERS * (ND_BUCKET_LEADERS + ND_BUCKET_WINDOW));
    nd_mate_finder_release(&finder, &a);
    nd_bucket_index_release(&index, &a);
}

/* One by one or by threes as all at once; and texts in another order, of which the lower half
 * changes places with the upper one here. */
static void bands_may_be_added_after_others(void **state)
{
    (void)state;
    const nd_allocator a = nd_allocator_or_default(NULL);
    enum { TEXTS = 6000 };
    for (uint32_t step = 1; step <= 3; step += 2) {
        nd_bucket_index whole, index;
        uint32_t *const keys = make_keys(TEXTS, 4000);
        uint32_t order[TEXTS];
        for (uint32_t i = 0; i < TEXTS; i++)
            order[i] = (i + TEXTS / 2) % TEXTS;
        assert_int_equal(nd_bucket_index_begin(&index, TEXTS, &a), ND_OK);
        index.order = step == 1 ? NULL : order;
        for (uint32_t band = 0; band < BANDS; band += step) {
            const uint32_t num = BANDS - band < step ? BANDS - band : step;
            uint32_t *const some = nd_alloc(&a, num * TEXTS, sizeof *some);
            assert_non_null(some);
            for (size_t i = 0; i < num * TEXTS; i++)
                some[i] = keys[band * TEXTS + i / TEXTS * TEXTS +
                               (index.order ? order[i % TEXTS] : i % TEXTS)];
            assert_int_equal(nd_bucket_index_add(&index, some, num, 2, &a), ND_OK);
        }
        assert_int_equal(nd_bucket_index_end(&index, &a), ND_OK);
        assert_int_equal(nd_bucket_index_init(&whole, keys, TEXTS, BANDS, 1, &a), ND_OK);
        assert_int_equal(index.num_buckets, whole.num_buckets);
        assert_true(whole.num_buckets > 1000);
        const size_t num_members = whole.starts[whole.num_buckets];
        assert_memory_equal(index.starts, whole.starts,
                            (whole.num_buckets + 1) * sizeof *whole.starts);
        assert_memory_equal(index.members, whole.members, num_members * sizeof *whole.members);
        assert_memory_equal(index.first_of, whole.first_of, (TEXTS + 1) * sizeof *whole.first_of);
        assert_memory_equal(index.buckets, whole.buckets, num_members * sizeof *whole.buckets);
        nd_bucket_index_release(&index, &a);
        nd_bucket_index_release(&whole, &a);
    }
    nd_bucket_index index;
    assert_int_equal(nd_bucket_index_begin(&index, UINT32_MAX, &a), ND_ERR_LIMIT);
    nd_bucket_index_release(&index, &a);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    nd_status status = ND_ERR_NO_MEMORY;
    long left = 1;
    for (; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        uint32_t *const keys = nd_alloc(&a, 60 * BANDS, sizeof *keys);
        assert_non_null(keys);
        for (size_t i = 0; i < 60 * BANDS; i++)
            keys[i] = (uint32_t)(i * 7 % 5);
        nd_bucket_index index;
        nd_mate_finder finder = {0};
        status = nd_bucket_index_init(&index, keys, 60, BANDS, 1, &a);
        for (uint32_t x = 0; x < 60 && status == ND_OK; x++)
            status = nd_mate_finder_find(&finder, &index, x, ND_MATES_ALL, &a);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        nd_mate_finder_release(&finder, &a);
        nd_bucket_index_release(&index, &a);
        assert_int_equal(f.live, 0);
    }
    assert_true(left > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shared_key_is_one_bucket_of_all_its_texts),
        cmocka_unit_test(bands_may_be_added_after_others),
        cmocka_unit_test(mates_are_those_the_rule_proposes_each_once),
        cmocka_unit_test(bands_that_put_the_same_texts_together_make_one_bucket),
        cmocka_unit_test(what_a_large_bucket_leaves_out_is_counted),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
