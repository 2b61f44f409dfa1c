/* Where repeated passages begin and end, and which of them are one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_story.h"
#include "passage_fixture.h"

#define MAYOR "No one asked us before the date was set, complained the mayor."

static void assert_repeats(const char *text, const char *expected)
{
    assert_string_equal(repeats_of(text, strlen(text)), expected);
}

/* In one place a sentence ends where it goes on in the other. */
static void what_is_edited_up_to_the_end_of_the_line_belongs_to_the_passage(void **state)
{
    (void)state;
    assert_repeats("The old bridge over the mill stream will be closed to all traffic for eleven "
                   "weeks from the third of March, the county roads office said on Tuesday. Worms "
                   "have eaten the oak piles below the water line.\n\n" FERRY "\n\n"
                   "The old bridge over the mill stream will be closed to all traffic for eleven "
                   "weeks from the third of March, the county roads office said yesterday evening: "
                   "worms had eaten most piles below the line.\n",
                   "0.84 38 1-1 5-5\n");
}

/* Each half is a passage, and the words between them are neither the same nor sentences of their
 * own. */
static void two_passages_with_an_edit_between_them_are_one(void **state)
{
    (void)state;
    assert_repeats(
        "The old bridge over the mill stream will be closed to all traffic for eleven "
        "weeks from the third of March, wrote the editor of the county paper after two "
        "talks with those in charge, and passengers with a season ticket may take the "
        "ferry at the lower landing, which leaves every twenty minutes until dusk.\n\n" MAYOR "\n\n"
        "The old bridge over the mill stream will be shut to all traffic for eleven "
        "weeks from the third of March, as our own man heard on the phone this "
        "afternoon from someone he trusts; passengers with a season ticket may take the "
        "ferry from the lower landing, which leaves every twenty minutes until dusk.\n",
        "0.71 56 1-1 5-5\n");
    /* Of what is the same word for word nothing is blurred. */
    assert_repeats(
        "The old bridge over the mill stream will be closed to all traffic for eleven "
        "weeks from the third of March, wrote the editor of the county paper after two "
        "talks with those in charge, and passengers with a season ticket may take the "
        "ferry at the lower landing, which leaves every twenty minutes until dusk.\n\n" MAYOR "\n\n"
        "The old bridge over the mill stream will be closed to all traffic for eleven "
        "weeks from the third of March, as our own man heard on the phone this "
        "afternoon from someone he trusts; passengers with a season ticket may take the "
        "ferry at the lower landing, which leaves every twenty minutes until dusk.\n",
        "1.00 21 1-1 5-5\n1.00 20 1-1 5-5\n");
}

static void passages_with_other_sentences_between_them_are_two(void **state)
{
    (void)state;
    assert_repeats("The old bridge over the mill stream will be closed to all traffic for eleven "
                   "weeks from the third of March, the county roads office said. Half of the "
                   "bakers on both banks now fear for their trade in the mornings. Passengers with "
                   "a season ticket may take the ferry at the lower landing, which leaves every "
                   "twenty minutes until dusk and carries bicycles.\n\n" MAYOR "\n\n"
                   "The old bridge over the mill stream will be shut to all cars for ten weeks "
                   "from the third of March, the county roads office said. Many shops in the lower "
                   "town will see fewer people come and may have to close. Passengers with a "
                   "season ticket may take the ferry from the lower landing, which leaves each "
                   "half hour until dusk and carries bicycles.\n",
                   "0.88 26 1-1 5-5\n0.83 23 1-1 5-5\n");
}

/* "Half of the bakers on both" are too few words by themselves. */
static void a_few_words_that_begin_the_line_in_both_places_belong_to_the_passage(void **state)
{
    (void)state;
    assert_repeats("Half of the bakers on both banks now fear for their trade this spring. " BRIDGE
                   "\n\n" FERRY "\n\n"
                   "Half of the bakers on both sides of the river expect less trade in the months "
                   "of spring. " BRIDGE_EDITED "\n",
                   "0.77 48 1-1 5-5\n");
}

static void paragraphs_that_go_on_with_the_same_words_are_left_out(void **state)
{
    (void)state;
    assert_repeats(
        BRIDGE "\n\nThere is a long queue at the lower landing every morning now.\n\n" MAYOR
               "\n\n" BRIDGE_EDITED "\n\nYet there is a good deal of doubt among those who bake.\n",
        "0.94 34 1-1 7-7\n");
    assert_repeats("Every morning now the queue is long at the landing, they say.\n\n" BRIDGE
                   "\n\n" MAYOR
                   "\n\nThose who bake doubt a good deal, they all say.\n\n" BRIDGE_EDITED "\n",
                   "0.94 34 3-3 9-9\n");
    /* However long these are. */
    assert_repeats(BRIDGE "\n\nThere is a long queue at the lower landing every morning now, of "
                          "people with carts and crates and children on their way to the market or "
                          "the station, and nobody knows how to make it shorter.\n\n" MAYOR
                          "\n\n" BRIDGE_EDITED
                          "\n\nYet there is a good deal of doubt among those who bake, since last "
                          "year a builder who had sworn to be done by Easter put up his last plank "
                          "in the week before Christmas, when trade was over.\n",
                   "0.94 34 1-1 7-7\n");
}

static void headings_and_captions_that_are_alike_belong_to_the_passage(void **state)
{
    (void)state;
    assert_repeats("Bridge: news of the roads office\n\n" BRIDGE "\n\n" FERRY
                   "\n\nBridge: more news of the office\n\n" BRIDGE_EDITED "\n",
                   "0.93 40 1-3 7-9\n");
    assert_repeats(BRIDGE "\n\nPhoto: the roads office\n\n" FERRY "\n\n" BRIDGE_EDITED
                          "\n\nPhotos: the roads office\n",
                   "0.92 38 1-3 7-9\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_edited_up_to_the_end_of_the_line_belongs_to_the_passage),
        cmocka_unit_test(two_passages_with_an_edit_between_them_are_one),
        cmocka_unit_test(passages_with_other_sentences_between_them_are_two),
        cmocka_unit_test(a_few_words_that_begin_the_line_in_both_places_belong_to_the_passage),
        cmocka_unit_test(paragraphs_that_go_on_with_the_same_words_are_left_out),
        cmocka_unit_test(headings_and_captions_that_are_alike_belong_to_the_passage),
    };
    return cmocka_run_group_tests(tests, passage_fixture_setup, passage_fixture_teardown);
}
