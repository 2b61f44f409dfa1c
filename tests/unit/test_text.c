/* Text to tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/text.h"

static void assert_normalises(const char *bytes, const char *expected)
{
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_WITH_OFFSETS), ND_OK);
    size_t len;
    const char *const normalised = nd_text_normalised(text, &len);
    assert_int_equal(len, strlen(expected));
    if (len)
        assert_memory_equal(normalised, expected, len);
    nd_text_free(text);
}

static void words_are_folded_and_joined_by_one_space(void **state)
{
    (void)state;
    assert_normalises("", "");
    assert_normalises(" ,.- ", "");
    assert_normalises("Hello,   World!", "hello world ");
    assert_normalises("L\u2019\u00c9T\u00c9 2024", "l \u00e9t\u00e9 2024 ");
    assert_normalises("Stra\u00dfe", "strasse ");
    assert_normalises("e\u0301", "\u00e9 ");
    assert_normalises("co\u00adoperate", "cooperate ");
    assert_normalises("\uff21\uff22\uff43", "abc ");
}

static void characters_without_spaces_are_tokens_of_their_own(void **state)
{
    (void)state;
    assert_normalises("\u6771\u4eac2020", "\u6771 \u4eac 2020 ");
    assert_normalises("\u0e01\u0e34\u0e19", "\u0e01\u0e34 \u0e19 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_folded_and_joined_by_one_space),
        cmocka_unit_test(characters_without_spaces_are_tokens_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
