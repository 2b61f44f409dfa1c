/* Lines and sentences of a document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/border.h"

/* One character for each gap between words: '-' none, '.' sentence, '|' line. */
static void assert_borders(const char *bytes, const char *expected)
{
    nd_text *text;
    nd_borders borders = {0};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    char written[101] = {0};
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_WITH_OFFSETS), ND_OK);
    assert_int_equal(nd_borders_begin(&borders, &allocator, text, bytes), ND_OK);
    for (int twice = 0; twice < 2; twice++) {
        for (uint32_t i = 0; i <= nd_text_num_tokens(text); i++)
            written[i] = "-.|"[nd_border_before(&borders, i)];
        assert_string_equal(written, expected);
    }
    nd_borders_release(&borders, &allocator);
    nd_text_free(text);
}

static void the_ends_of_a_text_are_lines(void **state)
{
    (void)state;
    assert_borders("", "|");
    assert_borders("word", "||");
    assert_borders("two words", "|-|");
}

static void lines_end_with_any_line_break(void **state)
{
    (void)state;
    assert_borders("a b\nc\r\nd\re\ff\u2028g, - h\n\n\ni", "|-|||||-||");
}

/* Gaps of every length, with what makes a border at each place in them. */
static void a_border_is_found_wherever_it_stands_in_a_gap(void **state)
{
    (void)state;
    static const struct {
        const char *mark, *expected;
    } cases[] = {{"-", "|-----|"}, {"\n", "||----|"},     {"\r", "||----|"}, {"\f", "||----|"},
                 {"?", "|.----|"}, {"\u2028", "||----|"}, {"。", "|.----|"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (size_t len = 2; len < 30; len++) {
            for (size_t at = 0; at + 1 < len; at++) {
                char text[100] = "one";
                memset(text + 3, ' ', len);
                const size_t mark_len = strlen(cases[c].mark);
                memcpy(text + 3 + at, cases[c].mark, mark_len);
                memset(text + 3 + at + mark_len, ' ', len - at - 1);
                strcpy(text + 2 + len + mark_len, "two three four five six");
                assert_borders(text, cases[c].expected);
            }
        }
    }
}

static void sentences_end_with_a_stop_and_white_space(void **state)
{
    (void)state;
    assert_borders("He went. She (did not!) Why? Ask them... \"Then.\" And 3.5 x.y, z",
                   "|-.--..-..-----|");
}

static void full_width_and_other_stops_need_no_space(void **state)
{
    (void)state;
    assert_borders("一。二！三？四，五", "|...-|");
    assert_borders("एक। दो", "|.|");
    assert_borders("هل؟ لا", "|.|");
}

static void french_spaces_before_stops_end_sentences(void **state)
{
    (void)state;
    assert_borders("Quoi\u00a0? Rien\u202f! Bon : allons", "|..-|");
}

static void initials_and_short_titles_end_no_sentence(void **state)
{
    (void)state;
    assert_borders("Mr. J. Smith of the U.S. Navy. But it. Then", "|-------.-.|");
}

static void a_byte_is_in_the_line_that_its_line_feed_ends(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_line_index lines = {0};
    char bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i % 7 == 2 || (i > 300 && i < 600) ? '\n' : 'x';
    for (size_t len = 1; len <= sizeof bytes; len += 37) {
        assert_int_equal(nd_line_index_set(&lines, &allocator, bytes, len), ND_OK);
        uint64_t line = 1;
        for (size_t i = 0; i < len; i++) {
            assert_int_equal(nd_line_index_line(&lines, i), line);
            line += bytes[i] == '\n';
        }
    }
    nd_line_index_release(&lines, &allocator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_of_a_text_are_lines),
        cmocka_unit_test(lines_end_with_any_line_break),
        cmocka_unit_test(a_border_is_found_wherever_it_stands_in_a_gap),
        cmocka_unit_test(sentences_end_with_a_stop_and_white_space),
        cmocka_unit_test(full_width_and_other_stops_need_no_space),
        cmocka_unit_test(french_spaces_before_stops_end_sentences),
        cmocka_unit_test(initials_and_short_titles_end_no_sentence),
        cmocka_unit_test(a_byte_is_in_the_line_that_its_line_feed_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
