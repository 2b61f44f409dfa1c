/* The error of the estimate: its bias and its variance, over sizes, similarities and sketch sizes.
 *
 * How many trials a verdict needs. The sample variance of T trials strays from the true one by a
 * standard error of about sqrt(2 / T) of it, 2.2 % for T = 4000. The variance of a large set is
 * that of classic MinHash, J(1-J)/k, so a limit of 1.1 of it lies 4.5 standard errors away with T =
 * 4000. Large sets are given fewer trials to save time; a single one of them is called too variable
 * only where 1.1 is exceeded by 3 standard errors, and their mean over all J and k, which has the
 * trials of all, must keep to 1.1 itself. The variance of a set of at most k/2 elements is about
 * 0.5 J(1-J)/k, 13 standard errors from its limit of 0.65. A bias of 4 standard errors turns up by
 * chance once in 16,000 cases; the numbers are seeded, so a pass stays a pass.
 *
 * NEARDUP_LONG_TESTS=1 gives every case so many trials that 1.1 is held without allowance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <xxhash.h>

#include "lsh/buckets.h"
#include "neardup/plan.h"
#include "neardup/sketch.h"
#include "random.h"

/* Sanitizers make everything some ten times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { TRIALS = 400, WORK = 2000000, ENOUGH = 4000 };
#else
enum { TRIALS = 4000, WORK = 10000000, ENOUGH = 4000 };
#endif

/* The elements of two sets: first those of a alone, then those of both, then those of b alone. */
typedef struct set_pair {
    size_t only_a, common, only_b;
} set_pair;

/* Makes the elements [0, num) of one trial. */
typedef void element_fn(nd_random *random, uint64_t *elements, size_t num);

static void random_elements(nd_random *random, uint64_t *elements, size_t num)
{
    for (size_t i = 0; i < num; i++)
        elements[i] = nd_random_u64(random);
}

static void counters(nd_random *random, uint64_t *elements, size_t num)
{
    const uint64_t first = nd_random_u64(random) & 0xffffffffff;
    for (size_t i = 0; i < num; i++)
        elements[i] = first + i;
}

/* Differences in high bits alone, and in a few of them. */
static void high_counters(nd_random *random, uint64_t *elements, size_t num)
{
    const uint64_t first = nd_random_u64(random);
    for (size_t i = 0; i < num; i++)
        elements[i] = first + ((uint64_t)i << 40);
}

static void hashes_of_numbers(nd_random *random, uint64_t *elements, size_t num)
{
    const uint64_t first = nd_random_u64(random) % 1000000000;
    for (size_t i = 0; i < num; i++) {
        char digits[32];
        const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)(first + i));
        elements[i] = XXH3_64bits(digits, (size_t)len);
    }
}

static double jaccard_of(set_pair pair)
{
    return (double)pair.common / (double)(pair.only_a + pair.common + pair.only_b);
}

static size_t union_size(set_pair pair)
{
    return pair.only_a + pair.common + pair.only_b;
}

/* A set of `size` elements and another of a jaccard near `jaccard`, of the same size if it can be;
 * common is 0 where there is none. */
static set_pair pair_with(size_t size, double jaccard)
{
    const size_t same_size = (size_t)lround(2 * (double)size * jaccard / (1 + jaccard));
    const set_pair balanced = {size - same_size, same_size, size - same_size};
    if (fabs(jaccard_of(balanced) - jaccard) <= 0.02)
        return balanced;
    set_pair best = {size, 0, size};
    for (size_t common = 1; common <= size; common++)
        for (size_t only_b = 0; only_b <= 10 * size; only_b++) {
            const set_pair pair = {size - common, common, only_b};
            if (fabs(jaccard_of(pair) - jaccard) < fabs(jaccard_of(best) - jaccard))
                best = pair;
        }
    return fabs(jaccard_of(best) - jaccard) <= 0.02 ? best : (set_pair){size, 0, size};
}

typedef struct moments {
    size_t trials;
    double mean_error; /* of the estimate */
    double variance;   /* in units of J(1-J)/k */
    double bias;       /* in standard errors */
    double packed_bias;
} moments;

static int is_long_run(void)
{
    const char *const wanted = getenv("NEARDUP_LONG_TESTS");
    return wanted && *wanted == '1';
}

static size_t trials_for(set_pair pair, uint32_t num_slots)
{
    if (is_long_run())
        return 2 * ENOUGH;
    const size_t affordable = WORK / (union_size(pair) + 4 * num_slots);
    return affordable < TRIALS ? affordable : TRIALS;
}

static void sketch_pair(const uint64_t *elements, set_pair pair, uint32_t num_slots, uint64_t *a,
                        uint64_t *b)
{
    assert_int_equal(nd_sketch_compute(elements, pair.only_a + pair.common, num_slots, a), ND_OK);
    assert_int_equal(
        nd_sketch_compute(elements + pair.only_a, pair.common + pair.only_b, num_slots, b), ND_OK);
}

static double packed_estimate(const uint64_t *a, const uint64_t *b, uint32_t num_slots)
{
    uint16_t packed_a[ND_SKETCH_MAX_SLOTS], packed_b[ND_SKETCH_MAX_SLOTS];
    nd_sketch_pack16(a, num_slots, packed_a);
    nd_sketch_pack16(b, num_slots, packed_b);
    return nd_sketch_estimate16(packed_a, packed_b, num_slots);
}

static moments measure(set_pair pair, uint32_t num_slots, element_fn *make_elements, uint64_t seed)
{
    nd_random random = {seed};
    const double jaccard = jaccard_of(pair), unit = jaccard * (1 - jaccard) / num_slots;
    const size_t trials = trials_for(pair, num_slots);
    uint64_t *const elements = malloc(union_size(pair) * sizeof *elements);
    uint64_t a[ND_SKETCH_MAX_SLOTS], b[ND_SKETCH_MAX_SLOTS];
    assert_non_null(elements);
    double sum = 0, sum_of_squares = 0, packed_sum = 0;
    for (size_t i = 0; i < trials; i++) {
        make_elements(&random, elements, union_size(pair));
        sketch_pair(elements, pair, num_slots, a, b);
        const double error = nd_sketch_estimate(a, b, num_slots) - jaccard;
        sum += error;
        sum_of_squares += error * error;
        packed_sum += packed_estimate(a, b, num_slots) - jaccard;
    }
    free(elements);
    const double n = (double)trials;
    const double variance = (sum_of_squares - sum * sum / n) / (n - 1);
    const double standard_error = sqrt(variance / n);
    return (moments){trials, sum / n, variance / unit, sum / n / standard_error,
                     packed_sum / n / standard_error};
}

/* One line a case that fails, so that a failure tells which. */
static void check(set_pair pair, uint32_t num_slots, const moments *m, double limit)
{
    const double allowance = 3 * limit * sqrt(2.0 / (double)m->trials);
    const double allowed = m->trials >= ENOUGH ? limit : limit + allowance;
    if (fabs(m->bias) <= 4 && fabs(m->packed_bias) <= 4 && m->variance <= allowed)
        return;
    fail_msg("a %zu, common %zu, b %zu, k %u: bias %.2f and packed %.2f standard errors, variance "
             "%.3f of J(1-J)/k, allowed %.3f",
             pair.only_a + pair.common, pair.common, pair.common + pair.only_b, num_slots, m->bias,
             m->packed_bias, m->variance, allowed);
}

static const size_t sizes[] = {1, 2, 5, 10, 30, 100, 300, 1000, 10000, 100000};
static const double jaccards[] = {0.1, 0.5, 0.8, 0.95};
static const uint32_t slot_counts[] = {64, 128, 256};

static size_t larger_set(set_pair pair)
{
    return pair.common + (pair.only_a > pair.only_b ? pair.only_a : pair.only_b);
}

static void the_estimate_has_no_bias_and_the_variance_of_minhash_or_half_of_it(void **state)
{
    (void)state;
    size_t num_cases = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        double sum_of_variances = 0, num = 0;
        for (size_t j = 0; j < sizeof jaccards / sizeof *jaccards; j++) {
            const set_pair pair = pair_with(sizes[s], jaccards[j]);
            if (pair.common == 0)
                continue;
            for (size_t k = 0; k < sizeof slot_counts / sizeof *slot_counts; k++) {
                const uint32_t num_slots = slot_counts[k];
                const moments m = measure(pair, num_slots, random_elements, 100 * s + 10 * j + k);
                check(pair, num_slots, &m, larger_set(pair) <= num_slots / 2 ? 0.65 : 1.1);
                sum_of_variances += m.variance;
                num++;
                num_cases++;
            }
        }
        assert_true(num > 0 && sum_of_variances / num <= 1.1);
    }
    assert_true(num_cases >= 90);
}

static void structured_elements_are_as_good_as_random_ones(void **state)
{
    (void)state;
    static element_fn *const structures[] = {counters, high_counters, hashes_of_numbers};
    static const size_t structured_sizes[] = {5, 30, 100, 1000};
    for (size_t f = 0; f < sizeof structures / sizeof *structures; f++)
        for (size_t s = 0; s < sizeof structured_sizes / sizeof *structured_sizes; s++)
            for (size_t j = 1; j <= 2; j++) {
                const set_pair pair = pair_with(structured_sizes[s], jaccards[j]);
                const moments m = measure(pair, 128, structures[f], 1000 + 10 * s + j);
                check(pair, 128, &m, larger_set(pair) <= 64 ? 0.65 : 1.1);
            }
}

/* Unlike sketches agree in a packed slot by a chance of 2^-16, which the estimate takes off. */
static void packed_slots_agree_by_chance_as_often_as_is_corrected_for(void **state)
{
    (void)state;
    enum { SKETCHES = TRIALS / 8, SLOTS = 128, SIZES = 3 };
    static const size_t set_sizes[SIZES] = {5, 50, 1000};
    static uint16_t packed[SKETCHES][SLOTS];
    nd_random random = {77};
    for (int s = 0; s < SIZES; s++) {
        for (int i = 0; i < SKETCHES; i++) {
            uint64_t elements[1000], slots[SLOTS];
            random_elements(&random, elements, set_sizes[s]);
            assert_int_equal(nd_sketch_compute(elements, set_sizes[s], SLOTS, slots), ND_OK);
            nd_sketch_pack16(slots, SLOTS, packed[i]);
        }
        uint64_t agreeing = 0;
        for (int i = 0; i < SKETCHES; i++)
            for (int j = 0; j < i; j++)
                for (int slot = 0; slot < SLOTS; slot++)
                    agreeing += packed[i][slot] == packed[j][slot];
        const double expected = SLOTS / 65536.0 * SKETCHES * (SKETCHES - 1) / 2;
        assert_true(fabs((double)agreeing - expected) <= 4 * sqrt(expected));
    }
}

/* How often a pair meets in a band. */
static double collision_rate(const nd_plan *plan, set_pair pair, size_t trials, uint64_t seed)
{
    nd_random random = {seed};
    size_t collisions = 0;
    for (size_t i = 0; i < trials; i++) {
        uint64_t elements[2000], a[ND_SKETCH_MAX_SLOTS], b[ND_SKETCH_MAX_SLOTS];
        uint64_t keys_a[ND_SKETCH_MAX_SLOTS], keys_b[ND_SKETCH_MAX_SLOTS];
        random_elements(&random, elements, union_size(pair));
        sketch_pair(elements, pair, plan->slots, a, b);
        nd_band_keys(a, plan->bands, plan->rows, keys_a);
        nd_band_keys(b, plan->bands, plan->rows, keys_b);
        uint32_t band = 0;
        while (band < plan->bands && keys_a[band] != keys_b[band])
            band++;
        collisions += band < plan->bands;
    }
    return (double)collisions / (double)trials;
}

/* A large set meets its like as the S-curve says. In a small one the slots that agree are spread
 * more evenly than by chance, which makes the curve steeper: at and above the threshold it must not
 * be missed more often. */
static void pairs_meet_in_bands_as_the_curve_says(void **state)
{
    (void)state;
    static const double thresholds[] = {0.3, 0.5, 0.8};
    for (size_t t = 0; t < sizeof thresholds / sizeof *thresholds; t++) {
        const nd_plan_request request = {
            .size_bytes = sizeof request, .threshold = thresholds[t], .recall = 0.99};
        nd_plan plan;
        assert_int_equal(nd_plan_solve(&request, &plan), ND_OK);
        for (int step = 1; step < 10; step++) {
            const size_t trials = TRIALS / 4;
            const set_pair large = pair_with(1000, step / 10.0), small = pair_with(30, step / 10.0);
            const double p = nd_plan_probability(&plan, jaccard_of(large));
            const double rate = collision_rate(&plan, large, trials, 5000 + (uint64_t)step);
            const double standard_error = sqrt(p * (1 - p) / (double)trials);
            assert_true(fabs(rate - p) <= 4 * standard_error + 0.01);
            if (jaccard_of(small) < thresholds[t])
                continue;
            const double small_rate = collision_rate(&plan, small, trials, 6000 + (uint64_t)step);
            const double least = nd_plan_probability(&plan, jaccard_of(small));
            assert_true(small_rate >= least - 4 * sqrt(least * (1 - least) / (double)trials));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_has_no_bias_and_the_variance_of_minhash_or_half_of_it),
        cmocka_unit_test(structured_elements_are_as_good_as_random_ones),
        cmocka_unit_test(packed_slots_agree_by_chance_as_often_as_is_corrected_for),
        cmocka_unit_test(pairs_meet_in_bands_as_the_curve_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
