/* Bands and rows from what is asked for. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "neardup/plan.h"
#include "neardup/sketch.h"

/* What nd_plan_request_init sets, for constants. */
#define SIZED .size_bytes = sizeof(nd_plan_request)

static nd_plan plan_for(double threshold, double recall, uint32_t max_slots)
{
    const nd_plan_request request = {SIZED, .threshold = threshold, .recall = recall,
                                     .max_slots = max_slots};
    nd_plan plan;
    assert_int_equal(nd_plan_solve(&request, &plan), ND_OK);
    return plan;
}

static void the_recall_asked_for_is_reached_at_the_threshold(void **state)
{
    (void)state;
    static const double recalls[] = {0.5, 0.9, 0.99, 0.999, 0.9999};
    for (int percent = 5; percent <= 100; percent++)
        for (size_t i = 0; i < sizeof recalls / sizeof *recalls; i++) {
            const double threshold = percent / 100.0;
            const nd_plan plan = plan_for(threshold, recalls[i], 0);
            assert_true(plan.threshold == threshold);
            assert_true(plan.recall >= recalls[i]);
            assert_true(plan.recall == nd_plan_probability(&plan, threshold));
            const double expected = 1 - pow(1 - pow(threshold, plan.rows), plan.bands);
            assert_true(fabs(plan.recall - expected) < 1e-9);
        }
}

static void a_sketch_has_room_for_all_bands_and_no_more(void **state)
{
    (void)state;
    for (int percent = 5; percent <= 100; percent++) {
        const nd_plan plan = plan_for(percent / 100.0, 0.99, 0);
        const uint32_t used = plan.bands * plan.rows;
        assert_true(plan.bands >= 1 && plan.rows >= 1);
        assert_int_equal(plan.slots, used < ND_SKETCH_MIN_SLOTS ? ND_SKETCH_MIN_SLOTS : used);
        assert_true(plan.slots <= 128);
    }
}

/* One band less must miss the recall: bands cost work. */
static void there_are_no_more_bands_than_needed(void **state)
{
    (void)state;
    for (int percent = 5; percent < 100; percent++) {
        nd_plan plan = plan_for(percent / 100.0, 0.99, 0);
        if (plan.bands == 1)
            continue;
        plan.bands--;
        assert_true(nd_plan_probability(&plan, plan.threshold) < 0.99);
    }
}

static void higher_thresholds_get_steeper_curves(void **state)
{
    (void)state;
    assert_true(plan_for(0.1, 0.99, 0).rows == 1);
    assert_true(plan_for(0.5, 0.99, 0).rows >= 2);
    assert_true(plan_for(0.8, 0.99, 0).rows >= 4);
    const nd_plan plan = plan_for(0.8, 0.99, 0);
    assert_true(nd_plan_probability(&plan, 0.3) < 0.1);
}

static void the_probability_rises_from_zero_to_one(void **state)
{
    (void)state;
    for (int percent = 5; percent <= 100; percent += 5) {
        const nd_plan plan = plan_for(percent / 100.0, 0.95, 0);
        assert_true(nd_plan_probability(&plan, 0) == 0);
        assert_true(nd_plan_probability(&plan, 1) == 1);
        double before = 0;
        for (int i = 0; i <= 1000; i++) {
            const double probability = nd_plan_probability(&plan, i / 1000.0);
            assert_true(probability >= before && probability <= 1);
            before = probability;
        }
    }
}

static void more_slots_than_the_default_are_used_where_they_are_needed(void **state)
{
    (void)state;
    const nd_plan plan = plan_for(0.02, 0.99, 0);
    assert_true(plan.slots > 128 && plan.slots <= ND_SKETCH_MAX_SLOTS);
    assert_true(plan.recall >= 0.99);
}

static void max_slots_holds(void **state)
{
    (void)state;
    for (uint32_t max_slots = 16; max_slots <= 1024; max_slots += 9) {
        const nd_plan_request request = {SIZED, .threshold = 0.7, .recall = 0.99,
                                         .max_slots = max_slots};
        nd_plan plan;
        const nd_status status = nd_plan_solve(&request, &plan);
        assert_true(status == ND_OK ? plan.slots <= max_slots : status == ND_ERR_LIMIT);
    }
    assert_true(plan_for(0.8, 0.99, 1024).recall >= 0.99);
}

static void a_recall_out_of_reach_is_a_limit(void **state)
{
    (void)state;
    nd_plan plan;
    assert_int_equal(
        nd_plan_solve(&(nd_plan_request){SIZED, .threshold = 0.001, .recall = 0.99, .max_slots = 0},
                      &plan),
        ND_ERR_LIMIT);
    assert_int_equal(
        nd_plan_solve(&(nd_plan_request){SIZED, .threshold = 0.1, .recall = 0.99, .max_slots = 16},
                      &plan),
        ND_ERR_LIMIT);
    assert_int_equal(plan.bands, 0);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    static const nd_plan_request bad[] = {
        {SIZED, .threshold = 0, .recall = 0.99, .max_slots = 0},
        {SIZED, .threshold = -0.5, .recall = 0.99, .max_slots = 0},
        {SIZED, .threshold = 1.0001, .recall = 0.99, .max_slots = 0},
        {SIZED, .threshold = 0.8, .recall = 0, .max_slots = 0},
        {SIZED, .threshold = 0.8, .recall = 1, .max_slots = 0},
        {SIZED, .threshold = 0.8, .recall = -1, .max_slots = 0},
        {SIZED, .threshold = 0.8, .recall = 2, .max_slots = 0},
        {SIZED, .threshold = 0.8, .recall = 0.99, .max_slots = 15},
        {SIZED, .threshold = 0.8, .recall = 0.99, .max_slots = 1025},
        {SIZED, .threshold = NAN, .recall = 0.99, .max_slots = 0},
        {SIZED, .threshold = 0.8, .recall = NAN, .max_slots = 0},
        {SIZED, .threshold = INFINITY, .recall = 0.99, .max_slots = 0},
        {.threshold = 0.8, .recall = 0.99}, /* not initialised */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nd_plan plan;
        assert_int_equal(nd_plan_solve(&bad[i], &plan), ND_ERR_INVALID_ARGUMENT);
        assert_int_equal(plan.slots, 0);
    }
}

static void equal_sets_need_one_band(void **state)
{
    (void)state;
    const nd_plan plan = plan_for(1, 0.9999, 0);
    assert_int_equal(plan.bands, 1);
    assert_true(plan.recall == 1);
}

static void memory_grows_with_documents_and_shingles(void **state)
{
    (void)state;
    const nd_plan plan = plan_for(0.8, 0.99, 0);
    const nd_plan_memory none = nd_plan_estimate_memory(&plan, 0, 100, 20);
    assert_int_equal(none.index_bytes, 0);
    assert_int_equal(none.set_bytes, 0);
    const nd_plan_memory million = nd_plan_estimate_memory(&plan, 1000000, 100, 20);
    assert_int_equal(million.set_bytes, 800000000);
    assert_true(million.index_bytes >= 1000000 * (8 * (uint64_t)plan.bands + 20));
    const nd_plan_memory two = nd_plan_estimate_memory(&plan, 2000000, 100, 20);
    assert_int_equal(two.index_bytes, 2 * million.index_bytes);
}

static void a_limit_takes_disk_and_passes(void **state)
{
    (void)state;
    const nd_plan plan = plan_for(0.8, 0.99, 0);
    const nd_plan_limit none = nd_plan_estimate_limit(&plan, 0, 100, 20, 1 << 26);
    assert_int_equal(none.disk_bytes, 0);
    assert_int_equal(none.key_passes, 1);
    const nd_plan_limit tight = nd_plan_estimate_limit(&plan, 1000000, 100, 20, 1 << 26);
    const nd_plan_limit roomy = nd_plan_estimate_limit(&plan, 1000000, 100, 20, UINT64_C(1) << 40);
    assert_true(tight.least_bytes > 1 << 26);
    assert_int_equal(tight.key_passes, plan.bands);
    assert_int_equal(roomy.key_passes, 1);
    assert_int_equal(roomy.least_bytes, tight.least_bytes);
    assert_int_equal(roomy.disk_bytes, tight.disk_bytes);
    assert_true(roomy.disk_bytes > 800000000);
}

static void without_bands_words_and_samples_count(void **state)
{
    (void)state;
    const nd_plan none = {0};
    const nd_plan_memory memory = nd_plan_estimate_memory(&none, 1000000, 400, 20);
    assert_int_equal(memory.set_bytes, 4800000000);
    assert_true(memory.index_bytes > 1400000000 && memory.index_bytes < 1700000000);
    const nd_plan_memory brief = nd_plan_estimate_memory(&none, 1000000, 100, 20);
    assert_true(brief.index_bytes == memory.index_bytes); /* they sample all their shingles */
    const nd_plan_limit tight = nd_plan_estimate_limit(&none, 1000000, 400, 20, 1 << 26);
    const nd_plan_limit fair = nd_plan_estimate_limit(&none, 1000000, 400, 20, 1 << 28);
    const nd_plan_limit roomy = nd_plan_estimate_limit(&none, 1000000, 400, 20, UINT64_C(1) << 40);
    assert_true(tight.least_bytes > 1 << 26);
    assert_true(tight.key_passes > 50);
    assert_true(fair.key_passes > 1 && fair.key_passes < 10);
    assert_int_equal(roomy.key_passes, 1);
    assert_true(roomy.disk_bytes > 4800000000 + 2600000000 && roomy.disk_bytes < 8000000000);
    assert_int_equal(nd_plan_estimate_limit(&none, 0, 400, 20, 1 << 26).disk_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recall_asked_for_is_reached_at_the_threshold),
        cmocka_unit_test(a_sketch_has_room_for_all_bands_and_no_more),
        cmocka_unit_test(there_are_no_more_bands_than_needed),
        cmocka_unit_test(higher_thresholds_get_steeper_curves),
        cmocka_unit_test(without_bands_words_and_samples_count),
        cmocka_unit_test(the_probability_rises_from_zero_to_one),
        cmocka_unit_test(more_slots_than_the_default_are_used_where_they_are_needed),
        cmocka_unit_test(max_slots_holds),
        cmocka_unit_test(a_recall_out_of_reach_is_a_limit),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(equal_sets_need_one_band),
        cmocka_unit_test(a_limit_takes_disk_and_passes),
        cmocka_unit_test(memory_grows_with_documents_and_shingles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
