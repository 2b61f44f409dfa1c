/* Passages two documents share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "passage_fixture.h"
#include "random.h"

#define HARBOUR                                                                                    \
    "Two fishing boats that were reported missing on Sunday night have been found at anchor "      \
    "behind the island, the harbour master said, and all nine men aboard are well."
#define STORM                                                                                      \
    "The storm that drove them from the open sea has moved north and is expected to reach the "    \
    "outer isles before tomorrow noon, bringing hail and very high tides."
#define PRICES                                                                                     \
    "At the morning auction the price of herring rose by a quarter, as traders had feared that "   \
    "a good part of the small fleet would stay away for the week."
#define LIGHT                                                                                      \
    "The lighthouse keepers asked again for a second lamp on the southern reef, where the last "   \
    "three wrecks of the county still lie under shallow water."
#define CHOIR                                                                                      \
    "Les enfants du chœur municipal chanteront dimanche sur la place du vieux port, si le temps " \
    "le permet, au profit de la société de sauvetage en mer."

static void documents_without_common_text_share_nothing(void **state)
{
    (void)state;
    assert_string_equal(shared_by("", ""), "");
    assert_string_equal(shared_by(HARBOUR, ""), "");
    assert_string_equal(shared_by("", HARBOUR), "");
    assert_string_equal(shared_by(HARBOUR "\n" STORM, PRICES "\n" CHOIR), "");
    assert_string_equal(shared_by("boats", "boats"), "");
}

static void copies_share_one_passage(void **state)
{
    (void)state;
    assert_string_equal(
        shared_by(HARBOUR "\n\n" STORM "\n\n" PRICES, HARBOUR "\n\n" STORM "\n\n" PRICES "\n"),
        "1.00 88 1-5 1-5\n");
    assert_string_equal(shared_by(CHOIR, CHOIR), "1.00 27 1-1 1-1\n");
}

static void repeats_inside_one_document_do_not_matter_to_copies(void **state)
{
    (void)state;
    assert_string_equal(shared_by(STORM "\n" HARBOUR "\n" STORM "\n" PRICES "\n" STORM,
                                  STORM "\n" HARBOUR "\n" STORM "\n" PRICES "\n" STORM),
                        "1.00 146 1-5 1-5\n");
}

static void moved_paragraphs_are_a_passage_each_in_the_order_of_a(void **state)
{
    (void)state;
    assert_string_equal(
        shared_by(HARBOUR "\n" STORM "\n" PRICES, PRICES "\n" STORM "\n" HARBOUR "\n" LIGHT),
        "1.00 29 1-1 3-3\n1.00 29 2-2 2-2\n1.00 30 3-3 1-1\n");
}

static void an_article_inside_a_digest_is_one_passage(void **state)
{
    (void)state;
    assert_string_equal(shared_by(HARBOUR "\n\n" STORM, "News of the day\n\n" LIGHT "\n\n" HARBOUR
                                                        "\n\n" STORM "\n\n" CHOIR "\n"),
                        "1.00 58 1-3 5-7\n");
}

static void a_paragraph_left_out_leaves_two_passages_or_one(void **state)
{
    (void)state;
    /* A gap of more than a sentence is a gap. */
    assert_string_equal(shared_by(HARBOUR "\n" PRICES " " LIGHT "\n" STORM, HARBOUR "\n" STORM),
                        "1.00 29 1-1 1-1\n1.00 29 3-3 2-2\n");
}

static void edited_text_is_shared(void **state)
{
    (void)state;
    assert_string_equal(
        shared_by(HARBOUR "\n" STORM,
                  "Two fishing boats that were reported missing on Sunday night were found at "
                  "anchor behind the island, the harbour master said, and all nine men aboard are "
                  "well."),
        "0.93 29 1-1 1-1\n");
}

static void each_passage_of_a_gets_its_best_counterpart(void **state)
{
    (void)state;
    const char *const edited =
        "Two fishing vessels that were reported missing on Sunday night have been found at anchor "
        "behind the island, the harbour master said, and all nine men aboard are quite well.";
    char b[2000];
    strcpy(b, edited);
    strcat(b, "\n" PRICES "\n" HARBOUR "\n" LIGHT "\n");
    strcat(b, edited);
    assert_string_equal(shared_by(HARBOUR, b), "1.00 29 1-1 3-3\n");
}

static void text_that_stands_twice_in_a_is_shared_twice(void **state)
{
    (void)state;
    assert_string_equal(shared_by(HARBOUR "\n" PRICES "\n" HARBOUR, LIGHT "\n" HARBOUR),
                        "1.00 29 1-1 2-2\n1.00 29 3-3 2-2\n");
}

static void places_are_bytes_of_their_own_documents(void **state)
{
    (void)state;
    const char *const a = "\n (" HARBOUR ")\n", *const b = STORM "\r\n-- " HARBOUR;
    nd_passage_options options;
    nd_passage_finder *finder;
    const nd_shared_passage *passages;
    size_t num;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    assert_int_equal(nd_passage_finder_shared(finder, a, strlen(a), b, strlen(b), &passages, &num),
                     ND_OK);
    assert_int_equal(num, 1);
    const size_t len = strlen(HARBOUR) - 1;
    assert_int_equal(passages->a.start, 3);
    assert_int_equal(passages->a.end, 3 + len);
    assert_int_equal(passages->a.line, 2);
    assert_int_equal(passages->b.start, strlen(STORM) + 5);
    assert_int_equal(passages->b.end, strlen(STORM) + 5 + len);
    assert_int_equal(passages->b.line, 2);
    nd_passage_finder_free(finder);
}

static void a_mark_at_the_very_beginning_is_in_bounds(void **state)
{
    (void)state;
    assert_string_equal(shared_by("\u0301 " HARBOUR, "\u0301 " HARBOUR), "1.00 30 1-1 1-1\n");
}

static void text_that_goes_round_in_both_is_shared_in_linear_time(void **state)
{
    (void)state;
    const size_t num = 200000;
    const char *const round = "one two three four five six seven ";
    const size_t len = strlen(round);
    char *const a = malloc(num * len + 1), *const b = malloc(num * len / 2 + 1);
    assert_non_null(a);
    assert_non_null(b);
    for (size_t i = 0; i < num; i++)
        memcpy(a + i * len, round, len + 1);
    memcpy(b, a, num * len / 2);
    b[num * len / 2] = '\0';
    const char *const report = shared_by(a, b);
    assert_int_equal(strncmp(report, "1.00 700000 1-1 1-1\n", 20), 0);
    free(a);
    free(b);
}

/* Paragraphs in any order, one word in twenty replaced: passages overlap, and are cut. */
static size_t shuffled_paragraphs(char *text, nd_random *random)
{
    static const char *const paragraphs[] = {HARBOUR, STORM, PRICES, LIGHT, CHOIR};
    size_t len = 0;
    while (len < 2500) {
        for (const char *at = paragraphs[nd_random_u64(random) % 5]; *at; at++) {
            text[len++] = *at;
            if (*at == ' ' && nd_random_u64(random) % 20 == 0)
                len += (size_t)sprintf(text + len, "x%d ", (int)(nd_random_u64(random) % 9));
        }
        text[len++] = nd_random_u64(random) % 3 ? '\n' : ' ';
    }
    return len;
}

static void reported_similarity_is_the_identity_of_the_places(void **state)
{
    (void)state;
    nd_random random = {29};
    nd_passage_options options;
    nd_passage_finder *finder;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    size_t num_edited = 0;
    for (int round = 0; round < 400; round++) {
        char a[4000], b[4000];
        const size_t len_a = shuffled_paragraphs(a, &random);
        const size_t len_b = shuffled_paragraphs(b, &random);
        const nd_shared_passage *passages;
        size_t num;
        assert_int_equal(nd_passage_finder_shared(finder, a, len_a, b, len_b, &passages, &num),
                         ND_OK);
        for (size_t i = 0; i < num; i++) {
            uint64_t words;
            const double identity = identity_of_places(a, passages[i].a, b, passages[i].b, &words);
            assert_int_equal(words, passages[i].words);
            assert_true(passages[i].similarity == identity);
            num_edited += identity < 1;
        }
    }
    assert_true(num_edited > 400);
    nd_passage_finder_free(finder);
}

/* --- alignment --- */

static nd_passage_finder *new_finder(void)
{
    nd_passage_options options;
    nd_passage_finder *finder;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    return finder;
}

/* The alignment of two texts, a run a line: [bytes of a] [bytes of b] words. */
static void assert_alignment(const char *a, const char *b, double identity, const char *expected)
{
    nd_passage_finder *const finder = new_finder();
    nd_text_alignment alignment;
    char report[2000] = "", *end = report;
    assert_int_equal(nd_passage_finder_align(finder, a, strlen(a), b, strlen(b), &alignment),
                     ND_OK);
    for (size_t i = 0; i < alignment.num_runs; i++) {
        const nd_aligned_run *const run = &alignment.runs[i];
        end +=
            sprintf(end, "[%.*s] [%.*s] %d\n", (int)(run->a_end - run->a_start), a + run->a_start,
                    (int)(run->b_end - run->b_start), b + run->b_start, (int)run->words);
    }
    assert_string_equal(report, expected);
    assert_true(alignment.identity == identity);
    nd_passage_finder_free(finder);
}

static void an_alignment_pairs_the_words_that_stand_in_both(void **state)
{
    (void)state;
    assert_alignment("The boats were found near the island, he said.",
                     "The two boats were found behind the ISLAND, he added", 7.0 / 10,
                     "[The] [The] 1\n[boats were found] [boats were found] 3\n"
                     "[the island, he] [the ISLAND, he] 3\n");
    assert_alignment("one two", "three four", 0, "");
    assert_alignment("\u0301x two", "\u0301x two three", 2.0 / 3,
                     "[\u0301x two] [\u0301x two] 2\n");
}

static void texts_without_words_are_the_same(void **state)
{
    (void)state;
    assert_alignment("", "", 1, "");
    assert_alignment(" ... ", "", 1, "");
    assert_alignment("word", "", 0, "");
    assert_alignment("", "word", 0, "");
}

/* The identity that is reported is that of the alignment of the two places. */
static void an_alignment_of_two_places_has_their_similarity(void **state)
{
    (void)state;
    nd_random random = {31};
    nd_passage_finder *const finder = new_finder(), *const aligner = new_finder();
    size_t num_edited = 0;
    for (int round = 0; round < 200; round++) {
        char a[4000], b[4000];
        const size_t len_a = shuffled_paragraphs(a, &random);
        const size_t len_b = shuffled_paragraphs(b, &random);
        const nd_shared_passage *passages;
        size_t num;
        assert_int_equal(nd_passage_finder_shared(finder, a, len_a, b, len_b, &passages, &num),
                         ND_OK);
        for (size_t i = 0; i < num; i++) {
            const nd_place in_a = passages[i].a, in_b = passages[i].b;
            nd_text_alignment alignment;
            assert_int_equal(nd_passage_finder_align(aligner, a + in_a.start, in_a.end - in_a.start,
                                                     b + in_b.start, in_b.end - in_b.start,
                                                     &alignment),
                             ND_OK);
            assert_true(alignment.identity == passages[i].similarity);
            assert_int_equal(alignment.words_a, passages[i].words);
            num_edited += alignment.identity < 1;
        }
    }
    assert_true(num_edited > 100);
    nd_passage_finder_free(finder);
    nd_passage_finder_free(aligner);
}

/* Past ND_ALIGN_MAX_STEPS the passages that both share are what is paired. */
static void very_long_texts_are_aligned_by_what_they_share(void **state)
{
    (void)state;
    enum { WORDS = 200000 };
    char *const a = malloc(WORDS * 8), *const b = malloc(WORDS * 8);
    assert_non_null(a);
    assert_non_null(b);
    size_t len_a = 0, len_b = 0;
    for (int i = 0; i < WORDS; i++) {
        len_a += (size_t)sprintf(a + len_a, "w%d ", i);
        len_b += (size_t)sprintf(b + len_b, i % 50 ? "w%d " : "x%d ", i);
    }
    nd_passage_finder *const finder = new_finder();
    nd_text_alignment alignment;
    assert_int_equal(nd_passage_finder_align(finder, a, len_a, b, len_b, &alignment), ND_OK);
    assert_int_equal(alignment.words_a, WORDS);
    assert_int_equal(alignment.words_b, WORDS);
    assert_int_equal(alignment.words_common, WORDS / 50 * 49);
    assert_int_equal(alignment.num_runs, WORDS / 50);
    assert_int_equal(alignment.runs[0].a_start, strlen("w0 "));
    nd_passage_finder_free(finder);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_without_common_text_share_nothing),
        cmocka_unit_test(copies_share_one_passage),
        cmocka_unit_test(repeats_inside_one_document_do_not_matter_to_copies),
        cmocka_unit_test(moved_paragraphs_are_a_passage_each_in_the_order_of_a),
        cmocka_unit_test(an_article_inside_a_digest_is_one_passage),
        cmocka_unit_test(a_paragraph_left_out_leaves_two_passages_or_one),
        cmocka_unit_test(edited_text_is_shared),
        cmocka_unit_test(each_passage_of_a_gets_its_best_counterpart),
        cmocka_unit_test(text_that_stands_twice_in_a_is_shared_twice),
        cmocka_unit_test(places_are_bytes_of_their_own_documents),
        cmocka_unit_test(a_mark_at_the_very_beginning_is_in_bounds),
        cmocka_unit_test(reported_similarity_is_the_identity_of_the_places),
        cmocka_unit_test(text_that_goes_round_in_both_is_shared_in_linear_time),
        cmocka_unit_test(an_alignment_pairs_the_words_that_stand_in_both),
        cmocka_unit_test(texts_without_words_are_the_same),
        cmocka_unit_test(an_alignment_of_two_places_has_their_similarity),
        cmocka_unit_test(very_long_texts_are_aligned_by_what_they_share),
    };
    return cmocka_run_group_tests(tests, passage_fixture_setup, passage_fixture_teardown);
}
