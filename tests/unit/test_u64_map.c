/* The map from 64-bit keys to 64-bit values, against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "random.h"
#include "util/u64_map.h"

enum { NUM_KEYS = 300 };

/* values[k]: of key_at(k); ND_U64_MAP_NONE: not in the map. */
static uint64_t key_at(uint64_t index, int spread)
{
    return spread == 0 ? index : spread == 1 ? index << 40 : index * UINT64_C(0x123456789abcdef1);
}

static void assert_holds(const nd_u64_map *map, const uint64_t *values, int spread)
{
    size_t num = 0;
    for (uint64_t k = 0; k < NUM_KEYS; k++) {
        const uint64_t *const found = nd_u64_map_find(map, key_at(k, spread));
        if (values[k] == ND_U64_MAP_NONE)
            assert_null(found);
        else
            assert_true(found && *found == values[k]);
        num += values[k] != ND_U64_MAP_NONE;
    }
    assert_int_equal(map->num, num);
}

static void random_changes_agree_with_an_array(void **state)
{
    (void)state;
    nd_random random = {11};
    for (int spread = 0; spread < 3; spread++) {
        uint64_t values[NUM_KEYS];
        for (int k = 0; k < NUM_KEYS; k++)
            values[k] = ND_U64_MAP_NONE;
        nd_u64_map map;
        nd_u64_map_init(&map, NULL);
        for (int i = 0; i < 20000; i++) {
            /* phases of growing and of shrinking */
            const uint64_t r = nd_random_u64(&random), k = r % NUM_KEYS;
            if ((r >> 32) % 10 < (i / 2000 % 2 ? 3U : 7U)) {
                assert_int_equal(nd_u64_map_reserve(&map, 1), ND_OK);
                nd_u64_map_set(&map, key_at(k, spread), values[k] = r >> 1);
            } else {
                nd_u64_map_remove(&map, key_at(k, spread));
                values[k] = ND_U64_MAP_NONE;
            }
            if (i % 50 == 0)
                assert_holds(&map, values, spread);
        }
        assert_holds(&map, values, spread);
        nd_u64_map_release(&map);
    }
}

static void entries_that_come_and_go_need_no_more_memory(void **state)
{
    (void)state;
    nd_u64_map map;
    nd_u64_map_init(&map, NULL);
    for (uint64_t k = 0; k < 100000; k++) {
        assert_int_equal(nd_u64_map_reserve(&map, 1), ND_OK);
        nd_u64_map_set(&map, k, k);
        if (k >= 10)
            nd_u64_map_remove(&map, k - 10);
    }
    assert_int_equal(map.num, 10);
    assert_int_equal(map.capacity, 16);
    nd_u64_map_release(&map);
}

static void a_map_that_could_not_grow_holds_what_it_held(void **state)
{
    (void)state;
    failing_allocator failing = {.left = 1};
    const nd_allocator allocator = failing_allocator_make(&failing);
    nd_u64_map map;
    nd_u64_map_init(&map, &allocator);
    assert_null(nd_u64_map_find(&map, 1));
    nd_u64_map_remove(&map, 1);
    assert_int_equal(nd_u64_map_reserve(&map, 12), ND_OK);
    for (uint64_t k = 0; k < 12; k++)
        nd_u64_map_set(&map, k, k + 1);
    assert_int_equal(nd_u64_map_reserve(&map, 1), ND_ERR_NO_MEMORY);
    assert_int_equal(nd_u64_map_reserve(&map, SIZE_MAX), ND_ERR_NO_MEMORY);
    assert_int_equal(nd_u64_map_reserve(&map, SIZE_MAX / 2), ND_ERR_NO_MEMORY);
    for (uint64_t k = 0; k < 12; k++)
        assert_true(*nd_u64_map_find(&map, k) == k + 1);
    nd_u64_map_release(&map);
    assert_int_equal(failing.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_agree_with_an_array),
        cmocka_unit_test(entries_that_come_and_go_need_no_more_memory),
        cmocka_unit_test(a_map_that_could_not_grow_holds_what_it_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
