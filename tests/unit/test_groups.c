/* Matches to groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "group/groups.h"
#include "neardup/group.h"
#include "random.h"

enum { NUM = 7 };

static void a_representative_takes_what_it_matches(void **state)
{
    (void)state;
    nd_edge edges[] = {{.from = 0, .to = 1}, {.from = 0, .to = 3}, {.from = 2, .to = 4}};
    const nd_edge_list list = {edges, 3};
    uint32_t anchor_of[NUM];
    nd_group_anchored(&list, NUM, anchor_of);
    const uint32_t expected[NUM] = {0, 0, 2, 0, 2, 5, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

/* 0 takes 1; so 2 and 3, which match 1, are on their own, and 2 takes 5. */
static void what_a_member_matches_is_left_to_others(void **state)
{
    (void)state;
    nd_edge edges[] = {{.from = 0, .to = 1},
                       {.from = 1, .to = 2},
                       {.from = 1, .to = 3},
                       {.from = 1, .to = 5},
                       {.from = 2, .to = 5}};
    const nd_edge_list list = {edges, 5};
    uint32_t anchor_of[NUM];
    nd_group_anchored(&list, NUM, anchor_of);
    const uint32_t expected[NUM] = {0, 0, 2, 3, 4, 2, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

static void a_text_goes_to_the_first_representative_it_matches(void **state)
{
    (void)state;
    nd_edge edges[] = {{.from = 0, .to = 4}, {.from = 1, .to = 4}, {.from = 1, .to = 5}};
    const nd_edge_list list = {edges, 3};
    uint32_t anchor_of[NUM];
    nd_group_anchored(&list, NUM, anchor_of);
    const uint32_t expected[NUM] = {0, 1, 2, 3, 0, 1, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

/* The definition, word by word. */
static void group_plainly(bool (*matches)[30], size_t num, uint32_t *anchor_of)
{
    for (uint32_t t = 0; t < num; t++) {
        anchor_of[t] = t;
        for (uint32_t r = 0; r < t && anchor_of[t] == t; r++)
            if (anchor_of[r] == r && matches[r][t])
                anchor_of[t] = r;
    }
}

static void groups_are_those_of_the_definition(void **state)
{
    (void)state;
    nd_random random = {4};
    for (int trial = 0; trial < 2000; trial++) {
        bool matches[30][30] = {{false}};
        nd_edge edges[30 * 30];
        nd_edge_list list = {edges, 0};
        const uint64_t density = 2 + nd_random_u64(&random) % 20;
        for (uint32_t a = 0; a < 30; a++)
            for (uint32_t b = a + 1; b < 30; b++)
                if (nd_random_u64(&random) % density == 0) {
                    matches[a][b] = true;
                    edges[list.num++] = (nd_edge){.from = a, .to = b};
                }
        uint32_t expected[30], actual[30];
        group_plainly(matches, 30, expected);
        nd_group_anchored(&list, 30, actual);
        assert_memory_equal(actual, expected, sizeof expected);
    }
}

static void single_links_chain_and_the_lowest_represents(void **state)
{
    (void)state;
    static const uint32_t edges[][2] = {{4, 5}, {1, 2}, {5, 0}, {2, 4}, {0, 5}};
    uint32_t anchor_of[NUM];
    nd_links_begin(anchor_of, NUM);
    for (size_t i = 0; i < 5; i++)
        nd_links_add(anchor_of, edges[i][0], edges[i][1]);
    nd_links_end(anchor_of, NUM);
    const uint32_t expected[NUM] = {0, 0, 0, 3, 0, 0, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

static void documents_in_any_order_make_the_groups_of_their_ranks(void **state)
{
    (void)state;
    /* Ranks 3 0 2 1: document 1 is kept first, and takes 0; 2 matches 0 only. */
    const nd_document_pair pairs[] = {{0, 1}, {0, 2}, {1, 0}, {3, 3}};
    const uint32_t rank_of[] = {3, 0, 2, 1};
    uint32_t representative_of[4];
    assert_int_equal(
        nd_group_documents(pairs, 4, 4, rank_of, ND_LINK_ANCHORED, NULL, representative_of), ND_OK);
    static const uint32_t anchored[] = {1, 1, 2, 3}, single[] = {1, 1, 1, 3};
    assert_memory_equal(representative_of, anchored, sizeof anchored);
    assert_int_equal(
        nd_group_documents(pairs, 4, 4, rank_of, ND_LINK_SINGLE, NULL, representative_of), ND_OK);
    assert_memory_equal(representative_of, single, sizeof single);
    assert_int_equal(nd_group_documents(pairs, 4, 3, NULL, ND_LINK_SINGLE, NULL, representative_of),
                     ND_ERR_INVALID_ARGUMENT);
    const uint32_t no_ranks[][4] = {{3, 0, 2, 4}, {3, 0, 2, 2}};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            nd_group_documents(pairs, 4, 4, no_ranks[i], ND_LINK_ANCHORED, NULL, representative_of),
            ND_ERR_INVALID_ARGUMENT);
}

static void ranks_follow_the_policy(void **state)
{
    (void)state;
    const uint32_t num_tokens[] = {5, 9, 9, 9};
    const uint64_t digests[][2] = {{1, 1}, {7, 2}, {7, 1}, {7, 1}};
    const uint64_t preferences[] = {3, 2, 2, 1};
    const char *const ids[] = {"a", "b", "d", "c"};
    const size_t id_lens[] = {1, 1, 1, 1};
    nd_rank_keys keys = {num_tokens, digests[0], preferences, ids, id_lens};
    static const struct {
        nd_representative policy;
        uint32_t rank_of[4];
    } cases[] = {{ND_REPRESENTATIVE_LONGEST, {3, 2, 1, 0}},
                 {ND_REPRESENTATIVE_PREFERRED, {3, 2, 1, 0}},
                 {ND_REPRESENTATIVE_FIRST_ID, {0, 1, 3, 2}}};
    for (size_t i = 0; i < 3; i++) {
        uint32_t rank_of[4];
        assert_int_equal(nd_rank_documents(&keys, 4, cases[i].policy, NULL, rank_of), ND_OK);
        assert_memory_equal(rank_of, cases[i].rank_of, sizeof rank_of);
    }
    uint32_t rank_of[4];
    keys.ids = NULL; /* numbers stand for ids */
    assert_int_equal(nd_rank_documents(&keys, 4, ND_REPRESENTATIVE_LONGEST, NULL, rank_of), ND_OK);
    const uint32_t by_number[] = {3, 2, 0, 1};
    assert_memory_equal(rank_of, by_number, sizeof rank_of);
    keys.ids = ids;
    keys.id_lens_bytes = NULL;
    assert_int_equal(nd_rank_documents(&keys, 4, ND_REPRESENTATIVE_LONGEST, NULL, rank_of),
                     ND_ERR_INVALID_ARGUMENT);
    keys.ids = NULL;
    keys.digests = NULL;
    assert_int_equal(nd_rank_documents(&keys, 4, ND_REPRESENTATIVE_LONGEST, NULL, rank_of),
                     ND_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_representative_takes_what_it_matches),
        cmocka_unit_test(what_a_member_matches_is_left_to_others),
        cmocka_unit_test(a_text_goes_to_the_first_representative_it_matches),
        cmocka_unit_test(groups_are_those_of_the_definition),
        cmocka_unit_test(single_links_chain_and_the_lowest_represents),
        cmocka_unit_test(documents_in_any_order_make_the_groups_of_their_ranks),
        cmocka_unit_test(ranks_follow_the_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
