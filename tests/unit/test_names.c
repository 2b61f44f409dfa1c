/* Texts for the values of enumerations: every value has one of its own, and so has no value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/kernel.h"
#include "neardup/match.h"
#include "neardup/status.h"

enum { MAX_NAMES = 16 };

static void assert_all_differ(const char *const *names, int num)
{
    for (int i = 0; i < num; i++) {
        assert_non_null(names[i]);
        assert_true(strlen(names[i]) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(names[i], names[j]);
    }
}

static void every_status_has_a_message_of_its_own(void **state)
{
    (void)state;
    const char *messages[MAX_NAMES];
    int num = 0;
    for (int status = ND_OK; status <= ND_ERR_BUSY + 1; status++)
        messages[num++] = nd_status_message((nd_status)status);
    assert_all_differ(messages, num);
    assert_string_equal(nd_status_message((nd_status)-1), messages[num - 1]);
}

static void every_kernel_has_a_name_of_its_own(void **state)
{
    (void)state;
    const char *names[MAX_NAMES];
    int num = 0;
    for (int kernel = ND_KERNEL_SCALAR; kernel <= ND_KERNEL_NEON + 1; kernel++)
        names[num++] = nd_kernel_name((nd_kernel)kernel);
    assert_all_differ(names, num);
}

static void every_kind_of_match_has_a_name_of_its_own(void **state)
{
    (void)state;
    const char *names[MAX_NAMES];
    int num = 0;
    for (int kind = ND_MATCH_NONE; kind <= ND_MATCH_PARTIAL; kind++)
        names[num++] = nd_match_kind_name((nd_match_kind)kind);
    assert_all_differ(names, num);
    assert_string_equal(nd_match_kind_name((nd_match_kind)(ND_MATCH_PARTIAL + 1)), "none");
}

/* The machine has AVX2 and AVX-512, or NEON, never all of them. */
static void a_kernel_that_is_not_there_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    const nd_kernel before = nd_kernel_current();
    int num_refused = 0;
    for (int kernel = ND_KERNEL_SCALAR; kernel <= ND_KERNEL_NEON + 1; kernel++) {
        const nd_status status = nd_kernel_select((nd_kernel)kernel);
        if (status == ND_OK) {
            assert_int_equal(nd_kernel_current(), kernel);
            assert_int_equal(nd_kernel_select(before), ND_OK);
            continue;
        }
        assert_int_equal(status, ND_ERR_UNSUPPORTED);
        assert_int_equal(nd_kernel_current(), before);
        num_refused++;
    }
    assert_in_range(num_refused, 2, ND_KERNEL_NEON + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_message_of_its_own),
        cmocka_unit_test(every_kernel_has_a_name_of_its_own),
        cmocka_unit_test(every_kind_of_match_has_a_name_of_its_own),
        cmocka_unit_test(a_kernel_that_is_not_there_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
