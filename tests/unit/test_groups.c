/* Matches to groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "group/anchored_groups.h"
#include "group/union_find.h"
#include "util/alloc.h"

enum { NUM = 7 };

/* matches[a] has a bit for each document that a matches, both ways. */
typedef struct relation {
    unsigned matches[NUM];
    unsigned asked;
} relation;

static void relate(relation *r, unsigned a, unsigned b)
{
    r->matches[a] |= 1u << b;
    r->matches[b] |= 1u << a;
}

static nd_status verify(void *ctx, uint32_t a, uint32_t b, uint32_t *common)
{
    relation *const r = ctx;
    r->asked++;
    *common = r->matches[a] >> b & 1 ? 10 * a + b : 0;
    return ND_OK;
}

static void group(relation *r, const nd_edge *edges, size_t num_edges, uint32_t *anchor_of)
{
    static uint32_t common_of[NUM];
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_edge_list list = {edges, num_edges, NUM};
    const nd_edge_verifier verifier = {verify, r};
    nd_anchors anchors = {.anchor_of = anchor_of, .common_of = common_of};
    assert_int_equal(nd_group_anchored(&list, &verifier, &a, &anchors), ND_OK);
    assert_int_equal(anchors.num_capped, 0);
    assert_int_equal(anchors.capped_comparisons, 0);
    for (uint32_t d = 0; d < NUM; d++)
        assert_true(anchor_of[d] == d || r->matches[anchor_of[d]] >> d & 1);
}

static void a_representative_takes_what_it_matches(void **state)
{
    (void)state;
    relation r = {0};
    relate(&r, 0, 1);
    relate(&r, 0, 3);
    relate(&r, 2, 4);
    const nd_edge edges[] = {{0, 1, 5}, {0, 3, 5}, {2, 4, 5}};
    uint32_t anchor_of[NUM];
    group(&r, edges, 3, anchor_of);
    const uint32_t expected[NUM] = {0, 0, 2, 0, 2, 5, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

static void what_a_taken_leader_led_is_offered_to_its_representative(void **state)
{
    (void)state;
    /* 0 takes 1; 1 led 2 and 3: 0 matches 3 too (an edge no band had shown), not 2. */
    relation r = {0};
    relate(&r, 0, 1);
    relate(&r, 1, 2);
    relate(&r, 1, 3);
    relate(&r, 0, 3);
    const nd_edge edges[] = {{0, 1, 5}, {1, 2, 5}, {1, 3, 5}};
    uint32_t anchor_of[NUM];
    group(&r, edges, 3, anchor_of);
    const uint32_t expected[NUM] = {0, 0, 2, 0, 4, 5, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

static void orphans_of_a_taken_leader_find_each_other(void **state)
{
    (void)state;
    /* 1 led 2, 4 and 5; 0 takes only 1. 2 matches 5, which no edge says. */
    relation r = {0};
    relate(&r, 0, 1);
    relate(&r, 1, 2);
    relate(&r, 1, 4);
    relate(&r, 1, 5);
    relate(&r, 2, 5);
    const nd_edge edges[] = {{0, 1, 5}, {1, 2, 5}, {1, 4, 5}, {1, 5, 5}};
    uint32_t anchor_of[NUM];
    group(&r, edges, 4, anchor_of);
    const uint32_t expected[NUM] = {0, 0, 2, 3, 4, 2, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

static nd_status match_none(void *ctx, uint32_t a, uint32_t b, uint32_t *common)
{
    (void)a;
    (void)b;
    ++*(unsigned *)ctx;
    *common = 0;
    return ND_OK;
}

/* 0 takes 1, which led all the others; 64 of them are compared with the rest. */
static void orphans_past_the_cap_are_counted(void **state)
{
    (void)state;
    enum { NUM_ORPHANS = 100, NUM_ALL = NUM_ORPHANS + 2, NUM_LED = 64 };
    nd_edge edges[NUM_ORPHANS + 1] = {{0, 1, 5}};
    for (uint32_t i = 0; i < NUM_ORPHANS; i++)
        edges[i + 1] = (nd_edge){1, i + 2, 5};
    uint32_t anchor_of[NUM_ALL], common_of[NUM_ALL];
    unsigned asked = 0;
    const nd_allocator a = nd_allocator_or_default(NULL);
    const nd_edge_list list = {edges, NUM_ORPHANS + 1, NUM_ALL};
    const nd_edge_verifier verifier = {match_none, &asked};
    nd_anchors anchors = {.anchor_of = anchor_of, .common_of = common_of};
    assert_int_equal(nd_group_anchored(&list, &verifier, &a, &anchors), ND_OK);
    const unsigned rest = NUM_ORPHANS - NUM_LED;
    assert_int_equal(anchors.num_capped, 1);
    assert_int_equal(anchors.capped_comparisons, rest * (rest - 1) / 2);
    /* All with 0, and all pairs of them but those left out. */
    assert_int_equal(asked, NUM_ORPHANS + NUM_ORPHANS * (NUM_ORPHANS - 1) / 2 -
                                anchors.capped_comparisons);
}

static void single_links_chain_and_the_lowest_represents(void **state)
{
    (void)state;
    const nd_edge edges[] = {{0, 5, 1}, {1, 2, 1}, {2, 4, 1}, {4, 5, 1}};
    const nd_edge_list list = {edges, 4, NUM};
    uint32_t anchor_of[NUM];
    nd_group_single_link(&list, anchor_of);
    const uint32_t expected[NUM] = {0, 0, 0, 3, 0, 0, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    relation r = {0};
    relate(&r, 0, 1);
    relate(&r, 1, 2);
    relate(&r, 1, 5);
    relate(&r, 2, 5);
    const nd_edge edges[] = {{0, 1, 5}, {1, 2, 5}, {1, 5, 5}};
    const nd_edge_list list = {edges, 3, NUM};
    const nd_edge_verifier verifier = {verify, &r};
    uint32_t anchor_of[NUM], common_of[NUM];
    nd_status status = ND_ERR_NO_MEMORY;
    long left = 0;
    for (; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        nd_anchors anchors = {.anchor_of = anchor_of, .common_of = common_of};
        status = nd_group_anchored(&list, &verifier, &a, &anchors);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        assert_int_equal(f.live, 0);
    }
    assert_true(left > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_representative_takes_what_it_matches),
        cmocka_unit_test(what_a_taken_leader_led_is_offered_to_its_representative),
        cmocka_unit_test(orphans_of_a_taken_leader_find_each_other),
        cmocka_unit_test(orphans_past_the_cap_are_counted),
        cmocka_unit_test(single_links_chain_and_the_lowest_represents),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
