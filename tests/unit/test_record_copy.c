/* Inputs written again without some of their records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/record_copy.h"
#include "io_fixture.h"
#include "util/alloc.h"
#include "util/error.h"

/* Documents of an input, by their texts. */
typedef struct texts {
    nd_allocator allocator;
    const char *remove; /* texts of what is to be removed, each behind a blank: " two three" */
    ND_VEC(uint64_t) removed;
} texts;

static nd_status look(void *ctx, const nd_document *document)
{
    texts *const t = ctx;
    char word[64];
    snprintf(word, sizeof word, " %.*s", (int)document->text_len_bytes, document->text);
    if (!strstr(t->remove, word))
        return ND_OK;
    assert_int_equal(ND_VEC_RESERVE(&t->allocator, &t->removed, 1), ND_OK);
    t->removed.items[t->removed.len++] = document->tag;
    return ND_OK;
}

static nd_status read_all(const nd_input *input, texts *t, nd_error *error)
{
    const nd_source *const source = nd_input_source(input);
    nd_status status;
    void *block;
    do {
        status = source->next(source->ctx, &block, error);
        if (status == ND_OK && block)
            status = source->decode(source->ctx, block, look, t, error);
    } while (status == ND_OK && block);
    return status;
}

/* What happens between the two readings. */
typedef void between_fn(void);

/* Writes the files to "out" but for what is to be removed. */
static nd_status copy(const char *const *names, size_t num, const char *remove, between_fn *between,
                      const nd_allocator *allocator, nd_error *error)
{
    const nd_input_options options = {.keeps_records = true, .block_bytes = 30};
    const char *paths[4];
    texts t = {.allocator = nd_allocator_or_default(NULL), .remove = remove};
    nd_input *input = NULL;
    nd_output *output = NULL;
    for (size_t i = 0; i < num; i++)
        paths[i] = temp_path(names[i]);
    nd_status status = nd_input_new(&options, paths, num, allocator, &input, error);
    if (status == ND_OK)
        status = read_all(input, &t, error);
    if (between)
        between();
    if (status == ND_OK)
        status = nd_output_new(temp_path("out"), NULL, &output, error);
    if (status == ND_OK) {
        nd_record_copy what = {.removed = t.removed.items,
                               .num_removed = t.removed.len,
                               .output = output,
                               .parts_folder = "/tmp"};
        status = nd_input_copy(input, &what, error);
        assert_false(what.is_write_failed);
    }
    if (status == ND_OK)
        status = nd_output_commit(output, error);
    nd_output_free(output);
    nd_input_free(input);
    ND_VEC_RELEASE(&t.allocator, &t.removed);
    return status;
}

/* Writes the folder "in" to the folder "out" but for what is to be removed. */
static nd_status copy_folder(const char *remove, between_fn *between, const nd_allocator *allocator,
                             nd_error *error)
{
    const nd_input_options options = {
        .keeps_records = true, .keeps_files = true, .block_bytes = 30};
    const char *const path = temp_path("in");
    texts t = {.allocator = nd_allocator_or_default(NULL), .remove = remove};
    nd_input *input = NULL;
    nd_output_folder *folder = NULL;
    nd_status status = nd_input_new(&options, &path, 1, allocator, &input, error);
    if (status == ND_OK)
        status =
            nd_output_folder_new(temp_path("out"), ND_WHOLE_MOVES_STAY, allocator, &folder, error);
    nd_record_copy what = {.folder = folder};
    if (status == ND_OK)
        status = nd_input_copy_check(input, &what, error);
    if (status == ND_OK)
        status = read_all(input, &t, error);
    if (between)
        between();
    what.removed = t.removed.items;
    what.num_removed = t.removed.len;
    if (status == ND_OK)
        status = nd_input_copy(input, &what, error);
    if (status == ND_OK)
        status = nd_output_folder_commit(folder, error);
    nd_output_folder_free(folder);
    nd_input_free(input);
    ND_VEC_RELEASE(&t.allocator, &t.removed);
    return status;
}

static void assert_out(const char *expected)
{
    char bytes[1000] = {0};
    FILE *const file = fopen(temp_path("out"), "rb");
    assert_non_null(file);
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(bytes, expected);
}

static void assert_copy(const char *name, const char *content, const char *remove,
                        const char *expected)
{
    nd_error error = {0};
    write_text(name, content);
    if (copy(&name, 1, remove, NULL, NULL, &error) != ND_OK)
        fail_msg("%s", error.message);
    assert_out(expected);
}

static void all_else_stays_byte_for_byte(void **state)
{
    (void)state;
    static const char lines[] =
        "{\"text\":\"one\" }\r\n\nnot json\n  {\"text\":\"two\"}\n{\"no\":1}\n"
        "{\"text\":\"three\"}";
    assert_copy("a.jsonl", lines, "", lines);
    assert_copy("a.jsonl", lines, " two",
                "{\"text\":\"one\" }\r\n\nnot json\n{\"no\":1}\n{\"text\":\"three\"}");
    assert_copy("a.jsonl", lines, " one three", "\nnot json\n  {\"text\":\"two\"}\n{\"no\":1}\n");
    static const char table[] =
        "\xef\xbb\xbfid,text\r\n1,\"one\"\r\n2,\"two\nlines\"\"\"\r\n\r\n3,three";
    assert_copy("a.csv", table, "", table);
    assert_copy("a.csv", table, " one",
                "\xef\xbb\xbfid,text\r\n2,\"two\nlines\"\"\"\r\n\r\n3,three");
    assert_copy("a.csv", table, " two\nlines\" three", "\xef\xbb\xbfid,text\r\n1,\"one\"\r\n\r\n");
    assert_copy("a.tsv", "text\tid\none\t1\ntwo\t2\n", " one", "text\tid\ntwo\t2\n");
}

static void arrays_stay_arrays(void **state)
{
    (void)state;
    static const char array[] =
        "[\n {\"text\":\"one\"},\n {\"text\":\n\"two\"}, {\"text\":\"three\"}\n]\n";
    assert_copy("a.json", array, "", array);
    assert_copy("a.json", array, " one", "[\n {\"text\":\n\"two\"}, {\"text\":\"three\"}\n]\n");
    assert_copy("a.json", array, " two", "[\n {\"text\":\"one\"}, {\"text\":\"three\"}\n]\n");
    assert_copy("a.json", array, " three", "[\n {\"text\":\"one\"},\n {\"text\":\n\"two\"}]\n");
    assert_copy("a.json", array, " one two three", "[\n ]\n");
    assert_copy("a.json", "{\"text\":\n\"one\"} {\"text\":\"two\"}\n", " one",
                "{\"text\":\"two\"}\n");
}

static void compressed_files_are_copied_too(void **state)
{
    (void)state;
    static const char *const name = "a.jsonl.xz";
    size_t len;
    char *const bytes = compressed("xz", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n", 30, &len);
    write_file(name, bytes, len);
    free(bytes);
    assert_int_equal(copy(&name, 1, " one", NULL, NULL, NULL), ND_OK);
    assert_out("{\"text\":\"two\"}\n");
}

static void files_are_joined_at_line_ends(void **state)
{
    (void)state;
    static const char *const lines[] = {"a.jsonl", "b.json", "c.jsonl"};
    write_text("a.jsonl", "\xef\xbb\xbf{\"text\":\"one\"}");
    write_text("b.json", "{\"text\":\n\"two\"}");
    write_text("c.jsonl", "\xef\xbb\xbf{\"text\":\"three\"}\n{\"text\":\"four\"}\n");
    assert_int_equal(copy(lines, 3, " three", NULL, NULL, NULL), ND_OK);
    assert_out("\xef\xbb\xbf{\"text\":\"one\"}\n{\"text\":\n\"two\"}\n{\"text\":\"four\"}\n");
    static const char *const tables[] = {"a.csv", "b.csv"};
    write_text("a.csv", "id,text\r\n1,one\r\n2,two");
    write_text("b.csv", "\xef\xbb\xbfid,text\n3,three\n4,four\n");
    assert_int_equal(copy(tables, 2, " three", NULL, NULL, NULL), ND_OK);
    assert_out("id,text\r\n1,one\r\n2,two\n4,four\n");
}

static void assert_refused(const char *const *names, size_t num, nd_status status,
                           const char *message)
{
    nd_error error = {0};
    assert_int_equal(copy(names, num, "", NULL, NULL, &error), status);
    assert_non_null(strstr(error.message, message));
    assert_int_equal(access(temp_path("out"), F_OK), -1);
}

static void files_that_do_not_go_into_one_are_refused(void **state)
{
    (void)state;
    write_text("a.jsonl", "{\"text\":\"one\"}\n");
    write_text("a.csv", "id,text\n1,one\n");
    write_text("b.csv", "text,id\none,1\n");
    write_text("a.json", "[{\"text\":\"one\"}]");
    static const char *const pairs[][2] = {
        {"a.jsonl", "a.csv"}, {"a.csv", "b.csv"}, {"a.json", "a.jsonl"}, {"a.jsonl", "a.json"}};
    for (size_t i = 0; i < 4; i++)
        assert_refused(pairs[i], 2, ND_ERR_UNSUPPORTED, "cannot be written behind other files");
}

static void what_has_no_records_is_refused(void **state)
{
    (void)state;
    size_t len;
    write_text("a.txt", "one text");
    write_text("a.html", "<html><p>one page");
    write_file("u.jsonl", "\xff\xfe{\0}\0\n\0", 8);
    make_folder("d");
    write_text("d/a.txt", "one text");
    static const char *const names[] = {"a.txt", "a.html", "u.jsonl", "d"};
    for (size_t i = 0; i < 4; i++)
        assert_refused(&names[i], 1, ND_ERR_UNSUPPORTED, "has no records to keep");
    static const char *const table = "n.csv";
    write_text(table, "id,body\n1,one\n");
    assert_refused(&table, 1, ND_ERR_FORMAT, "no column 'text'");
    static const char *const cut = "d/cut.jsonl.gz";
    assert_int_equal(unlink(temp_path("d/a.txt")), 0);
    char *const packed = compressed("gzip", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n", 30, &len);
    write_file(cut, packed, len - 9);
    free(packed);
    static const char *const folder = "d";
    assert_refused(&folder, 1, ND_ERR_FORMAT, "truncated or corrupt");
}

static void write_tar(const char *name, const char *text, const char *other)
{
    size_t len;
    const archived files[] = {{text, "{\"text\":\"one\"}\n{\"text\":\"two\"}\n", 0},
                              {other, "{\"text\":\"three\"}\n", 0}};
    char *const tar = archive_of("gnutar", NULL, files, 2, &len);
    write_file(name, tar, len);
    free(tar);
}

static void archives_go_into_one(void **state)
{
    (void)state;
    static const char *const tars[] = {"a.tar", "b.tar"}, *const mixed[] = {"a.tar", "a.jsonl"},
                             *const reversed[] = {"a.jsonl", "a.tar"};
    write_tar("a.tar", "a/1.jsonl", "a/2.jsonl");
    write_tar("b.tar", "b/1.jsonl", "b/2.jsonl");
    write_text("a.jsonl", "{\"text\":\"one\"}\n");
    assert_int_equal(copy(tars, 2, " two", NULL, NULL, NULL), ND_OK);
    gathered g = gather_one(temp_path("out"));
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.documents, 4);
    assert_null(strstr(g.documents, "two"));
    gathered_release(&g);
    assert_int_equal(unlink(temp_path("out")), 0);
    write_tar("b.tar", "b/1.jsonl", "a/2.jsonl");
    assert_refused(tars, 2, ND_ERR_UNSUPPORTED, "one of them has 'a/2.jsonl', too");
    assert_refused(mixed, 2, ND_ERR_UNSUPPORTED, "archives of their kind");
    assert_refused(reversed, 2, ND_ERR_UNSUPPORTED, "archives of their kind");
}

static void write_folder(void)
{
    size_t len;
    make_folder("in");
    make_folder("in/deep");
    write_text("in/a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    write_text("in/deep/b.csv", "id,text\r\n1,one\r\n2,two");
    write_text("in/deep/c.txt", "three");
    write_text("in/d.txt", "four");
    char *const packed = compressed("gzip", "{\"text\":\"five\"}\n", 16, &len);
    write_file("in/deep/e.jsonl.gz", packed, len);
    write_file("in/deep/f.jsonl", packed, len);
    free(packed);
}

static void a_folder_is_mirrored_without_what_is_removed(void **state)
{
    (void)state;
    nd_error error = {0};
    write_folder();
    if (copy_folder(" one three", NULL, NULL, &error) != ND_OK)
        fail_msg("%s", error.message);
    const nd_input_options options = {0};
    const char *const path = temp_path("out");
    gathered g = gather(&options, &path, 1, ND_OK);
    assert_int_equal(g.report.files, 5);
    assert_int_equal(g.report.documents, 5);
    assert_non_null(strstr(g.documents, "=two\n"));
    assert_non_null(strstr(g.documents, "2=two\n"));
    assert_non_null(strstr(g.documents, "=four\n"));
    assert_int_equal(access(temp_path("out/deep/e.jsonl.gz"), F_OK), 0);
    assert_int_equal(access(temp_path("out/deep/c.txt"), F_OK), -1);
    gathered_release(&g);
}

static void change_the_folder(void)
{
    write_text("in/d.txt", "four and more");
}

static void a_folder_that_changes_is_not_written(void **state)
{
    (void)state;
    nd_error error = {0};
    write_folder();
    assert_int_equal(copy_folder(" one", change_the_folder, NULL, &error), ND_ERR_IO);
    assert_non_null(strstr(error.message, "in/d.txt"));
    assert_int_equal(access(temp_path("out"), F_OK), -1);
}

static void each_failed_allocation_of_a_folder_is_reported(void **state)
{
    (void)state;
    nd_status status = ND_ERR_NO_MEMORY;
    uint64_t fail_at = 0;
    write_folder();
    for (; status != ND_OK; fail_at++) {
        counting_allocator counting;
        counting_allocator_init(&counting, fail_at);
        nd_error error = {0};
        status = copy_folder(" one three", NULL, &counting.allocator, &error);
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        assert_int_equal(counting.num_blocks, 0);
        assert_int_equal(access(temp_path("out"), F_OK), status == ND_OK ? 0 : -1);
    }
    assert_in_range(fail_at, 50, 5000);
}

static void append_a_line(void)
{
    FILE *const file = fopen(temp_path("a.jsonl"), "a");
    fputs("{\"text\":\"more\"}\n", file);
    fclose(file);
}

static void rewrite(void)
{
    assert_int_equal(unlink(temp_path("a.jsonl")), 0);
    write_text("a.jsonl", "{\"text\":\"two\"}\n{\"text\":\"one\"}\n");
}

static void remove_it(void)
{
    assert_int_equal(unlink(temp_path("a.jsonl")), 0);
}

static void files_that_change_are_named(void **state)
{
    (void)state;
    between_fn *const changes[] = {append_a_line, rewrite, remove_it};
    static const char *const name = "a.jsonl";
    for (size_t i = 0; i < 3; i++) {
        nd_error error = {0};
        write_text(name, "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
        assert_int_equal(copy(&name, 1, " one", changes[i], NULL, &error), ND_ERR_IO);
        assert_non_null(strstr(error.message, temp_path(name)));
        assert_int_equal(access(temp_path("out"), F_OK), -1);
    }
}

static void each_failed_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    static const char *const names[] = {"a.jsonl", "b.csv"};
    write_text("a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    write_text("b.csv", "id,text\n1,one\n2,two\n");
    for (size_t i = 0; i < 2; i++) {
        nd_status status = ND_ERR_NO_MEMORY;
        uint64_t fail_at = 0;
        for (; status != ND_OK; fail_at++) {
            counting_allocator counting;
            counting_allocator_init(&counting, fail_at);
            nd_error error = {0};
            status = copy(&names[i], 1, " one", NULL, &counting.allocator, &error);
            assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
            assert_int_equal(counting.num_blocks, 0);
        }
        assert_in_range(fail_at, 10, 1000);
    }
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(all_else_stays_byte_for_byte),
        IN_FOLDER(arrays_stay_arrays),
        IN_FOLDER(compressed_files_are_copied_too),
        IN_FOLDER(files_are_joined_at_line_ends),
        IN_FOLDER(files_that_do_not_go_into_one_are_refused),
        IN_FOLDER(what_has_no_records_is_refused),
        IN_FOLDER(archives_go_into_one),
        IN_FOLDER(a_folder_is_mirrored_without_what_is_removed),
        IN_FOLDER(a_folder_that_changes_is_not_written),
        IN_FOLDER(each_failed_allocation_of_a_folder_is_reported),
        IN_FOLDER(files_that_change_are_named),
        IN_FOLDER(each_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
