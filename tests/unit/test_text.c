/* Text to tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "neardup/text.h"
#include "text/characters.h"
#include "util/threads.h"

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

static void marks_and_dropped_characters_belong_to_the_token_before_them(void **state)
{
    (void)state;
    assert_normalises("a\u0327\u0301 b", "\u00e1\u0327 b ");
    assert_normalises("\u0915\u094d\u0937\u093f", "\u0915\u094d\u0937\u093f ");
    assert_normalises("\u1112\u1161\u11ab", "\ud55c ");
    assert_normalises("\u0645\u06cc\u200c\u0628", "\u0645\u06cc\u0628 ");
}

static void invalid_bytes_separate_and_are_counted(void **state)
{
    (void)state;
    static const char bytes[] = "a\xff"
                                "b \xe2\x80 c\xed\xa0\x80";
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, sizeof bytes - 1, ND_TEXT_NO_OFFSETS), ND_OK);
    assert_int_equal(nd_text_num_tokens(text), 3);
    assert_int_equal(nd_text_num_invalid_bytes(text), 6);
    assert_int_equal(nd_text_set(text, "plain", 5, ND_TEXT_NO_OFFSETS), ND_OK);
    assert_int_equal(nd_text_num_invalid_bytes(text), 0);
    nd_text_free(text);
}

static void offsets_name_the_original_bytes_of_a_token(void **state)
{
    (void)state;
    static const char bytes[] = "  Stra\u00dfe, cafe\u0301! \u6771\u4eac";
    static const struct {
        const char *original, *normalised;
    } expected[] = {{"Stra\u00dfe", "strasse"},
                    {"cafe\u0301", "caf\u00e9"},
                    {"\u6771", "\u6771"},
                    {"\u4eac", "\u4eac"}};
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_WITH_OFFSETS), ND_OK);
    assert_int_equal(nd_text_num_tokens(text), 4);
    for (size_t i = 0; i < 4; i++) {
        const nd_token token = nd_text_token(text, i);
        assert_int_equal(token.end - token.start, strlen(expected[i].original));
        assert_memory_equal(bytes + token.start, expected[i].original, token.end - token.start);
        assert_int_equal(token.len_bytes, strlen(expected[i].normalised));
        assert_memory_equal(token.normalised, expected[i].normalised, token.len_bytes);
    }
    nd_text_free(text);
}

/* Allocates until `left` is used up. */
static void *counted_allocate(void *ctx, size_t size_bytes)
{
    int *const left = ctx;
    return (*left)-- > 0 ? malloc(size_bytes) : NULL;
}

static void *counted_resize(void *ctx, void *block, size_t size_bytes)
{
    int *const left = ctx;
    return (*left)-- > 0 ? realloc(block, size_bytes) : NULL;
}

static void counted_release(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

/* Grows past what is reserved up front: 3 bytes of source become 33. */
static size_t fill_with_expansions(char *bytes, size_t limit)
{
    size_t len = 0;
    for (; len + 3 <= limit; len += 3)
        memcpy(bytes + len, "\ufdfa", 3);
    return len;
}

static nd_status set_with_allocations(int num_allocations, const char *bytes, size_t len)
{
    const nd_allocator allocator = {counted_allocate, counted_resize, counted_release,
                                    &num_allocations};
    nd_text *text;
    nd_status status = nd_text_new(&allocator, &text);
    if (status != ND_OK) {
        assert_null(text);
        return status;
    }
    status = nd_text_set(text, bytes, len, ND_TEXT_WITH_OFFSETS);
    if (status != ND_OK) {
        size_t normalised_len;
        nd_text_normalised(text, &normalised_len);
        assert_int_equal(nd_text_num_tokens(text), 0);
        assert_int_equal(normalised_len, 0);
        num_allocations = 100;
        assert_int_equal(nd_text_set(text, bytes, len, ND_TEXT_WITH_OFFSETS), ND_OK);
    }
    nd_text_free(text);
    return status;
}

static void a_failed_allocation_leaves_an_empty_text_that_can_be_set_again(void **state)
{
    (void)state;
    static char bytes[30000];
    const size_t len = fill_with_expansions(bytes, sizeof bytes);
    int num_failures = 0;
    while (set_with_allocations(num_failures, bytes, len) != ND_OK)
        num_failures++;
    /* The text, its four arrays, and some growth of each. */
    assert_in_range(num_failures, 8, 99);
}

static void setting_a_text_again_allocates_nothing_once_it_has_grown(void **state)
{
    (void)state;
    static char bytes[30000];
    const size_t len = fill_with_expansions(bytes, sizeof bytes);
    int left = 100;
    const nd_allocator allocator = {counted_allocate, counted_resize, counted_release, &left};
    nd_text *text;
    assert_int_equal(nd_text_new(&allocator, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, len, ND_TEXT_WITH_OFFSETS), ND_OK);
    left = 0;
    assert_int_equal(nd_text_set(text, bytes, len, ND_TEXT_WITH_OFFSETS), ND_OK);
    assert_int_equal(nd_text_set(text, "short", 5, ND_TEXT_WITH_OFFSETS), ND_OK);
    nd_text_free(text);
}

static void a_text_over_the_limit_is_refused_unread(void **state)
{
    (void)state;
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, "before", 6, ND_TEXT_NO_OFFSETS), ND_OK);
    assert_int_equal(nd_text_set(text, "x", ND_TEXT_MAX_BYTES + 1, ND_TEXT_NO_OFFSETS),
                     ND_ERR_LIMIT);
    assert_int_equal(nd_text_num_tokens(text), 0);
    nd_text_free(text);
}

enum { NUM_THREADS = 4 };

enum { FIRST_CHAR = 0x80, LAST_CHAR = 0x201FF, CHAR_BYTES = 6 };

/* Every character after an "e" of its own: 131,000 of them, and some of the ideographs above. */
static size_t fill_with_all_characters(char *bytes)
{
    size_t len = 0;
    for (uint32_t c = FIRST_CHAR; c <= LAST_CHAR; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        bytes[len++] = 'e';
        len += nd_utf8_encode(c, bytes + len);
        bytes[len++] = ' ';
    }
    return len;
}

typedef struct shared_text {
    char *bytes;
    size_t len;
    nd_text *texts[NUM_THREADS];
} shared_text;

static nd_status set_on_thread(void *ctx, uint32_t worker)
{
    const shared_text *const shared = ctx;
    return nd_text_set(shared->texts[worker], shared->bytes, shared->len, ND_TEXT_NO_OFFSETS);
}

/* Stands first: what is known of characters is found by whichever thread meets them first. */
static void texts_set_at_once_on_several_threads_are_the_same(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    shared_text shared = {malloc((size_t)(LAST_CHAR - FIRST_CHAR + 1) * CHAR_BYTES), 0, {NULL}};
    assert_non_null(shared.bytes);
    shared.len = fill_with_all_characters(shared.bytes);
    for (int i = 0; i < NUM_THREADS; i++)
        assert_int_equal(nd_text_new(NULL, &shared.texts[i]), ND_OK);
    assert_int_equal(nd_threads_run(&allocator, NUM_THREADS, set_on_thread, &shared), ND_OK);
    nd_text *again; /* when all are known */
    assert_int_equal(nd_text_new(NULL, &again), ND_OK);
    assert_int_equal(nd_text_set(again, shared.bytes, shared.len, ND_TEXT_NO_OFFSETS), ND_OK);
    size_t expected_len;
    const char *const expected = nd_text_normalised(again, &expected_len);
    for (int i = 0; i < NUM_THREADS; i++) {
        size_t len;
        const char *const normalised = nd_text_normalised(shared.texts[i], &len);
        assert_int_equal(len, expected_len);
        assert_memory_equal(normalised, expected, len);
        nd_text_free(shared.texts[i]);
    }
    nd_text_free(again);
    free(shared.bytes);
}

/* In any version of Unicode: from 16 on some letters compose with letters before them. */
static void every_character_is_what_it_is_taken_apart(void **state)
{
    (void)state;
    nd_text *whole, *apart;
    assert_int_equal(nd_text_new(NULL, &whole), ND_OK);
    assert_int_equal(nd_text_new(NULL, &apart), ND_OK);
    for (uint32_t c = 0xA0; c < 0x110000; c++) {
        utf8proc_int32_t parts[8];
        int last_boundclass = 0;
        const utf8proc_ssize_t num = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 8,
                                                             UTF8PROC_DECOMPOSE, &last_boundclass);
        if (num < 2)
            continue;
        char bytes[2][64] = {"a", "a"};
        size_t len = 1 + (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (uint8_t *)bytes[0] + 1);
        assert_int_equal(nd_text_set(whole, bytes[0], len, ND_TEXT_NO_OFFSETS), ND_OK);
        len = 1;
        for (utf8proc_ssize_t i = 0; i < num; i++)
            len += (size_t)utf8proc_encode_char(parts[i], (uint8_t *)bytes[1] + len);
        assert_int_equal(nd_text_set(apart, bytes[1], len, ND_TEXT_NO_OFFSETS), ND_OK);
        size_t whole_len, apart_len;
        const char *const a = nd_text_normalised(whole, &whole_len);
        const char *const b = nd_text_normalised(apart, &apart_len);
        if (whole_len != apart_len || memcmp(a, b, whole_len) != 0)
            fail_msg("U+%04X", c);
    }
    nd_text_free(whole);
    nd_text_free(apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_what_it_is_taken_apart),
        cmocka_unit_test(texts_set_at_once_on_several_threads_are_the_same),
        cmocka_unit_test(words_are_folded_and_joined_by_one_space),
        cmocka_unit_test(characters_without_spaces_are_tokens_of_their_own),
        cmocka_unit_test(marks_and_dropped_characters_belong_to_the_token_before_them),
        cmocka_unit_test(invalid_bytes_separate_and_are_counted),
        cmocka_unit_test(offsets_name_the_original_bytes_of_a_token),
        cmocka_unit_test(a_failed_allocation_leaves_an_empty_text_that_can_be_set_again),
        cmocka_unit_test(setting_a_text_again_allocates_nothing_once_it_has_grown),
        cmocka_unit_test(a_text_over_the_limit_is_refused_unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
