/* Records as JSON and TSV. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/output/records.h"
#include "cli/process.h"

static void assert_page(nd_page *page, const char *expected)
{
    assert_int_equal(page->status, ND_OK);
    nd_page_append(page, "", 1);
    assert_string_equal(page->bytes.items, expected);
    nd_page_clear(page);
}

static nd_page page_new(void)
{
    nd_page page;
    nd_page_init(&page, nd_tool_allocator());
    return page;
}

static nd_pair_view pair_of(const char *a, const char *b)
{
    return (nd_pair_view){.pair = {.a = {.p = a, .len_bytes = strlen(a)},
                                   .b = {.p = b, .len_bytes = strlen(b)},
                                   .kind = ND_MATCH_NEAR,
                                   .similarity = {.jaccard = 0.5, .a_in_b = 0.25, .b_in_a = 1},
                                   .coverage = {.a_in_b = 0.75}}};
}

static void columns_appear_where_they_are_asked_for(void **state)
{
    (void)state;
    nd_page page = page_new();
    nd_shared_passage passage = {
        .a = {1, 5, 1, 1}, .b = {20, 24, 2, 2}, .words = 7, .similarity = 1};
    nd_array array = {&passage, 1, sizeof passage};
    nd_pair_view pair = pair_of("x", "y");
    pair.passages = nd_items_of(&array);
    nd_record_json(&page, &nd_pair_record, 0, &pair);
    assert_page(&page, "{\"a\":\"x\",\"b\":\"y\",\"kind\":\"near\",\"jaccard\":0.500000,"
                       "\"a_in_b\":0.250000,\"b_in_a\":1.000000}");
    nd_record_json(&page, &nd_pair_record, ND_SHOW_COVERAGE | ND_SHOW_PASSAGES, &pair);
    assert_page(&page, "{\"a\":\"x\",\"b\":\"y\",\"kind\":\"near\",\"jaccard\":0.500000,"
                       "\"a_in_b\":0.250000,\"b_in_a\":1.000000,\"a_covered\":0.750000,"
                       "\"b_covered\":0.000000,\"passages\":[{\"similarity\":1.000000,\"words\":7,"
                       "\"a\":{\"start\":1,\"end\":5},\"b\":{\"start\":20,\"end\":24}}]}");
    nd_record_tsv_header(&page, &nd_pair_record, ND_SHOW_COVERAGE | ND_SHOW_PASSAGES, NULL);
    nd_record_tsv(&page, &nd_pair_record, ND_SHOW_COVERAGE | ND_SHOW_PASSAGES, &pair);
    assert_page(&page, "a\tb\tkind\tjaccard\ta_in_b\tb_in_a\ta_covered\tb_covered\n"
                       "x\ty\tnear\t0.500000\t0.250000\t1.000000\t0.750000\t0.000000\n");
    nd_page_release(&page);
}

static void lists_are_lines_with_the_numbers_of_their_items(void **state)
{
    (void)state;
    nd_page page = page_new();
    nd_place places[] = {{0, 4, 1, 1}, {9, 13, 3, 3}};
    nd_array place_array = {places, 2, sizeof *places};
    nd_repeat_view repeats[] = {{0.5, 12, nd_items_of(&place_array)},
                                {1, 7, nd_items_of(&place_array)}};
    nd_array repeat_array = {repeats, 2, sizeof *repeats};
    const nd_repeating_view view = {{"a\tb", 3}, nd_items_of(&repeat_array)};
    nd_record_tsv_header(&page, &nd_repeating_record, ND_SHOW_NAMES, NULL);
    nd_record_tsv(&page, &nd_repeating_record, ND_SHOW_NAMES, &view);
    assert_page(&page, "id\trepeat\tplace\tsimilarity\twords\tstart\tend\tline\tend_line\n"
                       "a\\tb\t1\t1\t0.500000\t12\t0\t4\t1\t1\n"
                       "a\\tb\t1\t2\t0.500000\t12\t9\t13\t3\t3\n"
                       "a\\tb\t2\t1\t1.000000\t7\t0\t4\t1\t1\n"
                       "a\\tb\t2\t2\t1.000000\t7\t9\t13\t3\t3\n");
    repeat_array.num = 1;
    place_array.num = 1;
    const nd_repeating_view one = {{"x", 1}, nd_items_of(&repeat_array)};
    const nd_repeat_view repeat = {1, 3, nd_items_of(&place_array)};
    repeats[0] = repeat;
    nd_record_json(&page, &nd_repeating_record, ND_SHOW_NAMES, &one);
    assert_page(&page, "{\"id\":\"x\",\"repeats\":[{\"similarity\":1.000000,\"words\":3,\"places\":"
                       "[{\"start\":0,\"end\":4,\"line\":1,\"end_line\":1}]}]}");
    nd_page_release(&page);
}

static void whole_list_without_items_is_a_line_with_empty_columns(void **state)
{
    (void)state;
    nd_page page = page_new();
    const nd_comparison_view view = {.a = {"a", 1}, .b = {"b", 1}};
    nd_record_tsv(&page, &nd_comparison_record, 0, &view);
    assert_page(&page, "a\tb\tnone\t0.000000\t0.000000\t0.000000\t\t\t\t\t\t\t\t\t\t\n");
    nd_page_release(&page);
}

static void spread_items_are_columns(void **state)
{
    (void)state;
    nd_page page = page_new();
    nd_recall_view bands[] = {{.label = {"0.9", 3}, .pairs_true = 2, .recall = 0.5},
                              {.label = {"odd\n", 4}, .recall = NAN}};
    nd_array array = {bands, 2, sizeof *bands};
    const nd_evaluation_view view = {.f1 = NAN, .bands = nd_items_of(&array)};
    nd_record_tsv_header(&page, &nd_evaluation_record, 0, &view);
    nd_record_tsv(&page, &nd_evaluation_record, 0, &view);
    assert_page(&page, "pairs_true\tpairs_found\ttrue_positives\tprecision\trecall\tf1\tari\t"
                       "pairs_ignored\tdocuments\tpairs_true_0.9\trecall_0.9\tpairs_true_odd\\n\t"
                       "recall_odd\\n\n"
                       "0\t0\t0\t0.000000\t0.000000\t\t0.000000\t0\t0\t2\t0.500000\t0\t\n");
    nd_record_json(&page, &nd_evaluation_record, 0, &view);
    assert_non_null(strstr(page.bytes.items, "\"f1\":null"));
    nd_page_release(&page);
}

/* A failure of a list's items is the page's. */
static const void *no_item(void *ctx, size_t index, nd_page *page)
{
    (void)ctx;
    (void)index;
    page->status = ND_ERR_NO_MEMORY;
    return NULL;
}

static void failure_of_an_item_is_that_of_the_page(void **state)
{
    (void)state;
    nd_page page = page_new();
    nd_group_view view = {.size = 3, .members = {2, no_item, NULL}};
    nd_record_json(&page, &nd_group_record, 0, &view);
    assert_int_equal(page.status, ND_ERR_NO_MEMORY);
    page.status = ND_OK;
    nd_record_tsv(&page, &nd_group_record, 0, &view);
    assert_int_equal(page.status, ND_ERR_NO_MEMORY);
    nd_page_release(&page);
}

static void counts_of_any_length_are_decimal(void **state)
{
    (void)state;
    nd_page page = page_new();
    uint64_t power = 1;
    for (int digits = 1; digits <= 19; digits++, power *= 10) {
        char expected[200];
        nd_shared_passage passage = {.a = {power - 1, power, 1, 1},
                                     .b = {power / 9 * 8 + 1, UINT64_MAX, 2, 2}};
        nd_array array = {&passage, 1, sizeof passage};
        nd_pair_view pair = pair_of("x", "y");
        pair.passages = nd_items_of(&array);
        snprintf(expected, sizeof expected,
                 "\"a\":{\"start\":%llu,\"end\":%llu},\"b\":{\"start\":%llu,\"end\":%llu}}]}",
                 (unsigned long long)passage.a.start, (unsigned long long)passage.a.end,
                 (unsigned long long)passage.b.start, (unsigned long long)passage.b.end);
        nd_record_json(&page, &nd_pair_record, ND_SHOW_PASSAGES, &pair);
        nd_page_append(&page, "", 1);
        assert_non_null(strstr(page.bytes.items, expected));
        nd_page_clear(&page);
    }
    nd_page_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_appear_where_they_are_asked_for),
        cmocka_unit_test(lists_are_lines_with_the_numbers_of_their_items),
        cmocka_unit_test(whole_list_without_items_is_a_line_with_empty_columns),
        cmocka_unit_test(spread_items_are_columns),
        cmocka_unit_test(counts_of_any_length_are_decimal),
        cmocka_unit_test(failure_of_an_item_is_that_of_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
