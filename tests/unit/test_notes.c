/* Counters and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/notes.h"
#include "cli/process.h"
#include "neardup/scan.h"

static nd_counter_list scan_counters(void)
{
    nd_counter_list list;
    list.counters = nd_scan_counters(&list.num);
    return list;
}

static void every_count_of_a_scan_is_described(void **state)
{
    (void)state;
    const nd_counter_list list = scan_counters();
    /* The counts come first in the struct, the plan last. */
    for (size_t offset = 0; offset < offsetof(nd_scan_stats, plan); offset += sizeof(uint64_t)) {
        size_t num = 0;
        for (size_t i = 0; i < list.num; i++)
            num += list.counters[i].offset == offset;
        assert_int_equal(num, 1);
    }
}

static void counters_have_names_of_their_own_and_whole_details(void **state)
{
    (void)state;
    const nd_counter_list list = scan_counters();
    for (size_t i = 0; i < list.num; i++) {
        const nd_counter *const counter = &list.counters[i];
        assert_true(counter->name[strspn(counter->name, "abcdefghijklmnopqrstuvwxyz0123456789_")] ==
                    '\0');
        assert_true(strlen(counter->meaning) > 0);
        assert_int_equal(counter->detail != NULL, counter->detail_noun != NULL);
        if (counter->detail)
            assert_non_null(strstr(counter->detail, "%s"));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(counter->name, list.counters[k].name);
        for (int issue = 0; issue < ND_NUM_ISSUES; issue++) /* a file of statistics has both */
            assert_string_not_equal(counter->name, nd_issue_text_of((nd_input_issue)issue)->key);
    }
}

static void notes_are_the_counters_that_are_worth_saying(void **state)
{
    (void)state;
    nd_scan_stats stats = {
        .documents = 12, .documents_invalid_utf8 = 4300, .invalid_bytes = 1234567};
    nd_notes notes = {0};
    nd_notes_add_counters(&notes, scan_counters(), &stats, NULL, NULL);
    assert_int_equal(nd_notes_num_losses(&notes), 1);
    size_t num = 0;
    for (size_t i = 0; i < notes.num; i++) {
        assert_true(notes.items[i].weight > ND_COUNTER_FIGURE);
        if (notes.items[i].count == 0)
            continue;
        num++;
        assert_string_equal(notes.items[i].key, "invalid_utf8");
        assert_string_equal(notes.items[i].detail, " (1,234,567 bytes)");
    }
    assert_int_equal(num, 1);
}

static void first_id_does_not_depend_on_the_order(void **state)
{
    (void)state;
    nd_first_id one = {0}, other = {0}, unset = {0};
    nd_first_id_consider(&one, "m", 1, ND_NO_PLACE);
    nd_first_id_consider(&one, "ba", 2, ND_NO_PLACE);
    nd_first_id_consider(&one, "z", 1, ND_NO_PLACE);
    nd_first_id_consider(&other, "b", 1, ND_NO_PLACE);
    nd_first_id_merge(&one, &other);
    nd_first_id_merge(&one, &unset);
    assert_string_equal(one.id, "b");
    nd_first_id_consider(&unset, NULL, 0, ND_NO_PLACE);
    nd_first_id_merge(&one, &unset);
    assert_string_equal(one.id, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_count_of_a_scan_is_described),
        cmocka_unit_test(counters_have_names_of_their_own_and_whole_details),
        cmocka_unit_test(notes_are_the_counters_that_are_worth_saying),
        cmocka_unit_test(first_id_does_not_depend_on_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
