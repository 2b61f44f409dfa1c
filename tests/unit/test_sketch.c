/* Sketches: what they hold, and that every kernel makes the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/kernel.h"
#include "neardup/sketch.h"
#include "random.h"
#include "sketch/sketch_kernels.h"

static void slots_outside_the_limits_are_refused(void **state)
{
    (void)state;
    uint64_t slots[ND_SKETCH_MAX_SLOTS + 1], hash = 1;
    assert_int_equal(nd_sketch_compute(&hash, 1, ND_SKETCH_MIN_SLOTS - 1, slots),
                     ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_sketch_compute(&hash, 1, ND_SKETCH_MAX_SLOTS + 1, slots),
                     ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_sketch_compute(&hash, 1, ND_SKETCH_MIN_SLOTS, slots), ND_OK);
    assert_int_equal(nd_sketch_compute(&hash, 1, ND_SKETCH_MAX_SLOTS, slots), ND_OK);
}

static void the_empty_set_leaves_every_slot_empty_and_is_like_nothing(void **state)
{
    (void)state;
    uint64_t slots[100], other[100], hash = 7;
    assert_int_equal(nd_sketch_compute(NULL, 0, 100, slots), ND_OK);
    for (int i = 0; i < 100; i++)
        assert_true(slots[i] == ND_SLOT_EMPTY);
    assert_int_equal(nd_sketch_compute(&hash, 1, 100, other), ND_OK);
    assert_true(nd_sketch_estimate(slots, other, 100) == 0);
    assert_true(nd_sketch_estimate(slots, slots, 100) == 0);
}

static void one_element_fills_every_slot(void **state)
{
    (void)state;
    for (uint64_t hash = 0; hash < 100; hash++)
        for (uint32_t k = ND_SKETCH_MIN_SLOTS; k <= ND_SKETCH_MAX_SLOTS; k = k * 5 / 3) {
            uint64_t slots[ND_SKETCH_MAX_SLOTS];
            assert_int_equal(nd_sketch_compute(&hash, 1, k, slots), ND_OK);
            for (uint32_t i = 0; i < k; i++) {
                assert_true(slots[i] != ND_SLOT_EMPTY);
                assert_true(slots[i] >> ND_SLOT_VALUE_BITS < 2 * k);
            }
        }
}

static void order_and_repetition_change_nothing(void **state)
{
    (void)state;
    nd_random random = {1};
    uint64_t hashes[600], slots[128], other[128];
    for (size_t n = 1; n <= 200; n += 7) {
        for (size_t i = 0; i < n; i++)
            hashes[i] = hashes[2 * n - 1 - i] = hashes[2 * n + i] = nd_random_u64(&random);
        assert_int_equal(nd_sketch_compute(hashes, n, 128, slots), ND_OK);
        assert_int_equal(nd_sketch_compute(hashes + n / 2, 2 * n, 128, other), ND_OK);
        assert_memory_equal(slots, other, sizeof slots);
    }
}

/* Rounds ascend, so a slot filled in a later round than the last one needed would be wrong. */
static void a_large_set_fills_all_slots_in_the_first_rounds(void **state)
{
    (void)state;
    nd_random random = {2};
    uint64_t hashes[5000], slots[128];
    for (size_t i = 0; i < 5000; i++)
        hashes[i] = nd_random_u64(&random);
    assert_int_equal(nd_sketch_compute(hashes, 5000, 128, slots), ND_OK);
    for (int i = 0; i < 128; i++)
        assert_true(slots[i] >> ND_SLOT_VALUE_BITS <= 1);
}

static void estimates_count_agreeing_slots(void **state)
{
    (void)state;
    uint64_t a[64], b[64];
    uint16_t packed_a[64], packed_b[64];
    for (uint64_t i = 0; i < 64; i++) {
        a[i] = i;
        b[i] = i < 48 ? i : i + 1000;
    }
    nd_sketch_pack16(a, 64, packed_a);
    nd_sketch_pack16(b, 64, packed_b);
    assert_true(nd_sketch_estimate(a, b, 64) == 0.75);
    const double packed = nd_sketch_estimate16(packed_a, packed_b, 64);
    assert_true(packed < 0.75 && packed > 0.7499);
    assert_true(nd_sketch_estimate16(packed_a, packed_a, 64) == 1);
    for (int i = 0; i < 64; i++)
        packed_b[i] = (uint16_t)(packed_a[i] + 1);
    assert_true(nd_sketch_estimate16(packed_a, packed_b, 64) == 0);
    assert_true(nd_sketch_estimate(a, b, 0) == 0);
    memset(packed_a, 0xff, sizeof packed_a); /* of no elements */
    assert_true(nd_sketch_estimate16(packed_a, packed_a, 64) == 0);
}

/* The kernels for other machines, over tests/unit/emulation. */
nd_sketch_kernel_fn nd_sketch_emulated_avx512;
nd_sketch_kernel_fn nd_sketch_emulated_neon;

static void assert_kernel_agrees(nd_sketch_kernel_fn *kernel, const uint64_t *hashes, size_t num,
                                 uint32_t num_slots)
{
    uint64_t expected[ND_SKETCH_MAX_SLOTS + 1], slots[ND_SKETCH_MAX_SLOTS + 1];
    memset(expected, 0x5a, sizeof expected);
    memset(slots, 0x5a, sizeof slots);
    nd_sketch_scalar(hashes, num, num_slots, expected);
    kernel(hashes, num, num_slots, slots);
    assert_memory_equal(slots, expected, sizeof slots); /* and nothing beyond is written */
}

/* The input is a block of exactly its size, so that reading past its end is found. */
static void assert_agrees_on(nd_sketch_kernel_fn *kernel, nd_random *random, size_t num,
                             uint32_t num_slots)
{
    uint64_t *const hashes = malloc(num * sizeof *hashes);
    assert_non_null(hashes);
    for (size_t i = 0; i < num; i++)
        hashes[i] = nd_random_u64(random);
    assert_kernel_agrees(kernel, hashes, num, num_slots);
    for (size_t i = 0; i < num; i++)
        hashes[i] = i;
    assert_kernel_agrees(kernel, hashes, num, num_slots);
    const size_t distinct = 1 + (size_t)(nd_random_u64(random) % 5);
    for (size_t i = 0; i < num; i++)
        hashes[i] = i % distinct ? ~UINT64_C(0) << i % distinct : 0;
    assert_kernel_agrees(kernel, hashes, num, num_slots);
    free(hashes);
}

static void assert_agrees_on_all(nd_sketch_kernel_fn *kernel)
{
    static const uint32_t ks[] = {16, 17, 31, 64, 65, 100, 127, 128, 129, 192, 255, 256, 257};
    nd_random random = {3};
    for (size_t num = 1; num <= 300; num++)
        for (size_t i = 0; i < 3; i++)
            assert_agrees_on(kernel, &random, num, ks[(num * 3 + i) % (sizeof ks / sizeof *ks)]);
    static const uint32_t large_ks[] = {300, 384, 511, 512, 513, 777, 1000, 1023, 1024};
    for (size_t i = 0; i < sizeof large_ks / sizeof *large_ks; i++) {
        assert_agrees_on(kernel, &random, 1 + i * i, large_ks[i]);
        assert_agrees_on(kernel, &random, 200 + i, large_ks[i]);
    }
}

/* Around the size that is kept mixed, with few and with many distinct elements. */
static void assert_agrees_on_large_sets(nd_sketch_kernel_fn *kernel)
{
    static const size_t sizes[] = {1000, 1023, 1024, 1025, 1056, 1500, 2048, 2049, 3000};
    nd_random random = {4};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_agrees_on(kernel, &random, sizes[i], 64);
        assert_agrees_on(kernel, &random, sizes[i], 700 + (uint32_t)i);
        assert_agrees_on(kernel, &random, sizes[i], 1024);
    }
}

static void avx2_makes_the_slots_of_the_reference(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
        skip();
    assert_agrees_on_all(nd_sketch_avx2);
    assert_agrees_on_large_sets(nd_sketch_avx2);
#else
    skip();
#endif
}

static void avx512_makes_the_slots_of_the_reference_under_emulation(void **state)
{
    (void)state;
    assert_agrees_on_all(nd_sketch_emulated_avx512);
    assert_agrees_on_large_sets(nd_sketch_emulated_avx512);
}

static void neon_makes_the_slots_of_the_reference_under_emulation(void **state)
{
    (void)state;
    assert_agrees_on_all(nd_sketch_emulated_neon);
    assert_agrees_on_large_sets(nd_sketch_emulated_neon);
}

static void the_selected_kernel_makes_the_slots_of_the_reference(void **state)
{
    (void)state;
    static const nd_kernel kernels[] = {ND_KERNEL_SCALAR, ND_KERNEL_AVX2, ND_KERNEL_AVX512,
                                        ND_KERNEL_NEON};
    uint64_t hashes[90], expected[128], slots[128];
    for (uint64_t i = 0; i < 90; i++)
        hashes[i] = i * i;
    nd_sketch_scalar(hashes, 90, 128, expected);
    const nd_kernel before = nd_kernel_current();
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if (nd_kernel_select(kernels[i]) == ND_OK) {
            assert_int_equal(nd_sketch_compute(hashes, 90, 128, slots), ND_OK);
            assert_memory_equal(slots, expected, sizeof slots);
        }
    assert_int_equal(nd_kernel_select(before), ND_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_outside_the_limits_are_refused),
        cmocka_unit_test(the_empty_set_leaves_every_slot_empty_and_is_like_nothing),
        cmocka_unit_test(one_element_fills_every_slot),
        cmocka_unit_test(order_and_repetition_change_nothing),
        cmocka_unit_test(a_large_set_fills_all_slots_in_the_first_rounds),
        cmocka_unit_test(estimates_count_agreeing_slots),
        cmocka_unit_test(avx2_makes_the_slots_of_the_reference),
        cmocka_unit_test(avx512_makes_the_slots_of_the_reference_under_emulation),
        cmocka_unit_test(neon_makes_the_slots_of_the_reference_under_emulation),
        cmocka_unit_test(the_selected_kernel_makes_the_slots_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
