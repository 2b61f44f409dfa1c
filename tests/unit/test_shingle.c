/* Shingles of a text, and sets of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "neardup/shingle.h"
#include "random.h"

enum { MAX_SHINGLES = 4000, MAX_BYTES = 20000 };

static nd_text *text_of(const char *bytes)
{
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_NO_OFFSETS), ND_OK);
    return text;
}

/* Appends `len` bytes to buffer[0..*used). */
static void append(char *buffer, size_t *used, const char *bytes, size_t len)
{
    assert_true(*used + len <= MAX_BYTES);
    memcpy(buffer + *used, bytes, len);
    *used += len;
}

/* The shingles as the header defines them, token by token. */
static size_t naive_word_hashes(const nd_text *text, size_t width, uint64_t *hashes)
{
    const size_t num_tokens = nd_text_num_tokens(text);
    const size_t span = num_tokens < width ? num_tokens : width;
    size_t num = 0;
    for (size_t i = 0; num_tokens > 0 && i + span <= num_tokens; i++) {
        char shingle[MAX_BYTES];
        size_t used = 0;
        for (size_t j = i; j < i + span; j++) {
            const nd_token token = nd_text_token(text, j);
            if (j > i)
                append(shingle, &used, " ", 1);
            append(shingle, &used, token.normalised, token.len_bytes);
        }
        hashes[num++] = XXH3_64bits(shingle, used);
    }
    return num;
}

/* The shingles as the header defines them, from a table of where characters begin. */
static size_t naive_char_hashes(const nd_text *text, size_t width, uint64_t *hashes)
{
    char joined[MAX_BYTES];
    size_t starts[MAX_BYTES + 1], used = 0, num_chars = 0, num = 0;
    for (size_t i = 0; i < nd_text_num_tokens(text); i++) {
        const nd_token token = nd_text_token(text, i);
        append(joined, &used, token.normalised, token.len_bytes);
    }
    for (size_t i = 0; i < used; i++)
        if (((unsigned char)joined[i] & 0xC0) != 0x80)
            starts[num_chars++] = i;
    starts[num_chars] = used;
    const size_t span = num_chars < width ? num_chars : width;
    for (size_t i = 0; num_chars > 0 && i + span <= num_chars; i++)
        hashes[num++] = XXH3_64bits(joined + starts[i], starts[i + span] - starts[i]);
    return num;
}

static void assert_shingles_as_defined(const char *bytes)
{
    static uint64_t expected[MAX_SHINGLES], hashes[MAX_SHINGLES];
    nd_text *const text = text_of(bytes);
    for (uint32_t width = 1; width <= ND_SHINGLE_WIDTH_MAX; width += 1 + width / 4)
        for (int kind = ND_SHINGLE_WORD; kind <= ND_SHINGLE_CHAR; kind++) {
            const nd_shingle_spec spec = {(nd_shingle_kind)kind, width};
            const size_t num = kind == ND_SHINGLE_WORD ? naive_word_hashes(text, width, expected)
                                                       : naive_char_hashes(text, width, expected);
            assert_int_equal(nd_shingle_count(text, spec), num);
            assert_int_equal(nd_shingle_hashes(text, spec, hashes), ND_OK);
            if (num > 0)
                assert_memory_equal(hashes, expected, num * sizeof *hashes);
        }
    nd_text_free(text);
}

static void a_text_without_tokens_has_no_shingles(void **state)
{
    (void)state;
    assert_shingles_as_defined("");
    assert_shingles_as_defined(" ... ");
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK); /* never set */
    uint64_t hash;
    for (int kind = ND_SHINGLE_WORD; kind <= ND_SHINGLE_CHAR; kind++) {
        const nd_shingle_spec spec = {(nd_shingle_kind)kind, 5};
        assert_int_equal(nd_shingle_count(text, spec), 0);
        assert_int_equal(nd_shingle_hashes(text, spec, &hash), ND_OK);
    }
    nd_text_free(text);
}

static void a_text_shorter_than_the_width_is_one_shingle(void **state)
{
    (void)state;
    nd_text *const text = text_of("Two words");
    uint64_t hash;
    assert_int_equal(nd_shingle_count(text, (nd_shingle_spec){ND_SHINGLE_WORD, 5}), 1);
    assert_int_equal(nd_shingle_hashes(text, (nd_shingle_spec){ND_SHINGLE_WORD, 5}, &hash), ND_OK);
    assert_true(hash == XXH3_64bits("two words", 9));
    assert_int_equal(nd_shingle_count(text, (nd_shingle_spec){ND_SHINGLE_CHAR, 9}), 1);
    assert_int_equal(nd_shingle_hashes(text, (nd_shingle_spec){ND_SHINGLE_CHAR, 9}, &hash), ND_OK);
    assert_true(hash == XXH3_64bits("twowords", 8));
    nd_text_free(text);
    assert_shingles_as_defined("a");
    assert_shingles_as_defined("a b c");
    assert_shingles_as_defined("\u00e9t\u00e9");
}

static void widths_outside_the_limits_are_refused(void **state)
{
    (void)state;
    nd_text *const text = text_of("some words here");
    uint64_t hashes[64];
    for (int kind = ND_SHINGLE_WORD; kind <= ND_SHINGLE_CHAR; kind++) {
        assert_int_equal(
            nd_shingle_hashes(text, (nd_shingle_spec){(nd_shingle_kind)kind, 0}, hashes),
            ND_ERR_INVALID_ARGUMENT);
        assert_int_equal(
            nd_shingle_hashes(
                text, (nd_shingle_spec){(nd_shingle_kind)kind, ND_SHINGLE_WIDTH_MAX + 1}, hashes),
            ND_ERR_INVALID_ARGUMENT);
    }
    nd_text_free(text);
}

static void shingles_are_windows_of_words_and_of_characters(void **state)
{
    (void)state;
    assert_shingles_as_defined("The quick brown fox jumps over the lazy dog, and runs away.");
    assert_shingles_as_defined("L\u2019\u00e9t\u00e9 d\u00e9j\u00e0 \u2013 na\u00efve \u0153uvre");
    assert_shingles_as_defined("\u6771\u4eac\u90fd\u306e\u5929\u6c17\u306f\u6674\u308c");
    assert_shingles_as_defined("\U00020000\U00020001 abc \U00020002x\u00e9\U00020003");
}

/* Long enough to move the character window back to its front many times, with characters of one to
 * four bytes in all mixtures. */
static void long_texts_keep_every_shingle_whole(void **state)
{
    (void)state;
    static const char *const units[] = {"a",          "\u00e9", "\u0915", "\U0001d4d0",
                                        "\U00020000", " ",      "zz",     "\u6771"};
    nd_random random = {5};
    for (int round = 0; round < 6; round++) {
        char bytes[MAX_BYTES] = "";
        size_t used = 0;
        for (int i = 0; i < 2500; i++) {
            const char *const unit =
                units[nd_random_u64(&random) % (round < 4 ? 2 * (unsigned)round + 2 : 8)];
            append(bytes, &used, unit, strlen(unit));
        }
        bytes[used] = 0;
        assert_shingles_as_defined(bytes);
    }
}

/* Around every border between the lengths that XXH3 treats alike. */
static void shingles_of_every_length_are_hashed_by_xxh3(void **state)
{
    (void)state;
    char bytes[MAX_BYTES];
    size_t used = 0;
    for (size_t len = 1; len <= 70; len++) {
        for (size_t i = 0; i < len; i++)
            append(bytes, &used, (const char[]){(char)('a' + (i * 7 + len) % 26)}, 1);
        append(bytes, &used, " ", 1);
    }
    bytes[used] = 0;
    assert_shingles_as_defined(bytes);
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t naive_set(uint64_t *hashes, size_t num)
{
    if (num > 0)
        qsort(hashes, num, sizeof *hashes, compare_u64);
    size_t kept = 0;
    for (size_t i = 0; i < num; i++)
        if (i == 0 || hashes[i] != hashes[i - 1])
            hashes[kept++] = hashes[i];
    return kept;
}

static void assert_set_as_defined(const uint64_t *hashes, size_t num)
{
    uint64_t *const expected = malloc((num + 1) * sizeof *expected);
    uint64_t *const set = malloc((num + 1) * sizeof *set);
    uint64_t *const scratch = malloc((num + 1) * sizeof *scratch);
    assert_true(expected && set && scratch);
    memcpy(expected, hashes, num * sizeof *expected);
    const size_t kept = naive_set(expected, num);
    for (int with_scratch = 0; with_scratch < 2; with_scratch++) {
        memcpy(set, hashes, num * sizeof *set);
        assert_int_equal(nd_shingle_set(set, num, with_scratch ? scratch : NULL), kept);
        assert_memory_equal(set, expected, kept * sizeof *set);
    }
    free(expected);
    free(set);
    free(scratch);
}

static void a_set_is_sorted_and_holds_each_hash_once(void **state)
{
    (void)state;
    nd_random random = {6};
    uint64_t hashes[3000];
    for (size_t num = 0; num <= 3000; num += 1 + num / 9)
        for (int bits = 1; bits <= 64; bits += 9) {
            for (size_t i = 0; i < num; i++)
                hashes[i] = nd_random_u64(&random) >> (64 - bits);
            assert_set_as_defined(hashes, num);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_without_tokens_has_no_shingles),
        cmocka_unit_test(a_text_shorter_than_the_width_is_one_shingle),
        cmocka_unit_test(widths_outside_the_limits_are_refused),
        cmocka_unit_test(shingles_are_windows_of_words_and_of_characters),
        cmocka_unit_test(long_texts_keep_every_shingle_whole),
        cmocka_unit_test(shingles_of_every_length_are_hashed_by_xxh3),
        cmocka_unit_test(a_set_is_sorted_and_holds_each_hash_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
