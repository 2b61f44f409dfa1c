/* Option structs of callers compiled with another version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/error.h"

typedef struct options {
    size_t size_bytes;
    uint64_t first, second;
} options;

static const options defaults = {sizeof(options), 10, 20};

static void same_version_takes_every_field(void **state)
{
    (void)state;
    const options given = {sizeof given, 1, 2};
    options full = defaults;
    assert_int_equal(nd_option_struct_copy(&full, &given), ND_OK);
    assert_int_equal(full.first, 1);
    assert_int_equal(full.second, 2);
    assert_int_equal(full.size_bytes, sizeof full);
}

static void older_caller_keeps_the_defaults_it_does_not_know(void **state)
{
    (void)state;
    const options given = {offsetof(options, second), 1, 2};
    options full = defaults;
    assert_int_equal(nd_option_struct_copy(&full, &given), ND_OK);
    assert_int_equal(full.first, 1);
    assert_int_equal(full.second, 20);
}

static void later_caller_is_refused_where_it_sets_an_unknown_field(void **state)
{
    (void)state;
    struct {
        options known;
        uint64_t third;
    } given = {{sizeof given, 1, 2}, 0};
    options full = defaults;
    assert_int_equal(nd_option_struct_copy(&full, &given), ND_OK);
    assert_int_equal(full.second, 2);
    full = defaults;
    given.third = 1;
    assert_int_equal(nd_option_struct_copy(&full, &given), ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(full.second, 20);
}

static void uninitialised_struct_is_refused(void **state)
{
    (void)state;
    const options given = {0};
    options full = defaults;
    assert_int_equal(nd_option_struct_copy(&full, &given), ND_ERR_INVALID_ARGUMENT);
}

/* A library that knows fields its caller does not must not write past the caller's struct. */
static void defaults_fill_what_the_caller_has_room_for(void **state)
{
    (void)state;
    struct {
        options known;
        uint64_t third;
    } later;
    uint64_t earlier[3] = {9, 9, 9};
    nd_option_struct_init(earlier, 2 * sizeof *earlier, &defaults);
    assert_int_equal(earlier[0], 2 * sizeof *earlier);
    assert_int_equal(earlier[1], 10);
    assert_int_equal(earlier[2], 9);
    nd_option_struct_init(&later, sizeof later, &defaults);
    assert_int_equal(later.known.size_bytes, sizeof later);
    assert_int_equal(later.known.second, 20);
    assert_int_equal(later.third, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_version_takes_every_field),
        cmocka_unit_test(older_caller_keeps_the_defaults_it_does_not_know),
        cmocka_unit_test(later_caller_is_refused_where_it_sets_an_unknown_field),
        cmocka_unit_test(uninitialised_struct_is_refused),
        cmocka_unit_test(defaults_fill_what_the_caller_has_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
