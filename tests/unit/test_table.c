/* The online table: insert, query and remove. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "lsh/buckets.h"
#include "neardup/shingle.h"
#include "neardup/table.h"
#include "random.h"
#include "util/threads.h"

enum { SET_SIZE = 60 };

typedef struct test_set {
    uint64_t hashes[SET_SIZE];
    size_t size;
} test_set;

static test_set random_set(nd_random *random, size_t size)
{
    test_set set = {.size = size};
    uint64_t scratch[SET_SIZE];
    for (size_t i = 0; i < size; i++)
        set.hashes[i] = nd_random_u64(random);
    set.size = nd_shingle_set(set.hashes, size, scratch);
    return set;
}

/* The set with `changed` of its elements replaced. */
static test_set edited(nd_random *random, const test_set *set, size_t changed)
{
    test_set copy = *set;
    uint64_t scratch[SET_SIZE];
    for (size_t i = 0; i < changed; i++)
        copy.hashes[i] = nd_random_u64(random);
    copy.size = nd_shingle_set(copy.hashes, copy.size, scratch);
    return copy;
}

static nd_table *table_for(double jaccard, double containment, const nd_allocator *allocator)
{
    const nd_plan_request request = {
        .size_bytes = sizeof request, .threshold = jaccard, .recall = 0.999};
    const nd_match_rule rule = {jaccard, containment};
    nd_plan plan;
    nd_table *table;
    assert_int_equal(nd_plan_solve(&request, &plan), ND_OK);
    assert_int_equal(nd_table_new(&plan, &rule, allocator, &table), ND_OK);
    return table;
}

static nd_status insert(nd_table *table, uint64_t key, const test_set *set)
{
    return nd_table_insert(table, key, set->hashes, set->size);
}

/* The number of matches; the best one's key in *best. */
static size_t query(const nd_table *table, const test_set *set, uint64_t *best)
{
    nd_table_match *matches;
    size_t num;
    assert_int_equal(nd_table_query(table, set->hashes, set->size, 0, &matches, &num), ND_OK);
    assert_true((matches == NULL) == (num == 0));
    if (num > 0)
        *best = matches[0].key;
    nd_table_matches_free(table, matches);
    return num;
}

static void query_finds_the_set_itself_and_near_copies(void **state)
{
    (void)state;
    nd_random random = {12};
    nd_table *const table = table_for(0.7, 0, NULL);
    const test_set set = random_set(&random, 50), near_copy = edited(&random, &set, 4);
    uint64_t best = 0;
    assert_int_equal(query(table, &set, &best), 0);
    assert_int_equal(insert(table, 17, &set), ND_OK);
    assert_int_equal(query(table, &set, &best), 1);
    assert_int_equal(best, 17);
    assert_int_equal(query(table, &near_copy, &best), 1);
    nd_table_free(table);
}

static void query_below_threshold_returns_nothing(void **state)
{
    (void)state;
    nd_random random = {13};
    nd_table *const table = table_for(0.5, 0, NULL);
    for (uint64_t key = 0; key < 200; key++) {
        /* jaccard (50 - 17) / (50 + 17) = 0.49: proposed almost always, never a match */
        const test_set set = random_set(&random, 50), other = edited(&random, &set, 17);
        uint64_t best;
        assert_int_equal(insert(table, key, &set), ND_OK);
        assert_int_equal(query(table, &other, &best), 0);
    }
    nd_table_free(table);
}

static void matches_come_best_first_and_no_more_than_asked_for(void **state)
{
    (void)state;
    nd_random random = {14};
    nd_table *const table = table_for(0.5, 0, NULL);
    const test_set set = random_set(&random, 60);
    for (uint64_t key = 0; key < 12; key++) {
        const test_set other = edited(&random, &set, (size_t)(11 - key) / 2);
        assert_int_equal(insert(table, key, &other), ND_OK);
    }
    for (size_t max = 0; max <= 14; max++) {
        nd_table_match *matches;
        size_t num;
        assert_int_equal(nd_table_query(table, set.hashes, set.size, max, &matches, &num), ND_OK);
        assert_int_equal(num, max == 0 || max > 12 ? 12 : max);
        for (size_t i = 0; i < num; i++) { /* pairs of one jaccard: the smaller key first */
            assert_int_equal(matches[i].key, 10 - i / 2 * 2 + i % 2);
            assert_int_equal(matches[i].similarity.common, 60 - i / 2);
            assert_int_equal(matches[i].kind, i < 2 ? ND_MATCH_EXACT : ND_MATCH_NEAR);
        }
        nd_table_matches_free(table, matches);
    }
    nd_table_free(table);
}

static void containment_is_the_querys_view(void **state)
{
    (void)state;
    nd_random random = {15};
    const nd_plan plan = {.threshold = 0.05, .recall = 1, .bands = 128, .rows = 1, .slots = 128};
    const nd_match_rule rule = {0.9, 0.9};
    nd_table *table;
    assert_int_equal(nd_table_new(&plan, &rule, NULL, &table), ND_OK);
    const test_set whole = random_set(&random, 60);
    test_set part = whole;
    part.size = 15;
    assert_int_equal(insert(table, 1, &whole), ND_OK);
    nd_table_match *matches;
    size_t num;
    assert_int_equal(nd_table_query(table, part.hashes, part.size, 0, &matches, &num), ND_OK);
    assert_int_equal(num, 1);
    assert_int_equal(matches[0].kind, ND_MATCH_CONTAINED);
    assert_true(matches[0].similarity.a_in_b == 1 && matches[0].similarity.b_in_a == 0.25);
    nd_table_matches_free(table, matches);
    assert_int_equal(nd_table_remove(table, 1), ND_OK);
    assert_int_equal(insert(table, 1, &part), ND_OK);
    assert_int_equal(nd_table_query(table, whole.hashes, whole.size, 0, &matches, &num), ND_OK);
    assert_int_equal(num, 1);
    assert_int_equal(matches[0].kind, ND_MATCH_CONTAINS);
    nd_table_matches_free(table, matches);
    nd_table_free(table);
}

static void inserting_a_key_twice_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    nd_random random = {16};
    nd_table *const table = table_for(0.8, 0, NULL);
    const test_set first = random_set(&random, 40), second = random_set(&random, 40);
    uint64_t best = 0;
    assert_int_equal(insert(table, 5, &first), ND_OK);
    assert_int_equal(insert(table, 5, &second), ND_ERR_EXISTS);
    assert_int_equal(insert(table, 5, &first), ND_ERR_EXISTS);
    assert_int_equal(nd_table_num_documents(table), 1);
    assert_int_equal(query(table, &second, &best), 0);
    assert_int_equal(query(table, &first, &best), 1);
    nd_table_free(table);
}

static void remove_then_query_finds_nothing(void **state)
{
    (void)state;
    nd_random random = {17};
    nd_table *const table = table_for(0.8, 0, NULL);
    const test_set set = random_set(&random, 40);
    uint64_t best = 0;
    assert_int_equal(nd_table_remove(table, 1), ND_ERR_NOT_FOUND);
    assert_int_equal(insert(table, 1, &set), ND_OK);
    assert_int_equal(insert(table, 2, &set), ND_OK);
    assert_int_equal(nd_table_remove(table, 1), ND_OK);
    assert_int_equal(query(table, &set, &best), 1);
    assert_int_equal(best, 2);
    assert_int_equal(nd_table_remove(table, 2), ND_OK);
    assert_int_equal(query(table, &set, &best), 0);
    assert_int_equal(nd_table_remove(table, 2), ND_ERR_NOT_FOUND);
    assert_int_equal(nd_table_num_documents(table), 0);
    nd_table_free(table);
}

static void empty_sets_are_kept_and_match_nothing(void **state)
{
    (void)state;
    nd_table *const table = table_for(0.8, 0, NULL);
    const test_set empty = {.size = 0};
    uint64_t best = 0;
    assert_int_equal(nd_table_insert(table, 1, NULL, 0), ND_OK);
    assert_int_equal(insert(table, 2, &empty), ND_OK);
    assert_int_equal(nd_table_num_documents(table), 2);
    assert_int_equal(query(table, &empty, &best), 0);
    assert_int_equal(nd_table_remove(table, 1), ND_OK);
    nd_table_free(table);
}

static void plans_and_rules_out_of_range_are_refused(void **state)
{
    (void)state;
    const nd_plan good = {.threshold = 0.8, .recall = 1, .bands = 12, .rows = 5, .slots = 60};
    const nd_match_rule rule = {0.8, 0};
    nd_table *table;
    nd_plan bad[6];
    for (int i = 0; i < 6; i++)
        bad[i] = good;
    bad[0].bands = 0;
    bad[1].rows = 0;
    bad[2].slots = 59;
    bad[3].slots = 1025;
    bad[4].bands = UINT32_MAX;
    bad[5].rows = UINT32_MAX;
    for (int i = 0; i < 6; i++)
        assert_int_equal(nd_table_new(&bad[i], &rule, NULL, &table), ND_ERR_INVALID_ARGUMENT);
    static const nd_match_rule bad_rules[] = {{0, 0},    {1.1, 0},   {-1, 0},   {NAN, 0},
                                              {0.5, -1}, {0.5, 1.1}, {0.5, NAN}};
    for (size_t i = 0; i < sizeof bad_rules / sizeof *bad_rules; i++) {
        assert_int_equal(nd_table_new(&good, &bad_rules[i], NULL, &table), ND_ERR_INVALID_ARGUMENT);
        assert_null(table);
    }
}

enum { MODEL_KEYS = 60, MODEL_STEPS = 3000 };

/* What the table should hold. */
typedef struct model {
    test_set sets[MODEL_KEYS];
    int is_in[MODEL_KEYS];
} model;

/* Rows of 1 and many bands: a pair at the threshold is missed less than once in 10^9, so the table
 * must agree with comparing everything. */
static void assert_query_agrees(const nd_table *table, const model *m, const test_set *set)
{
    nd_table_match *matches;
    size_t num, expected = 0;
    assert_int_equal(nd_table_query(table, set->hashes, set->size, 0, &matches, &num), ND_OK);
    for (uint64_t key = 0; key < MODEL_KEYS; key++) {
        const test_set *const other = &m->sets[key];
        if (!m->is_in[key])
            continue;
        const nd_similarity s =
            nd_similarity_compute(set->hashes, set->size, other->hashes, other->size);
        expected += s.jaccard >= 0.5;
    }
    assert_int_equal(num, expected);
    for (size_t i = 0; i < num; i++) {
        const uint64_t key = matches[i].key;
        const nd_similarity s =
            nd_similarity_compute(set->hashes, set->size, m->sets[key].hashes, m->sets[key].size);
        assert_true(m->is_in[key] && s.jaccard >= 0.5);
        assert_true(s.jaccard == matches[i].similarity.jaccard);
        if (i > 0) /* in order, so no key twice */
            assert_true(matches[i - 1].similarity.jaccard > matches[i].similarity.jaccard ||
                        (matches[i - 1].similarity.jaccard == matches[i].similarity.jaccard &&
                         matches[i - 1].key < matches[i].key));
    }
    nd_table_matches_free(table, matches);
}

/* A plan for a jaccard of 0.8 finds few of the sets that another contains. */
static void a_rule_of_containment_needs_a_plan_for_it(void **state)
{
    (void)state;
    const nd_match_rule rule = {0.8, 0.9};
    nd_plan_request request;
    nd_plan_request_init(&request);
    nd_plan plan;
    nd_table *table;
    assert_int_equal(nd_plan_solve(&request, &plan), ND_OK);
    assert_int_equal(nd_table_new(&plan, &rule, NULL, &table), ND_ERR_INVALID_ARGUMENT);
    const nd_match_rule lower = {0.7, 0};
    assert_int_equal(nd_table_new(&plan, &lower, NULL, &table), ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_plan_for_rule(&rule, 0.99, &plan), ND_OK);
    assert_int_equal(nd_table_new(&plan, &rule, NULL, &table), ND_OK);
    nd_random random = {23};
    size_t num_found = 0;
    for (uint64_t key = 0; key < 200; key++) {
        const test_set whole = random_set(&random, 60);
        test_set part = whole;
        part.size = 10;
        nd_table_match *matches;
        size_t num;
        assert_int_equal(insert(table, key, &whole), ND_OK);
        assert_int_equal(nd_table_query(table, part.hashes, part.size, 0, &matches, &num), ND_OK);
        num_found += num == 1;
        nd_table_matches_free(table, matches);
    }
    assert_true(num_found >= 196);
    nd_table_free(table);
}

static void random_changes_agree_with_comparing_everything(void **state)
{
    (void)state;
    nd_random random = {18};
    const nd_plan plan = {.threshold = 0.5, .recall = 1, .bands = 64, .rows = 1, .slots = 64};
    const nd_match_rule rule = {0.5, 0};
    nd_table *table;
    static model m;
    assert_int_equal(nd_table_new(&plan, &rule, NULL, &table), ND_OK);
    test_set bases[4];
    for (int i = 0; i < 4; i++)
        bases[i] = random_set(&random, 20 + 10 * (size_t)i);
    for (int step = 0; step < MODEL_STEPS; step++) {
        const uint64_t r = nd_random_u64(&random), key = r % MODEL_KEYS;
        const test_set set = edited(&random, &bases[r >> 32 & 3], r >> 40 & 15);
        const nd_status expected = m.is_in[key] ? ND_ERR_EXISTS : ND_OK;
        if (r >> 50 & 1) {
            assert_int_equal(insert(table, key, &set), expected);
            if (!m.is_in[key])
                m.sets[key] = set;
            m.is_in[key] = 1;
        } else {
            assert_int_equal(nd_table_remove(table, key), m.is_in[key] ? ND_OK : ND_ERR_NOT_FOUND);
            m.is_in[key] = 0;
        }
        if (step % 10 == 0)
            assert_query_agrees(table, &m, &set);
    }
    nd_table_free(table);
}

/* Inserts until an allocation fails, `calls` of them being granted; false where none fails. */
static int survives_failure_after(long calls)
{
    nd_random random = {19};
    failing_allocator failing = {.left = LONG_MAX};
    const nd_allocator allocator = failing_allocator_make(&failing);
    nd_table *const table = table_for(0.8, 0, &allocator);
    test_set sets[30];
    for (uint64_t key = 0; key < 30; key++) {
        sets[key] = random_set(&random, 30);
        if (key < 20)
            assert_int_equal(insert(table, key, &sets[key]), ND_OK);
    }
    failing.left = calls;
    uint64_t key = 20;
    nd_status status = ND_OK;
    for (; key < 30 && status == ND_OK; key++)
        status = insert(table, key, &sets[key]);
    const int failed = status == ND_ERR_NO_MEMORY;
    assert_true(failed || status == ND_OK);
    failing.left = LONG_MAX;
    if (failed) {
        uint64_t best;
        key--;
        assert_int_equal(query(table, &sets[key], &best), 0);
        assert_int_equal(nd_table_remove(table, key), ND_ERR_NOT_FOUND);
        assert_int_equal(insert(table, key, &sets[key]), ND_OK);
        key++;
    }
    assert_int_equal(nd_table_num_documents(table), key);
    for (uint64_t k = 0; k < key; k++) {
        uint64_t best = 99;
        assert_int_equal(query(table, &sets[k], &best), 1);
        assert_int_equal(best, k);
    }
    nd_table_free(table);
    assert_int_equal(failing.live, 0);
    return failed;
}

static void an_insert_that_fails_leaves_the_table_as_it_was(void **state)
{
    (void)state;
    long calls = 0;
    while (survives_failure_after(calls))
        calls++;
    assert_true(calls >= 10);
}

static void a_query_or_a_table_that_fails_leaks_nothing(void **state)
{
    (void)state;
    nd_random random = {20};
    failing_allocator failing = {.left = LONG_MAX};
    const nd_allocator allocator = failing_allocator_make(&failing);
    nd_table *table = table_for(0.8, 0, &allocator);
    const test_set set = random_set(&random, 30);
    assert_int_equal(insert(table, 1, &set), ND_OK);
    const long live = failing.live;
    nd_status status = ND_ERR_NO_MEMORY;
    long failures = 0;
    for (; status == ND_ERR_NO_MEMORY; failures++) {
        nd_table_match *matches;
        size_t num;
        failing.left = failures;
        status = nd_table_query(table, set.hashes, set.size, 0, &matches, &num);
        assert_true((status == ND_OK) == (num == 1));
        nd_table_matches_free(table, matches);
        assert_int_equal(failing.live, live);
    }
    assert_int_equal(status, ND_OK);
    assert_true(failures >= 5);
    nd_table_free(table);
    assert_int_equal(failing.live, 0);
    const nd_plan plan = {.threshold = 0.8, .recall = 1, .bands = 12, .rows = 5, .slots = 60};
    const nd_match_rule rule = {0.8, 0};
    for (long calls = 0; calls < 4; calls++) {
        failing.left = calls;
        assert_int_equal(nd_table_new(&plan, &rule, &allocator, &table), ND_ERR_NO_MEMORY);
        assert_null(table);
        assert_int_equal(failing.live, 0);
    }
}

/* 100,000 documents in one bucket of each band: changes that walked the bucket would take hours. */
static void a_hot_bucket_costs_no_more_to_change_and_is_capped_for_queries(void **state)
{
    (void)state;
    nd_random random = {21};
    enum { NUM = 100000 };
    nd_table *const table = table_for(0.9, 0, NULL);
    const test_set set = random_set(&random, 8);
    for (uint64_t key = 0; key < NUM; key++)
        assert_int_equal(insert(table, key, &set), ND_OK);
    assert_int_equal(nd_table_num_capped_queries(table), 0);
    uint64_t best;
    assert_int_equal(query(table, &set, &best), ND_TABLE_BUCKET_CAP);
    assert_int_equal(best, NUM - ND_TABLE_BUCKET_CAP);
    assert_int_equal(nd_table_num_capped_queries(table), 1);
    for (uint64_t key = 0; key < NUM; key++)
        assert_int_equal(nd_table_remove(table, (key * 7919) % NUM), ND_OK);
    assert_int_equal(query(table, &set, &best), 0);
    assert_int_equal(nd_table_num_capped_queries(table), 1);
    nd_table_free(table);
}

typedef struct shared_queries {
    const nd_table *table;
    const test_set *sets;
    size_t num_sets;
    size_t found[8]; /* queries that found their own set and no other */
} shared_queries;

static nd_status query_all(void *ctx, uint32_t worker)
{
    shared_queries *const shared = ctx;
    for (size_t i = 0; i < shared->num_sets; i++) {
        nd_table_match *matches;
        size_t num;
        const nd_status status = nd_table_query(shared->table, shared->sets[i].hashes,
                                                shared->sets[i].size, 0, &matches, &num);
        if (status != ND_OK)
            return status;
        shared->found[worker] += num == 1 && matches[0].key == i;
        nd_table_matches_free(shared->table, matches);
    }
    return ND_OK;
}

static void queries_run_together(void **state)
{
    (void)state;
    nd_random random = {22};
    nd_table *const table = table_for(0.8, 0, NULL);
    test_set sets[100];
    for (uint64_t key = 0; key < 100; key++) {
        sets[key] = random_set(&random, 30);
        assert_int_equal(insert(table, key, &sets[key]), ND_OK);
    }
    shared_queries shared = {.table = table, .sets = sets, .num_sets = 100};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    assert_int_equal(nd_threads_run(&allocator, 8, query_all, &shared), ND_OK);
    for (int worker = 0; worker < 8; worker++)
        assert_int_equal(shared.found[worker], 100);
    nd_table_free(table);
}

static void candidates_are_the_latest_of_a_bucket_and_numbers_have_a_limit(void **state)
{
    (void)state;
    nd_bucket_table *table;
    assert_int_equal(nd_bucket_table_new(2, NULL, &table), ND_OK);
    const uint64_t keys[] = {1, 2}, half[] = {1, 3};
    assert_int_equal(nd_bucket_table_insert(table, keys, UINT32_MAX), ND_ERR_LIMIT);
    for (uint32_t document = 0; document < 6; document++)
        assert_int_equal(nd_bucket_table_insert(table, document < 3 ? keys : half, document),
                         ND_OK);
    nd_documents found = {0};
    uint32_t num_capped;
    assert_int_equal(nd_bucket_table_candidates(table, keys, 4, &found, &num_capped), ND_OK);
    static const uint32_t expected[] = {5, 4, 3, 2, 2, 1, 0};
    assert_int_equal(found.len, 7);
    assert_memory_equal(found.items, expected, sizeof expected);
    assert_int_equal(num_capped, 1);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    ND_VEC_RELEASE(&allocator, &found);
    nd_bucket_table_free(table);
    nd_bucket_table_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_finds_the_set_itself_and_near_copies),
        cmocka_unit_test(query_below_threshold_returns_nothing),
        cmocka_unit_test(matches_come_best_first_and_no_more_than_asked_for),
        cmocka_unit_test(containment_is_the_querys_view),
        cmocka_unit_test(inserting_a_key_twice_is_refused_and_changes_nothing),
        cmocka_unit_test(remove_then_query_finds_nothing),
        cmocka_unit_test(empty_sets_are_kept_and_match_nothing),
        cmocka_unit_test(plans_and_rules_out_of_range_are_refused),
        cmocka_unit_test(a_rule_of_containment_needs_a_plan_for_it),
        cmocka_unit_test(random_changes_agree_with_comparing_everything),
        cmocka_unit_test(an_insert_that_fails_leaves_the_table_as_it_was),
        cmocka_unit_test(a_query_or_a_table_that_fails_leaks_nothing),
        cmocka_unit_test(a_hot_bucket_costs_no_more_to_change_and_is_capped_for_queries),
        cmocka_unit_test(queries_run_together),
        cmocka_unit_test(candidates_are_the_latest_of_a_bucket_and_numbers_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
