/* What web sites do to text, undone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "neardup/repair.h"

static void assert_repairs(uint32_t repairs, const char *text, const char *expected)
{
    nd_repairer *repairer;
    const char *repaired;
    size_t len;
    assert_int_equal(nd_repairer_new(repairs, NULL, &repairer), ND_OK);
    assert_int_equal(nd_repairer_apply(repairer, text, strlen(text), &repaired, &len), ND_OK);
    if (strlen(expected) != len || memcmp(repaired, expected, len) != 0)
        fail_msg("'%s' became '%.*s', not '%s'", text, (int)len, repaired, expected);
    nd_repairer_free(repairer);
}

/* Text that looks as if it needed a repair and does not. */
static void assert_stays(uint32_t repairs, const char *text)
{
    assert_repairs(repairs, text, text);
}

static void references_become_characters(void **state)
{
    (void)state;
    const uint32_t e = ND_REPAIR_ENTITIES;
    assert_repairs(e, "Tom &amp; Jerry said &quot;no&quot;", "Tom & Jerry said \"no\"");
    assert_repairs(e, "caf&eacute; &#233; &#xE9; &#XE9;", "caf\u00e9 \u00e9 \u00e9 \u00e9");
    assert_repairs(e, "don&#8217;t don&#x2019;t don&rsquo;t", "don\u2019t don\u2019t don\u2019t");
    assert_repairs(e, "&lstrok;&oacute;d&zacute; &#128512;", "\u0142\u00f3d\u017a \U0001F600");
    assert_repairs(e, "a&nbsp;b&hellip;", "a\u00a0b\u2026");
    assert_repairs(e, "&thetasym;", "\u03d1");
}

static void escaped_references_are_undone_level_by_level(void **state)
{
    (void)state;
    const uint32_t e = ND_REPAIR_ENTITIES;
    assert_repairs(e, "R&amp;amp;D", "R&D");
    assert_repairs(e, "&amp;quot;so&amp;#8217;", "\"so\u2019");
    assert_repairs(e, "&amp;amp;eacute;", "\u00e9");
    assert_repairs(e, "&amp;amp;amp;eacute;", "&eacute;");
}

static void numbers_128_to_159_are_windows_1252(void **state)
{
    (void)state;
    assert_repairs(ND_REPAIR_ENTITIES, "&#146; &#x80; &#150;", "\u2019 \u20ac \u2013");
}

static void what_is_no_reference_stays(void **state)
{
    (void)state;
    const char *const texts[] = {"AT&T",
                                 "Q&A; more",
                                 "R&D;",
                                 "a & b",
                                 "&",
                                 "&;",
                                 "&#;",
                                 "&#x;",
                                 "&#xg;",
                                 "&#0;",
                                 "&#55296;",
                                 "&#1114112;",
                                 "&#99999999999;",
                                 "&eacute",
                                 "&copyright;",
                                 "http://x/?a=1&b=2",
                                 "&#",
                                 "&#1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_stays(ND_REPAIR_ENTITIES, texts[i]);
}

static void tags_vanish_or_break_the_line(void **state)
{
    (void)state;
    const uint32_t t = ND_REPAIR_TAGS;
    assert_repairs(t, "<h1>Title</h1><p class=\"lead\">One <b>bold</b>ly.</p>",
                   "\nTitle\n\nOne boldly.\n");
    assert_repairs(t, "one<br/>two<BR />three", "one\ntwo\nthree");
    assert_repairs(t, "<a href=\"/x\">link</a>", "link");
}

static void what_a_browser_never_shows_goes(void **state)
{
    (void)state;
    const uint32_t t = ND_REPAIR_TAGS;
    assert_repairs(t, "<style>.a{color:red}</style><script>var b = '</p>';</script><!-- c > d -->e",
                   "e");
    assert_repairs(t, "<p title=\"a > b\" id='<c>'>d</p>", "\nd\n");
    assert_repairs(t, "<?xml version=\"1.0\"?>a<?php if ($b > 1) c(); ?>d", "ad");
    assert_repairs(t, "<!DOCTYPE html>a<![if !IE]>b<![endif]>", "ab");
    assert_repairs(t, "<p><![CDATA[<b>a</b> & b]]></p>", "\na & b\n");
    assert_repairs(t, "<noscript><img src=\"a\"></noscript>b<iframe>c</iframe>", "b  ");
    assert_repairs(t, "<p hidden>a</p><div style=\"display: none\">b</div>c", "\n\n\n\nc");
    assert_repairs(t, "a<svg viewBox=\"0 0 1 1\"><title>b</title><path d=\"M0 0\"/></svg>c",
                   "a \n\n c");
    assert_repairs(t, "<img src=\"data:image/png;base64,iVBORw0KGgo=\" alt=\"a > b\">c", " c");
    assert_repairs(t, "<title>a</title>b", "\na\nb");
}

/* With a doctype, <html>, <head> or <body> first. */
static void a_page_is_read_as_browsers_do(void **state)
{
    (void)state;
    const uint32_t t = ND_REPAIR_TAGS, e = ND_REPAIR_ENTITIES;
    const char *const page = "<html><title>a</title><my-tag>b &lt;i&gt;</my-tag><p hidden>c<p>d";
    assert_repairs(t, page, "\n\n\nb &lt;i&gt;\n\nd");
    assert_repairs(t | e, page, "\n\n\nb <i>\n\nd");
    assert_repairs(t | e, "&lt;html&gt;a<script>b", "\na");
}

static void what_is_no_tag_stays(void **state)
{
    (void)state;
    const char *const texts[] = {
        "a < b",       "a<b",          "<MSFT> fell", "<p",      "<",        "</",       "<p <b",
        "<paragraph>", "<3",           "x <y@z.org>", "<!",      "<!-- a",   "a <!b> c", "<?>",
        "<? a ?>",     "<!ELEMENT a>", "<path d>",    "<symbol", "<my-tag>", "</>",      "</ p>"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_stays(ND_REPAIR_TAGS, texts[i]);
}

/* "The <script> tag": nothing that its reader sees is lost for want of an end tag. */
static void elements_without_an_end_tag_lose_only_their_tag(void **state)
{
    (void)state;
    const uint32_t t = ND_REPAIR_TAGS;
    assert_repairs(t, "the <script> tag and <style>", "the  tag and ");
    assert_repairs(t, "a <template> or <p hidden>b", "a  or \nb");
    assert_repairs(t, "say <a href=\"b>c</a> \"d\"", "say c \"d\"");
}

static void escaped_tags_are_tags(void **state)
{
    (void)state;
    assert_repairs(ND_REPAIR_ALL, "&lt;p&gt;One&lt;/p&gt;", "\nOne\n");
    assert_repairs(ND_REPAIR_ENTITIES, "&lt;p&gt;", "<p>");
}

static void misread_utf8_is_read_again(void **state)
{
    (void)state;
    const uint32_t m = ND_REPAIR_MOJIBAKE;
    assert_repairs(m, "don\u00e2\u20ac\u2122t", "don\u2019t");
    assert_repairs(m, "\u00e2\u20ac\u0153so\u00e2\u20ac\xc2\x9d", "\u201cso\u201d");
    assert_repairs(m, "\u00e2\u20ac\u0153so\u00e2\u20ac.", "\u201cso\u201d.");
    assert_repairs(m, "caf\u00c3\u00a9 d\u00c3\u00a9j\u00c3\u00a0", "caf\u00e9 d\u00e9j\u00e0");
    assert_repairs(m, "\u00c3 la carte", "\u00e0 la carte");
    assert_repairs(m, "\u00c2\u00a310bn, 5\u00e2\u201a\u00ac", "\u00a310bn, 5\u20ac");
    assert_repairs(m, "\u00f0\u0178\u02dc\u20ac", "\U0001F600");
    assert_repairs(m, "\u00c5\u201a\u00c3\u00b3d\u00c5\u00ba", "\u00c5\u201a\u00f3d\u017a");
    assert_repairs(m, "\u00ef\u00bb\u00bfTitle", "\ufeffTitle");
}

static void latin_1_is_read_again_too(void **state)
{
    (void)state;
    assert_repairs(ND_REPAIR_MOJIBAKE, "don\xc3\xa2\xc2\x80\xc2\x99t \xc3\xa2\xc2\x80\xc2\x93",
                   "don\u2019t \u2013");
}

static void words_of_other_scripts_are_read_again(void **state)
{
    (void)state;
    const uint32_t m = ND_REPAIR_MOJIBAKE;
    /* Moskva, in Cyrillic; Athina, in Greek; Zhongguo ren, in Han. */
    assert_repairs(m, "\u00d0\u0153\u00d0\u00be\u00d1\xc2\x81\u00d0\u00ba\u00d0\u00b2\u00d0\u00b0",
                   "\u041c\u043e\u0441\u043a\u0432\u0430");
    assert_repairs(m, "\u00ce\u2018\u00ce\u00b8\u00ce\u00ae\u00ce\u00bd\u00ce\u00b1",
                   "\u0391\u03b8\u03ae\u03bd\u03b1");
    assert_repairs(m, "\u00e4\u00b8\u00ad\u00e5\u203a\u00bd\u00e4\u00ba\u00ba",
                   "\u4e2d\u56fd\u4eba");
}

static void what_was_misread_twice_is_undone_twice(void **state)
{
    (void)state;
    assert_repairs(ND_REPAIR_MOJIBAKE, "don\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u201e\u00a2t",
                   "don\u2019t");
    assert_repairs(ND_REPAIR_ALL, "don&acirc;&euro;&trade;t", "don\u2019t");
}

static void good_text_is_no_mojibake(void **state)
{
    (void)state;
    const char *const texts[] = {
        "\u00ab\u00a0la libert\u00e9\u00a0\u00bb", /* the bytes of a Han character */
        "\u00e0\u00a0\u00ab\u00a0l\u2019\u00e9\u00a0\u00bb",
        "AMANH\u00c3\u201d",
        "N\u00c3O",
        "\u00c2ge",
        "caf\u00e9\u2019s",
        "d\u00e9j\u00e0\u2026",
        "Stra\u00dfe \u00bb",
        "\u00d1\u00a0",
        "\u201e\u00c4\u201c",
        "\u00ef\u00a0",
        "Citro\u00ebn\u00a0\u00bb",
        "\u00c3",
        "\u00e2\u20ab"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_stays(ND_REPAIR_MOJIBAKE, texts[i]);
}

static void invalid_bytes_stay(void **state)
{
    (void)state;
    assert_stays(ND_REPAIR_ALL, "\xc3");
    assert_stays(ND_REPAIR_ALL, "\xc3\xc3\x83\xc2");
    assert_repairs(ND_REPAIR_ALL, "\xff&amp;\xc3\x83\xc2\xa9\xfe", "\xff&\u00e9\xfe");
}

static void words_broken_at_the_end_of_a_line_are_joined(void **state)
{
    (void)state;
    const uint32_t h = ND_REPAIR_HYPHENATION;
    assert_repairs(h, "an inter-\nnational ban", "an international ban");
    assert_repairs(h, "an inter-\r\n  national ban", "an international ban");
    assert_repairs(h, "soft\u00ad\nware, \u00e9t\u00e9\u2010\n\u00e9t\u00e9",
                   "software, \u00e9t\u00e9\u00e9t\u00e9");
}

static void blanks_pages_and_quote_marks_may_stand_at_the_break(void **state)
{
    (void)state;
    const uint32_t h = ND_REPAIR_HYPHENATION;
    static const char *const breaks[] = {
        "- \n",  "-\t\n\t", "- \t \r\n  ", "-\r",      "-\r  ",  "-\f",
        "-\n\f", "-=\n",    "-=\r\n ",     "\u00ac\n", "-  \n ", "- =\n",
    };
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        char text[64];
        snprintf(text, sizeof text, "the represen%stative of it", breaks[i]);
        assert_repairs(h, text, "the representative of it");
    }
    assert_repairs(h, "> the represen-\n> tative\n> of", "> the representative\n> of");
    assert_repairs(h, "a\n >> the represen- \n >> tative", "a\n >> the representative");
    assert_repairs(h, ">the represen-=\n>tative", ">the representative");
    assert_stays(h, "the represen-\n> tative");
    assert_stays(h, "the represen- tative, the represen-\ttative, the represen- = tative");
    assert_stays(h, "the represen-\n\r\ntative");
}

static void words_that_quoted_printable_breaks_are_joined(void **state)
{
    (void)state;
    const uint32_t h = ND_REPAIR_HYPHENATION;
    assert_repairs(h,
                   "a line of seventy bytes and some more than those, which breaks in a repre=\n"
                   "sentative word",
                   "a line of seventy bytes and some more than those, which breaks in a "
                   "representative word");
    assert_stays(h,
                 "a line of seventy bytes and some more than those, which ends in a word =\nnot");
    assert_stays(h, "flags=\nnone");
    assert_stays(h, "=\n");
}

static void marks_do_not_hide_letters(void **state)
{
    (void)state;
    assert_repairs(ND_REPAIR_HYPHENATION, "e\u0301te\u0301-\ne\u0301te\u0301",
                   "e\u0301te\u0301e\u0301te\u0301");
}

static void hyphens_that_break_no_word_stay(void **state)
{
    (void)state;
    const char *const texts[] = {"Baden-\nW\u00fcrttemberg",
                                 "say -\nnothing",
                                 "3-\n4 goals",
                                 "a list:\n-\none",
                                 "x-\nray",
                                 "pre-\n\nwar",
                                 "end-",
                                 "end-\n",
                                 "-\nend"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_stays(ND_REPAIR_HYPHENATION, texts[i]);
}

static void repairs_not_asked_for_are_not_made(void **state)
{
    (void)state;
    const char *const text = "<p>caf\u00c3\u00a9 &amp; inter-\nnational</p>";
    assert_stays(ND_REPAIR_NONE, text);
    assert_repairs(ND_REPAIR_ENTITIES, text, "<p>caf\u00c3\u00a9 & inter-\nnational</p>");
    assert_repairs(ND_REPAIR_TAGS, text, "\ncaf\u00c3\u00a9 &amp; inter-\nnational\n");
    assert_repairs(ND_REPAIR_MOJIBAKE, text, "<p>caf\u00e9 &amp; inter-\nnational</p>");
    assert_repairs(ND_REPAIR_HYPHENATION, text, "<p>caf\u00c3\u00a9 &amp; international</p>");
    /* A word broken by a tag, escaped or not, whatever else the text holds. */
    assert_repairs(ND_REPAIR_ALL, "inter-<br>national", "international");
    assert_repairs(ND_REPAIR_ALL, "inter-&lt;br&gt;national", "international");
}

static void text_without_a_mark_is_handed_back_itself(void **state)
{
    (void)state;
    nd_repairer *repairer;
    const char *repaired;
    size_t len;
    const char *const text = "Nothing here, na\u00efve or not \u2014 needs \u201crepair\u201d.";
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, NULL, &repairer), ND_OK);
    assert_int_equal(nd_repairer_apply(repairer, text, strlen(text), &repaired, &len), ND_OK);
    assert_ptr_equal(repaired, text);
    assert_int_equal(len, strlen(text));
    assert_int_equal(nd_repairer_count(repairer), 0);
    assert_int_equal(nd_repairer_apply(repairer, NULL, 0, &repaired, &len), ND_OK);
    assert_int_equal(len, 0);
    nd_repairer_free(repairer);
}

/* The place of `word` in the repaired text, looked up in the original one. */
static void assert_located(nd_repairer *repairer, const char *text, const char *word,
                           const char *original)
{
    const char *repaired;
    size_t len;
    assert_int_equal(nd_repairer_apply(repairer, text, strlen(text), &repaired, &len), ND_OK);
    char *const copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, repaired, len);
    copy[len] = '\0';
    const char *const found = strstr(copy, word);
    assert_non_null(found);
    size_t start = (size_t)(found - copy), end = start + strlen(word);
    nd_repairer_locate(repairer, &start, &end);
    assert_int_equal(start, strstr(text, original) - text);
    assert_int_equal(end, start + strlen(original));
    free(copy);
}

static void places_are_found_in_the_original_text(void **state)
{
    (void)state;
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, NULL, &repairer), ND_OK);
    const char *const text = "<p>One caf&amp;eacute; in inter-\nnational <i>don\u00c3\u00a2\u00e2"
                             "\u201a\u00ac\u00e2\u201e\u00a2t</i> end</p>";
    assert_located(repairer, text, "One", "One");
    assert_located(repairer, text, "caf\u00e9", "caf&amp;eacute;");
    assert_located(repairer, text, "international", "inter-\nnational");
    assert_located(repairer, text, "don\u2019t",
                   "don\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u201e\u00a2t");
    assert_located(repairer, text, "end", "end");
    assert_located(repairer, "plain end", "end", "end");
    nd_repairer_free(repairer);
}

static void marks_are_seen_at_every_place(void **state)
{
    (void)state;
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, NULL, &repairer), ND_OK);
    const char *const marks[] = {"&amp;", "<b>", "\u00c3\u00a9", "aa-\nbb"};
    for (size_t len = 6; len < 90; len++)
        for (size_t i = 0; i < 4; i++)
            for (size_t at = 0; at + strlen(marks[i]) <= len; at++) {
                char *const text = malloc(len); /* exact, for the sanitizer */
                assert_non_null(text);
                memset(text, 'x', len);
                memcpy(text + at, marks[i], strlen(marks[i]));
                const char *repaired;
                size_t repaired_len;
                assert_int_equal(nd_repairer_apply(repairer, text, len, &repaired, &repaired_len),
                                 ND_OK);
                assert_int_equal(nd_repairer_count(repairer), 1);
                free(text);
            }
    nd_repairer_free(repairer);
}

/* Each of these takes minutes where the work is not linear. */
static void hostile_text_is_repaired_in_linear_time(void **state)
{
    (void)state;
    static const char *const units[] = {
        "<a \"<a '",         "<a\"<b '\"<i\"'", "<!--", "<script>", "<![CDATA[",  "<?php",
        "<p hidden></p><b>", "<svg><aaaaaaaa",  "<p ",  "<p x=\"",  "<!doctype ", "&amp",
    };
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, NULL, &repairer), ND_OK);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t unit_len = strlen(units[i]), num = 100000;
        char *const text = malloc(num * unit_len);
        const char *repaired;
        size_t len;
        assert_non_null(text);
        for (size_t j = 0; j < num; j++)
            memcpy(text + j * unit_len, units[i], unit_len);
        assert_int_equal(nd_repairer_apply(repairer, text, num * unit_len, &repaired, &len), ND_OK);
        free(text);
    }
    nd_repairer_free(repairer);
}

static void unknown_repairs_are_refused(void **state)
{
    (void)state;
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(16, NULL, &repairer), ND_ERR_INVALID_ARGUMENT);
    assert_null(repairer);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    const char *const text = "<p>caf\u00c3\u00a9 &amp;amp; inter-\nnational</p>";
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        nd_repairer *repairer;
        const char *repaired;
        size_t len;
        status = nd_repairer_new(ND_REPAIR_ALL, &a, &repairer);
        if (status == ND_OK)
            status = nd_repairer_apply(repairer, text, strlen(text), &repaired, &len);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        nd_repairer_free(repairer);
        assert_int_equal(f.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_become_characters),
        cmocka_unit_test(escaped_references_are_undone_level_by_level),
        cmocka_unit_test(numbers_128_to_159_are_windows_1252),
        cmocka_unit_test(what_is_no_reference_stays),
        cmocka_unit_test(tags_vanish_or_break_the_line),
        cmocka_unit_test(what_a_browser_never_shows_goes),
        cmocka_unit_test(a_page_is_read_as_browsers_do),
        cmocka_unit_test(what_is_no_tag_stays),
        cmocka_unit_test(elements_without_an_end_tag_lose_only_their_tag),
        cmocka_unit_test(escaped_tags_are_tags),
        cmocka_unit_test(misread_utf8_is_read_again),
        cmocka_unit_test(latin_1_is_read_again_too),
        cmocka_unit_test(words_of_other_scripts_are_read_again),
        cmocka_unit_test(what_was_misread_twice_is_undone_twice),
        cmocka_unit_test(good_text_is_no_mojibake),
        cmocka_unit_test(invalid_bytes_stay),
        cmocka_unit_test(words_broken_at_the_end_of_a_line_are_joined),
        cmocka_unit_test(blanks_pages_and_quote_marks_may_stand_at_the_break),
        cmocka_unit_test(words_that_quoted_printable_breaks_are_joined),
        cmocka_unit_test(marks_do_not_hide_letters),
        cmocka_unit_test(hyphens_that_break_no_word_stay),
        cmocka_unit_test(repairs_not_asked_for_are_not_made),
        cmocka_unit_test(text_without_a_mark_is_handed_back_itself),
        cmocka_unit_test(places_are_found_in_the_original_text),
        cmocka_unit_test(marks_are_seen_at_every_place),
        cmocka_unit_test(hostile_text_is_repaired_in_linear_time),
        cmocka_unit_test(unknown_repairs_are_refused),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
