/* Specs: made from options, printed, parsed back, compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/neardup.h"

static nd_spec spec_of(nd_preset preset)
{
    nd_scan_options options;
    nd_spec spec;
    nd_scan_options_init_preset(&options, preset);
    assert_int_equal(nd_spec_from_options(&options, &spec), ND_OK);
    return spec;
}

static void a_spec_is_printed_and_parsed_back(void **state)
{
    (void)state;
    for (int preset = 0; preset < ND_NUM_PRESETS; preset++) {
        const nd_spec spec = spec_of((nd_preset)preset);
        char line[ND_SPEC_LINE_BYTES], again[ND_SPEC_LINE_BYTES];
        nd_spec parsed;
        nd_spec_print(&spec, line);
        assert_int_equal(nd_spec_parse(line, strlen(line), &parsed, NULL), ND_OK);
        assert_int_equal(nd_spec_check(&spec, &parsed, NULL), ND_OK);
        nd_spec_print(&parsed, again);
        assert_string_equal(again, line);
        strcat(line, "\n");
        assert_int_equal(nd_spec_parse(line, strlen(line), &parsed, NULL), ND_OK);
    }
}

static void the_line_says_what_decides(void **state)
{
    (void)state;
    nd_spec spec = spec_of(ND_PRESET_CORPUS);
    char line[ND_SPEC_LINE_BYTES];
    strcpy(spec.unicode, "15.0.0");
    nd_spec_print(&spec, line);
    assert_string_equal(
        line, "neardup hash=1 unicode=15.0.0 shingle=word:5 repair=none fold=none bands=12 "
              "rows=5 slots=60");
}

static void every_difference_is_named(void **state)
{
    (void)state;
    const nd_spec spec = spec_of(ND_PRESET_CORPUS);
    nd_spec other[8];
    static const char *const names[] = {
        "hash=", "unicode=", "shingle=", "repair=", "fold=", "bands=", "rows=", "slots="};
    for (int i = 0; i < 8; i++)
        other[i] = spec;
    other[0].hash_spec_version++;
    strcpy(other[1].unicode, "1.2.3");
    other[2].shingle.kind = ND_SHINGLE_CHAR;
    other[3].repairs = ND_REPAIR_TAGS;
    other[4].folds = ND_FOLD_DIGITS;
    other[5].bands--;
    other[6].rows--;
    other[7].slots++;
    for (int i = 0; i < 8; i++) {
        nd_error error = {0};
        assert_int_equal(nd_spec_check(&spec, &other[i], &error), ND_ERR_VERSION);
        assert_non_null(strstr(error.message, names[i]));
    }
}

static void lines_that_are_no_specs_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "neardup",
        "other hash=1 unicode=15.0.0 shingle=word:5 repair=none fold=none bands=12 rows=5 slots=60",
        "neardup hash= unicode=15.0.0 shingle=word:5 repair=none fold=none bands=12 rows=5 "
        "slots=60",
        "neardup hash=99999999999 unicode=15.0.0 shingle=word:5 repair=none fold=none bands=12 "
        "rows=5 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0.0.0.0.0.0.0 shingle=word:5 repair=none fold=none bands=12 "
        "rows=5 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=word:0 repair=none fold=none bands=12 rows=5 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=word:65 repair=none fold=none bands=12 rows=5 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=line:5 repair=none fold=none bands=12 rows=5 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=word:5 repair=magic fold=none bands=12 rows=5 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=word:5 repair= bands=12 rows=5 slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=word:5 repair=none fold=none bands=12 rows=6 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=word:5 repair=none fold=none bands=0 rows=5 "
        "slots=60",
        "neardup hash=1 unicode=15.0.0 shingle=word:5 repair=none fold=none bands=12 rows=5 "
        "slots=60 more=1",
        "neardup hash=1 shingle=word:5 unicode=15.0.0 repair=none fold=none bands=12 rows=5 "
        "slots=60",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        nd_spec spec;
        nd_error error = {0};
        assert_int_equal(nd_spec_parse(lines[i], strlen(lines[i]), &spec, &error), ND_ERR_FORMAT);
        assert_int_not_equal(error.message[0], '\0');
    }
}

static void options_that_make_no_scan_make_no_spec(void **state)
{
    (void)state;
    nd_scan_options options;
    nd_spec spec;
    nd_scan_options_init(&options);
    options.rule.jaccard = 2;
    assert_int_equal(nd_spec_from_options(&options, &spec), ND_ERR_INVALID_ARGUMENT);
    memset(&options, 0, sizeof options);
    assert_int_equal(nd_spec_from_options(&options, &spec), ND_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spec_is_printed_and_parsed_back),
        cmocka_unit_test(the_line_says_what_decides),
        cmocka_unit_test(every_difference_is_named),
        cmocka_unit_test(lines_that_are_no_specs_are_refused),
        cmocka_unit_test(options_that_make_no_scan_make_no_spec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
