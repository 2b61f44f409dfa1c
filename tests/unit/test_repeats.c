/* Repeated passages inside one document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_story.h"
#include "neardup/match.h"
#include "passage_fixture.h"
#include "random.h"

#define BAKER                                                                                      \
    "Bakers on both banks fear for their trade, since half of those who buy bread in the morning " \
    "walk across on their way to the station."
#define MAYOR                                                                                      \
    "No one asked us before the date was set, complained the mayor, who wants the work put off "   \
    "until the harvest fair has been held."
#define MARTIN                                                                                        \
    "Le marché couvert rouvrira ses portes samedi après deux ans de travaux, a indiqué la mairie " \
    "jeudi\u00a0; les quarante marchands d\u2019autrefois y retrouveront leurs étals sous la "       \
    "verrière rénovée."
#define BRIDGE_ZH                                                                                  \
    "郡道路办公室星期二表示，磨坊溪上的旧桥将从三月三日起关闭十一个星期，因为木桩已被虫蛀空。"
#define FERRY_ZH                                                                                   \
    "持有季票的乘客可以在下游码头乘坐渡轮，渡轮每二十分钟一班，直到黄昏，携带自行车免费。"

static void assert_repeats(const char *text, const char *expected)
{
    assert_string_equal(repeats_of(text, strlen(text)), expected);
}

static void assert_repeated_text(const char *text, const char *expected)
{
    assert_string_equal(repeated_text_of(text, strlen(text)), expected);
}

static void texts_that_repeat_nothing_give_nothing(void **state)
{
    (void)state;
    assert_repeats("", "");
    assert_repeats("\n\n \n", "");
    assert_repeats("word", "");
    assert_repeats("one two three four", "");
    assert_repeats(BRIDGE "\n\n" FERRY "\n\n" BAKER "\n", "");
}

static void a_repeated_paragraph_is_found(void **state)
{
    (void)state;
    assert_repeats(BRIDGE "\n\n" FERRY "\n\n" BRIDGE "\n", "1.00 34 1-1 5-5\n");
    assert_repeats(MARTIN "\n\n" MARTIN, "1.00 30 1-1 3-3\n");
}

static void places_are_bytes_from_the_first_word_to_the_last(void **state)
{
    (void)state;
    assert_repeated_text("« " MARTIN " »\n\n" FERRY "\n\n— " MARTIN "\n",
                         "1.00 30 [Le marché couvert rouvrira ses portes samedi après deux ans de "
                         "travaux, a indiqué la mairie jeudi\u00a0; les quarante marchands "
                         "d\u2019autrefois y retrouveront leurs étals sous la verrière rénovée] "
                         "[Le marché couvert rouvrira ses portes samedi après deux ans de travaux, "
                         "a indiqué la mairie jeudi\u00a0; les quarante marchands d\u2019autrefois "
                         "y retrouveront leurs étals sous la verrière rénovée]\n");
}

static void case_space_and_punctuation_make_no_difference(void **state)
{
    (void)state;
    assert_repeats(FERRY "\n\n" BAKER "\n\n"
                         "PASSENGERS WITH A SEASON TICKET  MAY TAKE THE FERRY -- AT THE LOWER\n"
                         "LANDING (WHICH LEAVES EVERY TWENTY MINUTES) UNTIL DUSK,\r\n"
                         "AND CARRIES BICYCLES WITHOUT A CHARGE!",
                   "1.00 26 1-1 5-7\n");
}

static void consecutive_repeated_paragraphs_are_one_block(void **state)
{
    (void)state;
    assert_repeats(MAYOR "\n\n" BRIDGE "\n\n" FERRY "\n\n" BAKER "\n\n" BRIDGE "\n\n" FERRY
                         "\n\n" BAKER "\n",
                   "1.00 86 3-7 9-13\n");
}

static void three_places_are_one_repeat(void **state)
{
    (void)state;
    assert_repeats(BRIDGE "\n\n" FERRY "\n\n" BRIDGE "\n\n" BAKER "\n\n" BRIDGE "\n",
                   "1.00 34 1-1 5-5 9-9\n");
    assert_repeats(BRIDGE "\n\n" BRIDGE "\n\n" BRIDGE "\n\n" BRIDGE "\n",
                   "1.00 34 1-1 3-3 5-5 7-7\n");
}

static void a_title_that_stands_three_times_in_a_row_is_one_repeat(void **state)
{
    (void)state;
    assert_repeats("Bridge over the mill stream to close\n\n"
                   "Bridge over the mill stream to close\n"
                   "Bridge over the mill stream to close\n\n" FERRY,
                   "1.00 7 1-1 3-3 4-4\n");
}

static void a_heading_of_a_block_keeps_its_third_place(void **state)
{
    (void)state;
    assert_repeats("What the county roads office says\n\n" BRIDGE "\n\n" FERRY "\n\n"
                   "What the county roads office says\n\n" BRIDGE "\n\n" BAKER "\n\n"
                   "What the county roads office says\n\n" MAYOR "\n",
                   "1.00 40 1-3 7-9\n1.00 6 1-1 7-7 13-13\n");
}

static void an_edited_paragraph_is_found_whole(void **state)
{
    (void)state;
    assert_repeats(BRIDGE "\n\n" FERRY "\n\n" BRIDGE_EDITED "\n", "0.94 34 1-1 5-5\n");
}

static void an_edit_does_not_split_a_block(void **state)
{
    (void)state;
    assert_repeats(BRIDGE
                   "\n\n" FERRY "\n\n" BAKER "\n\n" MAYOR "\n\n" BRIDGE "\n\n"
                   "Passengers with a yearly ticket may take the ferry at the lower landing, "
                   "which leaves every twenty minutes until dusk and carries bicycles "
                   "without a charge.\n\n" BAKER "\n",
                   "0.99 86 1-5 9-13\n");
}

static void words_put_in_or_left_out_do_not_split_a_passage(void **state)
{
    (void)state;
    assert_repeats(FERRY " " BAKER "\n\n" MAYOR "\n\n"
                         "Passengers with a season ticket may take the ferry at the lower landing, "
                         "which leaves every twenty minutes until dusk and carries bicycles and "
                         "prams without a charge. Bakers on both banks fear for their trade, since "
                         "half of those who buy bread in the morning walk across.",
                   "0.96 46 1-1 5-5\n");
}

static void sentences_inside_longer_paragraphs_are_found(void **state)
{
    (void)state;
    assert_repeated_text(
        "It had been feared for years. " FERRY " That is what the office hopes.\n\n" BRIDGE
        "\n\nMany will walk instead, or stay at home. " FERRY " The fare is not known.\n",
        "1.00 26 [Passengers with a season ticket may take the ferry at the lower landing, which "
        "leaves every twenty minutes until dusk and carries bicycles without a charge] [Passengers "
        "with a season ticket may take the ferry at the lower landing, which leaves every twenty "
        "minutes until dusk and carries bicycles without a charge]\n");
}

static void a_text_on_a_single_line_is_searched_as_well(void **state)
{
    (void)state;
    assert_repeated_text(
        BRIDGE " " BAKER " And so to " BAKER " " MAYOR,
        "1.00 26 [Bakers on both banks fear for their trade, since half of those who buy bread in "
        "the morning walk across on their way to the station] [Bakers on both banks fear for their "
        "trade, since half of those who buy bread in the morning walk across on their way to the "
        "station]\n");
}

static void a_short_line_counts_where_it_fills_the_line_twice(void **state)
{
    (void)state;
    assert_repeats("More on this story below\n" BRIDGE "\nMore on this story below\n" FERRY,
                   "1.00 5 1-1 3-3\n");
    assert_repeats("More on this story\n" BRIDGE "\nMore on this story\n" FERRY, "");
    assert_repeats("More on this story below\n" BRIDGE
                   " There is more on this story below the picture.\n" FERRY,
                   "");
}

static void a_short_sentence_counts_where_it_is_whole_twice(void **state)
{
    (void)state;
    assert_repeated_text("It rained. Nobody had asked for any of this. " FERRY "\n\n" BRIDGE
                         " Nobody had asked for any of this! But they went.",
                         "1.00 7 [Nobody had asked for any of this] "
                         "[Nobody had asked for any of this]\n");
}

static void phrases_inside_sentences_are_no_repeats(void **state)
{
    (void)state;
    assert_repeats("The council spoke of the old bridge over the mill stream at length.\n\n"
                   "Nobody who knows the old bridge over the mill stream will be surprised.\n\n"
                   "In the dry year one crossed beside the old bridge over the mill stream.\n",
                   "");
}

static void a_word_that_happens_to_stand_before_both_places_is_left_out(void **state)
{
    (void)state;
    assert_repeated_text(
        "This is all they said. " BAKER "\n\n" BRIDGE "\n\nNothing else was said. " BAKER,
        "1.00 26 [Bakers on both banks fear for their trade, since half of those who buy bread in "
        "the morning walk across on their way to the station] [Bakers on both banks fear for their "
        "trade, since half of those who buy bread in the morning walk across on their way to the "
        "station]\n");
}

static void scripts_without_spaces_are_searched_by_character(void **state)
{
    (void)state;
    assert_repeats(BRIDGE_ZH "\n" FERRY_ZH "\n" BRIDGE_ZH "\n", "1.00 41 1-1 3-3\n");
    assert_repeated_text(FERRY_ZH BRIDGE_ZH FERRY_ZH,
                         "1.00 38 ["
                         "持有季票的乘客可以在下游码头乘坐"
                         "渡轮，渡轮每二十分钟一班，直到黄昏，携带自行车免费] [持有季票的乘客可以在"
                         "下游码头乘坐渡轮，渡轮每二十分钟一班，直到黄昏，携带自行车免费]\n");
}

static void two_characters_count_as_one_word(void **state)
{
    (void)state;
    /* A name of 16 characters inside sentences is a phrase of eight words, not a passage. */
    assert_repeats(
        "昨天中华人民共和国外交部新闻司副司长说了话。\n今天中华人民共和国外交部新闻司副司长"
        "没有来。\n",
        "");
    assert_repeats("旧桥将关闭十一个星期\n" FERRY_ZH "\n旧桥将关闭十一个星期\n" BRIDGE_ZH,
                   "1.00 10 1-1 3-3\n");
    assert_repeats("旧桥将关闭\n" FERRY_ZH "\n旧桥将关闭\n" BRIDGE_ZH, "");
}

static void rows_of_a_list_are_no_repeats_of_each_other(void **state)
{
    (void)state;
    assert_repeats("- Anna Petrovna of the Evening Post: film - The Mill; director - Clara Winter; "
                   "actor - John Stone\n"
                   "- Ole Hansen for the Morning Star: film - The Mill; director - Clara Winter; "
                   "actor - John Stone\n"
                   "- Lucy Marsh with Radio South: film - The Mill; director - Clara Winter; "
                   "actor - John Stone\n"
                   "- Hugo Bell in The Observer: film - The Mill; director - Clara Winter; "
                   "actor - John Stone\n"
                   "- Ines Rocha of the Weekly Review: film - The Mill; director - Clara Winter; "
                   "actor - John Stone\n",
                   "");
    char table[64 * 200], *end = table;
    for (int i = 0; i < 200; i++)
        end += sprintf(end, "2020-03-%02d,GB,London,0,%d,0,%d,0\n", i % 31, i % 7, i);
    assert_repeats(table, "");
}

static void a_long_text_asks_more_of_short_lines(void **state)
{
    (void)state;
    const size_t num_words = 300000;
    char *const text = malloc(num_words * 12 + 200), *end = text;
    assert_non_null(text);
    for (size_t i = 0; i < num_words; i++) {
        if (i == num_words / 3 || i == num_words / 2)
            end += sprintf(end, "\n\"No, I do not think so,\" he said.\n");
        if (i == num_words / 4 || i == num_words / 5)
            end += sprintf(end, "\n" MAYOR "\n");
        end += sprintf(end, i % 11 == 10 ? "w%zu. " : "w%zu ", i);
    }
    assert_string_equal(repeats_of(text, (size_t)(end - text)), "1.00 25 2-2 4-4\n");
    free(text);
}

static void one_word_over_and_over_is_no_repeat_and_reaches_no_cap(void **state)
{
    (void)state;
    const size_t num = 400000;
    char *const text = malloc(num * 3);
    assert_non_null(text);
    for (size_t i = 0; i < num; i++)
        memcpy(text + i * 3, "ha ", 3);
    assert_string_equal(repeats_of(text, num * 3), "");
    assert_int_equal(passage_fixture_stats().tokens, num);
    assert_int_equal(passage_fixture_stats().capped, 0);
    free(text);
}

static void a_line_that_goes_round_is_cut_in_places_that_do_not_overlap(void **state)
{
    (void)state;
    assert_repeated_text(
        "stop the war and bring bread stop the war and bring bread stop the war and "
        "bring bread stop the war and bring bread stop the war and bring bread "
        "stop the war and bring bread stop the war and bring bread stop the war "
        "and bring bread stop the war",
        "1.00 18 [stop the war and bring bread stop the war and bring bread stop "
        "the war and bring bread] [stop the war and bring bread stop the war and "
        "bring bread stop the war and bring bread]\n");
}

static void copies_in_a_row_are_places_of_one_repeat(void **state)
{
    (void)state;
    enum { COPIES = 20000 };
    const size_t len = strlen(BAKER "\n");
    char *const text = malloc(COPIES * len);
    assert_non_null(text);
    for (size_t i = 0; i < COPIES; i++)
        memcpy(text + i * len, BAKER "\n", len);
    nd_passage_options options;
    nd_passage_finder *finder;
    const nd_repeat *repeats;
    size_t num;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    assert_int_equal(nd_passage_finder_repeats(finder, text, COPIES * len, &repeats, &num), ND_OK);
    assert_int_equal(num, 1);
    assert_int_equal(repeats->num_places, COPIES);
    for (size_t i = 0; i < COPIES; i++) {
        assert_int_equal(repeats->places[i].start, i * len);
        assert_int_equal(repeats->places[i].end, (i + 1) * len - 2);
        assert_int_equal(repeats->places[i].line, i + 1);
    }
    nd_passage_finder_free(finder);
    free(text);
}

static void a_character_of_two_tokens_is_in_one_place_only(void **state)
{
    (void)state;
    assert_repeated_text("2 stop the war and bring bread ½ stop the war and bring bread ½ stop the "
                         "war and bring bread ½ stop the war and bring bread ½",
                         "1.00 16 [2 stop the war and bring bread ½ stop the war and bring bread "
                         "½] [ stop the war and bring bread ½ stop the war and bring bread ½]\n");
}

static void offsets_of_planted_repeats_are_exact(void **state)
{
    (void)state;
    enum { WORDS = 3000, LEN = 40 };
    nd_random random = {7};
    for (int round = 0; round < 50; round++) {
        char text[WORDS * 12];
        size_t starts[WORDS + 1], len = 0;
        const size_t from = nd_random_u64(&random) % (WORDS / 2 - LEN);
        const size_t to = WORDS / 2 + nd_random_u64(&random) % (WORDS / 2 - LEN);
        for (size_t i = 0; i < WORDS; i++) {
            starts[i] = len;
            if (i >= to && i < to + LEN) {
                const size_t source = starts[from + i - to],
                             size = starts[from + i - to + 1] - source;
                memcpy(text + len, text + source, size);
                len += size;
            } else {
                len += (size_t)sprintf(text + len, "x%zu", (size_t)(nd_random_u64(&random) >> 32));
                text[len++] = ' ';
            }
        }
        starts[WORDS] = len;
        char expected[1000], *end = expected + sprintf(expected, "1.00 %d", LEN);
        const size_t places[2] = {from, to};
        for (int i = 0; i < 2; i++) {
            const size_t start = starts[places[i]], stop = starts[places[i] + LEN] - 1;
            end += sprintf(end, " [%.*s]", (int)(stop - start), text + start);
        }
        strcpy(end, "\n");
        assert_string_equal(repeated_text_of(text, len), expected);
    }
}

/* What holds of any report: see neardup/passages.h. */
static void assert_sound(const nd_repeat *repeats, size_t num, size_t len)
{
    for (size_t i = 0; i < num; i++) {
        const nd_repeat *const r = &repeats[i];
        assert_true(r->num_places >= 2 && r->words >= 5);
        assert_true(r->similarity >= 0.6 && r->similarity <= 1);
        assert_true(i == 0 || repeats[i - 1].places->start <= r->places->start);
        for (size_t j = 0; j < r->num_places; j++) {
            const nd_place place = r->places[j];
            assert_true(place.start < place.end && place.end <= len);
            assert_true(place.line >= 1 && place.line <= place.end_line);
            assert_true(j == 0 || r->places[j - 1].end <= place.start);
        }
    }
}

static nd_passage_finder *new_finder(void)
{
    nd_passage_options options;
    nd_passage_finder *finder;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    return finder;
}

static void any_bytes_give_a_sound_report(void **state)
{
    (void)state;
    nd_random random = {3};
    static const char *const pieces[] = {"a ",       "b ",           "c",        "\n", ". ", "\xff",
                                         "\xc3\xa9", "\xe6\x9d\xb1", "\xcc\x81", BAKER};
    nd_passage_finder *const finder = new_finder();
    size_t total = 0;
    for (int round = 0; round < 300; round++) {
        char text[8000];
        size_t len = 0, num;
        while (len < sizeof text - 200) {
            const size_t kind = nd_random_u64(&random);
            const char *const piece = pieces[kind % (size_t)(round % 10 + 1)];
            const size_t piece_len = strlen(piece);
            memcpy(text + len, piece, piece_len);
            len += piece_len;
            if (round % 3 == 0)
                text[len++] = (char)(kind >> 32);
        }
        const nd_repeat *repeats;
        assert_int_equal(nd_passage_finder_repeats(finder, text, len, &repeats, &num), ND_OK);
        assert_sound(repeats, num, len);
        total += num;
    }
    assert_true(total > 100);
    nd_passage_finder_free(finder);
}

static void assert_similarity_is_exact(const char *text, const nd_repeat *r)
{
    double lowest = 1;
    for (size_t i = 1; i < r->num_places; i++) {
        uint64_t words;
        const double identity = identity_of_places(text, r->places[0], text, r->places[i], &words);
        assert_true(r->similarities[i] == identity);
        assert_int_equal(words, r->words);
        lowest = identity < lowest ? identity : lowest;
    }
    assert_true(r->similarity == lowest);
}

/* Finds the repeats of a text, and checks the similarity of each; returns how many were edited. */
static size_t check_similarities(nd_passage_finder *finder, const char *text, size_t len,
                                 size_t *total)
{
    const nd_repeat *repeats;
    size_t num, num_edited = 0;
    assert_int_equal(nd_passage_finder_repeats(finder, text, len, &repeats, &num), ND_OK);
    for (size_t i = 0; i < num; i++) {
        assert_similarity_is_exact(text, &repeats[i]);
        num_edited += repeats[i].similarity < 1;
    }
    *total += num;
    return num_edited;
}

static void reported_similarity_is_the_identity_of_the_places(void **state)
{
    (void)state;
    static const char *const paragraphs[] = {BRIDGE, BRIDGE_EDITED, FERRY,     BAKER,
                                             MAYOR,  MARTIN,        BRIDGE_ZH, FERRY_ZH};
    nd_random random = {17};
    nd_passage_finder *const finder = new_finder();
    size_t num_edited = 0, total = 0;
    for (int round = 0; round < 200; round++) {
        char text[8000];
        size_t len = 0;
        while (len < 6000) {
            const char *at = paragraphs[nd_random_u64(&random) % 8];
            for (; *at; at++) {
                text[len++] = *at;
                if (*at == ' ' && nd_random_u64(&random) % 40 == 0)
                    len += (size_t)sprintf(text + len, "x%d ", (int)(nd_random_u64(&random) % 99));
            }
            text[len++] = nd_random_u64(&random) % 3 ? '\n' : ' ';
        }
        num_edited += check_similarities(finder, text, len, &total);
    }
    assert_true(num_edited > 200);
    nd_passage_finder_free(finder);
}

/* Where the same few words go round and round, sets of shingles are equal that texts are not. */
static void similarity_is_that_of_the_places_where_words_go_round(void **state)
{
    (void)state;
    nd_random random = {23};
    nd_passage_finder *const finder = new_finder();
    size_t total = 0;
    for (int round = 0; round < 3000; round++) {
        char text[4000];
        size_t len = 0;
        unsigned period[12];
        const unsigned num_words = (unsigned)(5 + nd_random_u64(&random) % 6);
        const unsigned num_period = (unsigned)(5 + nd_random_u64(&random) % 7);
        for (unsigned i = 0; i < num_period; i++)
            period[i] = (unsigned)(nd_random_u64(&random) % num_words);
        while (len < 1200) {
            const unsigned first = (unsigned)(nd_random_u64(&random) % 6);
            const unsigned last = first + (unsigned)(8 + nd_random_u64(&random) % 40);
            for (unsigned i = first; i < last; i++) {
                const unsigned word = nd_random_u64(&random) % 60 ? period[i % num_period] : 99;
                len += (size_t)sprintf(text + len, "w%u ", word);
            }
            text[len - 1] = " .\n"[nd_random_u64(&random) % 3];
            text[len++] = ' ';
        }
        (void)check_similarities(finder, text, len, &total);
    }
    assert_true(total > 3000);
    nd_passage_finder_free(finder);
}

/* Two runs of five words whose seed hashes are equal, the last words too; the first begins the
 * text. */
static void seeds_are_compared_at_the_start_of_a_text_as_well(void **state)
{
    (void)state;
    static const char text[] = "kadesi kupusa nocapu gabopi dutaga\n"
                               "one two three four five six seven eight nine ten\n"
                               "gurobo lirope suraba rofogi dutaga\n"
                               "eleven twelve thirteen fourteen fifteen sixteen seventeen\n";
    assert_string_equal(repeats_of(text, sizeof text - 1), "");
    assert_string_equal(
        shared_by("kadesi kupusa nocapu gabopi dutaga\n", "gurobo lirope suraba rofogi dutaga\n"),
        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_repeat_nothing_give_nothing),
        cmocka_unit_test(a_repeated_paragraph_is_found),
        cmocka_unit_test(places_are_bytes_from_the_first_word_to_the_last),
        cmocka_unit_test(case_space_and_punctuation_make_no_difference),
        cmocka_unit_test(consecutive_repeated_paragraphs_are_one_block),
        cmocka_unit_test(three_places_are_one_repeat),
        cmocka_unit_test(a_title_that_stands_three_times_in_a_row_is_one_repeat),
        cmocka_unit_test(a_heading_of_a_block_keeps_its_third_place),
        cmocka_unit_test(an_edited_paragraph_is_found_whole),
        cmocka_unit_test(an_edit_does_not_split_a_block),
        cmocka_unit_test(words_put_in_or_left_out_do_not_split_a_passage),
        cmocka_unit_test(sentences_inside_longer_paragraphs_are_found),
        cmocka_unit_test(a_text_on_a_single_line_is_searched_as_well),
        cmocka_unit_test(a_short_line_counts_where_it_fills_the_line_twice),
        cmocka_unit_test(a_short_sentence_counts_where_it_is_whole_twice),
        cmocka_unit_test(phrases_inside_sentences_are_no_repeats),
        cmocka_unit_test(a_word_that_happens_to_stand_before_both_places_is_left_out),
        cmocka_unit_test(scripts_without_spaces_are_searched_by_character),
        cmocka_unit_test(two_characters_count_as_one_word),
        cmocka_unit_test(rows_of_a_list_are_no_repeats_of_each_other),
        cmocka_unit_test(a_long_text_asks_more_of_short_lines),
        cmocka_unit_test(one_word_over_and_over_is_no_repeat_and_reaches_no_cap),
        cmocka_unit_test(a_line_that_goes_round_is_cut_in_places_that_do_not_overlap),
        cmocka_unit_test(copies_in_a_row_are_places_of_one_repeat),
        cmocka_unit_test(a_character_of_two_tokens_is_in_one_place_only),
        cmocka_unit_test(similarity_is_that_of_the_places_where_words_go_round),
        cmocka_unit_test(seeds_are_compared_at_the_start_of_a_text_as_well),
        cmocka_unit_test(offsets_of_planted_repeats_are_exact),
        cmocka_unit_test(any_bytes_give_a_sound_report),
        cmocka_unit_test(reported_similarity_is_the_identity_of_the_places),
    };
    return cmocka_run_group_tests(tests, passage_fixture_setup, passage_fixture_teardown);
}
