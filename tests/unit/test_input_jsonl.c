/* Documents from JSON Lines. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/input.h"
#include "io_fixture.h"

/* Reads `bytes` as a file "n.jsonl" of the folder; in ids the folder is left out by giving every
 * line an id. */
static gathered read_bytes(const nd_input_options *options, const char *bytes, size_t len)
{
    write_file("n.jsonl", bytes, len);
    const char *const path = temp_path("n.jsonl");
    return gather(options, &path, 1, 1);
}

static gathered read_lines(const nd_input_options *options, const char *text)
{
    return read_bytes(options, text, strlen(text));
}

static void assert_documents(const nd_input_options *options, const char *text,
                             const char *expected)
{
    gathered g = read_lines(options, text);
    assert_int_equal(g.status, ND_OK);
    assert_string_equal(g.documents, expected);
    gathered_release(&g);
}

static void lines_are_documents(void **state)
{
    (void)state;
    assert_documents(NULL, "{\"id\":\"a\",\"text\":\"one\"}\n{\"text\":\"two\",\"id\":\"b\"}\n",
                     "a=one\nb=two\n");
    assert_documents(NULL, "{\"id\":\"a\",\"text\":\"no newline at the end\"}",
                     "a=no newline at the end\n");
    assert_documents(NULL, "{\"id\":\"a\",\"text\":\"\"}", "a=\n");
}

/* Without a look into the others: their faults are not counted. */
static void only_wanted_records_are_read(void **state)
{
    (void)state;
    const uint64_t wanted[] = {nd_input_tag(0, 1), nd_input_tag(0, 4)};
    const nd_input_options options = {.wanted_tags = wanted, .num_wanted_tags = 2};
    gathered g = read_lines(&options, "{\"id\":\"a\",\"text\":\"one\"}\n"
                                      "{\"id\":\"b\",\"text\":\"two\"}\n"
                                      "no JSON\n\n"
                                      "{\"id\":\"c\",\"text\":\"three\"}\n");
    assert_int_equal(g.status, ND_OK);
    assert_string_equal(g.documents, "b=two\nc=three\n");
    assert_int_equal(g.report.findings[ND_ISSUE_MALFORMED_JSON].count, 0);
    gathered_release(&g);
}

static void blank_lines_and_carriage_returns_do_not_count(void **state)
{
    (void)state;
    gathered g = read_lines(NULL, "\n \t\r\n{\"id\":\"a\",\"text\":\"one\"}\r\n\r\n\n"
                                  "{\"id\":\"b\",\"text\":\"two\"}\r\n\n");
    assert_string_equal(g.documents, "a=one\nb=two\n");
    for (unsigned i = 0; i < ND_NUM_ISSUES; i++)
        assert_int_equal(g.report.findings[i].count, 0);
    gathered_release(&g);
}

static void byte_order_mark_is_left_out(void **state)
{
    (void)state;
    assert_documents(NULL, "\xef\xbb\xbf{\"id\":\"a\",\"text\":\"one\"}\n", "a=one\n");
    const nd_input_options forced = {.format = ND_INPUT_JSONL};
    assert_documents(&forced, "\xef\xbb\xbf\n{\"id\":\"a\",\"text\":\"one\"}\n", "a=one\n");
}

static void ids_are_strings_numbers_or_places(void **state)
{
    (void)state;
    gathered g = read_lines(NULL, "{\"id\":17,\"text\":\"a\"}\n\n{\"text\":\"b\"}\n"
                                  "{\"id\":123456789012345678901234567890,\"text\":\"c\"}\n"
                                  "{\"id\":-1.50,\"text\":\"d\"}\n{\"id\":null,\"text\":\"e\"}\n"
                                  "{\"id\":\"\\u00e9\\n\",\"text\":\"f\"}\n");
    char expected[1024];
    const char *const path = temp_path("n.jsonl");
    snprintf(expected, sizeof expected,
             "-1.50=d\n%s:3=b\n%s:6=e\n123456789012345678901234567890=c\n17=a\n\u00e9\n=f\n", path,
             path);
    assert_string_equal(g.documents, expected);
    gathered_release(&g);
}

static void fields_may_have_other_names(void **state)
{
    (void)state;
    const nd_input_options options = {.text_field = "body", .id_field = "url"};
    assert_documents(&options,
                     "{\"url\":\"u\",\"body\":\"b\",\"id\":\"i\",\"text\":\"t\"}\n"
                     "{\"bo\\u0064y\":\"c\",\"url\":2}\n",
                     "2=c\nu=b\n");
    const nd_input_options same = {.text_field = "title", .id_field = "title"};
    assert_documents(&same, "{\"title\":\"a \\\"b\\\"\"}\n", "a \"b\"=a \"b\"\n");
}

static void assert_finding(const gathered *g, nd_input_issue issue, uint64_t count, uint64_t line,
                           const char *message)
{
    const nd_input_finding *const finding = &g->report.findings[issue];
    char expected[600];
    snprintf(expected, sizeof expected, "'%s':%" PRIu64 ": %s", temp_path("n.jsonl"), line,
             message);
    assert_int_equal(finding->count, count);
    assert_string_equal(finding->first.message, expected);
    assert_int_equal(finding->first.line, line);
    assert_int_not_equal(finding->first.code, ND_OK);
}

static void what_is_no_document_is_counted_and_named(void **state)
{
    (void)state;
    gathered g = read_lines(NULL, "{\"id\":\"a\",\"text\":\"one\"}\n"
                                  "{\"id\":\"b\",\"text\":\"tw\n"
                                  "{\"id\":\"c\"}\n"
                                  "[1]\n"
                                  "{\"id\":\"d\",\"text\":4}\n"
                                  "{\"id\":\"e\",\"text\":null}\n"
                                  "{\"id\":[],\"text\":\"f\"}\n"
                                  "{\"id\":\"g\",\"text\":\"\\x\"}\n"
                                  "{\"id\":\"\\x\",\"text\":\"h\"}\n"
                                  "{\"id\":\"i\",\"text\":nan}\n"
                                  "{\"id\":\"j\",\"text\":NaN}\n"
                                  "{\"id\":\"z\",\"text\":\"last\"}\n");
    assert_int_equal(g.status, ND_OK);
    assert_string_equal(g.documents, "a=one\nz=last\n");
    assert_int_equal(g.report.documents, 2);
    assert_int_equal(g.report.files, 1);
    assert_finding(&g, ND_ISSUE_MALFORMED_JSON, 5, 2, "not a JSON object: a string is not closed");
    assert_finding(&g, ND_ISSUE_NO_TEXT_FIELD, 1, 3, "no field 'text'");
    assert_finding(&g, ND_ISSUE_FIELD_TYPE, 4, 5, "no string in field 'text'");
    gathered_release(&g);
}

static void named_id_field_must_be_there(void **state)
{
    (void)state;
    const nd_input_options options = {.id_field = "url"};
    gathered g = read_lines(&options, "{\"url\":\"a\",\"text\":\"one\"}\n{\"text\":\"two\"}\n"
                                      "{\"url\":null,\"text\":\"three\"}\n"
                                      "{\"url\":true,\"text\":\"four\"}\n");
    assert_string_equal(g.documents, "a=one\n");
    assert_finding(&g, ND_ISSUE_NO_ID_FIELD, 2, 2, "no field 'url'");
    assert_finding(&g, ND_ISSUE_FIELD_TYPE, 1, 4, "neither string nor number in field 'url'");
    gathered_release(&g);
}

static void invalid_utf8_is_repaired_and_counted(void **state)
{
    (void)state;
    gathered g = read_lines(NULL, "{\"id\":\"a\",\"text\":\"caf\xe9 \\n\"}\n"
                                  "{\"id\":\"\xff\",\"text\":\"\xe2\x82\"}\n"
                                  "{\"id\":\"c\",\"text\":\"\\ud800 \\ud83d\\ude00\"}\n"
                                  "{\"id\":\"d\",\"text\":\"fine\",\"other\":\"\xed\xa0\x80\"}\n"
                                  "{\"id\":\"e\",\"text\":\"\u00e9\"}\n"
                                  "{\"id\":\"f\",\"text\":\"bad\xff\n");
    assert_string_equal(g.documents, "a=caf\ufffd \n\nc=\ufffd \U0001f600\nd=fine\ne=\u00e9\n"
                                     "\ufffd=\ufffd\n");
    assert_finding(&g, ND_ISSUE_INVALID_UTF8, 4, 1, "invalid UTF-8");
    assert_int_equal(g.report.findings[ND_ISSUE_INVALID_UTF8].bytes, 1 + 1 + 2 + 6 + 3);
    assert_finding(&g, ND_ISSUE_MALFORMED_JSON, 1, 6, "not a JSON object: a string is not closed");
    gathered_release(&g);
}

static void nothing_but_invalid_bytes_is_skipped_line_by_line(void **state)
{
    (void)state;
    const nd_input_options forced = {.format = ND_INPUT_JSONL};
    char bytes[3000];
    memset(bytes, 0xff, sizeof bytes);
    for (size_t i = 99; i < sizeof bytes; i += 100)
        bytes[i] = '\n';
    gathered g = read_bytes(&forced, bytes, sizeof bytes);
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.findings[ND_ISSUE_MALFORMED_JSON].count, 30);
    assert_int_equal(g.report.findings[ND_ISSUE_INVALID_UTF8].bytes, 0);
    gathered_release(&g);
}

static void nul_characters_of_a_string_are_text(void **state)
{
    (void)state;
    const char *const path = temp_path("n.jsonl");
    write_text("n.jsonl", "{\"id\":\"a\",\"text\":\"x\\u0000y\"}\n");
    nd_input *input;
    const nd_input_options options = {0};
    assert_int_equal(nd_input_new(&options, &path, 1, NULL, &input, NULL), ND_OK);
    gathered g = gather_one(path);
    assert_int_equal(g.report.documents, 1);
    assert_int_equal(strncmp(g.documents, "a=x", 4), 0);
    gathered_release(&g);
    nd_input_free(input);
}

/* The documents' preferences, ordered, as a string of their ids. */
static void assert_order(const nd_input_options *options, const char *text, const char *expected,
                         uint64_t num_without, uint64_t num_unreadable)
{
    gathered g = read_lines(options, text);
    char ids[64] = "";
    uint64_t last = 0;
    for (size_t taken = 0; taken < g.report.documents; taken++) {
        uint64_t best = UINT64_MAX;
        char id = 0;
        for (const char *line = g.documents; *line; line = strchr(line, '\n') + 1) {
            const char *const at = strchr(line, '@');
            const char *const end = strchr(line, '\n');
            const uint64_t order = at && at < end ? strtoull(at + 1, NULL, 16) : 0;
            if (!strchr(ids, *line) && (!id || order < best)) {
                best = order;
                id = *line;
            }
        }
        assert_true(best >= last);
        last = best;
        ids[taken] = id;
    }
    assert_string_equal(ids, expected);
    assert_int_equal(g.report.findings[ND_ISSUE_NO_PREFERENCE].count, num_without);
    assert_int_equal(g.report.findings[ND_ISSUE_UNREADABLE_PREFERENCE].count, num_unreadable);
    gathered_release(&g);
}

static void earlier_dates_are_preferred(void **state)
{
    (void)state;
    const nd_preference_key key = {.by = ND_PREFERENCE_EARLIEST, .field = "when"};
    const nd_input_options options = {.preferences = &key, .num_preferences = 1};
    assert_order(&options,
                 "{\"id\":\"x\",\"text\":\"\"}\n"
                 "{\"id\":\"c\",\"text\":\"\",\"when\":\"2024-05-17T10:00:00+02:00\"}\n"
                 "{\"id\":\"a\",\"text\":\"\",\"when\":1.5}\n"
                 "{\"id\":\"y\",\"text\":\"\",\"when\":\"last week\"}\n"
                 "{\"id\":\"d\",\"text\":\"\",\"when\":\"2024-05-17T09:\\u00300:00Z\"}\n"
                 "{\"id\":\"b\",\"text\":\"\",\"when\":\"2024-05-17\"}\n",
                 "abcdxy", 1, 1);
}

static void sources_are_preferred_in_their_order(void **state)
{
    (void)state;
    static const char *const sources[] = {"AFP", "Reuters \"World\""};
    const nd_preference_key key = {ND_PREFERENCE_LISTED, "source", sources, 2};
    const nd_input_options options = {.preferences = &key, .num_preferences = 1};
    assert_order(&options,
                 "{\"id\":\"c\",\"text\":\"\",\"source\":\"a blog\"}\n"
                 "{\"id\":\"x\",\"text\":\"\",\"source\":17}\n"
                 "{\"id\":\"b\",\"text\":\"\",\"source\":\"Reuters \\\"World\\\"\"}\n"
                 "{\"id\":\"y\",\"text\":\"\"}\n"
                 "{\"id\":\"a\",\"text\":\"\",\"source\":\"AFP\"}\n",
                 "abcxy", 1, 1);
}

/* A record without the field that could not be read in the record before it. */
static void a_bad_record_costs_none_after_it(void **state)
{
    (void)state;
    static const char *const sources[] = {"AFP"};
    const nd_preference_key key = {ND_PREFERENCE_LISTED, "source", sources, 1};
    const nd_input_options options = {.preferences = &key, .num_preferences = 1};
    gathered g = read_lines(&options, "{\"id\":\"x\",\"text\":\"\",\"source\":\"\\Z\"}\n"
                                      "{\"id\":\"a\",\"text\":\"\"}\n"
                                      "{\"id\":\"b\",\"text\":\"\"}\n");
    assert_int_equal(g.report.documents, 2);
    assert_int_equal(g.report.findings[ND_ISSUE_MALFORMED_JSON].count, 1);
    assert_int_equal(g.report.findings[ND_ISSUE_NO_PREFERENCE].count, 2);
    gathered_release(&g);
}

static void later_dates_and_smaller_and_larger_numbers_are_preferred(void **state)
{
    (void)state;
    nd_preference_key key = {.by = ND_PREFERENCE_LATEST, .field = "when"};
    const nd_input_options options = {.preferences = &key, .num_preferences = 1};
    assert_order(&options,
                 "{\"id\":\"c\",\"text\":\"\",\"when\":\"2023\"}\n"
                 "{\"id\":\"x\",\"text\":\"\",\"when\":\"soon\"}\n"
                 "{\"id\":\"a\",\"text\":\"\",\"when\":\"2024-05-17\"}\n"
                 "{\"id\":\"b\",\"text\":\"\",\"when\":\"2024\"}\n",
                 "abcx", 0, 1);
    const char *const scores = "{\"id\":\"c\",\"text\":\"\",\"when\":0.5}\n"
                               "{\"id\":\"b\",\"text\":\"\",\"when\":\"0.25\"}\n"
                               "{\"id\":\"x\",\"text\":\"\",\"when\":\"2024-05-17\"}\n"
                               "{\"id\":\"a\",\"text\":\"\",\"when\":-1e3}\n"
                               "{\"id\":\"y\",\"text\":\"\",\"when\":null}\n"
                               "{\"id\":\"d\",\"text\":\"\",\"when\":1e308}\n";
    key.by = ND_PREFERENCE_SMALLEST;
    assert_order(&options, scores, "abcdxy", 1, 1);
    key.by = ND_PREFERENCE_LARGEST;
    assert_order(&options, scores, "dcbaxy", 1, 1);
}

/* A document is counted once, though two of its fields are missing. */
static void several_keys_are_counted_once_a_document(void **state)
{
    (void)state;
    const nd_preference_key keys[] = {{.by = ND_PREFERENCE_LATEST, .field = "date"},
                                      {.by = ND_PREFERENCE_PLACE},
                                      {.by = ND_PREFERENCE_LARGEST, .field = "score"},
                                      {.by = ND_PREFERENCE_SMALLEST, .field = "score"}};
    const nd_input_options options = {.preferences = keys, .num_preferences = 4};
    gathered g =
        read_lines(&options, "{\"id\":\"a\",\"text\":\"\"}\n"
                             "{\"id\":\"b\",\"text\":\"\",\"date\":\"2024\",\"score\":1}\n"
                             "{\"id\":\"c\",\"text\":\"\",\"date\":2024,\"score\":\"x\"}\n");
    assert_finding(&g, ND_ISSUE_NO_PREFERENCE, 1, 1, "no field 'date'");
    assert_finding(&g, ND_ISSUE_UNREADABLE_PREFERENCE, 1, 3, "no number but 'x' in field 'score'");
    gathered_release(&g);
}

/* Not the same as a field that is not there. */
static void dates_that_cannot_be_read_are_shown(void **state)
{
    (void)state;
    const nd_preference_key key = {.by = ND_PREFERENCE_EARLIEST, .field = "date"};
    const nd_input_options options = {.preferences = &key, .num_preferences = 1};
    gathered g = read_lines(&options, "{\"id\":\"a\",\"text\":\"\",\"date\":null}\n"
                                      "{\"id\":\"b\",\"text\":\"\",\"date\":\"soon\"}\n"
                                      "{\"id\":\"c\",\"text\":\"\",\"date\":[2024]}\n"
                                      "{\"id\":\"d\",\"text\":\"\",\"date\":1e999}\n");
    assert_finding(&g, ND_ISSUE_NO_PREFERENCE, 1, 1, "no field 'date'");
    assert_finding(&g, ND_ISSUE_UNREADABLE_PREFERENCE, 3, 2,
                   "cannot read the date 'soon' in field 'date'");
    gathered_release(&g);
}

static void no_preference_is_zero(void **state)
{
    (void)state;
    gathered g = read_lines(NULL, "{\"id\":\"a\",\"text\":\"t\",\"date\":\"2024-05-17\"}\n");
    assert_string_equal(g.documents, "a=t\n");
    assert_int_equal(g.report.findings[ND_ISSUE_NO_PREFERENCE].count, 0);
    gathered_release(&g);
}

/* Many documents and every kind of skip, in random lines of very different length. */
static char *random_lines(size_t *len)
{
    nd_byte_vec text = {0};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    srand(7);
    for (unsigned i = 0; i < 3000; i++) {
        static const char *const odd[] = {"\n",
                                          "{\"id\":\"n\"}\n",
                                          "{\n",
                                          "[]\n",
                                          "{\"id\":{},\"text\":\"\"}\n",
                                          "{\"text\":1}\n"};
        if (rand() % 4 == 0) {
            const char *const line = odd[(size_t)rand() % (sizeof odd / sizeof *odd)];
            assert_int_equal(nd_bytes_append(&allocator, &text, line, strlen(line)), ND_OK);
            continue;
        }
        const int words = rand() % 50 ? rand() % 40 : rand() % 4000;
        assert_int_equal(nd_bytes_printf(&allocator, &text, "{\"id\":%u,\"text\":\"", i), ND_OK);
        for (int w = 0; w < words; w++)
            assert_int_equal(
                nd_bytes_printf(&allocator, &text, "w%d%s", rand() % 1000, w % 9 ? " " : "\\n\xe9"),
                ND_OK);
        assert_int_equal(nd_bytes_append(&allocator, &text, "\"}\n", 3), ND_OK);
    }
    *len = text.len;
    return text.items;
}

static void assert_same_report(const nd_input_report *a, const nd_input_report *b)
{
    assert_int_equal(a->files, b->files);
    assert_int_equal(a->documents, b->documents);
    assert_int_equal(a->bytes, b->bytes);
    assert_int_equal(a->bytes_total, b->bytes_total);
    for (unsigned i = 0; i < ND_NUM_ISSUES; i++) {
        assert_int_equal(a->findings[i].count, b->findings[i].count);
        assert_int_equal(a->findings[i].bytes, b->findings[i].bytes);
        assert_string_equal(a->findings[i].first.message, b->findings[i].first.message);
        assert_int_equal(a->findings[i].first.line, b->findings[i].first.line);
    }
}

static void threads_and_blocks_change_nothing(void **state)
{
    (void)state;
    size_t len;
    char *const text = random_lines(&len);
    gathered expected = read_bytes(NULL, text, len);
    assert_in_range(expected.report.documents, 1500, 2500);
    assert_in_range(expected.report.findings[ND_ISSUE_MALFORMED_JSON].count, 100, 1000);
    assert_int_equal(expected.report.bytes, len);
    static const size_t block_bytes[] = {1, 100, 5000, 100000};
    for (size_t i = 0; i < sizeof block_bytes / sizeof *block_bytes; i++)
        for (uint32_t threads = 1; threads <= 8; threads += 7) {
            const nd_input_options options = {.block_bytes = block_bytes[i]};
            const char *const path = temp_path("n.jsonl");
            gathered g = gather(&options, &path, 1, threads);
            assert_int_equal(g.status, ND_OK);
            assert_string_equal(g.documents, expected.documents);
            assert_same_report(&g.report, &expected.report);
            gathered_release(&g);
        }
    gathered_release(&expected);
    free(text);
}

static void long_lines_are_documents(void **state)
{
    (void)state;
    const size_t len = (size_t)20 << 20;
    char *const line = malloc(len);
    memset(line, 'x', len);
    memcpy(line, "{\"id\":\"a\",\"text\":\"", 18);
    memcpy(line + len - 3, "\"}\n", 3);
    gathered g = read_bytes(NULL, line, len);
    assert_int_equal(g.report.documents, 1);
    assert_int_equal(strlen(g.documents), 2 + len - 18 - 3 + 1);
    gathered_release(&g);
    free(line);
}

static nd_status stop_at_third(void *ctx, const nd_document *document)
{
    size_t *const num = ctx;
    (void)document;
    return ++*num == 3 ? ND_ERR_CANCELLED : ND_OK;
}

static void emitter_can_stop_the_source(void **state)
{
    (void)state;
    write_text("n.jsonl",
               "{\"text\":\"1\"}\n{\"text\":\"2\"}\n{\"text\":\"3\"}\n{\"text\":\"4\"}\n");
    const char *const path = temp_path("n.jsonl");
    const nd_input_options options = {.block_bytes = 64};
    nd_input *input;
    nd_error error = {0};
    assert_int_equal(nd_input_new(&options, &path, 1, NULL, &input, &error), ND_OK);
    const nd_source *const source = nd_input_source(input);
    void *block;
    size_t num = 0;
    assert_int_equal(source->next(source->ctx, &block, &error), ND_OK);
    assert_int_equal(source->decode(source->ctx, block, stop_at_third, &num, &error),
                     ND_ERR_CANCELLED);
    assert_int_equal(num, 3);
    nd_input_free(input);
}

static void blocks_can_be_discarded(void **state)
{
    (void)state;
    write_text("n.jsonl", "{\"id\":\"a\",\"text\":\"1\"}\n{\"id\":\"b\",\"text\":\"2\"}\n");
    const char *const path = temp_path("n.jsonl");
    const nd_input_options options = {.block_bytes = 4};
    nd_input *input;
    assert_int_equal(nd_input_new(&options, &path, 1, NULL, &input, NULL), ND_OK);
    const nd_source *const source = nd_input_source(input);
    void *blocks[2];
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(source->next(source->ctx, &blocks[i], NULL), ND_OK);
    for (unsigned i = 0; i < 2; i++)
        source->discard(source->ctx, blocks[i]);
    assert_int_equal(source->next(source->ctx, &blocks[0], NULL), ND_OK);
    assert_null(blocks[0]);
    assert_int_equal(nd_input_report_get(input).documents, 0);
    nd_input_free(input);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(lines_are_documents),
        IN_FOLDER(only_wanted_records_are_read),
        IN_FOLDER(blank_lines_and_carriage_returns_do_not_count),
        IN_FOLDER(byte_order_mark_is_left_out),
        IN_FOLDER(ids_are_strings_numbers_or_places),
        IN_FOLDER(fields_may_have_other_names),
        IN_FOLDER(what_is_no_document_is_counted_and_named),
        IN_FOLDER(named_id_field_must_be_there),
        IN_FOLDER(invalid_utf8_is_repaired_and_counted),
        IN_FOLDER(nothing_but_invalid_bytes_is_skipped_line_by_line),
        IN_FOLDER(nul_characters_of_a_string_are_text),
        IN_FOLDER(earlier_dates_are_preferred),
        IN_FOLDER(sources_are_preferred_in_their_order),
        IN_FOLDER(a_bad_record_costs_none_after_it),
        IN_FOLDER(dates_that_cannot_be_read_are_shown),
        IN_FOLDER(later_dates_and_smaller_and_larger_numbers_are_preferred),
        IN_FOLDER(several_keys_are_counted_once_a_document),
        IN_FOLDER(no_preference_is_zero),
        IN_FOLDER(threads_and_blocks_change_nothing),
        IN_FOLDER(long_lines_are_documents),
        IN_FOLDER(emitter_can_stop_the_source),
        IN_FOLDER(blocks_can_be_discarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
