/* Numbers on a page of output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/output/page.h"
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

/* Each byte at each place of a field of up to 20: alone among plain ones, and after a tab. */
static void tsv_fields_hold_no_separators(void **state)
{
    (void)state;
    nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_page page;
    nd_page_init(&page, &allocator);
    for (unsigned byte = 0; byte < 256; byte++) {
        const char letter = byte == '\t'   ? 't'
                            : byte == '\n' ? 'n'
                            : byte == '\r' ? 'r'
                            : byte == '\\' ? '\\'
                                           : 0;
        for (size_t len = 1; len <= 20; len++) {
            for (size_t at = 0; at < len; at++) {
                char field[20], expected[64];
                size_t num = 0;
                memset(field, 'x', sizeof field);
                field[0] = len % 2 ? '\t' : 'x';
                field[at] = (char)byte;
                if (at > 0 && len % 2)
                    memcpy(expected, "\\t", num = 2);
                else if (at > 0)
                    expected[num++] = 'x';
                for (size_t i = 1; i < at; i++)
                    expected[num++] = 'x';
                if (letter)
                    num += (size_t)snprintf(expected + num, 3, "\\%c", letter);
                else if (byte < ' ' || byte == 0x7f)
                    num += (size_t)snprintf(expected + num, 5, "\\x%02x", byte);
                else
                    expected[num++] = (char)byte;
                for (size_t i = at + 1; i < len; i++)
                    expected[num++] = 'x';
                nd_page_clear(&page);
                nd_page_tsv(&page, field, len);
                assert_int_equal(page.bytes.len, num);
                assert_memory_equal(page.bytes.items, expected, num);
            }
        }
    }
    nd_page_release(&page);
}

/* C1 controls are two bytes; what only begins or goes on like one is none. */
static void tsv_fields_hold_no_control_characters(void **state)
{
    (void)state;
    static const char *const fields[][2] = {{"a\xC2\x9B"
                                             "1m",
                                             "a\\xc2\\x9b1m"},
                                            {"\xC2\x80", "\\xc2\\x80"},
                                            {"\xC2\xA0", "\xC2\xA0"},
                                            {"\xC3\x9B", "\xC3\x9B"},
                                            {"12345678\xC2", "12345678\xC2"},
                                            {"1234567\xC2\x9F", "1234567\\xc2\\x9f"},
                                            {"\033[31m", "\\x1b[31m"}};
    nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_page page;
    nd_page_init(&page, &allocator);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        nd_page_clear(&page);
        nd_page_tsv(&page, fields[i][0], strlen(fields[i][0]));
        assert_int_equal(page.bytes.len, strlen(fields[i][1]));
        assert_memory_equal(page.bytes.items, fields[i][1], page.bytes.len);
    }
    nd_page_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ratio_is_printed_as_printf_would),
        cmocka_unit_test(tsv_fields_hold_no_separators),
        cmocka_unit_test(tsv_fields_hold_no_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
