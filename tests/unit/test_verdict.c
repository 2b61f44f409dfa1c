/* The verdict on two texts: what an editor calls a copy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coverage/verdict.h"
#include "failing_allocator.h"
#include "neardup/repair.h"
#include "neardup/scan.h"
#include "neardup/verdict.h"
#include "random.h"

enum { MAX_WORDS = 4000 };

static uint64_t below(nd_random *random, uint64_t limit)
{
    return nd_random_u64(random) % limit;
}

/* --- word codes --- */

static size_t codes_of(const char *bytes, nd_word_code *codes)
{
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_NO_OFFSETS), ND_OK);
    const size_t num = nd_text_num_tokens(text);
    assert_true(num <= MAX_WORDS);
    nd_word_codes(text, codes);
    nd_text_free(text);
    return num;
}

static nd_word_code code_of(const char *word)
{
    nd_word_code code[2];
    assert_int_equal(codes_of(word, code), 1);
    return code[0];
}

static void a_number_is_one_however_its_digits_are_grouped(void **state)
{
    (void)state;
    nd_word_code codes[3];
    assert_int_equal(codes_of("1,200,345", codes), 3);
    const nd_word_code joined = nd_number_join(nd_number_join(codes[0], codes[1]), codes[2]);
    assert_int_equal(joined, code_of("1200345"));
    assert_int_not_equal(joined, code_of("1200346"));
}

static void digits_of_every_script_make_numbers(void **state)
{
    (void)state;
    const char *const numbers[] = {"7", "1998", "q3", "b2b", "٤٨", "۴۸", "४८", "48th", "１２"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_true(nd_word_is_number(code_of(numbers[i])));
    const char *const words[] = {"a", "word", "naïve", "слово", "كلمة", "internationalisation"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_false(nd_word_is_number(code_of(words[i])));
}

static void a_word_tells_its_length_in_characters(void **state)
{
    (void)state;
    assert_int_equal(nd_word_length(code_of("é")), 1);
    assert_int_equal(nd_word_length(code_of("слово")), 5);
    assert_int_equal(nd_word_length(code_of("eightiest")), 9);
    assert_int_equal(nd_word_length(code_of("incomprehensibilities")), 15);
    assert_true(nd_word_is_character(code_of("字")));
    assert_false(nd_word_is_character(code_of("word")));
}

static void words_of_all_lengths_tell_their_letters_and_digits(void **state)
{
    (void)state;
    static const char *const letters[] = {"a", "é", "ö", "я", "λ", "ש", "ع", "ؿ", "ف", "ن", "த"};
    static const char *const digits[] = {"0", "9", "٠", "९"};
    nd_random random = {7};
    for (int round = 0; round < 20000; round++) {
        const size_t num = 1 + nd_random_u64(&random) % 24, used = 1 + nd_random_u64(&random) % 11;
        const size_t digit = nd_random_u64(&random) % (3 * num);
        char word[128] = "";
        for (size_t i = 0; i < num; i++)
            strcat(word, i == digit ? digits[nd_random_u64(&random) % 4]
                                    : letters[nd_random_u64(&random) % used]);
        const nd_word_code code = code_of(word);
        assert_int_equal(nd_word_is_number(code), digit < num);
        assert_int_equal(nd_word_length(code), digit < num || num < 15 ? num : 15);
    }
}

static void a_word_has_one_code_wherever_it_stands(void **state)
{
    (void)state;
    nd_word_code codes[8];
    const char *const words[] = {"a", "harbour", "eighteen", "stewardess", "internationally"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s and more text then %s", words[i], words[i]);
        assert_int_equal(codes_of(text, codes), 6);
        assert_int_equal(codes[0], codes[5]);
        assert_int_equal(codes[0], code_of(words[i]));
    }
}

static void a_misspelt_word_is_like_the_right_one(void **state)
{
    (void)state;
    assert_true(nd_word_is_like(code_of("harbour"), code_of("harhour")));
    assert_true(nd_word_is_like(code_of("harbour"), code_of("harbor")));
    assert_false(nd_word_is_like(code_of("harbour"), code_of("ship")));
    assert_false(nd_word_is_like(code_of("harbour"), code_of("harbourmaster")));
    assert_false(nd_word_is_like(code_of("1998"), code_of("1988")));
}

/* --- texts --- */

static bool stands_before(const nd_word_code *words, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (memcmp(words + i, words + at, 3 * sizeof *words) == 0)
            return true;
    return false;
}

static void trigrams_are_placed_where_they_stand_first(void **state)
{
    (void)state;
    enum { MOST_WORDS = 150, ROUNDS = 400 };
    const nd_allocator a = nd_allocator_or_default(NULL);
    nd_judged_text text = {0};
    nd_item_table table = {0};
    nd_random random = {5};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        nd_word_code words[MOST_WORDS];
        const uint32_t num = (uint32_t)(nd_random_u64(&random) % (MOST_WORDS + 1));
        const uint64_t used = 1 + nd_random_u64(&random) % (1 + round / 8);
        for (uint32_t i = 0; i < num; i++)
            words[i] = 5 << 27 | (uint32_t)(nd_random_u64(&random) % used) << 6;
        assert_int_equal(nd_judged_text_make(&text, &table, words, num, NULL, &a), ND_OK);
        uint32_t kept = 0;
        for (uint32_t at = 0; at + 3 <= num; at++)
            if (!stands_before(words, at))
                assert_int_equal(nd_judged_text_trigram_at(&text, kept++), at);
        assert_int_equal(text.num_trigrams, kept);
    }
    nd_judged_text_release(&text, &a);
    nd_item_table_release(&table, &a);
}

/* --- logarithms --- */

static void logarithms_are_right_to_a_thousandth(void **state)
{
    (void)state;
    const struct {
        uint64_t num, den;
        double ln;
    } known[] = {{1, 1, 0},
                 {2, 1, 0.693147},
                 {1, 10, -2.302585},
                 {12345, 678, 2.901911},
                 {UINT64_C(1) << 60, 3, 40.490219}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const double ln = (double)nd_fixed_log_ratio(known[i].num, known[i].den) / ND_FIXED_ONE;
        assert_true(ln > known[i].ln - 0.002 && ln < known[i].ln + 0.002);
    }
}

static void the_logistic_function_grows_from_0_to_1(void **state)
{
    (void)state;
    assert_int_equal(nd_fixed_logistic(0), ND_LOGISTIC_ONE / 2);
    int32_t before = 0;
    for (int64_t x = -10 * ND_FIXED_ONE; x <= 10 * ND_FIXED_ONE; x += 7) {
        const int32_t y = nd_fixed_logistic(x);
        assert_true(y >= before && y <= ND_LOGISTIC_ONE);
        before = y;
    }
    assert_true(before > ND_LOGISTIC_ONE * 999 / 1000);
}

/* --- verdicts --- */

typedef struct verdicts {
    nd_judge judge;
    nd_judged_text texts[2];
    nd_word_code words[2][MAX_WORDS];
    nd_allocator allocator;
} verdicts;

static int set_up(void **state)
{
    verdicts *const v = calloc(1, sizeof *v);
    v->allocator = nd_allocator_or_default(NULL);
    *state = v;
    return 0;
}

static int tear_down(void **state)
{
    verdicts *const v = *state;
    nd_judge_release(&v->judge, &v->allocator);
    for (int i = 0; i < 2; i++)
        nd_judged_text_release(&v->texts[i], &v->allocator);
    free(v);
    return 0;
}

static const nd_judge_request EVERYTHING = {.need = ND_JUDGE_ALL};

static nd_judgement judge_words(verdicts *v, const size_t num[2])
{
    nd_judgement judgement;
    for (int i = 0; i < 2; i++)
        assert_int_equal(nd_judged_text_make(&v->texts[i], &v->judge.making, v->words[i],
                                             (uint32_t)num[i], NULL, &v->allocator),
                         ND_OK);
    assert_int_equal(nd_judge_pair(&v->judge, &v->texts[0], &v->texts[1], &EVERYTHING,
                                   &v->allocator, &judgement),
                     ND_OK);
    return judgement;
}

static nd_judgement judge(verdicts *v, const char *a, const char *b)
{
    const size_t num[2] = {codes_of(a, v->words[0]), codes_of(b, v->words[1])};
    return judge_words(v, num);
}

static bool is_copy(const nd_judgement *judgement)
{
    return judgement->score >= ND_LOGISTIC_ONE / 2;
}

static const char STORY[] =
    "Ferry runs aground off Skarvoy, all 214 passengers safe. A ferry with 214 passengers and 19 "
    "crew ran aground off the island of Skarvoy late on Tuesday after its steering failed in heavy "
    "seas, the coastguard said. The Norlys, built in 1998, was on its way from Halden Sound to "
    "Brekke when the captain reported that the rudder no longer answered. Eleven minutes later the "
    "ship struck a reef known as the Old Women, some 400 metres from the shore. Two rescue "
    "helicopters and nine fishing boats took the passengers off within four hours.";
static const char FLASH[] = "Ferry with 214 passengers runs aground off Skarvoy";
static const char CUT[] =
    "Ferry runs aground off Skarvoy, all 214 passengers safe. A ferry with 214 passengers and 19 "
    "crew ran aground off the island of Skarvoy late on Tuesday after its steering failed in heavy "
    "seas, the coastguard said.";
static const char TOLD_AGAIN[] =
    "Rescuers brought 214 people ashore after the Norlys hit rocks near Skarvoy on Tuesday night. "
    "Witnesses spoke of a loud bang and of water in the car deck. Brekke Line has called in "
    "divers, "
    "and the port authority is looking into why the rudder of the 26 year old vessel jammed.";

static void a_text_that_was_just_made_is_held_as_it_is(void **state)
{
    verdicts *const v = *state;
    const size_t num[2] = {codes_of(STORY, v->words[0]), codes_of(CUT, v->words[1])};
    const nd_judgement expected = judge_words(v, num);
    nd_judgement judgement;
    assert_int_equal(nd_judged_text_make(&v->texts[0], &v->judge.making, v->words[0],
                                         (uint32_t)num[0], NULL, &v->allocator),
                     ND_OK);
    assert_int_equal(nd_judge_hold_made(&v->judge, &v->texts[0], &v->allocator), ND_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            nd_judge_held(&v->judge, &v->texts[1], &EVERYTHING, &v->allocator, &judgement), ND_OK);
        assert_memory_equal(judgement.answers, expected.answers, sizeof expected.answers);
        assert_int_equal(judgement.score, expected.score);
        assert_int_equal(nd_judge_hold(&v->judge, &v->texts[0], &v->allocator), ND_OK);
    }
}

static void a_flash_and_a_cut_copy_are_copies_of_the_story(void **state)
{
    verdicts *const v = *state;
    const nd_judgement flash = judge(v, STORY, FLASH), cut = judge(v, CUT, STORY);
    assert_true(is_copy(&flash));
    assert_true(is_copy(&cut));
    assert_true(cut.covered[0] > ND_LOGISTIC_ONE * 9 / 10);
    assert_true(cut.covered[1] < ND_LOGISTIC_ONE / 2);
}

static void an_event_told_in_other_words_is_no_copy(void **state)
{
    verdicts *const v = *state;
    const nd_judgement j = judge(v, STORY, TOLD_AGAIN);
    assert_false(is_copy(&j));
}

/* Word by word most of the flash stands in the story, and no passage does. */
static void a_flash_is_no_copy_of_the_same_news_of_another(void **state)
{
    static const char story[] =
        "Kestrel raises crude prices. The Kestrel Oil Company said that it raised what it will pay "
        "for all grades of crude oil by 50 cents a barrel from Tuesday. That brings its posted "
        "price for the western benchmark to 19.20 dollars a barrel, and for sour oil to 18.40.";
    verdicts *const v = *state;
    const nd_judgement own = judge(v, story,
                                   "KESTREL OIL RAISES POSTED CRUDE PRICES 50 CENTS, WESTERN "
                                   "BENCHMARK NOW 19.20");
    const nd_judgement other = judge(v, story,
                                     "MARLSTONE ENERGY RAISES POSTED CRUDE PRICES 50 CENTS, "
                                     "WESTERN BENCHMARK NOW 19.20");
    assert_true(is_copy(&own));
    assert_false(is_copy(&other));
}

static void two_posts_that_share_two_phrases_are_no_copies(void **state)
{
    verdicts *const v = *state;
    const nd_judgement j = judge(v,
                                 "On the way to the station I saw three herons standing in the "
                                 "shallow water, at the end of the day it made me happy",
                                 "On the way to the office my bicycle broke down twice, at the end "
                                 "of the day I walked home in the rain");
    assert_false(is_copy(&j));
}

static const char FOOTER[] =
    "This message and any attachment are confidential and may be privileged or otherwise protected "
    "from disclosure. If you are not the intended recipient, please telephone or email the sender "
    "and delete this message and any attachment from your system.";

static void a_footer_is_no_copy_of_what_bears_it(void **state)
{
    verdicts *const v = *state;
    char mail[1024], other[1024];
    snprintf(mail, sizeof mail,
             "Dear Anna, the samples left the warehouse this morning and should be with you on "
             "Thursday. Please check the seals before you sign. Kind regards, Jo. %s",
             FOOTER);
    snprintf(other, sizeof other,
             "Hi all, the kitchen on the second floor stays closed until the plumber has been. "
             "Coffee is in the meeting room meanwhile, bring your own cup. Thanks, Lee. %s",
             FOOTER);
    const nd_judgement mails = judge(v, mail, other), footer = judge(v, mail, FOOTER);
    assert_false(is_copy(&mails));
    assert_false(is_copy(&footer));
}

/* Words of four to nine letters that no other text has, but for a chance in millions. */
static size_t add_words(nd_word_code *words, size_t at, size_t num, nd_random *random)
{
    for (const size_t end = at + num; at < end; at++)
        words[at] = (nd_word_code)((4 + below(random, 6)) << 27 | below(random, UINT64_C(1) << 27));
    return at;
}

/* Two texts with words of their own, half of them before and half after the same chapter. */
static nd_judgement judge_around_chapter(verdicts *v, size_t chapter, const size_t own[2])
{
    nd_random random = {7};
    nd_word_code shared[MAX_WORDS];
    size_t num[2];
    add_words(shared, 0, chapter, &random);
    for (int i = 0; i < 2; i++) {
        const size_t before = add_words(v->words[i], 0, own[i] / 2, &random);
        memcpy(v->words[i] + before, shared, chapter * sizeof *shared);
        num[i] = add_words(v->words[i], before + chapter, own[i] / 2, &random);
    }
    return judge_words(v, num);
}

static void two_works_that_share_a_chapter_are_not_held(void **state)
{
    verdicts *const v = *state;
    const nd_judgement works = judge_around_chapter(v, 1000, (const size_t[]){1500, 1500});
    assert_true(works.answers[ND_ASKS_HELD] < 0);
    const nd_judgement part = judge_around_chapter(v, 1000, (const size_t[]){200, 1500});
    assert_true(part.answers[ND_ASKS_HELD] > 0);
    const nd_judgement most = judge_around_chapter(v, 2000, (const size_t[]){1500, 1500});
    assert_true(most.answers[ND_ASKS_HELD] > 0);
}

static const char TERMS[] =
    "Anyone who receives a copy of this pattern may use it, lend it, copy it by hand or by "
    "machine, change it to suit the house in which it is used, and give it or sell it to others, "
    "whether changed or not, as long as each copy says in a place where it can be read without "
    "effort who made the first one, and as long as these terms stand in it or go along with it. A "
    "copy that was changed must say so, and must not be passed off as the work of those who made "
    "the first one. The pattern is given away as it is. Nobody promises that it suits any "
    "purpose, that it has no mistakes in it, or that nothing will break by its use. Whoever uses "
    "it bears the risk alone, and nobody who has passed it on owes anything for harm, loss of "
    "earnings or spoiled goods.";

/* The terms with a number in each line. */
static void write_filled_terms(char *text, size_t size, int number)
{
    size_t len = 0;
    for (int i = 0, word = 0; TERMS[i]; i++) {
        text[len++] = TERMS[i];
        if (TERMS[i] == ' ' && ++word % 12 == 0)
            len += (size_t)snprintf(text + len, size - len, "%d ", number++);
    }
    text[len] = 0;
}

static void terms_used_again_with_another_year_are_a_copy(void **state)
{
    verdicts *const v = *state;
    char text[2048], again[2048];
    snprintf(text, sizeof text, "Pattern terms, made by Edda Marsh of Harrow in 1998. %s", TERMS);
    snprintf(again, sizeof again, "Terms of the Tolland pattern room of 2007. %s", TERMS);
    const nd_judgement terms = judge(v, text, again);
    assert_true(is_copy(&terms));
    write_filled_terms(text, sizeof text, 310);
    write_filled_terms(again, sizeof again, 740);
    const nd_judgement forms = judge(v, text, again);
    assert_false(is_copy(&forms));
}

static void texts_without_words_or_runs_are_judged(void **state)
{
    verdicts *const v = *state;
    const char *const texts[] = {
        "", "a", "a b", "1 2 3 4 5 6 7 8 9", "x x x x x x x x x x x x", "字", "字字字字字字字字"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            const nd_judgement j = judge(v, texts[i], texts[k]);
            assert_true(j.score >= 0 && j.score <= ND_LOGISTIC_ONE);
            assert_true(j.covered[0] <= ND_LOGISTIC_ONE && j.covered[1] <= ND_LOGISTIC_ONE);
        }
}

/* A text of words of a small vocabulary, with stretches of the other one. */
static size_t make_words(nd_word_code *words, const nd_word_code *from, size_t num_from,
                         nd_random *random)
{
    size_t num = below(random, 300);
    for (size_t i = 0; i < num;) {
        const size_t at = num_from ? below(random, num_from) : 0;
        const size_t len = 1 + below(random, 20);
        for (size_t k = 0; k < len && i < num; k++)
            words[i++] = num_from > at + k && len > 8
                             ? from[at + k]
                             : (nd_word_code)nd_random_u64(random) & 0xF800001Fu;
    }
    return num;
}

static void the_order_of_two_texts_changes_no_verdict(void **state)
{
    verdicts *const v = *state;
    nd_random random = {11};
    for (int round = 0; round < 300; round++) {
        size_t num[2];
        num[0] = make_words(v->words[0], NULL, 0, &random);
        num[1] = make_words(v->words[1], v->words[0], num[0], &random);
        const nd_judgement one = judge_words(v, num);
        nd_judgement other;
        assert_int_equal(nd_judge_pair(&v->judge, &v->texts[1], &v->texts[0], &EVERYTHING,
                                       &v->allocator, &other),
                         ND_OK);
        assert_int_equal(one.score, other.score);
        assert_memory_equal(one.answers, other.answers, sizeof one.answers);
        assert_int_equal(one.covered[0], other.covered[1]);
        assert_int_equal(one.covered[1], other.covered[0]);
    }
}

/* The trigrams of v->words[side], none twice, and their repeats. */
static nd_trigrams list_trigrams(const verdicts *v, int side, size_t num_words, uint64_t *hashes,
                                 uint32_t *repeats)
{
    uint32_t num = 0;
    memset(repeats, 0, ND_REPEATS_WORDS(MAX_WORDS) * sizeof *repeats);
    for (size_t at = 0; at + 3 <= num_words; at++) {
        const nd_word_code *const w = &v->words[side][at];
        uint32_t same = 0;
        hashes[num] =
            (w[0] * UINT64_C(0x9E3779B97F4A7C15) + w[1]) * UINT64_C(0x5851F42D4C957F2D) + w[2];
        while (hashes[same] != hashes[num])
            same++;
        if (same < num)
            repeats[at / 32] |= UINT32_C(1) << at % 32;
        else
            num++;
    }
    return (nd_trigrams){hashes, num, repeats};
}

/* What is shared by the places of num trigrams in the other text, stretch by stretch. */
static void list_shared(nd_stretch_vec *shared, const uint32_t *places, uint32_t num,
                        const nd_allocator *a)
{
    shared->len = 0;
    assert_int_equal(ND_VEC_RESERVE(a, shared, num), ND_OK);
    for (uint32_t at = 0; at < num; at++) {
        if (places[at] == ND_NO_POSITION)
            continue;
        nd_stretch s = {{places[at], at}, 1, 0};
        while (at + 1 < num && places[at + 1] == places[at] + 1) {
            s.num++;
            at++;
        }
        shared->items[shared->len++] = s;
    }
}

static void trigrams_known_already_change_no_verdict(void **state)
{
    verdicts *const v = *state;
    static uint64_t hashes[2][MAX_WORDS];
    static uint32_t repeats[2][ND_REPEATS_WORDS(MAX_WORDS)];
    static uint32_t places[MAX_WORDS];
    nd_random random = {14};
    nd_stretch_vec shared = {0};
    uint32_t num_repeating = 0, num_sharing = 0;
    for (int round = 0; round < 300; round++) {
        size_t num[2];
        nd_trigrams trigrams[2];
        num[0] = make_words(v->words[0], NULL, 0, &random);
        num[1] = make_words(v->words[1], v->words[0], num[0], &random);
        const nd_judgement expected = judge_words(v, num);
        for (int i = 0; i < 2; i++) {
            trigrams[i] = list_trigrams(v, i, num[i], hashes[i], repeats[i]);
            assert_int_equal(nd_judged_text_make(&v->texts[i], &v->judge.making, v->words[i],
                                                 (uint32_t)num[i], &trigrams[i], &v->allocator),
                             ND_OK);
            num_repeating += trigrams[i].num + 2 < num[i];
        }
        for (uint32_t i = 0; i < trigrams[1].num; i++) {
            places[i] = ND_NO_POSITION;
            for (uint32_t k = 0; k < trigrams[0].num; k++)
                places[i] = hashes[1][i] == hashes[0][k] ? k : places[i];
            num_sharing += places[i] != ND_NO_POSITION;
        }
        list_shared(&shared, places, trigrams[1].num, &v->allocator);
        for (int knows_shared = 0; knows_shared < 2; knows_shared++) {
            const nd_judge_request request = {.shared = knows_shared ? &shared : NULL};
            nd_judgement judgement;
            assert_int_equal(nd_judge_pair(&v->judge, &v->texts[0], &v->texts[1], &request,
                                           &v->allocator, &judgement),
                             ND_OK);
            assert_int_equal(judgement.score, expected.score);
            assert_memory_equal(judgement.answers, expected.answers, sizeof expected.answers);
            assert_memory_equal(judgement.covered, expected.covered, sizeof expected.covered);
        }
    }
    ND_VEC_RELEASE(&v->allocator, &shared);
    assert_true(num_repeating > 30);
    assert_true(num_sharing > 1000);
}

/* A judgement that may be given up early, beside the whole one. Returns whether it was. */
static bool gives_up_rightly(verdicts *v, const size_t num[2], int32_t least)
{
    const nd_judge_request request = {.need = ND_JUDGE_UNLESS_LOW, .least = least};
    const nd_judgement whole = judge_words(v, num);
    nd_judgement quick;
    assert_int_equal(
        nd_judge_pair(&v->judge, &v->texts[0], &v->texts[1], &request, &v->allocator, &quick),
        ND_OK);
    assert_int_equal(quick.score >= least, whole.score >= least);
    if (whole.score >= least)
        assert_memory_equal(&quick, &whole, sizeof whole);
    return quick.score == 0 && whole.score > 0;
}

static void giving_up_early_hides_no_copy(void **state)
{
    verdicts *const v = *state;
    nd_random random = {12};
    uint32_t num_given_up = 0;
    for (int round = 0; round < 300; round++) {
        size_t num[2];
        num[0] = make_words(v->words[0], NULL, 0, &random);
        num[1] = make_words(v->words[1], v->words[0], num[0], &random);
        for (int tenths = 1; tenths < 10; tenths += 2)
            num_given_up += gives_up_rightly(v, num, ND_LOGISTIC_ONE / 10 * tenths);
    }
    assert_true(num_given_up > 100);
}

/* Natural words in their order, a few of them changed, with numbers, cut and put after others. */
static size_t edit_words(nd_word_code *to, const nd_word_code *from, size_t num, nd_random *random)
{
    const size_t first = below(random, num / 2), last = first + below(random, num - first) + 1;
    const size_t changed = 1 + below(random, 90), head = below(random, 30);
    size_t len = 0;
    for (size_t i = 0; i < head; i++)
        to[len++] = from[below(random, num)];
    for (size_t i = first; i < last; i++)
        to[len++] = below(random, 100) >= changed ? from[i]
                    : below(random, 2)            ? from[below(random, num)]
                                       : nd_number_join(1u << 31, (uint32_t)i + (1u << 31));
    return len;
}

static void giving_up_early_hides_no_copy_of_natural_text(void **state)
{
    verdicts *const v = *state;
    nd_random random = {15};
    uint32_t num_given_up = 0, num_copies = 0;
    size_t num[2];
    num[0] = codes_of(STORY, v->words[0]);
    for (int round = 0; round < 2000; round++) {
        num[1] = edit_words(v->words[1], v->words[0], num[0], &random);
        const bool gives_up = gives_up_rightly(v, num, ND_LOGISTIC_ONE / 2);
        num_given_up += gives_up;
        num_copies += !gives_up;
    }
    assert_true(num_given_up > 100);
    assert_true(num_copies > 100);
}

static void a_phrase_of_a_much_longer_text_is_not_worth_judging(void **state)
{
    (void)state;
    assert_true(nd_is_worth_judging(1, 7, 100));
    assert_false(nd_is_worth_judging(1, 8, 100));
    assert_false(nd_is_worth_judging(1, 100, 8));
    assert_false(nd_is_worth_judging(1, 8, 16));
    assert_true(nd_is_worth_judging(1, 8, 15));
    assert_true(nd_is_worth_judging(1, 15, 8));
    assert_true(nd_is_worth_judging(1, 10, 10));
    assert_false(nd_is_worth_judging(1, 11, 11));
}

/* One text held, then others, large, tiny and of one word: as if each pair were the first. */
static void a_held_text_is_judged_with_one_text_after_the_other(void **state)
{
    verdicts *const v = *state;
    nd_random random = {16};
    nd_judge fresh = {0};
    for (int round = 0; round < 60; round++) {
        const size_t num_held = make_words(v->words[0], NULL, 0, &random);
        assert_int_equal(nd_judged_text_make(&v->texts[0], &v->judge.making, v->words[0],
                                             (uint32_t)num_held, NULL, &v->allocator),
                         ND_OK);
        assert_int_equal(nd_judge_hold(&v->judge, &v->texts[0], &v->allocator), ND_OK);
        for (int other = 0; other < 8; other++) {
            size_t num = make_words(v->words[1], v->words[0], num_held, &random);
            num = other == 6 && num > 3 ? 3 : num;
            if (other == 7)
                for (num = 0; num < MAX_WORDS; num++)
                    v->words[1][num] = v->words[0][0];
            nd_judgement held, expected;
            assert_int_equal(nd_judged_text_make(&v->texts[1], &v->judge.making, v->words[1],
                                                 (uint32_t)num, NULL, &v->allocator),
                             ND_OK);
            assert_int_equal(
                nd_judge_held(&v->judge, &v->texts[1], &EVERYTHING, &v->allocator, &held), ND_OK);
            assert_int_equal(nd_judge_pair(&fresh, &v->texts[1], &v->texts[0], &EVERYTHING,
                                           &v->allocator, &expected),
                             ND_OK);
            assert_int_equal(held.score, expected.score);
            assert_memory_equal(held.answers, expected.answers, sizeof held.answers);
            assert_int_equal(held.covered[0], expected.covered[1]);
        }
    }
    nd_judge_release(&fresh, &v->allocator);
}

static void failing_memory_fails_a_verdict(void **state)
{
    verdicts *const v = *state;
    nd_random random = {13};
    const size_t num = make_words(v->words[0], NULL, 0, &random);
    for (long allowed = 0;; allowed++) {
        failing_allocator failing = {.left = allowed};
        const nd_allocator a = failing_allocator_make(&failing);
        nd_judged_text text = {0}, same = {0};
        nd_judge judge = {0};
        nd_judgement judgement;
        nd_status status =
            nd_judged_text_make(&text, &judge.making, v->words[0], (uint32_t)num, NULL, &a);
        if (status == ND_OK)
            status =
                nd_judged_text_make(&same, &judge.making, v->words[0], (uint32_t)num, NULL, &a);
        if (status == ND_OK)
            status = nd_judge_pair(&judge, &text, &same, &EVERYTHING, &a, &judgement);
        nd_judge_release(&judge, &a);
        nd_judged_text_release(&text, &a);
        nd_judged_text_release(&same, &a);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
}

/* --- the public reader --- */

static nd_verdict read_verdict(nd_verdict_reader *reader, const char *a, const char *b)
{
    nd_verdict verdict;
    assert_int_equal(nd_verdict_reader_judge(reader, a, strlen(a), b, strlen(b), &verdict), ND_OK);
    return verdict;
}

static bool has_evidence(nd_verdict_reader *reader, nd_evidence_place place, const char *word)
{
    const nd_evidence *evidence;
    size_t num;
    bool is_there = false;
    assert_int_equal(nd_verdict_reader_evidence(reader, place, 1000, &evidence, &num), ND_OK);
    for (size_t i = 0; i < num; i++) {
        assert_true(i == 0 || evidence[i].bits <= evidence[i - 1].bits);
        is_there |= evidence[i].len_bytes == strlen(word) &&
                    memcmp(evidence[i].text, word, strlen(word)) == 0;
    }
    return is_there;
}

static void a_reader_tells_the_words_behind_its_verdict(void **state)
{
    (void)state;
    nd_verdict_reader *reader;
    assert_int_equal(nd_verdict_reader_new(ND_REPAIR_ALL, ND_FOLD_SAFE, NULL, &reader), ND_OK);
    const nd_verdict verdict =
        read_verdict(reader, "The harbour of Skarvoy took 1,200 ships in 1998, said the pilot.",
                     "The harbour of Skarvoy took 1200 ships in 1974, said the captain. 東京");
    assert_true(verdict.score > 0 && verdict.score < 1);
    assert_true(has_evidence(reader, ND_EVIDENCE_IN_BOTH, "1 200"));
    assert_true(has_evidence(reader, ND_EVIDENCE_IN_BOTH, "skarvoy"));
    assert_true(has_evidence(reader, ND_EVIDENCE_ONLY_IN_A, "1998"));
    assert_true(has_evidence(reader, ND_EVIDENCE_ONLY_IN_B, "captain"));
    assert_true(has_evidence(reader, ND_EVIDENCE_ONLY_IN_B, "東 京"));
    assert_false(has_evidence(reader, ND_EVIDENCE_ONLY_IN_A, "captain"));
    const nd_evidence *evidence;
    size_t num;
    assert_int_equal(nd_verdict_reader_evidence(reader, ND_EVIDENCE_IN_BOTH, 2, &evidence, &num),
                     ND_OK);
    assert_int_equal(num, 2);
    assert_true(evidence[0].is_number);
    nd_verdict_reader_free(reader);
}

static nd_status keep_pair(void *ctx, const nd_pair *pair)
{
    *(nd_pair *)ctx = *pair;
    return ND_OK;
}

static void a_reader_tells_what_a_scan_tells(void **state)
{
    (void)state;
    const char *const texts[] = {STORY, CUT};
    nd_scan_options options;
    nd_scan *scan;
    nd_pair pair = {.score = 0};
    nd_verdict_reader *reader;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    options.output = ND_SCAN_PAIRS;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    for (int i = 0; i < 2; i++) {
        const nd_document document = {.id = i ? "b" : "a",
                                      .id_len_bytes = 1,
                                      .text = texts[i],
                                      .text_len_bytes = strlen(texts[i])};
        assert_int_equal(nd_scan_add(scan, &document), ND_OK);
    }
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    assert_int_equal(nd_scan_each_pair(scan, keep_pair, &pair), ND_OK);
    assert_int_equal(nd_verdict_reader_new(options.repairs, options.folds, NULL, &reader), ND_OK);
    const nd_verdict verdict = read_verdict(reader, STORY, CUT);
    assert_true(verdict.score > 0.5 && verdict.score == pair.score);
    assert_true(verdict.a_covered == pair.coverage.a_in_b);
    assert_true(verdict.b_covered == pair.coverage.b_in_a);
    assert_true(verdict.held > 0 && verdict.edited > 0 && verdict.own > 0);
    nd_verdict_reader_free(reader);
    nd_scan_free(scan);
}

static void failing_memory_fails_a_reader_and_leaves_it_usable(void **state)
{
    (void)state;
    for (long allowed = 0;; allowed++) {
        failing_allocator failing = {.left = allowed};
        const nd_allocator a = failing_allocator_make(&failing);
        nd_verdict_reader *reader;
        nd_verdict verdict;
        const nd_evidence *evidence;
        size_t num;
        nd_status status = nd_verdict_reader_new(ND_REPAIR_ALL, ND_FOLD_SAFE, &a, &reader);
        if (status == ND_OK)
            status =
                nd_verdict_reader_judge(reader, STORY, strlen(STORY), CUT, strlen(CUT), &verdict);
        if (status == ND_OK)
            status = nd_verdict_reader_evidence(reader, ND_EVIDENCE_IN_BOTH, 5, &evidence, &num);
        if (reader && status != ND_OK) {
            failing.left = 1000;
            assert_true(read_verdict(reader, STORY, CUT).score > 0.5);
        }
        nd_verdict_reader_free(reader);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
}

/* --- no cliffs: whatever else is scanned --- */

static const char *const towns[] = {"Norrby",  "Ostwick",  "Veldhaven", "Aldmoor", "Castelmar",
                                    "Quillan", "Brackley", "Sundal",    "Dornach", "Kirkfell"};
static const char *const players[] = {"Ivar Lund", "Pau Serra", "Joe Finch", "Tom Reed",
                                      "Kai Moor",  "Max Adler", "Rui Costa", "Amy Holt"};
enum { NUM_TOWNS = 10, NUM_PLAYERS = 8 };

/* One form, filled with other facts for each number. */
static void write_report(char *text, size_t size, nd_random *random)
{
    const uint64_t home = below(random, NUM_TOWNS);
    const uint64_t guest = (home + 1 + below(random, NUM_TOWNS - 1)) % NUM_TOWNS;
    const uint64_t first = below(random, NUM_PLAYERS);
    snprintf(text, size,
             "%s met %s on Saturday in front of %d spectators. The match ended %d-%d. %s opened "
             "the scoring in minute %d with a shot from inside the box. %s answered through %s in "
             "minute %d, and the teams went level into the final half hour. The decisive moment "
             "came in minute %d, when the referee pointed to the spot after a check of the video. "
             "With this result %s now stands in place %d of the table with %d points.",
             towns[home], towns[guest], 1000 + (int)below(random, 9000), (int)below(random, 5),
             (int)below(random, 5), players[first], 1 + (int)below(random, 44), towns[guest],
             players[(first + 3) % NUM_PLAYERS], 45 + (int)below(random, 20),
             66 + (int)below(random, 24), towns[home], 1 + (int)below(random, 18),
             (int)below(random, 60));
}

/* The same over a paragraph that is as long as the report. */
static void write_report_of_league(char *text, size_t size, nd_random *random)
{
    write_report(text, size, random);
    const size_t len = strlen(text);
    snprintf(text + len, size - len,
             " The league sends these reports to newspapers and clubs as soon as the referee has "
             "signed the sheet, and corrects them only if the board decides otherwise. Pictures of "
             "the match may be ordered from the press office, which also lets journalists know "
             "about seats, parking and the times at which the trainers answer questions. Whoever "
             "prints a report is asked to name the league and to send a copy to the archive, where "
             "the seasons since the founding of the league can be read by anyone who makes an "
             "appointment.");
}

/* A short mail of words that no other one has, under one footer. */
static void write_mail(char *text, size_t size, nd_random *random)
{
    static const char *const syllables[] = {"ba", "ke", "lo", "mi", "nar", "so", "tel", "u", "vi"};
    size_t len = (size_t)snprintf(text, size, "Hello");
    for (int word = 0; word < 30; word++) {
        len += (size_t)snprintf(text + len, size - len, " ");
        for (uint64_t left = 1 + below(random, 4); left > 0; left--)
            len += (size_t)snprintf(text + len, size - len, "%s", syllables[below(random, 9)]);
    }
    snprintf(text + len, size - len, ". %s", FOOTER);
}

typedef void write_text(char *text, size_t size, nd_random *random);

static nd_status count_pair(void *ctx, const nd_pair *pair)
{
    (void)pair;
    ++*(size_t *)ctx;
    return ND_OK;
}

static size_t num_pairs_of(write_text *write, size_t num)
{
    nd_scan_options options;
    nd_scan *scan;
    nd_random random = {num};
    size_t num_pairs = 0;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    options.output = ND_SCAN_PAIRS;
    options.num_threads = 2;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    for (size_t i = 0; i < num; i++) {
        char id[24], text[2048];
        snprintf(id, sizeof id, "%zu", i);
        write(text, sizeof text, &random);
        const nd_document document = {
            .id = id, .id_len_bytes = strlen(id), .text = text, .text_len_bytes = strlen(text)};
        assert_int_equal(nd_scan_add(scan, &document), ND_OK);
    }
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    assert_int_equal(nd_scan_each_pair(scan, count_pair, &num_pairs), ND_OK);
    nd_scan_free(scan);
    return num_pairs;
}

static const size_t crowds[] = {2, 5, 20, 50, 400};

/* But for the one pair in 20,000 whose facts are the same by chance. */
static void match_reports_are_no_copies_however_many_there_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++)
        assert_true(num_pairs_of(write_report, crowds[i]) <= crowds[i] * crowds[i] / 40000);
}

/* One pair in a thousand at most. */
static void match_reports_over_a_long_paragraph_are_no_copies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++)
        assert_true(num_pairs_of(write_report_of_league, crowds[i]) <=
                    crowds[i] * crowds[i] / 2000);
}

static void mails_under_one_footer_are_no_copies_however_many_there_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++)
        assert_int_equal(num_pairs_of(write_mail, crowds[i]), 0);
}

int main(void)
{
#define WITH_VERDICTS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_one_however_its_digits_are_grouped),
        cmocka_unit_test(digits_of_every_script_make_numbers),
        cmocka_unit_test(a_word_tells_its_length_in_characters),
        cmocka_unit_test(words_of_all_lengths_tell_their_letters_and_digits),
        cmocka_unit_test(a_word_has_one_code_wherever_it_stands),
        cmocka_unit_test(a_misspelt_word_is_like_the_right_one),
        cmocka_unit_test(trigrams_are_placed_where_they_stand_first),
        cmocka_unit_test(logarithms_are_right_to_a_thousandth),
        cmocka_unit_test(the_logistic_function_grows_from_0_to_1),
        WITH_VERDICTS(a_text_that_was_just_made_is_held_as_it_is),
        WITH_VERDICTS(a_flash_and_a_cut_copy_are_copies_of_the_story),
        WITH_VERDICTS(an_event_told_in_other_words_is_no_copy),
        WITH_VERDICTS(a_flash_is_no_copy_of_the_same_news_of_another),
        WITH_VERDICTS(two_posts_that_share_two_phrases_are_no_copies),
        WITH_VERDICTS(a_footer_is_no_copy_of_what_bears_it),
        WITH_VERDICTS(two_works_that_share_a_chapter_are_not_held),
        WITH_VERDICTS(terms_used_again_with_another_year_are_a_copy),
        WITH_VERDICTS(texts_without_words_or_runs_are_judged),
        WITH_VERDICTS(the_order_of_two_texts_changes_no_verdict),
        WITH_VERDICTS(trigrams_known_already_change_no_verdict),
        WITH_VERDICTS(giving_up_early_hides_no_copy),
        WITH_VERDICTS(giving_up_early_hides_no_copy_of_natural_text),
        cmocka_unit_test(a_phrase_of_a_much_longer_text_is_not_worth_judging),
        WITH_VERDICTS(a_held_text_is_judged_with_one_text_after_the_other),
        WITH_VERDICTS(failing_memory_fails_a_verdict),
        cmocka_unit_test(a_reader_tells_the_words_behind_its_verdict),
        cmocka_unit_test(a_reader_tells_what_a_scan_tells),
        cmocka_unit_test(failing_memory_fails_a_reader_and_leaves_it_usable),
        cmocka_unit_test(match_reports_are_no_copies_however_many_there_are),
        cmocka_unit_test(match_reports_over_a_long_paragraph_are_no_copies),
        cmocka_unit_test(mails_under_one_footer_are_no_copies_however_many_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
