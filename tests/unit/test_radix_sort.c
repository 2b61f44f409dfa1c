/* Radix sorting of keys and of pairs. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "util/sort.h"

/* How the keys of a test are spread. */
typedef uint64_t key_fn(nd_random *random, size_t index, size_t num);

static uint64_t uniform_key(nd_random *random, size_t index, size_t num)
{
    (void)index, (void)num;
    return nd_random_u64(random);
}

static uint64_t equal_key(nd_random *random, size_t index, size_t num)
{
    (void)random, (void)index, (void)num;
    return UINT64_C(0x8000000000000001);
}

static uint64_t ascending_key(nd_random *random, size_t index, size_t num)
{
    (void)random, (void)num;
    return index;
}

static uint64_t descending_key(nd_random *random, size_t index, size_t num)
{
    (void)random;
    return ~UINT64_C(0) - (num - index);
}

/* Few values, so that stability shows. */
static uint64_t repeated_key(nd_random *random, size_t index, size_t num)
{
    (void)index, (void)num;
    return (nd_random_u64(random) % 7) << 40 | (nd_random_u64(random) % 3);
}

/* Most keys share ever longer prefixes: each pass leaves one large bucket. */
static uint64_t nested_key(nd_random *random, size_t index, size_t num)
{
    (void)num;
    return nd_random_u64(random) >> index % 64;
}

static uint64_t low_bit_key(nd_random *random, size_t index, size_t num)
{
    (void)index, (void)num;
    return nd_random_u64(random) & 1;
}

static key_fn *const key_fns[] = {
    uniform_key, equal_key, ascending_key, descending_key, repeated_key, nested_key, low_bit_key,
};

/* value is where the item stood: a stable sort by key is the sort by (key, value). */
static int compare_pairs(const void *a, const void *b)
{
    const nd_key_value *const x = a, *const y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static void assert_sorts(nd_random *random, key_fn *make_key, size_t num)
{
    nd_key_value *const expected = malloc((num + 1) * sizeof *expected);
    nd_key_value *const pairs = malloc((num + 1) * sizeof *pairs);
    nd_key_value *const scratch = malloc((num + 1) * sizeof *scratch);
    uint64_t *const keys = malloc((num + 1) * sizeof *keys);
    assert_true(expected && pairs && scratch && keys);
    for (size_t i = 0; i < num; i++) {
        keys[i] = make_key(random, i, num);
        pairs[i] = expected[i] = (nd_key_value){keys[i], i};
    }
    if (num > 0)
        qsort(expected, num, sizeof *expected, compare_pairs);
    nd_radix_sort_pairs(pairs, scratch, num);
    assert_memory_equal(pairs, expected, num * sizeof *pairs);
    nd_radix_sort_u64(keys, (uint64_t *)scratch, num);
    for (size_t i = 0; i < num; i++)
        assert_true(keys[i] == expected[i].key);
    free(expected);
    free(pairs);
    free(scratch);
    free(keys);
}

static void items_end_in_order_and_equal_keys_keep_theirs(void **state)
{
    (void)state;
    nd_random random = {7};
    for (size_t f = 0; f < sizeof key_fns / sizeof *key_fns; f++) {
        for (size_t num = 0; num <= 100; num++)
            assert_sorts(&random, key_fns[f], num);
        for (size_t num = 101; num <= 9000; num += num / 5)
            assert_sorts(&random, key_fns[f], num);
        assert_sorts(&random, key_fns[f], 60000);
    }
}

/* More keys than one pass sorts, that share ever longer prefixes: each level deals nearly all of
 * them again. */
enum { NUM_DEEP = 1 << 16, SMALL_STACK_BYTES = 1 << 16 };

typedef struct deep_sort {
    nd_key_value pairs[NUM_DEEP];
    nd_key_value pair_scratch[NUM_DEEP];
    uint64_t keys[NUM_DEEP];
    uint64_t scratch[NUM_DEEP];
} deep_sort;

static void *sort_both(void *arg)
{
    deep_sort *const s = arg;
    nd_radix_sort_pairs(s->pairs, s->pair_scratch, NUM_DEEP);
    nd_radix_sort_u64(s->keys, s->scratch, NUM_DEEP);
    return NULL;
}

static void deep_recursion_fits_on_a_small_stack(void **state)
{
    (void)state;
    nd_random random = {11};
    deep_sort *const s = malloc(sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i < NUM_DEEP; i++) {
        const unsigned prefix = i < NUM_DEEP / 8 ? (unsigned)(i % 64) : 59;
        s->keys[i] = nd_random_u64(&random) >> prefix;
        s->pairs[i] = (nd_key_value){s->keys[i], i};
    }
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, SMALL_STACK_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, sort_both, s), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    for (size_t i = 1; i < NUM_DEEP; i++) {
        assert_true(s->keys[i - 1] <= s->keys[i]);
        assert_true(compare_pairs(&s->pairs[i - 1], &s->pairs[i]) < 0);
    }
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_recursion_fits_on_a_small_stack),
        cmocka_unit_test(items_end_in_order_and_equal_keys_keep_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
