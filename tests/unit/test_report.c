/* Texts and names from outside in a report: inert, whole, and marked where the marks say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/report/html.h"
#include "cli/report/marked_text.h"
#include "cli/report/reports.h"
#include "random.h"
#include "text/characters.h"
#include "util/alloc.h"

typedef void (*escape_fn)(nd_page *page, const char *p, size_t len_bytes);

static void assert_escaped(escape_fn escape, const char *text, size_t len, const char *expected)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_page page;
    nd_page_init(&page, &allocator);
    escape(&page, text, len);
    nd_page_append(&page, "", 1);
    assert_int_equal(page.status, ND_OK);
    assert_string_equal(page.bytes.items, expected);
    nd_page_release(&page);
}

#define ASSERT_ESCAPED(escape, text, expected)                                                     \
    assert_escaped(escape, text, sizeof(text) - 1, expected)

#define FFFD "\xEF\xBF\xBD"

static void text_means_nothing_to_html(void **state)
{
    (void)state;
    ASSERT_ESCAPED(nd_html_text, "<script>alert(\"1\" & '2')</script>",
                   "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    ASSERT_ESCAPED(nd_html_text, "a\0b\1c\x0b\x7f\xC2\x85", "a" FFFD "b" FFFD "c" FFFD FFFD FFFD);
    ASSERT_ESCAPED(nd_html_text, "x\xFF\xE2\x82y\xED\xA0\x80", "x" FFFD FFFD "y" FFFD FFFD FFFD);
    ASSERT_ESCAPED(nd_html_text, "a\r\nb\rc\td\n", "a\nb&#13;c\td\n");
    ASSERT_ESCAPED(nd_html_text, "\xE2\x80\xAE \xE4\xB8\xAD", "\xE2\x80\xAE \xE4\xB8\xAD");
}

/* Runs of plain bytes are passed over eight at a time. */
static void every_byte_is_escaped_wherever_it_stands(void **state)
{
    (void)state;
    enum { LEN = 24 };
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_page alone;
    nd_page_init(&alone, &allocator);
    for (int c = 0; c < 256; c++) {
        const char byte = (char)c;
        nd_page_clear(&alone);
        nd_html_text(&alone, &byte, 1);
        for (size_t at = 0; at < LEN; at++) {
            char text[LEN], expected[LEN + 16];
            memset(text, 'x', LEN);
            text[at] = byte;
            memset(expected, 'x', sizeof expected);
            memcpy(expected + at, alone.bytes.items, alone.bytes.len);
            expected[LEN - 1 + alone.bytes.len] = '\0';
            assert_escaped(nd_html_text, text, LEN, expected);
        }
    }
    nd_page_release(&alone);
}

static void numbers_are_written_in_decimal(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_page page;
    nd_page_init(&page, &allocator);
    const uint64_t numbers[] = {0, 9, 10, 1234567890, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        nd_html_number(&page, numbers[i]);
        nd_page_put(&page, " ");
    }
    nd_page_append(&page, "", 1);
    assert_string_equal(page.bytes.items, "0 9 10 1234567890 18446744073709551615 ");
    nd_page_release(&page);
}

static void a_name_turns_no_other_word(void **state)
{
    (void)state;
    ASSERT_ESCAPED(nd_html_name,
                   "a\xE2\x80\xAE"
                   "b\xE2\x81\xA9\xE2\x80\x8D",
                   "a" FFFD "b" FFFD "\xE2\x80\x8D");
    ASSERT_ESCAPED(nd_html_name, "two\nlines\t\"here\"\r", "two lines &quot;here&quot; ");
}

static void json_in_a_page_ends_no_script(void **state)
{
    (void)state;
    ASSERT_ESCAPED(nd_html_json, "</script><!--\xFF", "\"\\u003c/script>\\u003c!--" FFFD "\"");
    ASSERT_ESCAPED(nd_html_json, "plain", "\"plain\"");
    ASSERT_ESCAPED(nd_html_json, "<", "\"\\u003c\"");
}

static void words_are_letters_and_digits(void **state)
{
    (void)state;
    assert_true(nd_html_has_word("-- \xC3\xA9", 5));
    assert_true(nd_html_has_word("7", 1));
    assert_false(nd_html_has_word(" -,\xE2\x80\x93\xFF", 7));
    assert_false(nd_html_has_word("", 0));
}

/* What a browser makes of what was written: the text, and over each byte which passages. */
typedef struct reading {
    char text[4096];
    uint32_t passages[4096]; /* bit p: passage p */
    char is_edit[4096];
    size_t len;
} reading;

static const char *after(const char *p, const char *prefix)
{
    const size_t len = strlen(prefix);
    return strncmp(p, prefix, len) == 0 ? p + len : NULL;
}

static void read_html(const char *html, reading *out)
{
    static const struct {
        const char *name, *text;
    } entities[] = {{"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
                    {"&quot;", "\""}, {"&#39;", "'"}, {"&#13;", "\r"}};
    uint32_t passages = 0;
    char is_edit = 0;
    out->len = 0;
    for (const char *p = html; *p;) {
        const char *next;
        if ((next = after(p, "<mark"))) {
            next = strstr(next, "data-p=\"") + 8;
            for (char *end; *next != '>'; next = end + 1)
                passages |= 1u << strtoul(next, &end, 10);
            p = next + 1;
        } else if (*p == '<') {
            passages = after(p, "</mark>") ? 0 : passages;
            is_edit = after(p, "<ins>") ? 1 : after(p, "</ins>") ? 0 : is_edit;
            p = strchr(p, '>') + 1;
        } else {
            size_t len = 1;
            const char *text = p;
            for (size_t i = 0; *p == '&' && i < sizeof entities / sizeof *entities; i++)
                if (after(p, entities[i].name)) {
                    len = strlen(entities[i].name);
                    text = entities[i].text;
                }
            out->passages[out->len] = passages;
            out->is_edit[out->len] = is_edit;
            out->text[out->len++] = *text;
            p += len;
        }
    }
    assert_true(out->len > 0 && out->text[out->len - 1] == '\n'); /* after the list */
    out->len--;
}

/* Random text of pieces that mean something to HTML, with marks and edits anywhere. */
static void marks_cover_their_places_and_the_text_is_whole(void **state)
{
    (void)state;
    static const char *const pieces[] = {"<b>",       "&amp;", "word ",    "\n",
                                         "\"",        "'",     "\xC3\xA9", "\xF0\x9F\x98\x80",
                                         "e\xCC\x81", "\t"};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_random seed = {7};
    nd_page page;
    nd_page_init(&page, &allocator);
    for (int round = 0; round < 2000; round++) {
        char text[512];
        size_t len = 0;
        uint64_t borders[128];
        size_t num_borders = 0;
        const size_t num_pieces = nd_random_u64(&seed) % 60;
        for (size_t i = 0; i < num_pieces; i++) {
            const char *const piece = pieces[nd_random_u64(&seed) % 10];
            borders[num_borders++] = len;
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        borders[num_borders++] = len;
        nd_marked_text marked = {
            .text = text, .len_bytes = len, .edit_element = "ins", .prefix = "x"};
        uint32_t expected[512] = {0};
        char edited[512] = {0};
        for (uint32_t p = 1; p <= nd_random_u64(&seed) % 12; p++) {
            uint64_t start = borders[nd_random_u64(&seed) % num_borders];
            uint64_t end = borders[nd_random_u64(&seed) % num_borders];
            if (start >= end)
                continue;
            assert_int_equal(ND_VEC_RESERVE(&allocator, &marked.marks, 1), ND_OK);
            marked.marks.items[marked.marks.len++] = (nd_mark){start, end, p, 1, 2};
            for (uint64_t i = start; i < end; i++)
                expected[i] |= 1u << p;
            start = borders[nd_random_u64(&seed) % num_borders];
            if (start >= end)
                continue;
            assert_int_equal(ND_VEC_RESERVE(&allocator, &marked.edits, 1), ND_OK);
            marked.edits.items[marked.edits.len++] = (nd_edit){start, end};
            memset(edited + start, 1, end - start);
        }
        nd_marked_text_order(&marked);
        nd_page_clear(&page);
        nd_marked_text_print(&page, &marked);
        nd_page_append(&page, "", 1);
        assert_int_equal(page.status, ND_OK);
        static reading seen;
        read_html(page.bytes.items, &seen);
        assert_int_equal(seen.len, len);
        assert_memory_equal(seen.text, text, len);
        for (size_t i = 0; i < len; i++) {
            assert_int_equal(seen.passages[i], expected[i]);
            assert_int_equal(seen.is_edit[i], edited[i]);
        }
        nd_marked_text_release(&marked, &allocator);
    }
    nd_page_release(&page);
}

static nd_status append_to(void *ctx, nd_page *page)
{
    nd_page *const all = ctx;
    nd_page_append(all, page->bytes.items, page->bytes.len);
    nd_page_clear(page);
    return all->status;
}

static void a_page_leaves_out_results_without_a_part(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_result results[] = {
        {.name = "a", .name_len_bytes = 1, .bytes = "one \1", .len_bytes = 5},
        {.name = "b", .name_len_bytes = 1},
        {.name = "c", .name_len_bytes = 1, .bytes = "", .len_bytes = 0},
        {.name = "d", .name_len_bytes = 1, .bytes = "four \1", .len_bytes = 6}};
    nd_page page, all;
    nd_page_init(&page, &allocator);
    nd_page_init(&all, &allocator);
    size_t num_shown = 0;
    assert_int_equal(nd_repeats_report_write(results, 4, &page, append_to, &all, &num_shown),
                     ND_OK);
    assert_int_equal(num_shown, 3);
    nd_page_append(&all, "", 1);
    assert_non_null(strstr(all.bytes.items, "one 1"));
    assert_non_null(strstr(all.bytes.items, "four 3"));
    assert_non_null(strstr(all.bytes.items, "This page shows 3 of them"));
    nd_page_clear(&all);
    assert_int_equal(nd_repeats_report_write(results, 0, &page, append_to, &all, &num_shown),
                     ND_OK);
    nd_page_append(&all, "", 1);
    assert_non_null(strstr(all.bytes.items, "No document repeats anything"));
    nd_page_release(&page);
    nd_page_release(&all);
}

/* Adds the parts in a random order; the part of result i is sizes[i] times the letter of its name.
 */
static void keep_in_random_order(nd_kept_parts *kept, const nd_result *results, const size_t *sizes,
                                 size_t num, nd_random *seed)
{
    enum { MOST = 300 };
    size_t order[MOST];
    char bytes[MOST];
    assert_in_range(num, 0, MOST);
    for (size_t i = 0; i < num; i++)
        order[i] = i;
    for (size_t i = num; i > 1; i--) {
        const size_t other = nd_random_u64(seed) % i, held = order[i - 1];
        order[i - 1] = order[other];
        order[other] = held;
    }
    for (size_t i = 0; i < num; i++) {
        const nd_result *const result = &results[order[i]];
        memset(bytes, result->name[0], sizeof bytes);
        if (nd_kept_parts_wants(kept, result))
            assert_int_equal(nd_kept_parts_add(kept, result, bytes, sizes[order[i]]), ND_OK);
    }
}

/* As many parts of the first documents as fit, in whatever order they come. */
static void the_first_parts_are_kept(void **state)
{
    (void)state;
    enum { NUM = 200, ROOM = 4000 };
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_random seed = {7};
    for (int round = 0; round < 50; round++) {
        char names[NUM][2];
        size_t sizes[NUM], expected = 0, room = round == 0 ? 1 << 20 : ROOM;
        nd_result_list list;
        nd_results_init(&list, &allocator);
        assert_int_equal(ND_VEC_RESERVE(&allocator, &list.results, NUM), ND_OK);
        for (size_t i = 0; i < NUM; i++) { /* in order; four have one id, two of those one text */
            names[i][0] = (char)('A' + i / 8);
            names[i][1] = (char)('a' + i % 8 / 4);
            sizes[i] = nd_random_u64(&seed) % 120;
            list.results.items[list.results.len++] = (nd_result){
                .name = names[i], .name_len_bytes = 2, .raw_digest = i % 4 / 2, .tag = i};
        }
        uint64_t left = room;
        while (expected < NUM && sizes[expected] + 4 <= left)
            left -= sizes[expected++] + 4;
        nd_kept_parts kept;
        nd_kept_parts_init(&kept, room, &allocator);
        keep_in_random_order(&kept, list.results.items, sizes, NUM, &seed);
        nd_kept_parts_hand_out(&kept, &list);
        for (size_t i = 0; i < NUM; i++) {
            const nd_result *const result = &list.results.items[i];
            assert_int_equal(result->bytes != NULL, i < expected);
            assert_int_equal(result->len_bytes, i < expected ? sizes[i] : 0);
            for (size_t k = 0; k < result->len_bytes; k++)
                assert_int_equal(result->bytes[k], names[i][0]);
        }
        nd_kept_parts_release(&kept);
        nd_results_release(&list);
    }
}

static void a_part_larger_than_the_page_ends_it_not(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_result_list list;
    nd_results_init(&list, &allocator);
    assert_int_equal(ND_VEC_RESERVE(&allocator, &list.results, 2), ND_OK);
    list.results.items[0] = (nd_result){.name = "a", .name_len_bytes = 1, .tag = 1};
    list.results.items[1] = (nd_result){.name = "b", .name_len_bytes = 1, .tag = 2};
    list.results.len = 2;
    nd_kept_parts kept;
    nd_kept_parts_init(&kept, 10, &allocator);
    assert_int_equal(nd_kept_parts_add(&kept, &list.results.items[0], "123456789", 9), ND_OK);
    assert_int_equal(nd_kept_parts_add(&kept, &list.results.items[1], "12345678", 8), ND_OK);
    nd_kept_parts_hand_out(&kept, &list);
    assert_null(list.results.items[0].bytes);
    assert_memory_equal(list.results.items[1].bytes, "12345678", 8);
    nd_kept_parts_release(&kept);
    nd_results_release(&list);
}

/* An end tag inside would cut the element short, and its hash would be of something else. */
static void assets_can_stand_in_their_elements(void **state)
{
    (void)state;
    const nd_asset *const assets[] = {&nd_asset_report_css, &nd_asset_report_js};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(strlen(assets[i]->sha256), 44);
        assert_true(assets[i]->len_bytes > 1000);
        for (size_t k = 0; k + 1 < assets[i]->len_bytes; k++)
            assert_false(assets[i]->bytes[k] == '<' && assets[i]->bytes[k + 1] == '/');
        assert_null(memchr(assets[i]->bytes, '\r', assets[i]->len_bytes));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_means_nothing_to_html),
        cmocka_unit_test(every_byte_is_escaped_wherever_it_stands),
        cmocka_unit_test(numbers_are_written_in_decimal),
        cmocka_unit_test(a_name_turns_no_other_word),
        cmocka_unit_test(json_in_a_page_ends_no_script),
        cmocka_unit_test(words_are_letters_and_digits),
        cmocka_unit_test(marks_cover_their_places_and_the_text_is_whole),
        cmocka_unit_test(a_page_leaves_out_results_without_a_part),
        cmocka_unit_test(the_first_parts_are_kept),
        cmocka_unit_test(a_part_larger_than_the_page_ends_it_not),
        cmocka_unit_test(assets_can_stand_in_their_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
