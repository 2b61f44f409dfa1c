/* Inputs whose documents are read again by their tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io_fixture.h"
#include "neardup/document_map.h"
#include "neardup/scan.h"
#include "util/alloc.h"
#include "util/error.h"

typedef struct seen {
    uint64_t tag;
    bool is_lasting;
    char *line; /* id=text */
} seen;

/* What came of one reading; exclusive, so on one thread. */
typedef struct reading {
    nd_allocator allocator;
    ND_VEC(seen) items;
    const char *refused; /* the text that is not what it was */
} reading;

static nd_status keep(void *ctx, uint32_t worker, const nd_document *document)
{
    reading *const r = ctx;
    (void)worker;
    if (r->refused && document->text_len_bytes == strlen(r->refused) &&
        memcmp(document->text, r->refused, document->text_len_bytes) == 0)
        return ND_ERR_IO;
    const size_t len = document->id_len_bytes + document->text_len_bytes + 2;
    seen one = {document->tag, document->is_lasting != 0, malloc(len)};
    snprintf(one.line, len, "%.*s=%.*s", (int)document->id_len_bytes, document->id,
             (int)document->text_len_bytes, document->text);
    assert_int_equal(ND_VEC_RESERVE(&r->allocator, &r->items, 1), ND_OK);
    r->items.items[r->items.len++] = one;
    return ND_OK;
}

static void forget(reading *r)
{
    for (size_t i = 0; i < r->items.len; i++)
        free(r->items.items[i].line);
    r->items.len = 0;
}

static void reading_release(reading *r)
{
    forget(r);
    ND_VEC_RELEASE(&r->allocator, &r->items);
}

static int compare_tags(const void *a, const void *b)
{
    const uint64_t x = ((const seen *)a)->tag, y = ((const seen *)b)->tag;
    return (x > y) - (x < y);
}

static nd_status read_on(const nd_input *input, reading *r, nd_error *error)
{
    nd_document_map_options options;
    nd_document_map_options_init(&options);
    const nd_status status = nd_document_map(nd_input_source(input), &options, keep, r, error);
    if (r->items.len)
        qsort(r->items.items, r->items.len, sizeof *r->items.items, compare_tags);
    return status;
}

static nd_input *open_input(const char *path, nd_input_options options)
{
    nd_input *input;
    options.lasting_from_bytes = options.lasting_from_bytes ? options.lasting_from_bytes : 1;
    assert_int_equal(nd_input_new(&options, &path, 1, NULL, &input, NULL), ND_OK);
    return input;
}

static reading read_first(const nd_input *input)
{
    reading r = {.allocator = nd_allocator_or_default(NULL)};
    assert_int_equal(read_on(input, &r, NULL), ND_OK);
    return r;
}

/* Tags of the lasting documents number `from`, from + step, ...; the caller frees them. */
static uint64_t *lasting_tags(const reading *r, size_t from, size_t step, size_t *num)
{
    uint64_t *const tags = calloc(r->items.len + 1, sizeof *tags);
    size_t number = 0;
    *num = 0;
    for (size_t i = 0; i < r->items.len; i++)
        if (r->items.items[i].is_lasting && number++ % step == from)
            tags[(*num)++] = r->items.items[i].tag;
    return tags;
}

static nd_status read_tags_again(const nd_input *input, const uint64_t *tags, size_t num,
                                 reading *r, nd_error *error)
{
    const nd_source *const source = nd_input_source(input);
    assert_int_equal(source->again(source->ctx, tags, num, error), ND_OK);
    return read_on(input, r, error);
}

static const char *line_of(const reading *r, uint64_t tag)
{
    for (size_t i = 0; i < r->items.len; i++)
        if (r->items.items[i].tag == tag)
            return r->items.items[i].line;
    return NULL;
}

/* Files of every format, the last four of which cannot be read again. */
static void write_formats(void)
{
    size_t len;
    make_folder("d");
    write_text("d/a.jsonl",
               "{\"text\":\"one\"}\n\nnot json\n{\"id\":\"two\",\"text\":\"2\"}\n"
               "{\"text\":\"a\\nb\",\"id\":7}\n{\"no\":\"text\"}\n{\"text\":\"last\"}");
    write_text("d/b.csv",
               "id,text\n1,\"with \"\"quotes\"\"\nand a line end\"\n\n2,plain\n3,more\n");
    write_text("d/c.json", "[{\"text\":\"x\"},\n {\"text\":\n\"y\"}, {\"text\":\"z\"}]\n");
    write_text("d/d.txt", "a whole file\nof two lines\n");
    write_text("d/e.html", "<html><body><p>a page<p>of two</body></html>");
    write_text("d/f.tsv", "\xef\xbb\xbftext\tid\none cell\tA\nanother\tB\n");
    char *const packed = compressed("gzip", "{\"text\":\"packed\"}\n", 18, &len);
    write_file("d/g.jsonl.gz", packed, len);
    free(packed);
    write_file("d/h.txt", "\xff\xfeh\0i\0", 6);
    const archived files[] = {{"t", "in an archive", 0}};
    char *const archive = archive_of("gnutar", NULL, files, 1, &len);
    write_file("d/i.tar", archive, len);
    free(archive);
}

static void documents_come_again_by_their_tags(void **state)
{
    (void)state;
    static const size_t block_bytes[] = {1, 30, 100, 0};
    write_formats();
    for (size_t b = 0; b < 4; b++)
        for (size_t step = 1; step < 4; step++) {
            nd_input *const input =
                open_input(temp_path("d"), (nd_input_options){.block_bytes = block_bytes[b]});
            reading first = read_first(input);
            assert_int_equal(first.items.len, 4 + 3 + 3 + 1 + 1 + 2 + 3);
            const nd_input_report before = nd_input_report_get(input);
            for (size_t from = 0; from < step; from++) {
                size_t num;
                uint64_t *const tags = lasting_tags(&first, from, step, &num);
                reading second = {.allocator = first.allocator};
                assert_int_equal(read_tags_again(input, tags, num, &second, NULL), ND_OK);
                assert_int_equal(second.items.len, num);
                for (size_t i = 0; i < num; i++) {
                    assert_true(second.items.items[i].tag == tags[i]);
                    assert_true(second.items.items[i].is_lasting);
                    assert_string_equal(second.items.items[i].line, line_of(&first, tags[i]));
                }
                reading_release(&second);
                free(tags);
            }
            const nd_input_report after = nd_input_report_get(input);
            assert_memory_equal(&after, &before, sizeof after);
            reading_release(&first);
            nd_input_free(input);
        }
}

static void tags_are_places_and_do_not_depend_on_blocks(void **state)
{
    (void)state;
    write_formats();
    nd_input *const whole = open_input(temp_path("d"), (nd_input_options){0});
    nd_input *const cut = open_input(temp_path("d"), (nd_input_options){.block_bytes = 1});
    reading a = read_first(whole), b = read_first(cut);
    assert_int_equal(a.items.len, b.items.len);
    for (size_t i = 0; i < a.items.len; i++) {
        assert_true(a.items.items[i].tag == b.items.items[i].tag);
        assert_string_equal(a.items.items[i].line, b.items.items[i].line);
        assert_true(i == 0 || a.items.items[i].tag > a.items.items[i - 1].tag);
    }
    assert_true(a.items.items[1].tag == nd_input_tag(0, 3)); /* "two", behind two lost lines */
    assert_true(a.items.items[4].tag == nd_input_tag(1, 0));
    reading_release(&a);
    reading_release(&b);
    nd_input_free(whole);
    nd_input_free(cut);
}

static void what_cannot_be_read_again_is_not_lasting(void **state)
{
    (void)state;
    write_formats();
    nd_input *const input = open_input(temp_path("d"), (nd_input_options){0});
    reading r = read_first(input);
    for (size_t i = 0; i < r.items.len; i++)
        assert_int_equal(r.items.items[i].is_lasting, i + 3 < r.items.len);
    reading_release(&r);
    nd_input_free(input);
}

static void first_bytes_are_not_lasting_if_asked_for(void **state)
{
    (void)state;
    write_formats();
    nd_input *const input =
        open_input(temp_path("d"), (nd_input_options){.lasting_from_bytes = 150, .block_bytes = 1});
    reading r = read_first(input);
    assert_false(r.items.items[0].is_lasting);
    assert_true(line_of(&r, nd_input_tag(5, 1)) != NULL);
    size_t num;
    uint64_t *const tags = lasting_tags(&r, 0, 1, &num);
    assert_in_range(num, 5, r.items.len - 5);
    reading again = {.allocator = r.allocator};
    assert_int_equal(read_tags_again(input, tags, num, &again, NULL), ND_OK);
    assert_int_equal(again.items.len, num);
    reading_release(&again);
    reading_release(&r);
    free(tags);
    nd_input_free(input);
}

/* Reads the folder "d", lets `change` happen to "d/f", and reads all of it again. */
static void assert_change_is_told(void (*change)(void), const char *refused, size_t block_bytes)
{
    nd_input *const input =
        open_input(temp_path("d"), (nd_input_options){.block_bytes = block_bytes});
    reading first = read_first(input);
    size_t num;
    uint64_t *const tags = lasting_tags(&first, 0, 1, &num);
    change();
    reading second = {.allocator = first.allocator, .refused = refused};
    nd_error error = {0};
    const nd_status status = read_tags_again(input, tags, num, &second, &error);
    assert_true(status == ND_ERR_IO || status == ND_ERR_NOT_FOUND);
    assert_non_null(strstr(error.message, temp_path("d/f")));
    reading_release(&first);
    reading_release(&second);
    free(tags);
    nd_input_free(input);
}

static void remove_file(void)
{
    assert_int_equal(unlink(temp_path("d/f")), 0);
}

static void shorten_file(void)
{
    assert_int_equal(truncate(temp_path("d/f"), 20), 0);
}

static void spoil_file(void)
{
    write_text("d/f", "{\"text\":\"the first\"}\n{\"t\":\"the second is nothing now\"}\n");
}

static void replace_file(void)
{
    write_text("d/f", "{\"text\":\"the first\"}\n{\"text\":\"the other one\"}\n");
}

static void files_that_change_are_named(void **state)
{
    (void)state;
    void (*const changes[])(void) = {remove_file, shorten_file, spoil_file, replace_file};
    make_folder("d");
    write_text("d/a", "another file, which stays as it is");
    for (size_t i = 0; i < 4; i++)
        for (size_t block_bytes = 0; block_bytes < 2; block_bytes++) {
            write_text("d/f", "{\"text\":\"the first\"}\n{\"text\":\"the second\"}\n");
            assert_change_is_told(changes[i], i == 3 ? "the other one" : NULL, block_bytes);
        }
}

static void append_to_file(void)
{
    FILE *const file = fopen(temp_path("d/f"), "a");
    assert_non_null(file);
    fputs("{\"text\":\"one more\"}\n", file);
    fclose(file);
}

static void file_that_grows_is_read_as_it_was(void **state)
{
    (void)state;
    make_folder("d");
    for (size_t block_bytes = 0; block_bytes < 2; block_bytes++) {
        write_text("d/f", "{\"text\":\"the first\"}\n{\"text\":\"the second\"}\n");
        nd_input *const input =
            open_input(temp_path("d"), (nd_input_options){.block_bytes = block_bytes});
        reading first = read_first(input), second = {.allocator = first.allocator};
        size_t num;
        uint64_t *const tags = lasting_tags(&first, 0, 1, &num);
        append_to_file();
        assert_int_equal(read_tags_again(input, tags, num, &second, NULL), ND_OK);
        assert_int_equal(second.items.len, 2);
        reading_release(&first);
        reading_release(&second);
        free(tags);
        nd_input_free(input);
    }
}

/* ---- a whole scan ---- */

static nd_status print_pair(void *ctx, const nd_pair *pair)
{
    fprintf(ctx, "%.*s %.*s %llu\n", (int)pair->a.len_bytes, pair->a.p, (int)pair->b.len_bytes,
            pair->b.p, (unsigned long long)pair->similarity.common);
    return ND_OK;
}

/* The pairs in "f"; the caller frees them. */
static char *pairs_of(nd_preset preset, nd_input_options options, const nd_allocator *allocator,
                      nd_status *status)
{
    char *text;
    size_t len;
    const char *const path = temp_path("f");
    nd_input *input = NULL;
    nd_scan *scan = NULL;
    nd_scan_options scan_options;
    nd_scan_options_init_preset(&scan_options, preset);
    scan_options.output = ND_SCAN_PAIRS;
    scan_options.num_threads = options.block_bytes == 1 ? 1 : 3;
    FILE *const out = open_memstream(&text, &len);
    assert_non_null(out);
    *status = nd_input_new(&options, &path, 1, allocator, &input, NULL);
    if (*status == ND_OK)
        *status = nd_scan_new(&scan_options, NULL, &scan, NULL);
    if (*status == ND_OK)
        *status = nd_scan_add_source(scan, nd_input_source(input), NULL);
    if (*status == ND_OK)
        *status = nd_scan_finish(scan, NULL);
    if (*status == ND_OK)
        *status = nd_scan_each_pair(scan, print_pair, out);
    nd_scan_free(scan);
    nd_input_free(input);
    fclose(out);
    return text;
}

static void write_copies(unsigned num)
{
    FILE *const file = fopen(temp_path("f"), "w");
    assert_non_null(file);
    for (unsigned i = 0; i < num; i++) {
        fprintf(file, "{\"id\":\"%u\",\"text\":\"", i);
        for (unsigned word = 0; word < 150; word++)
            fprintf(file, "w%u ", word == i % 3 * 13 ? i : i / 3 * 1000 + word);
        fprintf(file, "\"}\n");
    }
    fclose(file);
}

static void scan_of_lasting_documents_finds_the_same(void **state)
{
    (void)state;
    nd_status status;
    write_copies(600);
    for (unsigned preset = 0; preset < ND_NUM_PRESETS; preset++) {
        char *const once = pairs_of((nd_preset)preset, (nd_input_options){0}, NULL, &status);
        assert_int_equal(status, ND_OK);
        assert_true(strlen(once) > 1000);
        static const nd_input_options options[] = {
            {.lasting_from_bytes = 1},
            {.lasting_from_bytes = 1, .block_bytes = 1},
            {.lasting_from_bytes = 20000, .block_bytes = 5000},
        };
        for (size_t i = 0; i < 3; i++) {
            char *const again = pairs_of((nd_preset)preset, options[i], NULL, &status);
            assert_int_equal(status, ND_OK);
            assert_string_equal(again, once);
            free(again);
        }
        free(once);
    }
}

static void each_failed_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    write_copies(30);
    nd_status status = ND_ERR_NO_MEMORY;
    uint64_t fail_at = 0;
    for (; status != ND_OK; fail_at++) {
        counting_allocator counting;
        counting_allocator_init(&counting, fail_at);
        free(pairs_of(ND_PRESET_CORPUS,
                      (nd_input_options){.lasting_from_bytes = 1, .block_bytes = 1},
                      &counting.allocator, &status));
        assert_true(status == ND_OK || status == ND_ERR_NO_MEMORY);
        assert_int_equal(counting.num_blocks, 0);
    }
    assert_in_range(fail_at, 10, 2000);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(documents_come_again_by_their_tags),
        IN_FOLDER(tags_are_places_and_do_not_depend_on_blocks),
        IN_FOLDER(what_cannot_be_read_again_is_not_lasting),
        IN_FOLDER(first_bytes_are_not_lasting_if_asked_for),
        IN_FOLDER(files_that_change_are_named),
        IN_FOLDER(file_that_grows_is_read_as_it_was),
        IN_FOLDER(scan_of_lasting_documents_finds_the_same),
        IN_FOLDER(each_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
