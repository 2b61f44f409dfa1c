/* Numbers on a page of output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/page.h"
#include "util/alloc.h"

static void assert_as_printf(nd_page *page, double ratio)
{
    char expected[64];
    const int len = snprintf(expected, sizeof expected, "%.6f", ratio);
    nd_page_clear(page);
    nd_page_ratio(page, ratio);
    assert_int_equal(page->bytes.len, len);
    assert_memory_equal(page->bytes.items, expected, (size_t)len);
}

static void a_ratio_is_printed_as_printf_would(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_page page;
    nd_page_init(&page, &allocator);
    for (unsigned whole = 1; whole < 700; whole++)
        for (unsigned part = 0; part <= whole; part++)
            assert_as_printf(&page, (double)part / whole);
    for (unsigned odd = 1; odd < 2000000; odd += 2 * 997) /* ties, or as near as a double comes */
        assert_as_printf(&page, odd / 2e6);
    const double others[] = {0.9999996, 0.9999994, 1e-7, 5e-7, 4.9e-7, 1.5, -0.25, 1e9};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_as_printf(&page, others[i]);
    nd_page_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ratio_is_printed_as_printf_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
