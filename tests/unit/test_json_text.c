/* Strings written as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/json.h"
#include "io_fixture.h"
#include "text/characters.h"

static const nd_allocator *libc(void)
{
    static nd_allocator allocator;
    allocator = nd_allocator_or_default(NULL);
    return &allocator;
}

static void assert_written(const char *bytes, size_t len, const char *expected)
{
    nd_byte_vec out = {0};
    assert_int_equal(nd_json_append_string(libc(), &out, bytes, len), ND_OK);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.items, expected, out.len);
    ND_VEC_RELEASE(libc(), &out);
}

#define ASSERT_WRITTEN(literal, expected) assert_written(literal, sizeof(literal) - 1, expected)

static void plain_strings_are_quoted(void **state)
{
    (void)state;
    ASSERT_WRITTEN("", "\"\"");
    ASSERT_WRITTEN("a", "\"a\"");
    ASSERT_WRITTEN("a path/with (all) sorts of 'plain' bytes ~\x7f",
                   "\"a path/with (all) sorts of 'plain' bytes ~\x7f\"");
    ASSERT_WRITTEN("\u00e9t\u00e9 \u6771\u4eac \U0001f600",
                   "\"\u00e9t\u00e9 \u6771\u4eac \U0001f600\"");
}

static void quotes_backslashes_and_controls_are_escaped(void **state)
{
    (void)state;
    ASSERT_WRITTEN("say \"no\" to C:\\", "\"say \\\"no\\\" to C:\\\\\"");
    ASSERT_WRITTEN("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    ASSERT_WRITTEN("\0\1\x1f", "\"\\u0000\\u0001\\u001f\"");
}

/* The escape finder looks at eight bytes at once. */
static void one_special_byte_is_found_at_every_place(void **state)
{
    (void)state;
    for (size_t at = 0; at < 40; at++) {
        char bytes[40], expected[43];
        memset(bytes, 'x', sizeof bytes);
        bytes[at] = '"';
        memset(expected, 'x', sizeof expected);
        expected[0] = expected[42] = '"';
        memcpy(expected + 1 + at, "\\\"", 2);
        nd_byte_vec out = {0};
        assert_int_equal(nd_json_append_string(libc(), &out, bytes, sizeof bytes), ND_OK);
        assert_int_equal(out.len, sizeof expected);
        assert_memory_equal(out.items, expected, sizeof expected);
        ND_VEC_RELEASE(libc(), &out);
    }
}

static void invalid_utf8_becomes_replacement_characters(void **state)
{
    (void)state;
    ASSERT_WRITTEN("caf\xe9 au lait", "\"caf\ufffd au lait\"");
    ASSERT_WRITTEN("\xff\xfe", "\"\ufffd\ufffd\"");
    ASSERT_WRITTEN("\xe2\x82", "\"\ufffd\"");
    ASSERT_WRITTEN("\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\"");
    ASSERT_WRITTEN("\u00e9\xc3", "\"\u00e9\ufffd\"");
}

/* Character by character. */
static size_t naive_valid_len(const char *bytes, size_t len)
{
    size_t at = 0;
    while (at < len) {
        const nd_utf8_char c = nd_utf8_decode(bytes + at, len - at);
        if (c.invalid)
            break;
        at += c.len_bytes;
    }
    return at;
}

static void valid_utf8_ends_at_the_first_invalid_byte(void **state)
{
    (void)state;
    char bytes[40] = {0};
    assert_int_equal(nd_utf8_valid_len(bytes, 0), 0);
    for (size_t len = 1; len <= sizeof bytes; len++) {
        memset(bytes, 'a', sizeof bytes);
        assert_int_equal(nd_utf8_valid_len(bytes, len), len);
        for (size_t at = 0; at < len; at++) {
            memset(bytes, 'a', sizeof bytes);
            bytes[at] = (char)0xFF;
            assert_int_equal(nd_utf8_valid_len(bytes, len), at);
        }
    }
    srand(2);
    for (unsigned round = 0; round < 2000; round++) {
        const size_t len = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < len; i++)
            memcpy(bytes + i, rand() % 4 ? "ab" : "\xC3\xA9", i + 1 < len ? 2 : 1);
        assert_int_equal(nd_utf8_valid_len(bytes, len), naive_valid_len(bytes, len));
    }
}

/* Any bytes written and read again are those bytes, repaired. */
static void random_bytes_survive_writing_and_reading(void **state)
{
    (void)state;
    nd_json_parser *parser;
    assert_int_equal(nd_json_parser_new(libc(), &parser), ND_OK);
    nd_byte_vec line = {0}, repaired = {0};
    srand(1);
    for (unsigned round = 0; round < 2000; round++) {
        char bytes[64], read[400];
        const size_t len = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)(rand() % 4 ? rand() % 0x90 : rand());
        uint64_t invalid = 0;
        line.len = repaired.len = 0;
        assert_int_equal(nd_utf8_repair(libc(), &repaired, bytes, len, &invalid), ND_OK);
        assert_int_equal(nd_bytes_append(libc(), &line, "{\"a\":", 5), ND_OK);
        assert_int_equal(nd_json_append_string(libc(), &line, bytes, len), ND_OK);
        assert_int_equal(nd_bytes_append(libc(), &line, "}", 1), ND_OK);
        assert_int_equal(ND_VEC_RESERVE(libc(), &line, ND_JSON_PADDING), ND_OK);
        const nd_fields fields = {
            .items = {{.name = "a", .name_len_bytes = 1, .num_parts = 1, .parts = {{"a", 1}}}},
            .num = 1};
        nd_field_value a;
        nd_json_fault fault;
        assert_int_equal(nd_json_object_read(parser, line.items, line.len, &fields, &a, &fault),
                         ND_JSON_OBJECT);
        assert_int_equal(a.type, ND_FIELD_STRING);
        const size_t read_len = nd_json_unescape(a.p, a.len_bytes, read, &invalid);
        assert_int_equal(read_len, repaired.len);
        if (read_len)
            assert_memory_equal(read, repaired.items, read_len);
    }
    ND_VEC_RELEASE(libc(), &line);
    ND_VEC_RELEASE(libc(), &repaired);
    nd_json_parser_free(parser);
}

static void failed_allocation_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    uint64_t fail_at = 0;
    for (nd_status status = ND_ERR_NO_MEMORY; status != ND_OK; fail_at++) {
        counting_allocator counting;
        counting_allocator_init(&counting, fail_at);
        nd_byte_vec out = {0};
        status = nd_json_append_string(&counting.allocator, &out,
                                       "\n\n\n\n\n\n\n\n\xff long enough", 21);
        if (status == ND_OK)
            assert_int_equal(out.len, 8 * 2 + 3 + 12 + 2);
        else
            assert_int_equal(out.len, 0);
        nd_release(&counting.allocator, out.items);
        assert_int_equal(counting.num_blocks, 0);
    }
    assert_in_range(fail_at, 2, 10);
}

static void printed_text_is_appended_whatever_its_length(void **state)
{
    (void)state;
    nd_byte_vec out = {0};
    assert_int_equal(nd_bytes_printf(libc(), &out, "%d,", 17), ND_OK);
    assert_int_equal(nd_bytes_printf(libc(), &out, "%300d", 4), ND_OK);
    assert_int_equal(out.len, 303);
    assert_memory_equal(out.items, "17,  ", 5);
    assert_int_equal(out.items[302], '4');
    ND_VEC_RELEASE(libc(), &out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_strings_are_quoted),
        cmocka_unit_test(quotes_backslashes_and_controls_are_escaped),
        cmocka_unit_test(one_special_byte_is_found_at_every_place),
        cmocka_unit_test(invalid_utf8_becomes_replacement_characters),
        cmocka_unit_test(valid_utf8_ends_at_the_first_invalid_byte),
        cmocka_unit_test(random_bytes_survive_writing_and_reading),
        cmocka_unit_test(failed_allocation_leaves_the_buffer_as_it_was),
        cmocka_unit_test(printed_text_is_appended_whatever_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
