/* Matches to groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "group/groups.h"
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
    nd_edge edges[] = {
        {.from = 0, .to = 5}, {.from = 1, .to = 2}, {.from = 2, .to = 4}, {.from = 4, .to = 5}};
    const nd_edge_list list = {edges, 4};
    uint32_t anchor_of[NUM];
    nd_group_single_link(&list, NUM, anchor_of);
    const uint32_t expected[NUM] = {0, 0, 0, 3, 0, 0, 6};
    assert_memory_equal(anchor_of, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_representative_takes_what_it_matches),
        cmocka_unit_test(what_a_member_matches_is_left_to_others),
        cmocka_unit_test(a_text_goes_to_the_first_representative_it_matches),
        cmocka_unit_test(groups_are_those_of_the_definition),
        cmocka_unit_test(single_links_chain_and_the_lowest_represents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
