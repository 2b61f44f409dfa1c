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
#include "neardup/kernel.h"
#include "neardup/repair.h"
#include "random.h"
#include "text/repair/repair_pass.h"

static void assert_repairs(uint32_t repairs, const char *text, const char *expected)
{
    nd_repairer *repairer;
    const char *repaired;
    size_t len;
    assert_int_equal(nd_repairer_new(repairs, ND_FOLD_NONE, NULL, &repairer), ND_OK);
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
    assert_repairs(m, "\u00c5\u201a\u00c3\u00b3d\u00c5\u00ba", "\u0142\u00f3d\u017a");
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

static void utf_8_read_in_pages_of_other_scripts_is_read_again(void **state)
{
    (void)state;
    const uint32_t m = ND_REPAIR_MOJIBAKE;
    /* UTF-8 as Windows-1251 */
    assert_repairs(m,
                   "\u0420\u045a\u0420\u0455\u0421\u0403\u0420\u0454\u0420\u0406\u0420\u00b0, "
                   "\u0420\u0451 \u0420\u0405\u0420\u00b0 \u0421\u040b\u0420\u0456\u0420\u00b5: "
                   "\u0421\u2018\u0420\u00bb\u0420\u0454\u0420\u00b0 \u0412\u00ab\u0420\xc2\x98"
                   "\u0420\u00b7\u0420\u00b1\u0420\u00b0\u0412\u00bb \u0432\u0402\u201d "
                   "\u0421\u2020\u0420\u00b5\u0420\u0405\u0420\u00b0",
                   "\u041c\u043e\u0441\u043a\u0432\u0430, \u0438 \u043d\u0430 \u044e\u0433\u0435: "
                   "\u0451\u043b\u043a\u0430 \u00ab\u0418\u0437\u0431\u0430\u00bb \u2014 "
                   "\u0446\u0435\u043d\u0430");
    /* UTF-8 as KOI8-R */
    assert_repairs(m,
                   "\u043f\u00b0\u043f\u256c\u044f\u2502\u043f\u2568\u043f\u2561\u043f\u255f, "
                   "\u043f\u2566 \u043f\u256b\u043f\u255f \u044f\u258c\u043f\u0401\u043f\u2563: "
                   "\u044f\u2592\u043f\u2569\u043f\u2568\u043f\u255f "
                   "\u0431\u255a\u043f\u2264\u043f\u2565\u043f\u2560\u043f\u255f\u0431\u2569 "
                   "\u0411\u2500\u25a0 \u044f\u251c\u043f\u2563\u043f\u256b\u043f\u255f",
                   "\u041c\u043e\u0441\u043a\u0432\u0430, \u0438 \u043d\u0430 \u044e\u0433\u0435: "
                   "\u0451\u043b\u043a\u0430 \u00ab\u0418\u0437\u0431\u0430\u00bb \u2014 "
                   "\u0446\u0435\u043d\u0430");
    /* UTF-8 as Windows-1253 */
    assert_repairs(
        m,
        "\u03a0\xc2\x9c"
        "\u03a0\u038e\u03a1\xc2\x81"
        "\u03a0\u038a\u03a0\u00b2\u03a0\u00b0, \u03a0\u0388 \u03a0\u00bd\u03a0\u00b0 \u03a1\xc2\x8e"
        "\u03a0\u00b3\u03a0\u00b5: \u03a1\u2018\u03a0\u00bb\u03a0\u038a\u03a0\u00b0 "
        "\u0392\u00ab\u03a0\xc2\x98"
        "\u03a0\u00b7\u03a0\u00b1\u03a0\u00b0\u0392\u00bb \u03b2\u20ac\u201d "
        "\u03a1\u2020\u03a0\u00b5\u03a0\u00bd\u03a0\u00b0",
        "\u041c\u043e\u0441\u043a\u0432\u0430, \u0438 \u043d\u0430 \u044e\u0433\u0435: "
        "\u0451\u043b\u043a\u0430 \u00ab\u0418\u0437\u0431\u0430\u00bb \u2014 "
        "\u0446\u0435\u043d\u0430");
    /* UTF-8 as Windows-1252 */
    assert_repairs(
        m,
        "\u00d0\u0153\u00d0\u00be\u00d1\xc2\x81"
        "\u00d0\u00ba\u00d0\u00b2\u00d0\u00b0, \u00d0\u00b8 \u00d0\u00bd\u00d0\u00b0 "
        "\u00d1\u017d\u00d0\u00b3\u00d0\u00b5: \u00d1\u2018\u00d0\u00bb\u00d0\u00ba\u00d0\u00b0 "
        "\u00c2\u00ab\u00d0\u02dc\u00d0\u00b7\u00d0\u00b1\u00d0\u00b0\u00c2\u00bb "
        "\u00e2\u20ac\u201d \u00d1\u2020\u00d0\u00b5\u00d0\u00bd\u00d0\u00b0",
        "\u041c\u043e\u0441\u043a\u0432\u0430, \u0438 \u043d\u0430 \u044e\u0433\u0435: "
        "\u0451\u043b\u043a\u0430 \u00ab\u0418\u0437\u0431\u0430\u00bb \u2014 "
        "\u0446\u0435\u043d\u0430");
    /* UTF-8 as Windows-1253 */
    assert_repairs(m,
                   "\u039e\u2018\u039e\u0388\u039e\u00ae\u039e\u00bd\u039e\u00b1, \u039e\u00b7 "
                   "\u039f\u20ac\u039f\xc2\x8c"
                   "\u039e\u00bb\u039e\u00b7 \u039e\u038a\u039e\u00b1\u039e\u0389 "
                   "\u039f\u201e\u039e\u038f \u039f\u2020\u039f\u2030\u039f\u201a",
                   "\u0391\u03b8\u03ae\u03bd\u03b1, \u03b7 \u03c0\u03cc\u03bb\u03b7 "
                   "\u03ba\u03b1\u03b9 \u03c4\u03bf \u03c6\u03c9\u03c2");
    /* UTF-8 as Windows-1251 */
    assert_repairs(
        m,
        "\u041e\u2018\u041e\u0451\u041e\u00ae\u041e\u0405\u041e\u00b1, \u041e\u00b7 "
        "\u041f\u0402\u041f\u040a\u041e\u00bb\u041e\u00b7 \u041e\u0454\u041e\u00b1\u041e\u2116 "
        "\u041f\u201e\u041e\u0457 \u041f\u2020\u041f\u2030\u041f\u201a",
        "\u0391\u03b8\u03ae\u03bd\u03b1, \u03b7 \u03c0\u03cc\u03bb\u03b7 \u03ba\u03b1\u03b9 "
        "\u03c4\u03bf \u03c6\u03c9\u03c2");
    /* UTF-8 as Windows-1252 */
    assert_repairs(
        m,
        "\u00ce\u2018\u00ce\u00b8\u00ce\u00ae\u00ce\u00bd\u00ce\u00b1, \u00ce\u00b7 "
        "\u00cf\u20ac\u00cf\u0152\u00ce\u00bb\u00ce\u00b7 \u00ce\u00ba\u00ce\u00b1\u00ce\u00b9 "
        "\u00cf\u201e\u00ce\u00bf \u00cf\u2020\u00cf\u2030\u00cf\u201a",
        "\u0391\u03b8\u03ae\u03bd\u03b1, \u03b7 \u03c0\u03cc\u03bb\u03b7 \u03ba\u03b1\u03b9 "
        "\u03c4\u03bf \u03c6\u03c9\u03c2");
    /* UTF-8 as Windows-1251 */
    assert_repairs(m,
                   "H\u0413\u00a9l\u0413\u0401ne et l\u0432\u0402\u2122\u0413\u00a9t\u0413\u00a9 "
                   "\u0413\u00a0 No\u0413\u00abl",
                   "H\u00e9l\u00e8ne et l\u2019\u00e9t\u00e9 \u00e0 No\u00ebl");
    /* UTF-8 as Windows-1253 */
    assert_repairs(m,
                   "H\u0393\u00a9l\u0393\u00a8ne et l\u03b2\u20ac\u2122\u0393\u00a9t\u0393\u00a9 "
                   "\u0393\u00a0 No\u0393\u00abl",
                   "H\u00e9l\u00e8ne et l\u2019\u00e9t\u00e9 \u00e0 No\u00ebl");
}

static void bytes_of_other_scripts_are_read_again(void **state)
{
    (void)state;
    const uint32_t m = ND_REPAIR_MOJIBAKE;
    /* Windows-1251 */
    assert_repairs(m,
                   "\u00cc\u00ee\u00f1\u00ea\u00e2\u00e0, \u00e8 \u00ed\u00e0 \u00fe\u00e3\u00e5 "
                   "\u00b8\u00eb\u00ea\u00e8",
                   "\u041c\u043e\u0441\u043a\u0432\u0430, \u0438 \u043d\u0430 \u044e\u0433\u0435 "
                   "\u0451\u043b\u043a\u0438");
    /* KOI8-R */
    assert_repairs(m,
                   "\u00ed\u00cf\u00d3\u00cb\u00d7\u00c1, \u00c9 \u00ce\u00c1 \u00c0\u00c7\u00c5 "
                   "\u00a3\u00cc\u00cb\u00c9",
                   "\u041c\u043e\u0441\u043a\u0432\u0430, \u0438 \u043d\u0430 \u044e\u0433\u0435 "
                   "\u0451\u043b\u043a\u0438");
    /* Windows-1251 */
    assert_repairs(m,
                   "\u00e2\u00b3\u00ed \u00ed\u00e5 \u00e7\u00ed\u00e0\u00ba, \u00f9\u00ee "
                   "\u00e2\u00ee\u00ed\u00e8 \u00bf\u00e4\u00f3\u00f2\u00fc \u00f3 "
                   "\u00ca\u00e8\u00bf\u00e2 \u00b3 \u00ba \u00ef\u2019\u00ff\u00f2\u00fc",
                   "\u0432\u0456\u043d \u043d\u0435 \u0437\u043d\u0430\u0454, \u0449\u043e "
                   "\u0432\u043e\u043d\u0438 \u0457\u0434\u0443\u0442\u044c \u0443 "
                   "\u041a\u0438\u0457\u0432 \u0456 \u0454 \u043f\u2019\u044f\u0442\u044c");
    /* Windows-1253 */
    assert_repairs(m,
                   "\u00c1\u00e8\u00de\u00ed\u00e1, \u00e7 \u00f0\u00fc\u00eb\u00e7 "
                   "\u00ea\u00e1\u00e9 \u00f4\u00ef \u00f6\u00f9\u00f2 \u00f4\u00e7\u00f2",
                   "\u0391\u03b8\u03ae\u03bd\u03b1, \u03b7 \u03c0\u03cc\u03bb\u03b7 "
                   "\u03ba\u03b1\u03b9 \u03c4\u03bf \u03c6\u03c9\u03c2 \u03c4\u03b7\u03c2");
    /* Windows-1255 */
    assert_repairs(m,
                   "\u00e9\u00f8\u00e5\u00f9\u00ec\u00e9\u00ed \u00e4\u00e9\u00e0 "
                   "\u00f2\u00e9\u00f8 \u00e4\u00e1\u00e9\u00f8\u00e4 \u00f9\u00ec "
                   "\u00ee\u00e3\u00e9\u00f0\u00fa \u00e9\u00f9\u00f8\u00e0\u00ec "
                   "\u00e5\u00e4\u00f2\u00e9\u00f8 \u00e4\u00e2\u00e3\u00e5\u00ec\u00e4 "
                   "\u00e1\u00e9\u00e5\u00fa\u00f8 \u00e1\u00ee\u00e3\u00e9\u00f0\u00e4",
                   "\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd \u05d4\u05d9\u05d0 "
                   "\u05e2\u05d9\u05e8 \u05d4\u05d1\u05d9\u05e8\u05d4 \u05e9\u05dc "
                   "\u05de\u05d3\u05d9\u05e0\u05ea \u05d9\u05e9\u05e8\u05d0\u05dc "
                   "\u05d5\u05d4\u05e2\u05d9\u05e8 \u05d4\u05d2\u05d3\u05d5\u05dc\u05d4 "
                   "\u05d1\u05d9\u05d5\u05ea\u05e8 \u05d1\u05de\u05d3\u05d9\u05e0\u05d4");
    /* Windows-1256 */
    assert_repairs(m,
                   "\u00c7\u00e1\u00d3\u00e1\u00c7\u00e3 \u00da\u00e1\u00ed\u00df\u00e3 "
                   "\u00dd\u00ed \u00e5\u00d0\u00c7 \u00c7\u00e1\u00df\u00ca\u00c7\u00c8",
                   "\u0627\u0644\u0633\u0644\u0627\u0645 \u0639\u0644\u064a\u0643\u0645 "
                   "\u0641\u064a \u0647\u0630\u0627 \u0627\u0644\u0643\u062a\u0627\u0628");
    /* Windows-1251 */
    assert_repairs(m, "\u00cf\u00f0\u00e8\u00e2\u00e5\u00f2, \u00ec\u00e8\u00f0",
                   "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440");
    /* Short words stay between Latin ones, unless there are fewer of these. */
    assert_repairs(m,
                   "Il museo \u00e8 chiuso e \u00dd\u00f0\u00ec\u00e8\u00f2\u00e0\u00e6 "
                   "\u00ee\u00f2\u00ea\u00f0\u00fb\u00f2 \u00e4\u00ee "
                   "\u00e2\u00e5\u00f7\u00e5\u00f0\u00e0 e non \u00e8 scritto sul cartello",
                   "Il museo \u00e8 chiuso e \u042d\u0440\u043c\u0438\u0442\u0430\u0436 "
                   "\u043e\u0442\u043a\u0440\u044b\u0442 \u0434\u043e "
                   "\u0432\u0435\u0447\u0435\u0440\u0430 e non \u00e8 scritto sul cartello");
    assert_repairs(m,
                   "\u00ee\u00ed \u00f1\u00ea\u00e0\u00e7\u00e0\u00eb, \u00f7\u00f2\u00ee "
                   "\u00e4\u00ee\u00ec\u00e0 \u00e2 Microsoft \u00e8 \u00e2 "
                   "\u00e3\u00ee\u00f0\u00ee\u00e4\u00e5",
                   "\u043e\u043d \u0441\u043a\u0430\u0437\u0430\u043b, \u0447\u0442\u043e "
                   "\u0434\u043e\u043c\u0430 \u0432 Microsoft \u0438 \u0432 "
                   "\u0433\u043e\u0440\u043e\u0434\u0435");
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
        "\u00e2\u20ab",
        "\u044f\u00a0\u0438\u00a0\u0442\u044b, \u0421\u00a0\u043d\u0438\u043c\u0438 "
        "\u0412\u00a0\u0434\u043e\u043c \u00ab\u0421\u0421\u0421\u0420\u00bb \u0432\u2026 "
        "\u0420\u2014",
        "\u0421\u0456\u0447\u0435\u043d\u044c, \u0420\u0456\u0432\u043d\u0435, "
        "\u0420\u0406\u0417\u041d\u0415, \u0421\u0456\u043b\u044c",
        "\u2502\u044f\u2502\u043f\u2502\u043e\u2502 \u0411\u2500\u252c\u2500 "
        "\u2502\u0418\u043c\u044f\u2502",
        "\u039e\u00bb\u03ad\u03bd\u03bf\u03c2 \u00ab\u039f\u00bb \u03a0\u2026 \u039e\u00a0",
        "\u00e1\u00e9\u00ed\u00f3\u00fa \u00e4\u00f6\u00fc\u00df, \u00c1\u00c9\u00cd\u00d3\u00da "
        "\u00c4\u00d6\u00dc",
        "\u00e6\u00f8\u00e5 \u00c6\u00d8\u00c5: \u00e1\u00f0\u00e1 \u00f3\u00f0 \u00e6\u00f0i",
        "\u00e0 \u00e8 \u00ec \u00f2 \u00f9",
        "\u00c0\u00c1\u00c2\u00c3\u00c4\u00c5\u00c6\u00c7\u00c8\u00c9\u00ca\u00cb"};
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
    assert_repairs(h, "the represen-\n> tative", "the representative");
    assert_repairs(h, "the represen-=20\ntative", "the representative");
    assert_repairs(h, "the represen- =20=09=\r\ntative", "the representative");
    assert_repairs(h, "the represen-\vtative", "the representative");
    assert_stays(h, "the represen-=2\ntative, the represen-=20tative");
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
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_NONE, NULL, &repairer), ND_OK);
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
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_NONE, NULL, &repairer), ND_OK);
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
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_NONE, NULL, &repairer), ND_OK);
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
        "<a \"<a '",
        "<a\"<b '\"<i\"'",
        "<!--",
        "<script>",
        "<![CDATA[",
        "<?php",
        "<p hidden></p><b>",
        "<svg><aaaaaaaa",
        "<p ",
        "<p x=\"",
        "<!doctype ",
        "&amp",
        "aA1bB2cC3dD4 ",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
        "(a)aaaaaa ",
        "\n00000000 00",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa()()()()()()()()()()()()()()()()()()() ",
        "a=b,c;",
    };
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_NONE, NULL, &repairer), ND_OK);
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

/* Each leaves a blank between what stands before and after it. */
static void assert_blob(const char *blob)
{
    char text[4096], between[4200];
    nd_repairer *repairer;
    const char *repaired;
    size_t len;
    static const char before[] = "The quay was closed on Friday, as ever. ";
    static const char after[] = " And then it was opened again, they said.";
    static const char *const breaks[] = {"", "\n"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s%s%s%s%s", before, breaks[i], blob, breaks[i], after);
        snprintf(between, sizeof between, "%s%s %s%s", before, breaks[i], breaks[i], after);
        assert_repairs(ND_REPAIR_BLOBS, text, between);
    }
    assert_int_equal(nd_repairer_new(ND_REPAIR_BLOBS, ND_FOLD_NONE, NULL, &repairer), ND_OK);
    assert_int_equal(nd_repairer_apply(repairer, text, strlen(text), &repaired, &len), ND_OK);
    assert_int_equal(nd_repairer_blob_bytes(repairer), strlen(blob));
    assert_int_equal(nd_repairer_count(repairer), 1);
    nd_repairer_free(repairer);
}

static void blobs_are_left_out(void **state)
{
    (void)state;
    /* an image */
    assert_blob(
        "data:image/png;base64,eUK98iEG8IR3YvDzy012TccHIFEVmg+J8sbayuNEuzESRf1vhN+a18Wz0HasDo"
        "9TpzVsiJE/IPb3LbAi0k0KltrUPBYXwamOeBKeAyc3EGXQlYZPFa2guEbBwOvFNIrceZrfhJutBdShCsBEHq"
        "rutLSO+gsfCr2A6ZijWrpeoL2HmcE1DUOecYl6p1/eMTSkqnLgViisb+aKcz0RYaFdjq4rsELXlYrtsdWU1t"
        "ES009mAvTecRDpk650IpI9fRcRZdwZBvY9V5l6CtMbOq5AgfQftHFlPj1XeoxBA/nMGYp/idga8qUAHEAXPx"
        "kj9xAs+qFQoSSzxcebuIdhqNs/QQHCKFsVv+vCFtwbvv6h19brCX1viiTZctpCDqa/hj7tP8A3ozQC8kl4xx"
        "Yv");
    /* MIME, PEM */
    assert_blob("eUK98iEG8IR3YvDzy012TccHIFEVmg+J8sbayuNEuzESRf1vhN+a18Wz0HasDo9T\n"
                "pzVsiJE/IPb3LbAi0k0KltrUPBYXwamOeBKeAyc3EGXQlYZPFa2guEbBwOvFNIrc\n"
                "eZrfhJutBdShCsBEHqrutLSO+gsfCr2A6ZijWrpeoL2HmcE1DUOecYl6p1/eMTSk\n"
                "qnLgViisb+aKcz0RYaFdjq4rsELXlYrtsdWU1tES009mAvTecRDpk650IpI9fRcR\n"
                "ZdwZBvY9V5l6CtMbOq5AgfQftHFlPj1XeoxBA/nMGYp/idga8qUAHEAXPxkj9xAs\n"
                "+qFQoSSzxcebuIdhqNs/QQHCKFsVv+vCFtwbvv6h19brCX1viiTZctpCDqa/hj7t\n"
                "P8A3ozQC8kl4xw==");
    /* a hash, or a key in hex */
    assert_blob(
        "7942bdf22106f0847762f0f3cb4d764dc7072051159a0f89f2c6dacae344bb311245fd6f84df9ad7c5b3"
        "d076ac0e8f53a7356c88913f20f6f72db022d24d0a96dad43c1617c1");
    /* a script */
    assert_blob(
        "window.dl=window.dl||[];(function(w,d){var s=d.createElement('script');s.async=1;s.s"
        "rc='/t.js?id='+w.dl.length;d.head.appendChild(s)})(window,document);function track(e"
        "){navigator.sendBeacon('/b',JSON.stringify(e))}");
    /* a style sheet */
    assert_blob(".nav__item:hover,.nav__item:focus{background-color:#f5f5f5;text-decoration:under"
                "line}.nav__list{display:flex;flex-wrap:wrap;list-style:none;margin:0;padding:0 1"
                "6px}@media(max-width:600px){.nav__list{flex-direction:column}.nav__item{border-b"
                "ottom:1px solid #ddd}}.a:after,.b:before{content:'';top:0;left:0}.c>d:first-chil"
                "d{color:#333}.e[hidden],.f[hidden]{display:none}.g,.h,.i,.j{float:left;width:25%"
                "}.k{opacity:.5}.l:not(.m){z-index:1}html,body,div,p,a,b,i,u{margin:0;padding:0;b"
                "order:0}");
    /* JSON */
    assert_blob(
        "{\"id\":17,\"name\":\"quay\",\"tags\":[\"port\",\"crane\"],\"at\":[51.5,-0.12],\"ope"
        "n\":false,\"next\":{\"id\":18,\"name\":\"pier\",\"tags\":[],\"at\":[51.6,-0.11],\"op"
        "en\":true},\"prev\":null,\"hits\":[1,2,3,5,8]}");
}

static void text_around_blobs_stays_whole(void **state)
{
    (void)state;
    /* a script that holds text, and text without blanks around a script */
    assert_blob(
        "a={ok:\"\u786e\u5b9a\",no:\"\u53d6\u6d88\",x:[1,2,3]};(function(w,d){var "
        "s=d.createElement('s');s.async"
        "=1;s.src='/t.js?id='+w.dl.length;d.head.appendChild(s)})(window,document);function t(e"
        "){alert(\"\u786e\u5b9a\"+e)}");
    /* a script with an image in it, lines of 60 letters behind one that reads */
    assert_repairs(
        ND_REPAIR_BLOBS,
        "window.dl=window.dl||[];(function(w,d){var "
        "s=d.createElement('img');s.src='data:image/png;base64,AL5wIScGebcy8F5n3/"
        "YNBDRzrZSgqbjG3uhkWKFLf6xuI5aHUQPFeNBTxaQWk8JzFalHlsZfYcMMDktXP/"
        "tKsf2rcDkdfrUnW5gcF+Ha6ili8GjHEAD6/Wj9KfzjsQGMrb9h+ImB+LK777pzNk8cL6j5IXAAjlsHUqJoUD/"
        "+Ydua+5ZMs1SWOpQaPRYpzbLGViYXjU2JgJngKtFI3OyV2dZAkg05rK+gqv81RKMGHZEM9YpvujA/"
        "C5Q52ryFlwRlOEVHzc0X0AWIRh/"
        "JUqBlIFXZ53Ncqe28+ajY75FnCttn';s.width=1;s.async=1;d.body.appendChild(s)})(window,"
        "document);"
        "function track(e){navigator.sendBeacon('/b',JSON.stringify(e))}",
        " ");
    assert_repairs(ND_REPAIR_BLOBS,
                   "It "
                   "says:\nPtYgjmUhBel31iEl2hpChYgCfrL1spNxnyVmihA/2O76UMFxFkM/R5Kjp1vR\nt+1fjORS/"
                   "6ilI8ihN5KXSc7Tvo/hBKqFYY/"
                   "kv5ZJr3J1TWDtkwtDDb+xHKas\n1VOqg6YYZYn9ZhyiA4uoRgnatmUdjAWtGSU8po+"
                   "799NksnRH9ucAUsdMlHUv\nTCQCyEZDz/"
                   "TddJ8HyS5SUkCnD8zRA9a9SkpXz9w3QlY7Zkuvqdt7s8Stqcbn\nr3yBdGBLEPH1qhT61qtc4xatws8"
                   "phP9nhFyJfm5di4PzJ59FHz5r1pY4OjE2\njBMptUsGr7CmY+"
                   "uCu3ZR1zTOlUcR64cXQLioDnkHIfxIq2HZt/PlJhx2jIcl\nHkCiHp6bR1IqfEouHgxzNN==\nso.",
                   "It says:\n \nso.");
    static const char *const text =
        "\u6e2f\u53e3\u4e0a\u5468\u4e94\u5173\u95edwindow.dl=window.dl||[];(function(w,d){var "
        "s=d.createElement('script');s.async=1;s.src='/t.js?id='+w.dl.length;d.head.appendChild(s)"
        "})(window,document);function track(e){alert(e)}\u968f\u540e\u91cd\u65b0\u5f00\u653e";
    assert_repairs(
        ND_REPAIR_BLOBS, text,
        "\u6e2f\u53e3\u4e0a\u5468\u4e94\u5173\u95ed \u968f\u540e\u91cd\u65b0\u5f00\u653e");
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_NONE, NULL, &repairer), ND_OK);
    assert_located(repairer, text, "\u6e2f\u53e3", "\u6e2f\u53e3");
    assert_located(repairer, text, "\u968f\u540e", "\u968f\u540e");
    nd_repairer_free(repairer);
}

static void blobs_are_found_at_every_place(void **state)
{
    (void)state;
    static const char run[] = "DNxril3RavGD5MfvJ7NScUykT8C8UBkkpdhiG37LeXSyYV4g6snRoUYA4fXr6nzrvZcm"
                              "T4a4Ad5y2FibpBV62h9MahWLm52mva5f";
    static const char dump[] =
        "\n0000000 042577 043114 000402 000001\n0000020 000003 000076 000001 000000";
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(ND_REPAIR_BLOBS, ND_FOLD_NONE, NULL, &repairer), ND_OK);
    for (size_t before = 0; before < 140; before++)
        for (size_t after = 0; after < 70; after++)
            for (size_t i = 0; i < 2; i++) {
                char text[400];
                const char *repaired;
                size_t len;
                snprintf(text, sizeof text, "%*s%s%*s", (int)before, "", i ? dump : run, (int)after,
                         "");
                assert_int_equal(nd_repairer_apply(repairer, text, strlen(text), &repaired, &len),
                                 ND_OK);
                assert_int_equal(nd_repairer_blob_bytes(repairer),
                                 i ? strlen(dump) - 1 + after : strlen(run));
            }
    nd_repairer_free(repairer);
}

static void long_words_are_marked_wherever_they_stand(void **state)
{
    (void)state;
    for (size_t before = 0; before < 100; before++)
        for (size_t after = 0; after < 100; after++)
            for (size_t len = 63; len < 65; len++) {
                char text[300];
                memset(text, ' ', sizeof text);
                memset(text + before, 'x', len);
                const size_t end = before + len + after;
                const size_t at = nd_repair_scan_current()->next_blob_mark(text, end, 0);
                assert_true(len < 64 ? at == end : at >= before && at < before + len);
            }
}

static void hex_dumps_are_left_out(void **state)
{
    (void)state;
    /* hexdump -C */
    assert_repairs(
        ND_REPAIR_BLOBS,
        "Before it.\n00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF......."
        ".....|\n00000010  03 00 3e 00 01 00 00 00  50 0d 00 00 00 00 00 00  |..>.....P......"
        ".|\n00000020  40 00 00 00 00 00 00 00  20 4f 01 00 00 00 00 00  |@....... O......|\n"
        "After it.",
        "Before it.\n \nAfter it.");
    /* xxd */
    assert_repairs(
        ND_REPAIR_BLOBS,
        "Before it.\n00000000: 7f45 4c46 0201 0100 0000 0000 0000 0000  .ELF............\n000"
        "00010: 0300 3e00 0100 0000 500d 0000 0000 0000  ..>.....P.......\n00000020: 4000 000"
        "0 0000 0000 204f 0100 0000 0000  @....... O......\nAfter it.",
        "Before it.\n \nAfter it.");
    /* od */
    assert_repairs(
        ND_REPAIR_BLOBS,
        "Before.\n0000000 042577 043114 000402 000001 000000 000000 000000 000000\n0000020 00"
        "0003 000076 000001 000000 006520 000000 000000 000000\n0000040 000100 000000 000000 "
        "000000 047440 000001 000000 000000\n0000060\nAfter.",
        "Before.\n \n0000060\nAfter.");
}

static void what_reads_is_no_blob(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "see https://www.example.org/news/2024/03/the-quay-was-closed-on-friday-and-opened-ag"
        "ain?utm_source=feed&utm_medium=rss for more",
        "in /usr/share/doc/libexample-documentation-common/examples/configuration/defaults/te"
        "mplates/standard.conf.example",
        "EnglishBulgarianCroatianCzechDanishDutchEstonianFinnishFrenchGermanGreekHungarianIri"
        "shItalianLatvianLithuanianMaltese",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvor"
        "sitzender",
        "a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d0a1b2  the-file-of-this-h"
        "ash.tar.gz",
        "ACGTACGTTAGCTAGCTAGGATCGATCGATTAGCTAGCTAGCATCGATCGATCGATTTAGCGCGATATATCGCGATTAGCATCG"
        "ATCGATCGATCGATCGTAGCTAGCATG",
        "===================================================================================="
        "===================================",
        "if (is_open(quay)) {\n    close(quay);\n    return now();\n}\nfor (size_t i = 0; i <"
        " num; i++)\n    total += count[i];\nprintf(\"%zu\\n\", total);",
        "000001 1 2 3\n000002 4 5 6\n000003 7 8 9",
        "Mr. Smith (\"Joe\") said: \"No! It's (quite) true; isn't it?\" -- and [he] left, (se"
        "e [1], [2]; [3]): 'so', \"that\", \"this\" & more.",
        "中文没有空格的一段很长的文字中文没有空格的一段很长的文字中文没有空格的一段很长的文字中文没"
        "有空格的一段很长的文字",
        "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 | 5 | 6 |",
        /* long addresses, in text without blanks */
        "港口上周五照常关闭，详情见https://www.example.org/"
        "a?id=1&b=[2]&c=(3)&d={4}&e='5'&f=6;7&g=8|9&h=1"
        "&i=2&j=3&k=4,"
        "5，随后又重新开放，他们说港口上周五照常关闭，随后又重新开放，他们说港口上周五照常关闭",
        /* links in Markdown */
        "[Delivery](javascript:void(0))[Returns](javascript:void(0))[Contact](javascript:void(0))["
        "Your"
        " account](javascript:void(0))[Your "
        "orders](javascript:void(0))[Help](https://example.org/?id=1)"
        "[Prices](https://example.org/?id=2)<br>[Shops](https://example.org/?id=3)<br>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_stays(ND_REPAIR_BLOBS, texts[i]);
}

static void assert_same_scans(const nd_repair_scan *a, const nd_repair_scan *b, const char *text,
                              size_t len)
{
    assert_int_equal(a->suspected(text, len), b->suspected(text, len));
    for (size_t at = 0; at <= len; at++) {
        assert_int_equal(a->next_misread(text, len, at), b->next_misread(text, len, at));
        assert_int_equal(a->next_misread_bytes(text, len, at),
                         b->next_misread_bytes(text, len, at));
        assert_int_equal(a->next_blob_mark(text, len, at), b->next_blob_mark(text, len, at));
        assert_int_equal(a->next_line_end_hyphen(text, len, at),
                         b->next_line_end_hyphen(text, len, at));
    }
}

static void all_kernels_scan_alike(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "a",
        "b-",
        "\n",
        " ",
        "=",
        "&",
        "<",
        "\u00c3",
        "\u00a9",
        "\u00e2\u20ac\u2122",
        "\u0420",
        "\u00b0",
        "\u0432\u0402",
        "\u039e",
        "\u0388",
        "\u00ef\u00f0\u00e8\u00e2",
        "\u2010",
        "\u00ad",
        "\u4e2d",
        "\xc3",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\n000",
    };
    nd_kernel kernel = nd_kernel_current();
    const nd_repair_scan *const best = nd_repair_scan_current();
    assert_int_equal(nd_kernel_select(ND_KERNEL_SCALAR), ND_OK);
    const nd_repair_scan *const scalar = nd_repair_scan_current();
    assert_int_equal(nd_kernel_select(kernel), ND_OK);
    nd_random random = {1};
    for (int i = 0; i < 300; i++) {
        char text[300];
        size_t len = 0;
        const size_t most = nd_random_u64(&random) % 200, kinds = 1 + nd_random_u64(&random) % 22;
        while (len < most) {
            const char *const part = parts[nd_random_u64(&random) % kinds];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        char *const copy = malloc(len ? len : 1); /* exact, for the sanitizer */
        assert_non_null(copy);
        memcpy(copy, text, len);
        assert_same_scans(best, scalar, copy, len);
        free(copy);
    }
}

static void unknown_repairs_are_refused(void **state)
{
    (void)state;
    nd_repairer *repairer;
    assert_int_equal(nd_repairer_new(32, ND_FOLD_NONE, NULL, &repairer), ND_ERR_INVALID_ARGUMENT);
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
        status = nd_repairer_new(ND_REPAIR_ALL, ND_FOLD_NONE, &a, &repairer);
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
        cmocka_unit_test(utf_8_read_in_pages_of_other_scripts_is_read_again),
        cmocka_unit_test(bytes_of_other_scripts_are_read_again),
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
        cmocka_unit_test(blobs_are_left_out),
        cmocka_unit_test(text_around_blobs_stays_whole),
        cmocka_unit_test(blobs_are_found_at_every_place),
        cmocka_unit_test(long_words_are_marked_wherever_they_stand),
        cmocka_unit_test(hex_dumps_are_left_out),
        cmocka_unit_test(what_reads_is_no_blob),
        cmocka_unit_test(hostile_text_is_repaired_in_linear_time),
        cmocka_unit_test(all_kernels_scan_alike),
        cmocka_unit_test(unknown_repairs_are_refused),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
