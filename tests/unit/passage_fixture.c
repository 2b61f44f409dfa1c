#include "passage_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/text.h"

static nd_passage_finder *finder;
static char report[PASSAGE_REPORT_BYTES];
static size_t report_len;

static void __attribute__((format(printf, 1, 2))) put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int len = vsnprintf(report + report_len, sizeof report - report_len, format, arguments);
    va_end(arguments);
    assert_true(len >= 0 && (size_t)len < sizeof report - report_len);
    report_len += (size_t)len;
}

static void put_lines(nd_place place)
{
    put(" %zu-%zu", (size_t)place.line, (size_t)place.end_line);
}

static size_t find(const char *bytes, size_t len_bytes, const nd_repeat **repeats)
{
    size_t num;
    report_len = 0;
    report[0] = '\0';
    assert_int_equal(nd_passage_finder_repeats(finder, bytes, len_bytes, repeats, &num), ND_OK);
    return num;
}

const char *repeats_of(const char *bytes, size_t len_bytes)
{
    const nd_repeat *repeats;
    const size_t num = find(bytes, len_bytes, &repeats);
    for (size_t i = 0; i < num; i++) {
        put("%.2f %zu", repeats[i].similarity, (size_t)repeats[i].words);
        for (size_t j = 0; j < repeats[i].num_places; j++)
            put_lines(repeats[i].places[j]);
        put("\n");
    }
    return report;
}

const char *repeated_text_of(const char *bytes, size_t len_bytes)
{
    const nd_repeat *repeats;
    const size_t num = find(bytes, len_bytes, &repeats);
    for (size_t i = 0; i < num; i++) {
        put("%.2f %zu", repeats[i].similarity, (size_t)repeats[i].words);
        for (size_t j = 0; j < repeats[i].num_places; j++) {
            const nd_place place = repeats[i].places[j];
            put(" [%.*s]", (int)(place.end - place.start), bytes + place.start);
        }
        put("\n");
    }
    return report;
}

const char *shared_by(const char *a, const char *b)
{
    const nd_shared_passage *passages;
    size_t num;
    report_len = 0;
    report[0] = '\0';
    assert_int_equal(nd_passage_finder_shared(finder, a, strlen(a), b, strlen(b), &passages, &num),
                     ND_OK);
    for (size_t i = 0; i < num; i++) {
        put("%.2f %zu", passages[i].similarity, (size_t)passages[i].words);
        put_lines(passages[i].a);
        put_lines(passages[i].b);
        put("\n");
    }
    return report;
}

enum { MAX_PLACE_TOKENS = 1600 };

static nd_text *tokens_of_place(const char *text, nd_place place)
{
    nd_text *tokens;
    assert_int_equal(nd_text_new(NULL, &tokens), ND_OK);
    assert_int_equal(
        nd_text_set(tokens, text + place.start, place.end - place.start, ND_TEXT_NO_OFFSETS),
        ND_OK);
    assert_true(nd_text_num_tokens(tokens) < MAX_PLACE_TOKENS);
    return tokens;
}

static int is_same_token(const nd_text *a, size_t i, const nd_text *b, size_t j)
{
    const nd_token x = nd_text_token(a, i), y = nd_text_token(b, j);
    return x.len_bytes == y.len_bytes && memcmp(x.normalised, y.normalised, x.len_bytes) == 0;
}

/* The textbook's table, a row at a time. */
static size_t count_common(const nd_text *a, const nd_text *b)
{
    static size_t row[MAX_PLACE_TOKENS + 1];
    const size_t num_a = nd_text_num_tokens(a), num_b = nd_text_num_tokens(b);
    memset(row, 0, sizeof row);
    for (size_t i = 0; i < num_a; i++) {
        size_t diagonal = 0;
        for (size_t j = 0; j < num_b; j++) {
            const size_t above = row[j + 1];
            if (is_same_token(a, i, b, j))
                row[j + 1] = diagonal + 1;
            else if (row[j] > row[j + 1])
                row[j + 1] = row[j];
            diagonal = above;
        }
    }
    return row[num_b];
}

double identity_of_places(const char *text_a, nd_place a, const char *text_b, nd_place b,
                          uint64_t *words)
{
    nd_text *const tokens_a = tokens_of_place(text_a, a), *const tokens_b =
                                                              tokens_of_place(text_b, b);
    const size_t num_a = nd_text_num_tokens(tokens_a), num_b = nd_text_num_tokens(tokens_b);
    const size_t common = count_common(tokens_a, tokens_b);
    nd_text_free(tokens_a);
    nd_text_free(tokens_b);
    *words = num_a;
    return (double)common / (double)(num_a > num_b ? num_a : num_b);
}

nd_passage_stats passage_fixture_stats(void)
{
    return nd_passage_finder_stats(finder);
}

int passage_fixture_setup(void **state)
{
    (void)state;
    nd_passage_options options;
    nd_passage_options_init(&options);
    return nd_passage_finder_new(&options, NULL, &finder) == ND_OK ? 0 : -1;
}

int passage_fixture_teardown(void **state)
{
    (void)state;
    nd_passage_finder_free(finder);
    return 0;
}
