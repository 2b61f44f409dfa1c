/* What a reader wants to be told of texts of many kinds, each with the reason why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "passage_fixture.h"
#include "random.h"

#define PIER                                                                                       \
    "The harbour office closed the northern pier on Monday after divers had found cracks in two "  \
    "of its pillars, and said that repairs would take until spring."
#define BASIN                                                                                      \
    "Fishermen who moor there will use the basin behind the market, where the council has laid "   \
    "out forty berths for the time being."
#define CRANE                                                                                      \
    "A winter storm had torn a crane from its rails in December, but nobody was hurt, since the "  \
    "shift had gone home an hour before."
#define COUNTY                                                                                     \
    "The mayor promised to ask the county for money, though the county itself has little left "    \
    "after last year's floods."
#define FERRY                                                                                      \
    "The ferry will not sail on Sunday because a storm is expected to reach the coast before "     \
    "noon."
#define TICKETS "Tickets may be changed free of charge at the office."
#define HOTELS "Hotels near the old port are already quite full now."

static void assert_repeats(const char *text, const char *expected)
{
    assert_string_equal(repeats_of(text, strlen(text)), expected);
    assert_int_equal(passage_fixture_stats().capped, 0);
}

/* --- exact copies are never blurred --- */

static void copies_of_a_line_are_one_repeat_wherever_they_stand(void **state)
{
    (void)state;
    assert_repeats(FERRY "\n" FERRY "\n" TICKETS "\n" FERRY, "1.00 18 1-1 2-2 4-4\n");
    assert_repeats(FERRY "\n" TICKETS "\n" FERRY "\n" FERRY "\n" HOTELS "\n" FERRY,
                   "1.00 18 1-1 3-3 4-4 6-6\n");
    assert_repeats(FERRY "\n" FERRY "\n" TICKETS "\n" FERRY "\n" FERRY "\n" HOTELS "\n" FERRY,
                   "1.00 18 1-1 2-2 4-4 5-5 7-7\n");
}

/* What follows each copy differs: it belongs to none of them. */
static void neighbours_that_differ_are_left_alone(void **state)
{
    (void)state;
    assert_repeats(PIER "\n" TICKETS "\n\n" PIER "\n" HOTELS "\n\n" PIER "\n" CRANE "\n",
                   "1.00 27 1-1 4-4 7-7\n");
    assert_repeats(PIER " " TICKETS "\n\n" PIER " " HOTELS "\n\n" PIER " " CRANE "\n",
                   "1.00 27 1-1 3-3 5-5\n");
    assert_repeats(TICKETS " " PIER "\n\n" HOTELS " " PIER "\n\n" CRANE " " PIER "\n",
                   "1.00 27 1-1 3-3 5-5\n");
}

/* Lines between the copies that have words in common with each other are no part of them either. */
static void lines_that_differ_in_a_word_are_left_alone(void **state)
{
    (void)state;
    assert_repeats(FERRY "\nfiller 1\n" FERRY "\nfiller 2\n" FERRY "\nfiller 3\n",
                   "1.00 18 1-1 3-3 5-5\n");
    assert_repeats(FERRY "\nThis is unique line number 1.\n" FERRY
                         "\nThis is unique line number 2.\n" FERRY
                         "\nThis is unique line number 3.\n",
                   "1.00 18 1-1 3-3 5-5\n");
    assert_repeats("Other text 1 here\n" FERRY "\nMore text 1 there\nOther text 2 here\n" FERRY
                   "\nMore text 2 there\nOther text 3 here\n" FERRY "\nMore text 3 there\n",
                   "1.00 18 2-2 5-5 8-8\n");
    /* A line long enough to be a passage is one, with its edit, beside one that is the same. */
    assert_repeats(FERRY "\nTickets to Oslo may be changed free of charge at the office of the "
                         "harbour until the end of next week.\n" HOTELS "\n" FERRY
                         "\nTickets to Bergen may be changed free of charge at the office of the "
                         "harbour until the end of next week.\n",
                   "0.97 39 1-2 4-5\n");
}

/* No two neighbours in the text stand between the same lines: x C y, x C z, w C z. The line is one
 * repeat all the same, and what stands twice around it is told, too. */
static void a_line_that_goes_on_differently_keeps_all_its_places(void **state)
{
    (void)state;
    assert_repeats(TICKETS "\n" FERRY "\n" COUNTY "\n" TICKETS "\n" FERRY "\n" HOTELS "\n" CRANE
                           "\n" FERRY "\n" HOTELS "\n",
                   "1.00 28 1-2 4-5\n1.00 18 2-2 5-5 8-8\n1.00 28 5-6 8-9\n");
}

/* Two places are the same word for word, a third one is edited: both is said. */
static void copies_stay_copies_beside_one_that_was_edited(void **state)
{
    (void)state;
    assert_repeats(FERRY "\n" TICKETS "\n" FERRY "\n" HOTELS "\n"
                         "The ferry will not leave on Sunday because a gale is expected to reach "
                         "the coast before noon.\n",
                   "0.89 18 1-1 3-3 5-5\n1.00 18 1-1 3-3\n");
}

/* --- songs, poems, captions --- */

#define CHORUS                                                                                     \
    "Row, brothers, row, the wind is in the west\nand nobody at home will miss us until spring\n"
#define VERSE_1                                                                                    \
    "The kettle on the stove was singing like a bird\nwhen father took his coat and did not say "  \
    "a word\n"
#define VERSE_2                                                                                    \
    "We found the oars at dawn beneath the alder tree\nand pushed the little boat into a quiet "   \
    "sea\n"
#define VERSE_3                                                                                    \
    "The gulls were all asleep, the lanterns had gone out\nand no one on the pier could hear my "  \
    "brother shout\n"

static void a_refrain_is_one_repeat_with_all_its_places(void **state)
{
    (void)state;
    assert_repeats(VERSE_1 "\n" CHORUS "\n" VERSE_2 "\n" CHORUS "\n" VERSE_3 "\n" CHORUS,
                   "1.00 18 4-5 10-11 16-17\n");
    /* Sung twice at the end. */
    assert_repeats(VERSE_1 CHORUS VERSE_2 CHORUS VERSE_3 CHORUS CHORUS,
                   "1.00 18 3-4 7-8 11-12 13-14\n");
}

static void a_refrain_that_varies_keeps_its_places(void **state)
{
    (void)state;
    assert_repeats(VERSE_1 "\n"
                           "Row, brothers, row, the wind is in the west\nand nobody at home has "
                           "missed us since the spring\n"
                           "\n" VERSE_2 "\n" CHORUS "\n" VERSE_3 "\n" CHORUS,
                   "0.79 19 4-5 10-11 16-17\n1.00 18 10-11 16-17\n");
}

/* Four short lines that differ in one word are one stanza, not four lines too short to tell. */
static void a_stanza_that_returns_is_found_whole(void **state)
{
    (void)state;
    assert_repeats("Tyger Tyger, burning bright,\nIn the forests of the night;\n"
                   "What immortal hand or eye,\nCould frame thy fearful symmetry?\n\n"
                   "In what distant deeps or skies\nBurnt the fire of thine eyes?\n"
                   "On what wings dare he aspire?\nWhat the hand, dare seize the fire?\n\n"
                   "Tyger Tyger burning bright,\nIn the forests of the night:\n"
                   "What immortal hand or eye,\nDare frame thy fearful symmetry?\n",
                   "0.95 20 1-4 11-14\n");
}

#define LINE_1 "so we walked down to the water\n"
#define LINE_2 "and the boats were all gone by then\n"
#define LINE_3 "nobody knew where they had sailed to\n"
#define LINE_4 "my brother said they went for herring\n"

/* Rolling captions show each line twice. */
static void each_line_of_rolling_captions_is_a_repeat(void **state)
{
    (void)state;
    assert_repeats(LINE_1 LINE_2 "\n" LINE_2 LINE_3 "\n" LINE_3 LINE_4,
                   "1.00 8 2-2 4-4\n1.00 7 5-5 7-7\n");
}

/* Captions that grow: each line with all before it, at as many places as it has. */
static void captions_that_grow_are_repeats_inside_one_another(void **state)
{
    (void)state;
    assert_repeats(LINE_1 "\n" LINE_1 LINE_2 "\n" LINE_1 LINE_2 LINE_3
                          "\n" LINE_1 LINE_2 LINE_3 LINE_4,
                   "1.00 7 1-1 3-3 6-6 10-10\n1.00 15 3-4 6-7 10-11\n1.00 22 6-8 10-12\n");
}

/* --- mail, reports --- */

/* A thread quotes the first mail twice, and the second one with it once. Quote marks are no words.
 */
static void quoted_mail_is_found_under_its_marks(void **state)
{
    (void)state;
    assert_repeats(PIER "\n" BASIN "\n\n"
                        "Thank you, Anna. Do we know whether the ferry is affected as well?\n\n"
                        "> " PIER "\n> " BASIN "\n\n"
                        "It is not, I asked them this morning.\n\n"
                        "> Thank you, Anna. Do we know whether the ferry is affected as well?\n"
                        ">\n>> " PIER "\n>> " BASIN "\n",
                   "1.00 50 1-2 6-7 13-14\n1.00 63 4-7 11-14\n");
}

#define HEADER(number)                                                                             \
    "Report of the Harbour Board of Skagen to the county council, session of the spring, "         \
    "page " number "\n"

/* A header is text that a page does not need: all of them are told, although the number differs. */
static void page_headers_are_one_repeat_although_their_number_differs(void **state)
{
    (void)state;
    assert_repeats(HEADER("1") "\n" PIER "\n\n" HEADER("2") "\n" BASIN "\n\n" HEADER(
                       "3") "\n" CRANE "\n\n" HEADER("4") "\n" COUNTY "\n\n",
                   "0.94 17 1-1 5-5 9-9 13-13\n");
}

/* --- lists --- */

/* Rows of a list are what a list is made of, not repeats: a reader who took them out would lose
 * it. What stands twice in it as a whole line is one. */
static void rows_of_a_price_list_are_no_repeats(void **state)
{
    (void)state;
    static const char *const colours[] = {"Blue", "Red", "Green", "White", "Black", "Brown"};
    char list[2000], *end = list;
    for (int i = 0; i < 6; i++)
        end += sprintf(end,
                       "%s chair, four legs, seat of oak, delivered within %d days, price %d.%02d "
                       "euros including tax\n",
                       colours[i], 3 + i * 2, 59 + i * 5, 7 + 13 * i);
    assert_repeats(list, "");
    end = list;
    for (int i = 0; i < 2; i++) /* two rows are enough */
        end += sprintf(end,
                       "%s chair, four legs, seat of oak, delivered within %d days, price %d.%02d "
                       "euros including tax\n",
                       colours[i], 3 + i * 2, 59 + i * 5, 7 + 13 * i);
    assert_repeats(list, "");
}

static void rows_of_a_table_are_no_repeats(void **state)
{
    (void)state;
    nd_random random = {2};
    char table[4000], *end = table;
    for (int i = 0; i < 80; i++)
        for (int k = 0; k < 8; k++)
            end += sprintf(end, "%d%c", (int)(nd_random_u64(&random) % 4), k < 7 ? '\t' : '\n');
    assert_repeats(table, "");
}

static void names_that_recur_in_a_list_are_no_repeats(void **state)
{
    (void)state;
    static const char *const first[] = {"Anna", "Bert", "Clara", "Dirk", "Eva"};
    static const char *const last[] = {"Jansen", "Smit", "Visser", "Bakker", "Mulder"};
    nd_random random = {4};
    char list[6000], *end = list;
    for (int i = 0; i < 30; i++)
        for (int k = 0; k < 5; k++)
            end += sprintf(end, "%s %s%s", first[nd_random_u64(&random) % 5],
                           last[nd_random_u64(&random) % 5], k < 4 ? ", " : "\n");
    assert_repeats(list, "");
}

/* Lines of a log that differ in their time are rows; the same message over and over is a repeat. */
static void a_log_repeats_its_messages_only(void **state)
{
    (void)state;
    nd_random random = {6};
    char log[8000], *end = log;
    for (int i = 0; i < 60; i++)
        end += sprintf(end, "2024-03-%02d %02d:%02d:%02d INFO worker %d finished job %d in %d ms\n",
                       1 + i / 3, (int)(nd_random_u64(&random) % 24),
                       (int)(nd_random_u64(&random) % 60), (int)(nd_random_u64(&random) % 60),
                       (int)(nd_random_u64(&random) % 9), (int)(nd_random_u64(&random) % 99999),
                       (int)(nd_random_u64(&random) % 999));
    assert_repeats(log, "");
    assert_repeats("connection reset by peer while reading the header\n"
                   "cache miss for the session of a guest\n"
                   "connection reset by peer while reading the header\n"
                   "worker started and waiting for jobs\n"
                   "connection reset by peer while reading the header\n",
                   "1.00 8 1-1 3-3 5-5\n");
}

/* --- source code --- */

/* A function that was copied and adapted is one repeat; the lines that all functions have are not.
 */
static void a_copied_function_is_found_whole(void **state)
{
    (void)state;
    static const char reader[] = "static int read_block(struct disk *disk, unsigned number)\n{\n"
                                 "    char *buffer = take_buffer(disk->pool, disk->block_size);\n"
                                 "    if (!buffer)\n        return -ENOMEM;\n"
                                 "    seek_to(disk, number * disk->block_size);\n"
                                 "    if (transfer(disk, buffer, DIRECTION_IN) < 0) {\n"
                                 "        give_back(disk->pool, buffer);\n"
                                 "        return -EIO;\n    }\n"
                                 "    remember(disk->cache, number, buffer);\n    return 0;\n}\n";
    static const char writer[] = "static int write_block(struct disk *disk, unsigned number)\n{\n"
                                 "    char *buffer = take_buffer(disk->pool, disk->block_size);\n"
                                 "    if (!buffer)\n        return -ENOMEM;\n"
                                 "    seek_to(disk, number * disk->block_size);\n"
                                 "    if (transfer(disk, buffer, DIRECTION_OUT) < 0) {\n"
                                 "        give_back(disk->pool, buffer);\n"
                                 "        return -EIO;\n    }\n"
                                 "    forget(disk->cache, number, buffer);\n    return 0;\n}\n";
    char text[4000];
    snprintf(text, sizeof text, "%s\nint count;\n\n%s", reader, writer);
    assert_repeats(text, "0.94 50 1-12 17-28\n");
}

/* --- other scripts --- */

static void edited_text_without_spaces_is_found_whole(void **state)
{
    (void)state;
    assert_repeats(
        "郡道路办公室星期二表示，磨坊溪上的旧桥将从三月三日起关闭十一个星期，因为木桩已被虫蛀空。\n"
        "持有季票的乘客可以在下游码头乘坐渡轮，渡轮每二十分钟一班，直到黄昏，携带自行车免费。\n"
        "郡道路办公室星期一说，磨坊溪上的旧桥将从三月三日起关闭十一个星期，因为桥桩已被虫蛀空。\n",
        "0.90 41 1-1 3-3\n");
}

static void edited_arabic_is_found_whole(void **state)
{
    (void)state;
    assert_repeats(
        "أعلن مكتب الميناء يوم الاثنين إغلاق الرصيف الشمالي بعد أن وجد الغواصون شقوقا في "
        "اثنين من أعمدته وقال إن الإصلاحات ستستمر حتى الربيع\n\n"
        "وسيستخدم الصيادون الحوض الذي يقع خلف السوق حيث أعد المجلس أربعين مرسى للقوارب\n\n"
        "أعلن مكتب الميناء يوم الثلاثاء إغلاق الرصيف الشمالي بعد أن وجد الغواصون شقوقا في "
        "اثنين من أعمدته وقال إن الإصلاحات ستستمر حتى الصيف\n",
        "0.91 23 1-1 5-5\n");
}

/* Thai words have about three characters: 24 of them are a phrase, not a passage. */
static void a_phrase_of_thai_characters_is_no_passage(void **state)
{
    (void)state;
    assert_repeats("เมื่อวานนี้กระทรวงการต่างประเทศกล่าวว่าไม่มี\n"
                   "วันนี้โฆษกกระทรวงการต่างประเทศไม่ได้มาประชุม\n",
                   "");
}

/* --- text that goes round --- */

static void one_word_over_and_over_says_nothing(void **state)
{
    (void)state;
    char text[1000] = "";
    for (int i = 0; i < 300; i++)
        memcpy(text + 3 * i, "ha ", 4);
    assert_repeats(text, "");
    assert_repeats("zero zero zero one zero zero zero zero one one zero zero zero one zero zero "
                   "zero zero one one zero zero zero one zero zero zero zero one one\n",
                   "");
}

static void filler_is_cut_into_its_copies(void **state)
{
    (void)state;
    static const char filler[] =
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt "
        "ut labore et dolore magna aliqua.\n";
    char text[8 * sizeof filler] = "";
    for (int i = 0; i < 8; i++)
        strcat(text, filler);
    assert_repeats(text, "1.00 19 1-1 2-2 3-3 4-4 5-5 6-6 7-7 8-8\n");
}

/* A paragraph that was pasted over and over, each time with other edits, is one repeat: not rows of
 * two copies against rows of two. */
static void edited_copies_in_a_row_are_places_of_one_repeat(void **state)
{
    (void)state;
    nd_random random = {9};
    char text[20000], *end = text;
    for (int copy = 0; copy < 6; copy++) {
        for (int i = 0; i < 150; i++)
            end += nd_random_u64(&random) % 12 == 0
                       ? sprintf(end, "x%u ", (unsigned)(nd_random_u64(&random) >> 40))
                       : sprintf(end, "word%d ", i);
        end += sprintf(end, "\n\n");
    }
    const char *const report = repeats_of(text, strlen(text));
    assert_non_null(strstr(report, " 150 1-1 3-3 5-5 7-7 9-9 11-11\n"));
}

/* As do scans of a form that was filled in again and again. */
static void a_paragraph_edited_at_many_places_is_one_repeat(void **state)
{
    (void)state;
    enum { COPIES = 40, WORDS = 150, OTHERS = 50 };
    nd_random random = {10};
    static char text[COPIES * (WORDS + OTHERS) * 12];
    char *end = text;
    for (int copy = 0; copy < COPIES; copy++) {
        for (int i = 0; i < WORDS; i++)
            end += nd_random_u64(&random) % 10 == 0
                       ? sprintf(end, "x%u ", (unsigned)(nd_random_u64(&random) >> 40))
                       : sprintf(end, "word%d ", i);
        end += sprintf(end, "\n\n");
        for (int i = 0; i < OTHERS; i++)
            end += sprintf(end, "y%u ", (unsigned)(nd_random_u64(&random) >> 40));
        end += sprintf(end, "\n\n");
    }
    const char *const report = repeats_of(text, strlen(text));
    size_t places = 0;
    for (const char *p = report; *p && *p != '\n'; p++)
        places += *p == '-';
    assert_int_equal(places, COPIES);
    assert_null(strchr(strchr(report, '\n') + 1, '\n')); /* and nothing else */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_a_line_are_one_repeat_wherever_they_stand),
        cmocka_unit_test(neighbours_that_differ_are_left_alone),
        cmocka_unit_test(lines_that_differ_in_a_word_are_left_alone),
        cmocka_unit_test(a_line_that_goes_on_differently_keeps_all_its_places),
        cmocka_unit_test(copies_stay_copies_beside_one_that_was_edited),
        cmocka_unit_test(a_refrain_is_one_repeat_with_all_its_places),
        cmocka_unit_test(a_refrain_that_varies_keeps_its_places),
        cmocka_unit_test(a_stanza_that_returns_is_found_whole),
        cmocka_unit_test(each_line_of_rolling_captions_is_a_repeat),
        cmocka_unit_test(captions_that_grow_are_repeats_inside_one_another),
        cmocka_unit_test(quoted_mail_is_found_under_its_marks),
        cmocka_unit_test(page_headers_are_one_repeat_although_their_number_differs),
        cmocka_unit_test(rows_of_a_price_list_are_no_repeats),
        cmocka_unit_test(rows_of_a_table_are_no_repeats),
        cmocka_unit_test(names_that_recur_in_a_list_are_no_repeats),
        cmocka_unit_test(a_log_repeats_its_messages_only),
        cmocka_unit_test(a_copied_function_is_found_whole),
        cmocka_unit_test(edited_text_without_spaces_is_found_whole),
        cmocka_unit_test(edited_arabic_is_found_whole),
        cmocka_unit_test(a_phrase_of_thai_characters_is_no_passage),
        cmocka_unit_test(one_word_over_and_over_says_nothing),
        cmocka_unit_test(filler_is_cut_into_its_copies),
        cmocka_unit_test(edited_copies_in_a_row_are_places_of_one_repeat),
        cmocka_unit_test(a_paragraph_edited_at_many_places_is_one_repeat),
    };
    return cmocka_run_group_tests(tests, passage_fixture_setup, passage_fixture_teardown);
}
