/* Where documents stand, for messages, long after they were read. */
#define _XOPEN_SOURCE 700 /* mkfifo */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/input.h"
#include "io_fixture.h"

enum { MOST = 32 };

/* Texts of the documents that an input gave, with their tags. */
typedef struct seen_documents {
    char texts[MOST][32];
    uint64_t tags[MOST];
    size_t num;
} seen_documents;

static nd_status keep(void *ctx, const nd_document *document)
{
    seen_documents *const s = ctx;
    assert_true(s->num < MOST);
    snprintf(s->texts[s->num], sizeof s->texts[0], "%.*s", (int)document->text_len_bytes,
             document->text);
    s->tags[s->num++] = document->tag;
    return ND_OK;
}

static nd_input *read_all(const char *const *paths, size_t num_paths, seen_documents *s)
{
    const nd_input_options options = {0};
    nd_input *input;
    void *block;
    *s = (seen_documents){0};
    assert_int_equal(nd_input_new(&options, paths, num_paths, NULL, &input, NULL), ND_OK);
    const nd_source *const source = nd_input_source(input);
    do {
        assert_int_equal(source->next(source->ctx, &block, NULL), ND_OK);
        if (block)
            assert_int_equal(source->decode(source->ctx, block, keep, s, NULL), ND_OK);
    } while (block);
    return input;
}

/* The place of the document with that text, the temporary folder in it shown as T. */
static const char *place_of(const nd_input *input, const seen_documents *s, const char *text)
{
    static char shown[400];
    const char *const folder = temp_path("");
    for (size_t i = 0; i < s->num; i++) {
        if (strcmp(s->texts[i], text) != 0)
            continue;
        const nd_shown_place place = nd_input_place_of(input, s->tags[i]);
        const char *const at = strstr(place.text, folder);
        if (!at)
            return strcpy(shown, place.text);
        snprintf(shown, sizeof shown, "%.*sT%s", (int)(at - place.text), place.text,
                 at + strlen(folder));
        return shown;
    }
    return "not read";
}

static void write_compressed(const char *name, const char *text)
{
    size_t len;
    char *const bytes = compressed("gzip", text, strlen(text), &len);
    write_file(name, bytes, len);
    free(bytes);
}

static void every_document_is_found_again(void **state)
{
    (void)state;
    static const archived files[] = {{"x.txt", "of an archive", 0},
                                     {"y.jsonl", "{\"text\":\"second\"}\n", 0}};
    size_t len;
    char *const tar = archive_of("gnutar", NULL, files, 2, &len);
    make_folder("d");
    make_folder("d/deep");
    write_text("d/.hidden", "never");
    write_text("d/a.jsonl", "\n{\"text\":\"line 2\"}\nnot JSON\n\n{\"text\":\"line 5\"}\n");
    write_compressed("d/deep/b.jsonl.gz", "{\"text\":\"packed 1\"}\n{\"text\":\"packed 2\"}\n");
    write_text("d/deep/c.csv", "id,text\n1,\"two\nlines\"\n2,row\n");
    write_text("d/deep/page.html", "<!DOCTYPE html><html><body><p>shown</p></body></html>");
    write_text("d/deep/z.txt", "plain");
    write_file("e.tar", tar, len);
    free(tar);
    const char *const paths[] = {temp_path("e.tar"), temp_path("d"), temp_path("d/deep/z.txt")};
    seen_documents s;
    nd_input *const input = read_all(paths, 3, &s);
    assert_string_equal(place_of(input, &s, "line 2"), "'T/d/a.jsonl':2");
    assert_string_equal(place_of(input, &s, "line 5"), "'T/d/a.jsonl':5");
    assert_string_equal(place_of(input, &s, "packed 2"), "'T/d/deep/b.jsonl.gz':2");
    assert_string_equal(place_of(input, &s, "two\nlines"), "'T/d/deep/c.csv', record 1");
    assert_string_equal(place_of(input, &s, "row"), "'T/d/deep/c.csv', record 2");
    assert_string_equal(place_of(input, &s, "shown"), "'T/d/deep/page.html'");
    assert_string_equal(place_of(input, &s, "plain"), "'T/d/deep/z.txt'");
    assert_string_equal(place_of(input, &s, "of an archive"), "'T/e.tar', record 1");
    assert_string_equal(place_of(input, &s, "second"), "'T/e.tar', record 2");
    assert_string_equal(nd_input_place_of(input, UINT64_MAX).text, "");
    assert_string_equal(nd_input_place_of(input, nd_input_tag(1000, 0)).text, "");
    /* The folder may change: a file is told by what it is, not by its turn. */
    write_text("d/0.jsonl", "{\"text\":\"new\"}\n");
    assert_int_equal(rename(temp_path("d/deep/c.csv"), temp_path("d/moved.csv")), 0);
    assert_int_equal(unlink(temp_path("d/deep/b.jsonl.gz")), 0);
    assert_string_equal(place_of(input, &s, "line 5"), "'T/d/a.jsonl':5");
    assert_string_equal(place_of(input, &s, "row"), "'T/d/moved.csv', record 2");
    assert_string_equal(place_of(input, &s, "packed 2"), "");
    nd_input_free(input);
}

static void *feed(void *path)
{
    FILE *const pipe = fopen(path, "w");
    fputs("{\"text\":\"one\"}\n{\"text\":\"two\"}\n", pipe);
    fclose(pipe);
    return NULL;
}

static void what_came_through_a_pipe_is_called_by_its_record(void **state)
{
    (void)state;
    pthread_t feeder;
    char path[256];
    snprintf(path, sizeof path, "%s", temp_path("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    write_text("a.txt", "text");
    const char *const paths[] = {path, temp_path("a.txt")};
    seen_documents s;
    assert_int_equal(pthread_create(&feeder, NULL, feed, path), 0);
    nd_input *const input = read_all(paths, 2, &s);
    assert_int_equal(pthread_join(feeder, NULL), 0);
    assert_string_equal(place_of(input, &s, "two"), "'T/pipe', record 2");
    assert_string_equal(place_of(input, &s, "text"), "'T/a.txt'");
    nd_input_free(input);
}

static void ids_that_are_paths_are_places_themselves(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/a.txt", "text");
    write_text("b.jsonl", "{\"text\":\"one\"}\n");
    char folder[256], file[256], id[300];
    snprintf(folder, sizeof folder, "%s/", temp_path("d"));
    snprintf(file, sizeof file, "%s", temp_path("b.jsonl"));
    const char *const paths[] = {folder, file};
    seen_documents s;
    nd_input *const input = read_all(paths, 2, &s);
    snprintf(id, sizeof id, "%sa.txt", folder);
    assert_true(nd_input_is_path(input, id));
    snprintf(id, sizeof id, "%s:1", file);
    assert_true(nd_input_is_path(input, id));
    assert_true(nd_input_is_path(input, file));
    snprintf(id, sizeof id, "%s2", file);
    assert_false(nd_input_is_path(input, id));
    assert_false(nd_input_is_path(input, ""));
    nd_input_free(input);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_document_is_found_again),
        IN_FOLDER(what_came_through_a_pipe_is_called_by_its_record),
        IN_FOLDER(ids_that_are_paths_are_places_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
