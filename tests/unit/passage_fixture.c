#include "passage_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "neardup/match.h"
#include "neardup/shingle.h"
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

enum { MAX_PLACE_TOKENS = 4000 };

/* The shingle set of a place; returns its size. */
static size_t set_of_place(const char *text, nd_place place, uint64_t *hashes, uint64_t *words)
{
    const nd_shingle_spec spec = {ND_SHINGLE_WORD, 5};
    nd_text *tokens;
    assert_int_equal(nd_text_new(NULL, &tokens), ND_OK);
    assert_int_equal(
        nd_text_set(tokens, text + place.start, place.end - place.start, ND_TEXT_NO_OFFSETS),
        ND_OK);
    *words = nd_text_num_tokens(tokens);
    assert_true(*words < MAX_PLACE_TOKENS);
    assert_int_equal(nd_shingle_hashes(tokens, spec, hashes), ND_OK);
    const size_t size = nd_shingle_set(hashes, nd_shingle_count(tokens, spec), NULL);
    nd_text_free(tokens);
    return size;
}

double jaccard_of_places(const char *text_a, nd_place a, const char *text_b, nd_place b,
                         uint64_t *words)
{
    static uint64_t set_a[MAX_PLACE_TOKENS], set_b[MAX_PLACE_TOKENS];
    uint64_t words_b;
    const size_t size_a = set_of_place(text_a, a, set_a, words);
    const size_t size_b = set_of_place(text_b, b, set_b, &words_b);
    return nd_similarity_compute(set_a, size_a, set_b, size_b).jaccard;
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
