/* What scripts write in two ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "neardup/repair.h"
#include "neardup/text.h"
#include "random.h"
#include "text/repair/repair_pass.h"

static void assert_folds(uint32_t folds, const char *text, const char *expected)
{
    nd_repairer *repairer;
    const char *folded;
    size_t len;
    assert_int_equal(nd_repairer_new(ND_REPAIR_NONE, folds, NULL, &repairer), ND_OK);
    assert_int_equal(nd_repairer_apply(repairer, text, strlen(text), &folded, &len), ND_OK);
    if (strlen(expected) != len || memcmp(folded, expected, len) != 0)
        fail_msg("'%s' became '%.*s', not '%s'", text, (int)len, folded, expected);
    assert_int_equal(nd_repairer_count(repairer), 0);
    nd_repairer_free(repairer);
}

/* By this fold, and not without it. */
static void assert_only(uint32_t fold, const char *text, const char *expected)
{
    assert_folds(fold, text, expected);
    assert_folds(ND_FOLD_ALL & ~fold, text, text);
}

static void vowel_marks_and_tatweel_go(void **state)
{
    (void)state;
    const uint32_t m = ND_FOLD_MARKS;
    assert_only(m, "كِتَابٌ", "كتاب");
    assert_only(m, "اللّٰهُ", "الله");
    assert_only(m, "الـسـلام", "السلام");
    assert_only(m, "شָׁלוֹם עֲלֵיכֶם", "شלום עליכם");
    assert_folds(m, "مؤمن أحمد آية ۀ", "مؤمن أحمد آية ۀ");
    assert_folds(m, "\u0627\u0654\u0627\u0653", "\u0627\u0654\u0627\u0653"); /* parts of letters */
    assert_folds(m, "e\u0301 \u0e01\u0e34 \u0915\u093f", "e\u0301 \u0e01\u0e34 \u0915\u093f");
}

static void letters_that_are_apostrophes_become_one(void **state)
{
    (void)state;
    const uint32_t a = ND_FOLD_APOSTROPHES;
    assert_only(a, "об\u02bcєкт", "об'єкт");
    assert_only(a, "O\u02bbzbekiston, Qur\u02bean, Hawai\u02bbi", "O'zbekiston, Qur'an, Hawai'i");
    assert_folds(a, "l\u2019home, c'h, l\u00b7l", "l\u2019home, c'h, l\u00b7l");
}

static void persian_yeh_and_kaf_become_arabic(void **state)
{
    (void)state;
    const uint32_t y = ND_FOLD_YEH_KAF;
    assert_only(y, "کتابی", "كتابي");
    assert_only(y, "\ufbfc\ufb8e", "يك");
    assert_folds(y, "على ہے", "على ہے");
}

static void digits_become_those_of_ascii(void **state)
{
    (void)state;
    const uint32_t d = ND_FOLD_DIGITS;
    assert_only(d, "٢٠٢٤ ۲۰۲۴ २०२४ ২০২৪ ௨௦௨௪ ๒๕๖๗ ໒໐ ၂၀ ២០",
                "2024 2024 2024 2024 2024 2567 20 20 20");
    assert_folds(d, "½ Ⅳ 四 ٪ ।", "½ Ⅳ 四 ٪ ।");
}

static void commas_become_cedillas(void **state)
{
    (void)state;
    assert_only(ND_FOLD_CEDILLAS, "București și Țara, Ștefan", "Bucureşti şi Ţara, Ştefan");
}

static void dots_of_capitals_go(void **state)
{
    (void)state;
    assert_only(ND_FOLD_DOTTED, "İstanbul", "Istanbul");
    assert_only(ND_FOLD_DOTTED, "i\u0307stanbul I\u0307", "istanbul I");
    assert_folds(ND_FOLD_DOTTED, "z\u0307 \u0307 ısı", "z\u0307 \u0307 ısı");
}

static void strokes_become_part_of_the_letter(void **state)
{
    (void)state;
    const uint32_t s = ND_FOLD_STROKES;
    assert_only(s, "L\u0335o\u0301dz\u0301, l\u0338, O\u0338st, d\u0335",
                "\u0142o\u0301dz\u0301, \u0142, \u00f8st, \u0111");
    assert_only(s, "g\u0336o\u0336n\u0336e\u0336", "gone");
    assert_only(s, "\u0416\u0335", "\u0416");
    assert_folds(s, "łódź øst a\u0301", "łódź øst a\u0301");
}

static void letters_of_a_strange_script_become_those_of_the_word(void **state)
{
    (void)state;
    const uint32_t h = ND_FOLD_HOMOGLYPHS;
    assert_only(h, "\u0441ommon p\u0430ypal", "common paypal");
    assert_only(h, "cловарь раcчёт Mосква", "словарь расчёт Москва");
    assert_only(h, "\u039falpha \u03b1\u03bd\u03b8o", "Oalpha \u03b1\u03bd\u03b8\u03bf");
    assert_only(h, "x86-\u0441omputer", "x86-computer");
    /* As many of one as of the other, or none that looks alike. */
    assert_folds(h, "hа ыab qwертy \u03bcm 5\u03bcmol ПКdesk",
                 "hа ыab qwертy \u03bcm 5\u03bcmol ПКdesk");
    assert_folds(h, "IP-адрес, USB и ПК", "IP-адрес, USB и ПК");
}

static void dotless_i_gets_its_dot(void **state)
{
    (void)state;
    assert_only(ND_FOLD_DOTLESS, "ışık", "işik");
}

static void assert_same_words(uint32_t folds, const char *a, const char *b, int same)
{
    nd_repairer *repairer;
    nd_text *text[2];
    const char *of[2] = {a, b};
    const char *normalised[2];
    size_t len[2];
    assert_int_equal(nd_repairer_new(ND_REPAIR_NONE, folds, NULL, &repairer), ND_OK);
    for (int i = 0; i < 2; i++) {
        const char *folded;
        size_t folded_len;
        assert_int_equal(nd_text_new(NULL, &text[i]), ND_OK);
        assert_int_equal(nd_repairer_apply(repairer, of[i], strlen(of[i]), &folded, &folded_len),
                         ND_OK);
        assert_int_equal(nd_text_set(text[i], folded, folded_len, ND_TEXT_NO_OFFSETS), ND_OK);
        normalised[i] = nd_text_normalised(text[i], &len[i]);
    }
    if ((len[0] == len[1] && memcmp(normalised[0], normalised[1], len[0]) == 0) != same)
        fail_msg("'%s' and '%s'", a, b);
    nd_text_free(text[0]);
    nd_text_free(text[1]);
    nd_repairer_free(repairer);
}

/* Two spellings of one text. */
static void spellings_become_the_same(void **state)
{
    (void)state;
    static const char *const spellings[][2] = {
        {"об\u02bcєкт", "об\u2019єкт"},
        {"O\u02bbzbek", "o\u2018zbek"},
        {"کتاب یک", "كتاب يك"},
        {"مُحَمَّد", "محمد"},
        {"١٢ مارس", "12 مارس"},
        {"București", "Bucureşti"},
        {"İzmir", "izmir"},
        {"Mос\u043aва", "Москва"},
        {"l\u0335as", "łas"},
        {"קוֹל", "קול"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        assert_same_words(ND_FOLD_SAFE, spellings[i][0], spellings[i][1], 1);
        assert_same_words(ND_FOLD_NONE, spellings[i][0], spellings[i][1], 0);
    }
}

/* What the folds of news must not make one of. */
static void words_of_a_language_stay_apart(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        {"على", "علي"},     /* on, Ali */
        {"kıl", "kil"},     /* hair, clay */
        {"sınır", "sinir"}, /* border, nerve */
        {"łaska", "laska"}, /* grace, cane */
        {"все", "всё"},     /* all, everything */
        {"año", "ano"},     {"\u03bcm", "mm"},  {"øre", "ore"}, {"đa", "da"},
        {"ça", "ca"},       {"پدر", "بدر"},     {"ہم", "هم"},   {"کی", "كى"},
        {"żal", "zal"},     {"schön", "schon"}, {"ё", "е"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_same_words(ND_FOLD_SAFE, words[i][0], words[i][1], 0);
    assert_same_words(ND_FOLD_DOTLESS, "kıl", "kil", 1); /* why it is not one of them */
}

static void folded_text_is_found_where_it_stood(void **state)
{
    (void)state;
    nd_repairer *repairer;
    const char *folded;
    size_t len;
    const char *const text = "&lt;کتابی&gt; مُحَمَّد end";
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_ALL, NULL, &repairer), ND_OK);
    assert_int_equal(nd_repairer_apply(repairer, text, strlen(text), &folded, &len), ND_OK);
    char copy[128] = {0};
    assert_true(len < sizeof copy);
    memcpy(copy, folded, len);
    static const char *const parts[][2] = {{"كتابي", "کتابی"}, {"محمد", "مُحَمَّد"}, {"end", "end"}};
    for (size_t i = 0; i < 3; i++) {
        size_t start = (size_t)(strstr(copy, parts[i][0]) - copy);
        size_t end = start + strlen(parts[i][0]);
        nd_repairer_locate(repairer, &start, &end);
        assert_int_equal(start, strstr(text, parts[i][1]) - text);
        assert_int_equal(end, start + strlen(parts[i][1]));
    }
    assert_int_equal(nd_repairer_count(repairer), 2);
    nd_repairer_free(repairer);
}

static void ascii_text_is_handed_back_itself(void **state)
{
    (void)state;
    nd_repairer *repairer;
    const char *folded;
    size_t len;
    const char *const texts[] = {"Nothing to fold here, at any length.", "", "déjà – vu", "Москва"};
    assert_int_equal(nd_repairer_new(ND_REPAIR_NONE, ND_FOLD_ALL, NULL, &repairer), ND_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(nd_repairer_apply(repairer, texts[i], strlen(texts[i]), &folded, &len),
                         ND_OK);
        assert_ptr_equal(folded, texts[i]);
    }
    nd_repairer_free(repairer);
}

/* Every code point of two and three bytes that a fold changes is looked at, at every place, by
 * every kernel. */
static void what_is_folded_is_found(void **state)
{
    (void)state;
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_NONE, ND_FOLD_ALL, NULL, &repairer), ND_OK);
    for (size_t place = 0; place < 80; place++)
        for (uint32_t i = 0; i < 9; i++) {
            static const char *const folded[] = {"َ", "ʼ", "ی", "٣", "ș", "İ", "k̶", "ı", "๒"};
            char text[100];
            const size_t part = strlen(folded[i]), len = place + part + i;
            memset(text, '.', sizeof text);
            memcpy(text + place, folded[i], part);
            char *const copy = malloc(len); /* exact, for the sanitizer */
            const char *out;
            size_t out_len;
            assert_non_null(copy);
            memcpy(copy, text, len);
            assert_int_equal(nd_repairer_apply(repairer, copy, len, &out, &out_len), ND_OK);
            assert_true(out != copy);
            free(copy);
        }
    nd_repairer_free(repairer);
}

static void all_kernels_find_the_same(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", "я",  "α", "é", "ی",    "ا",   "َ",  "ְ",
                                        "ʼ", "٣",  "४", "๒", "ș",    "İ",   "ı", "̶",
                                        "̇",  "中", "ﯼ", ".", "\xd9", "\xe0"};
    const nd_repair_scan *const scan = nd_repair_scan_current(), *const any = &nd_repair_scan_any;
    nd_random random = {7};
    for (int i = 0; i < 400; i++) {
        char text[256];
        size_t len = 0;
        const size_t most = nd_random_u64(&random) % 200, first = nd_random_u64(&random) % 22;
        const size_t kinds = 1 + nd_random_u64(&random) % 6;
        while (len < most) {
            const char *const part = parts[(first + nd_random_u64(&random) % kinds) % 22];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        char *const copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, text, len);
        for (size_t at = 0; at <= len; at++)
            assert_int_equal(scan->next_foldable(copy, len, at), any->next_foldable(copy, len, at));
        free(copy);
    }
}

static void words_of_a_million_letters_take_linear_time(void **state)
{
    (void)state;
    static const char *const units[] = {"aя", "aяα", "яa\u02bc", "l\u0335", "ی\u064e", "я\u0301a"};
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_NONE, ND_FOLD_ALL, NULL, &repairer), ND_OK);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t unit = strlen(units[i]), num = 300000;
        char *const text = malloc(unit * num);
        const char *folded;
        size_t len;
        assert_non_null(text);
        for (size_t j = 0; j < num; j++)
            memcpy(text + j * unit, units[i], unit);
        assert_int_equal(nd_repairer_apply(repairer, text, unit * num, &folded, &len), ND_OK);
        free(text);
    }
    nd_repairer_free(repairer);
}

static void folds_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"marks",  "apostrophes", "yeh-kaf",    "digits", "cedillas",
                                        "dotted", "strokes",     "homoglyphs", "dotless"};
    for (uint32_t i = 0; i < 9; i++)
        assert_string_equal(nd_fold_name(i), names[i]);
    assert_null(nd_fold_name(9));
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(0, 512, NULL, &repairer), ND_ERR_INVALID_ARGUMENT);
    assert_null(repairer);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    const char *const text = "cловарь \u064e ی &amp;";
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        nd_repairer *repairer;
        const char *folded;
        size_t len;
        status = nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_ALL, &a, &repairer);
        if (status == ND_OK)
            status = nd_repairer_apply(repairer, text, strlen(text), &folded, &len);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        nd_repairer_free(repairer);
        assert_int_equal(f.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vowel_marks_and_tatweel_go),
        cmocka_unit_test(letters_that_are_apostrophes_become_one),
        cmocka_unit_test(persian_yeh_and_kaf_become_arabic),
        cmocka_unit_test(digits_become_those_of_ascii),
        cmocka_unit_test(commas_become_cedillas),
        cmocka_unit_test(dots_of_capitals_go),
        cmocka_unit_test(strokes_become_part_of_the_letter),
        cmocka_unit_test(letters_of_a_strange_script_become_those_of_the_word),
        cmocka_unit_test(dotless_i_gets_its_dot),
        cmocka_unit_test(spellings_become_the_same),
        cmocka_unit_test(words_of_a_language_stay_apart),
        cmocka_unit_test(folded_text_is_found_where_it_stood),
        cmocka_unit_test(ascii_text_is_handed_back_itself),
        cmocka_unit_test(what_is_folded_is_found),
        cmocka_unit_test(all_kernels_find_the_same),
        cmocka_unit_test(words_of_a_million_letters_take_linear_time),
        cmocka_unit_test(folds_have_names),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
