/* What a browser shows of a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "text/repair/markup.h"

/* Blanks and line ends count only as where words end. */
static void squeeze(const char *text, size_t len, char *out)
{
    size_t num = 0;
    for (size_t i = 0; i < len; i++) {
        const char c = text[i] == '\n' || text[i] == '\t' ? ' ' : text[i];
        if (c != ' ' || (num > 0 && out[num - 1] != ' '))
            out[num++] = c;
    }
    while (num > 0 && out[num - 1] == ' ')
        num--;
    out[num] = '\0';
}

static void assert_shows_bytes(const char *html, size_t html_len, const char *expected)
{
    nd_page_text *page;
    const char *text;
    size_t len;
    char *const copy = malloc(html_len); /* exact, for the sanitizer */
    assert_non_null(copy);
    memcpy(copy, html, html_len);
    assert_int_equal(nd_page_text_new(NULL, &page), ND_OK);
    assert_int_equal(nd_page_text_read(page, copy, html_len, &text, &len), ND_OK);
    char *const shown = malloc(len + 1);
    assert_non_null(shown);
    squeeze(text, len, shown);
    if (strcmp(shown, expected) != 0)
        fail_msg("'%.*s' shows '%s', not '%s'", (int)html_len, html, shown, expected);
    free(shown);
    nd_page_text_free(page);
    free(copy);
}

static void assert_shows(const char *html, const char *expected)
{
    assert_shows_bytes(html, strlen(html), expected);
}

static void a_page_shows_the_text_of_its_body(void **state)
{
    (void)state;
    assert_shows("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=utf-8><title>Post</title>"
                 "<style>p{color:red}</style><script>var a=\"<p>no</p>\";</script></head>"
                 "<body class=x><h1>Quay closed</h1><p>The <b>eastern</b> quay.</body></html>",
                 "Quay closed The eastern quay.");
    assert_shows("", "");
    assert_shows("no markup", "no markup");
    assert_shows("<p></p>", "");
}

static void words_end_where_lines_cells_and_images_do(void **state)
{
    (void)state;
    assert_shows("one<br>two<p>three<li>four<td>five</td>six", "one two three four five six");
    assert_shows("one<img src=x>two<button>three</button>four<input>five",
                 "one two three four five");
    assert_shows("t<b>h</b>r<span>e</span>e<wbr>fold<!-- - -->ed", "threefolded");
}

static void what_is_no_content_is_not_shown(void **state)
{
    (void)state;
    assert_shows("a<!-- b > c --> d", "a d");
    assert_shows("a<!DOCTYPE b>c<?php d ?>e</>f</ g>h<!i>j", "acefhj");
    assert_shows("<p title=\"a > b\" data-x='c > d' e=f>g", "g");
    assert_shows("<a href=x/>b</a>", "b");
    assert_shows("<p\nid = a\tclass\f=\r'b'>c", "c");
    assert_shows("<style>a</style >b<STYLE>c</sTyLe>d<script>e</script\n>f", "bdf");
    assert_shows("a<iframe><p>b</p></iframe>c<noembed>d</noembed>e<noframes>f</noframes>g",
                 "a ceg");
    assert_shows("<noscript><img><p>a</p></noscript>b", "b");
    assert_shows("a<!-->b<!--->c<!-- d --!>e<!-- f ---->g", "abceg");
}

static void scripts_may_hold_tags_in_comments_and_strings(void **state)
{
    (void)state;
    assert_shows("<script>a('</b>')</script>b", "b");
    assert_shows("<script><!-- <script>a</script> b --></script>c", "c");
    assert_shows("<script><!-- a --> <script>b</script>c", "c");
    assert_shows("<script><!--></script>a", "a");
    assert_shows("<script>a</scripty></script>b", "b");
}

static void what_does_not_end_goes_on_to_the_end(void **state)
{
    (void)state;
    assert_shows("a<!-- b <p>c", "a");
    assert_shows("a<script>b</script", "a");
    assert_shows("a<style>b", "a");
    assert_shows("a<p title=\"b>c", "a");
    assert_shows("a<p", "a");
    assert_shows("a<?b", "a");
    assert_shows("a<", "a<");
    assert_shows("a</", "a</");
    assert_shows("a<!", "a");
    assert_shows("a<plaintext>b</plaintext><p>c", "a b</plaintext><p>c");
}

static void elements_end_in_their_start_tags_in_xhtml(void **state)
{
    (void)state;
    assert_shows("<?xml version='1.0'?><html><head><title/><script src='a'/></head><p>b", "b");
    assert_shows("\xef\xbb\xbf<?xml version='1.0'?><iframe/>a<textarea/>b", "\xef\xbb\xbf a b");
    assert_shows("<html><script src='a'/><p>b</script>c", "c");
}

static void what_is_no_tag_is_text(void **state)
{
    (void)state;
    assert_shows("1 < 2 <3 <", "1 < 2 <3 <");
    assert_shows("<textarea><b>a</b></textarea>b", "<b>a</b> b");
    assert_shows("<xmp><b>a</b></xmp>b", "<b>a</b> b");
}

static void unknown_elements_show_their_content(void **state)
{
    (void)state;
    assert_shows("<my-card hue=red>a<o:p>b</o:p></my-card>c", "abc");
    assert_shows("<a-very-long-name-of-an-element>a</a-very-long-name-of-an-element>b", "ab");
}

static void hidden_elements_are_not_shown(void **state)
{
    (void)state;
    assert_shows("<div hidden>a<div>b</div>c</div>d", "d");
    assert_shows("<div HIDDEN=until-found>a</div>b", "b");
    assert_shows("<p style='color:red; DISPLAY : none !important'>a</p>b", "b");
    assert_shows("<p style=visibility:hidden>a</p>b", "b");
    assert_shows("<p style='backface-visibility:hidden'>a</p>b", "a b");
    assert_shows("<p style='--display:none'>a</p>b", "a b");
    assert_shows("<p data-hidden title=hidden>a</p>b", "a b");
    assert_shows("<template><p>a</p></template>b", "b");
    assert_shows("<dialog>a</dialog>b<video>c</video>d<object><p>e</p></object>f", "b d f");
    assert_shows("<datalist><option>a</datalist>b", "b");
    assert_shows("<html hidden><body style='display:none'>a", "a");
}

static void a_hidden_element_ends_where_the_standard_says(void **state)
{
    (void)state;
    assert_shows("<p hidden>a<b>b<p>c", "c");
    assert_shows("<ul><li hidden>a<li>b</ul>c", "b c");
    assert_shows("<table><tr hidden><td>a<td>b<tr><td>c</table>d", "c d");
    assert_shows("<div hidden><table><tr><td>a</div>b</table>c</div>d", "d");
    assert_shows("<div><span hidden>a</div>b", "b");
    assert_shows("<b hidden>a<p>b</b>c</p>d", "c d");
    assert_shows("<div hidden><p>a</div></p>b", "b");
    assert_shows("<select hidden><option>a<option>b</select>c", "c");
    assert_shows("<table><tr><td>a</td></tr>b<tr hidden><td>c</table>d", "a b d");
    assert_shows("<my-a hidden><my-b>a</my-b>b</my-a>c", "c");
    assert_shows("<textarea hidden><p>a</textarea>b", "b");
    assert_shows("<div hidden>a<script>b</div></script>c</div>d", "d");
    assert_shows("<br hidden>a", "a");
}

static void drawings_and_formulas_show_their_labels(void **state)
{
    (void)state;
    assert_shows("a<svg><title>b</title><desc>c</desc><g/><text>d</text></svg>e<title>f</title>g",
                 "a d e g");
    assert_shows("<math><mi>x</mi><annotation encoding=tex>\\x</annotation></math>y", "xy");
    assert_shows("<svg hidden/>a<svg><defs><text>b</text></defs></svg>c", "a c");
    assert_shows("<defs>a</defs><symbol>b</symbol>", "ab");
    assert_shows("<math><![CDATA[a<b]]>c</math><![CDATA[d]]>e", "a<bce");
}

static void references_are_decoded_as_browsers_do(void **state)
{
    (void)state;
    assert_shows("caf&eacute; &#233 &#xE9; &eacute &copy2024 &notit;",
                 "caf\u00e9 \u00e9 \u00e9 \u00e9 \u00a92024 \u00acit;");
    assert_shows("&amp;eacute; &amp;lt;p> &lt;p&gt; AT&T R&D &angst &hellip &",
                 "&eacute; &lt;p> <p> AT&T R&D &angst &hellip &");
    assert_shows("<p title='&quot;>a'>b", "b");
}

static void bytes_that_are_no_utf_8_stay(void **state)
{
    (void)state;
    assert_shows("\xff<p>\xc3\xe9</p>\xfe", "\xff \xc3\xe9 \xfe");
    assert_shows_bytes("a<p\0b>c<\0d>e", 12, "a c<");
}

static void text_is_found_in_the_page(void **state)
{
    (void)state;
    nd_page_text *page;
    const char *text;
    size_t len;
    const char *const html = "<p hidden>one</p><p>caf&eacute;s <b>two</b>three</p>";
    assert_int_equal(nd_page_text_new(NULL, &page), ND_OK);
    assert_int_equal(nd_page_text_read(page, html, strlen(html), &text, &len), ND_OK);
    size_t start = 0, end = len;
    while (text[start] != 'c')
        start++;
    end = start + strlen("caf\u00e9s");
    nd_page_text_locate(page, &start, &end);
    assert_int_equal(start, strstr(html, "caf") - html);
    assert_int_equal(end, strstr(html, "s <b>") - html + 1);
    nd_page_text_free(page);
}

/* unit, again and again. */
static char *repeat(const char *unit, size_t num, size_t *len)
{
    const size_t unit_len = strlen(unit);
    char *const text = malloc(num * unit_len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < num; i++)
        memcpy(text + i * unit_len, unit, unit_len);
    *len = num * unit_len;
    return text;
}

/* Each of these takes minutes where the work is not linear. */
static void hostile_pages_are_read_in_linear_time(void **state)
{
    (void)state;
    static const char *const units[] = {
        "<div hidden>",
        "<div><p hidden>a",
        "<b hidden>",
        "<p><b hidden></p>a",
        "<table><td>a",
        "<a \"<a '",
        "<!-",
        "<!--",
        "<script>",
        "<svg><![CDATA[",
        "</x>",
        "<p hidden a=b ",
        "<div hidden></b",
        "<script><!--",
        "&#",
        "<b><i><u hidden>",
        "<select hidden><option>",
        "<font hidden><p>",
        "<template><tr>",
        "<?x",
    };
    nd_page_text *page;
    const char *text;
    size_t text_len;
    assert_int_equal(nd_page_text_new(NULL, &page), ND_OK);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t len;
        char *const html = repeat(units[i], 100000, &len);
        assert_int_equal(nd_page_text_read(page, html, len, &text, &text_len), ND_OK);
        assert_true(text_len <= len);
        free(html);
    }
    nd_page_text_free(page);
}

/* Where the parser is left, text stays rather than go. */
static void a_page_too_deep_keeps_its_hidden_text(void **state)
{
    (void)state;
    size_t len;
    char *const shallow = repeat("<div>", 250, &len), *const deep = repeat("<div>", 400, &len);
    char html[4096];
    snprintf(html, sizeof html, "<p hidden>a</p>%.1250sb", shallow);
    assert_shows(html, "b");
    snprintf(html, sizeof html, "<p hidden>a</p>%.2000sb", deep);
    assert_shows(html, "a b");
    free(shallow);
    free(deep);
}

static void pages_are_known_by_how_they_begin(void **state)
{
    (void)state;
    const char *const pages[] = {"<!doctype html>", "\xEF\xBB\xBF \n<HTML lang=en>", "<head>",
                                 "<!-- a --> <body class=b>",
                                 "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C\">"};
    const char *const others[] = {"",        "text <html>",    "<p>a</p>",        "<!doctype html",
                                  "<html",   "<header>a",      "<!doctype html5", "<!-- <html>",
                                  "<?xml?>", "<?xml?><rss><a>"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        assert_true(nd_page_begins(pages[i], strlen(pages[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(nd_page_begins(others[i], strlen(others[i])));
}

static void pages_name_their_encoding(void **state)
{
    (void)state;
    static const char *const pages[][2] = {
        {"<meta charset=\"Windows-1251\">", "windows-1251"},
        {"<html><META http-equiv=content-type content='text/html; charset=KOI8-R'>", "koi8-r"},
        {"<meta name=charset content=x><meta charset = utf-8 >", "utf-8"},
        {"<meta content='text/html; charset=big5; x'>", "big5"},
        {"<p>charset=utf-8", ""},
        {"<meta charset>", ""},
        {"<meta charset=a-name-of-an-encoding-that-is-longer-than-all>", ""},
        {"<meta", ""},
        {"", ""},
    };
    char encoding[ND_PAGE_ENCODING_BYTES];
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        nd_page_encoding(pages[i][0], strlen(pages[i][0]), encoding);
        assert_string_equal(encoding, pages[i][1]);
    }
}

static void elements_are_in_order(void **state)
{
    (void)state;
    for (size_t i = 2; i < ND_HTML_NUM_ELEMENTS; i++)
        assert_true(strcmp(nd_html_elements[i - 1].name, nd_html_elements[i].name) < 0);
    for (size_t i = 1; i < ND_HTML_NUM_ELEMENTS; i++) {
        const char *const name = nd_html_elements[i].name;
        assert_int_equal(nd_html_element_named(name, strlen(name)), i);
    }
    assert_int_equal(nd_html_element_named("table1", 6), 0);
    assert_int_equal(nd_html_element_named("tabl", 4), 0);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    const char *const html = "<p hidden>a</p><b>b</b>&amp;c";
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        nd_page_text *page;
        const char *text;
        size_t len;
        status = nd_page_text_new(&a, &page);
        if (status == ND_OK)
            status = nd_page_text_read(page, html, strlen(html), &text, &len);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        nd_page_text_free(page);
        assert_int_equal(f.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_shows_the_text_of_its_body),
        cmocka_unit_test(words_end_where_lines_cells_and_images_do),
        cmocka_unit_test(what_is_no_content_is_not_shown),
        cmocka_unit_test(scripts_may_hold_tags_in_comments_and_strings),
        cmocka_unit_test(what_does_not_end_goes_on_to_the_end),
        cmocka_unit_test(elements_end_in_their_start_tags_in_xhtml),
        cmocka_unit_test(what_is_no_tag_is_text),
        cmocka_unit_test(unknown_elements_show_their_content),
        cmocka_unit_test(hidden_elements_are_not_shown),
        cmocka_unit_test(a_hidden_element_ends_where_the_standard_says),
        cmocka_unit_test(drawings_and_formulas_show_their_labels),
        cmocka_unit_test(references_are_decoded_as_browsers_do),
        cmocka_unit_test(bytes_that_are_no_utf_8_stay),
        cmocka_unit_test(text_is_found_in_the_page),
        cmocka_unit_test(hostile_pages_are_read_in_linear_time),
        cmocka_unit_test(a_page_too_deep_keeps_its_hidden_text),
        cmocka_unit_test(pages_are_known_by_how_they_begin),
        cmocka_unit_test(pages_name_their_encoding),
        cmocka_unit_test(elements_are_in_order),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
