/* Content of files: looked at, taken in blocks of lines or as a whole. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/content.h"
#include "io_fixture.h"
#include "neardup/text.h"

static nd_content open_file(const char *name, size_t max_bytes)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_content content;
    nd_error error = {0};
    nd_content_init(&content, &allocator, NULL);
    assert_int_equal(content.max_bytes, ND_TEXT_MAX_BYTES);
    const int fd = open(temp_path(name), O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(nd_content_open(&content, fd, temp_path(name), &error), ND_OK);
    content.max_bytes = max_bytes;
    return content;
}

/* Takes all lines by blocks of `bytes`, checks each line's number and bytes, and returns how many
 * blocks there were. */
static size_t assert_cut(const char *bytes, size_t len, size_t block_bytes, size_t look_bytes)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_content content = open_file("f", ND_TEXT_MAX_BYTES);
    nd_record_block block = {0};
    size_t at = 0, num_blocks = 0;
    uint64_t line = 1;
    assert_int_equal(nd_content_look(&content, look_bytes, NULL), ND_OK);
    assert_true(nd_content_num_ahead(&content) >= (look_bytes < len ? look_bytes : len));
    for (;; num_blocks++) {
        assert_int_equal(content.line, line);
        assert_int_equal(nd_content_take_records(&content, block_bytes, &block, NULL), ND_OK);
        if (!block.ends.len)
            break;
        for (size_t i = 0, start = 0; i < block.ends.len; start = block.ends.items[i++], line++) {
            const char *const newline = memchr(bytes + at, '\n', len - at);
            const size_t line_len = newline ? (size_t)(newline - bytes) + 1 - at : len - at;
            assert_int_equal(block.ends.items[i] - start, line_len);
            assert_memory_equal(block.bytes.items + start, bytes + at, line_len);
            at += line_len;
        }
        assert_int_equal(block.bytes.len, block.ends.items[block.ends.len - 1]);
    }
    assert_int_equal(at, len);
    nd_record_block_release(&allocator, &block);
    nd_content_release(&content);
    return num_blocks;
}

static void lines_are_whole_however_the_blocks_are_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "a",
        "a\n",
        "\n\n\n",
        "one\ntwo\nthree",
        "one\n\n\ntwo\r\n",
        "a line that is longer than the block\nb\nc\nanother line longer than that\nd",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const size_t len = strlen(texts[i]);
        write_text("f", texts[i]);
        for (size_t block_bytes = 1; block_bytes < 50; block_bytes++)
            for (size_t look_bytes = 0; look_bytes < 50; look_bytes += 7)
                assert_cut(texts[i], len, block_bytes, look_bytes);
    }
}

static void blocks_are_about_as_long_as_asked(void **state)
{
    (void)state;
    const size_t len = 1000000;
    char *const text = malloc(len);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 50 == 49 ? '\n' : 'x';
    write_file("f", text, len);
    assert_in_range(assert_cut(text, len, 100000, 8192), 9, 11);
    assert_int_equal(assert_cut(text, len, 2 * len, 8192), 1);
    free(text);
}

static void line_over_the_limit_is_dropped_and_the_next_is_not(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t long_len = 300000;
    char *const text = malloc(long_len + 32);
    strcpy(text, "one\n");
    memset(text + 4, 'x', long_len);
    strcpy(text + 4 + long_len, "\nthree\n");
    write_text("f", text);
    nd_content content = open_file("f", 1000);
    nd_record_block block = {0};
    size_t num_taken = 0, num_dropped = 0;
    for (;;) {
        const uint64_t line = content.line;
        const nd_status status = nd_content_take_records(&content, 10, &block, NULL);
        if (status == ND_ERR_LIMIT) {
            num_dropped++;
            assert_int_equal(line, 2);
            assert_int_equal(content.line, 3);
            assert_int_equal(content.record, 2);
            assert_in_range(block.bytes.capacity, 1, 200000);
            continue;
        }
        assert_int_equal(status, ND_OK);
        if (!block.ends.len)
            break;
        num_taken += block.ends.len;
    }
    assert_int_equal(num_dropped, 1);
    assert_int_equal(num_taken, 2);
    assert_int_equal(content.line, 4);
    nd_record_block_release(&allocator, &block);
    nd_content_release(&content);
    free(text);
}

static void last_line_over_the_limit_is_dropped(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    char text[5001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    write_text("f", text);
    nd_content content = open_file("f", 1000);
    nd_record_block block = {0};
    assert_int_equal(nd_content_take_records(&content, 10, &block, NULL), ND_ERR_LIMIT);
    assert_int_equal(nd_content_take_records(&content, 10, &block, NULL), ND_OK);
    assert_int_equal(block.ends.len, 0);
    nd_record_block_release(&allocator, &block);
    nd_content_release(&content);
}

static void whole_content_has_the_limit_too(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_record_block block = {0};
    write_text("f", "exactly 20 bytes ok.");
    for (size_t hint = 0; hint <= 40; hint += 20)
        for (size_t look = 0; look < 40; look += 7) {
            nd_content content = open_file("f", 20);
            content.size_hint = hint;
            assert_int_equal(nd_content_look(&content, look, NULL), ND_OK);
            assert_int_equal(nd_content_take_all(&content, &block, NULL), ND_OK);
            assert_int_equal(block.ends.len, 1);
            assert_int_equal(block.ends.items[0], 20);
            assert_memory_equal(block.bytes.items, "exactly 20 bytes ok.", 20);
            nd_content_release(&content);
            content = open_file("f", 19);
            content.size_hint = hint;
            assert_int_equal(nd_content_take_all(&content, &block, NULL), ND_ERR_LIMIT);
            nd_content_release(&content);
        }
    nd_record_block_release(&allocator, &block);
}

/* Closed and opened again, a content starts anew, with the memory it has. */
static void content_is_used_again(void **state)
{
    (void)state;
    write_text("f", "{\"a\":1}\n");
    nd_content content = open_file("f", 100);
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(nd_content_look(&content, 100, NULL), ND_OK);
        assert_int_equal(nd_content_num_ahead(&content), 8);
        nd_content_drop(&content, 1);
        assert_int_equal(nd_content_num_ahead(&content), 7);
        assert_memory_equal(nd_content_ahead(&content), "\"a\":1}\n", 7);
        nd_content_close(&content, round);
        assert_int_equal(nd_content_open(&content, open(temp_path("f"), O_RDONLY), "f", NULL),
                         ND_OK);
        assert_int_equal(content.line, 1);
    }
    nd_content_release(&content);
}

/* ---- other records than lines ---- */

/* Takes all records of "f" by blocks of `bytes`; each is followed by '|' in the string, which the
 * caller frees. */
static char *records_of(nd_cutter cutter, size_t bytes, size_t max_bytes)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_content content = open_file("f", max_bytes);
    nd_record_block block = {0};
    nd_byte_vec joined = {0};
    content.cutter = cutter;
    for (;;) {
        const nd_status status = nd_content_take_records(&content, bytes, &block, NULL);
        if (status == ND_ERR_LIMIT) {
            assert_int_equal(nd_bytes_append(&allocator, &joined, "#|", 2), ND_OK);
            continue;
        }
        assert_int_equal(status, ND_OK);
        if (!block.ends.len)
            break;
        for (size_t i = 0, start = 0; i < block.ends.len; start = block.ends.items[i++]) {
            assert_int_equal(nd_bytes_append(&allocator, &joined, block.bytes.items + start,
                                             block.ends.items[i] - start),
                             ND_OK);
            assert_int_equal(nd_bytes_append(&allocator, &joined, "|", 1), ND_OK);
        }
    }
    assert_int_equal(nd_bytes_append(&allocator, &joined, "", 1), ND_OK);
    nd_record_block_release(&allocator, &block);
    nd_content_release(&content);
    return joined.items;
}

static void assert_records(nd_cutter cutter, const char *text, const char *expected)
{
    write_text("f", text);
    for (size_t bytes = 1; bytes < 40; bytes++) {
        char *const records = records_of(cutter, bytes, 1000);
        if (strcmp(records, expected) != 0)
            fail_msg("by %zu bytes: %s", bytes, records);
        free(records);
    }
}

static void json_values_are_records_wherever_lines_end(void **state)
{
    (void)state;
    const nd_cutter values = {.framing = ND_FRAMING_VALUES};
    assert_records(values, "", "");
    assert_records(values, "{}\n{}\n", "{}\n|{}\n|");
    assert_records(values, "{}{} {}", "{}|{} |{}|");
    assert_records(values, "{\n\"a\": [1,\n{}]\n}\n{}", "{\n\"a\": [1,\n{}]\n}\n|{}|");
    assert_records(values, "[{\"a\":1},\n {\"b\":[]} ]\n", "[{\"a\":1}|,\n {\"b\":[]} |]\n|");
    assert_records(values, "{\"}\":\"{\\\"[\\\\\"}{}", "{\"}\":\"{\\\"[\\\\\"}|{}|");
    assert_records(values, "{\"open\n}{}\n", "{\"open\n|}|{}\n|");
    assert_records(values, "1 true,\"a]\" x{}2\n3", "1 true,\"a]\" x|{}|2\n|3|");
    assert_records(values, "}{}", "}|{}|");
    assert_records(values, "{\"a\":{", "{\"a\":{|");
}

static void rows_end_outside_quotes(void **state)
{
    (void)state;
    const nd_cutter rows = {.framing = ND_FRAMING_ROWS, .delimiter = ','};
    assert_records(rows, "", "");
    assert_records(rows, "a,b\nc,d", "a,b\n|c,d|");
    assert_records(rows, "a\r\nb\rc\n\nd\r", "a\r\n|b\r|c\n|\n|d\r|");
    assert_records(rows, "\"a\n,\"\"\n\",b\nc", "\"a\n,\"\"\n\",b\n|c|");
    assert_records(rows, "a,\"b\r\n\"\r\nc\n", "a,\"b\r\n\"\r\n|c\n|");
    assert_records(rows, "a\"\nb \"\n", "a\"\n|b \"\n|");
    assert_records(rows, "\"open\nfor ever", "\"open\nfor ever|");
    const nd_cutter tabs = {.framing = ND_FRAMING_ROWS, .delimiter = '\t'};
    assert_records(tabs, "a,\"\tb\n\"c\n\"\td\n", "a,\"\tb\n|\"c\n\"\td\n|");
}

/* The place of each block is that of its first record. */
static void places_go_on_through_records_of_any_length(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_cutter values = {.framing = ND_FRAMING_VALUES};
    write_text("f", "[{\n}, {}{\n\n}\n,{}]\n");
    static const uint64_t lines[] = {1, 2, 2, 5, 5}, columns[] = {0, 1, 5, 0, 3};
    nd_content content = open_file("f", 100);
    nd_record_block block = {0};
    content.cutter = values;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(content.record, i);
        assert_int_equal(content.line, lines[i]);
        assert_int_equal(content.column, columns[i]);
        assert_int_equal(nd_content_take_records(&content, 1, &block, NULL), ND_OK);
        assert_int_equal(block.ends.len, 1);
    }
    nd_record_block_release(&allocator, &block);
    nd_content_release(&content);
}

static void records_over_the_limit_are_dropped_whatever_they_are(void **state)
{
    (void)state;
    const nd_cutter values = {.framing = ND_FRAMING_VALUES};
    const nd_cutter rows = {.framing = ND_FRAMING_ROWS, .delimiter = ','};
    char *const text = malloc(400000);
    memset(text, 'x', 400000);
    memcpy(text, "{}\n{\"a\":\"", 9);
    strcpy(text + 300000, "\\\"}\"}\n{}\n");
    write_text("f", text);
    for (size_t bytes = 1; bytes < 100000; bytes = bytes * 7 + 1) {
        char *records = records_of(values, bytes, 1000);
        assert_string_equal(records, "{}\n|#|{}\n|");
        free(records);
    }
    memcpy(text, "a,b\na,\"b\n", 9);
    strcpy(text + 300000, "\n\"\nc\n");
    write_text("f", text);
    for (size_t bytes = 1; bytes < 100000; bytes = bytes * 7 + 1) {
        char *records = records_of(rows, bytes, 1000);
        assert_string_equal(records, "a,b\n|#|c\n|");
        free(records);
    }
    free(text);
}

/* What was looked at is not copied again for each block: a megabyte ahead of a thousand lines would
 * be a gigabyte. The bound is on bytes moved, so it is the memory that is looked at. */
static void long_look_ahead_is_taken_bit_by_bit(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const size_t len = 1 << 20;
    char *const text = malloc(len);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 64 == 63 ? '\n' : 'x';
    write_file("f", text, len);
    nd_content content = open_file("f", len);
    nd_record_block block = {0};
    assert_int_equal(nd_content_look(&content, len, NULL), ND_OK);
    const char *const ahead = content.ahead.items;
    for (size_t at = 0; at < len; at += 64) {
        assert_int_equal(nd_content_take_records(&content, 64, &block, NULL), ND_OK);
        assert_int_equal(block.bytes.len, 64);
        assert_ptr_equal(content.ahead.items, ahead); /* it stays where it is */
        assert_int_equal(content.ahead_at, at + 64 == len ? 0 : at + 64);
    }
    nd_record_block_release(&allocator, &block);
    nd_content_release(&content);
    free(text);
}

static nd_status append_line(void *ctx, uint64_t number, const char *p, size_t len_bytes,
                             nd_error *error)
{
    (void)error;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    return nd_bytes_printf(&allocator, ctx, "%u:%.*s|", (unsigned)number, (int)len_bytes, p);
}

static void side_files_are_read_line_by_line(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_byte_vec lines = {0};
    write_text("f", "\xef\xbb\xbf"
                    "a\tb\r\n\nc");
    assert_int_equal(nd_lines_read(temp_path("f"), &allocator, append_line, &lines, NULL), ND_OK);
    assert_int_equal(nd_bytes_append(&allocator, &lines, "", 1), ND_OK);
    assert_string_equal(lines.items, "1:a\tb|2:|3:c|");
    lines.len = 0;
    write_file("f",
               "\xff\xfe"
               "a\0\t\0\xe9\0\n\0"
               "c\0",
               12);
    assert_int_equal(nd_lines_read(temp_path("f"), &allocator, append_line, &lines, NULL), ND_OK);
    assert_int_equal(nd_bytes_append(&allocator, &lines, "", 1), ND_OK);
    assert_string_equal(lines.items, "1:a\t\u00e9|2:c|");
    ND_VEC_RELEASE(&allocator, &lines);
    nd_error error;
    assert_int_equal(nd_lines_read(temp_path("none"), &allocator, append_line, &lines, &error),
                     ND_ERR_NOT_FOUND);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(lines_are_whole_however_the_blocks_are_cut),
        IN_FOLDER(blocks_are_about_as_long_as_asked),
        IN_FOLDER(line_over_the_limit_is_dropped_and_the_next_is_not),
        IN_FOLDER(last_line_over_the_limit_is_dropped),
        IN_FOLDER(whole_content_has_the_limit_too),
        IN_FOLDER(content_is_used_again),
        IN_FOLDER(json_values_are_records_wherever_lines_end),
        IN_FOLDER(rows_end_outside_quotes),
        IN_FOLDER(places_go_on_through_records_of_any_length),
        IN_FOLDER(records_over_the_limit_are_dropped_whatever_they_are),
        IN_FOLDER(long_look_ahead_is_taken_bit_by_bit),
        IN_FOLDER(side_files_are_read_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
