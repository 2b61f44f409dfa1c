/* Band keys: which documents meet in a bucket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "lsh/buckets.h"
#include "random.h"

static void a_key_hashes_the_rows_of_its_band(void **state)
{
    (void)state;
    nd_random random = {10};
    uint64_t slots[1024], keys[1024];
    for (size_t i = 0; i < 1024; i++)
        slots[i] = nd_random_u64(&random);
    for (uint32_t rows = 1; rows <= 1024; rows = rows * 3 / 2 + 1) {
        const uint32_t bands = 1024 / rows;
        memset(keys, 0xee, sizeof keys);
        nd_band_keys(slots, bands, rows, keys);
        for (uint32_t j = 0; j < bands; j++)
            assert_true(keys[j] ==
                        XXH3_64bits_withSeed(slots + (size_t)j * rows, rows * sizeof *slots, j));
        for (uint32_t j = bands; j < 1024; j++)
            assert_true(keys[j] == UINT64_C(0xeeeeeeeeeeeeeeee));
    }
}

static void a_slot_moves_the_key_of_its_band_alone(void **state)
{
    (void)state;
    uint64_t slots[60], keys[12], changed[12];
    for (uint64_t i = 0; i < 60; i++)
        slots[i] = i;
    nd_band_keys(slots, 12, 5, keys);
    for (uint32_t slot = 0; slot < 60; slot++) {
        slots[slot] ^= UINT64_C(1) << slot;
        nd_band_keys(slots, 12, 5, changed);
        for (uint32_t j = 0; j < 12; j++)
            assert_int_equal(keys[j] == changed[j], j != slot / 5);
        slots[slot] ^= UINT64_C(1) << slot;
    }
}

/* Else two documents of one repeated slot would meet in every band. */
static void equal_slots_in_different_bands_make_different_keys(void **state)
{
    (void)state;
    const uint64_t slots[40] = {0};
    uint64_t keys[20];
    nd_band_keys(slots, 20, 2, keys);
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < i; j++)
            assert_true(keys[i] != keys[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_hashes_the_rows_of_its_band),
        cmocka_unit_test(a_slot_moves_the_key_of_its_band_alone),
        cmocka_unit_test(equal_slots_in_different_bands_make_different_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
