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
    nd_line_block block = {0};
    size_t at = 0, num_blocks = 0;
    uint64_t line = 1;
    assert_int_equal(nd_content_look(&content, look_bytes, NULL), ND_OK);
    assert_true(content.ahead.len >= (look_bytes < len ? look_bytes : len));
    for (;; num_blocks++) {
        assert_int_equal(content.line, line);
        assert_int_equal(nd_content_take_lines(&content, block_bytes, &block, NULL), ND_OK);
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
    nd_line_block_release(&allocator, &block);
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
    nd_line_block block = {0};
    size_t num_taken = 0, num_dropped = 0;
    for (;;) {
        const nd_status status = nd_content_take_lines(&content, 10, &block, NULL);
        if (status == ND_ERR_LIMIT) {
            num_dropped++;
            assert_int_equal(content.line - 1, 2);
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
    nd_line_block_release(&allocator, &block);
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
    nd_line_block block = {0};
    assert_int_equal(nd_content_take_lines(&content, 10, &block, NULL), ND_ERR_LIMIT);
    assert_int_equal(nd_content_take_lines(&content, 10, &block, NULL), ND_OK);
    assert_int_equal(block.ends.len, 0);
    nd_line_block_release(&allocator, &block);
    nd_content_release(&content);
}

static void whole_content_has_the_limit_too(void **state)
{
    (void)state;
    write_text("f", "exactly 20 bytes ok.");
    for (size_t hint = 0; hint <= 40; hint += 20) {
        nd_content content = open_file("f", 20);
        content.size_hint = hint;
        assert_int_equal(nd_content_look_at_all(&content, NULL), ND_OK);
        assert_int_equal(content.ahead.len, 20);
        assert_memory_equal(content.ahead.items, "exactly 20 bytes ok.", 20);
        nd_content_release(&content);
        content = open_file("f", 19);
        content.size_hint = hint;
        assert_int_equal(nd_content_look_at_all(&content, NULL), ND_ERR_LIMIT);
        nd_content_release(&content);
    }
}

/* Closed and opened again, a content starts anew, with the memory it has. */
static void content_is_used_again(void **state)
{
    (void)state;
    write_text("f", "{\"a\":1}\n");
    nd_content content = open_file("f", 100);
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(nd_content_look(&content, 100, NULL), ND_OK);
        assert_int_equal(content.ahead.len, 8);
        nd_content_drop(&content, 1);
        assert_int_equal(content.ahead.len, 7);
        assert_memory_equal(content.ahead.items, "\"a\":1}\n", 7);
        nd_content_close(&content, round);
        assert_int_equal(nd_content_open(&content, open(temp_path("f"), O_RDONLY), "f", NULL),
                         ND_OK);
        assert_int_equal(content.line, 1);
    }
    nd_content_release(&content);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
