/* Files and folders as inputs: what they are taken for, what is skipped, what is an error. */
#define _XOPEN_SOURCE 700 /* mkfifo, truncate */

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/input.h"
#include "io/path_walk.h"
#include "io_fixture.h"
#include "neardup/text.h"
#include "text/characters.h"

static gathered gather_text(const char *path)
{
    const nd_input_options options = {.format = ND_INPUT_TEXT};
    return gather(&options, &path, 1, 1);
}

/* "id=text\n" with the folder before the id. */
static void assert_one_document(const gathered *g, const char *name, const char *text)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "%s=%s\n", temp_path(name), text);
    assert_int_equal(g->status, ND_OK);
    assert_string_equal(g->documents, expected);
}

static void assert_error(gathered g, nd_status status, const char *message)
{
    assert_int_equal(g.status, status);
    assert_int_equal(g.error.code, status);
    assert_string_equal(g.error.message, message);
    assert_string_equal(g.documents, "");
    gathered_release(&g);
}

static const char *format(const char *format, const char *name)
{
    static char message[600];
    snprintf(message, sizeof message, format, temp_path(name));
    return message;
}

static void text_file_is_one_document(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "\n",
                                        "a text\nof two lines",
                                        "{not JSON}\n{}\n",
                                        "\xef\xbb\xbfkept: offsets are the file's",
                                        "[Music] la la",
                                        "{a text that begins so}\n{\"or\": so\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_text("f", texts[i]);
        gathered g = gather_one(temp_path("f"));
        assert_one_document(&g, "f", texts[i]);
        assert_int_equal(g.report.files, 1);
        assert_int_equal(g.report.documents, 1);
        assert_int_equal(g.report.bytes, strlen(texts[i]));
        assert_int_equal(g.report.bytes_total, strlen(texts[i]));
        gathered_release(&g);
    }
}

static nd_status keep_length(void *ctx, const nd_document *document)
{
    *(size_t *)ctx = document->text_len_bytes;
    return ND_OK;
}

static void nul_bytes_of_a_named_file_are_text(void **state)
{
    (void)state;
    write_file("f", "a\0b\0\0", 5);
    const char *const path = temp_path("f");
    const nd_input_options options = {0};
    nd_input *input;
    void *block;
    size_t len = 0;
    assert_int_equal(nd_input_new(&options, &path, 1, NULL, &input, NULL), ND_OK);
    const nd_source *const source = nd_input_source(input);
    assert_int_equal(source->next(source->ctx, &block, NULL), ND_OK);
    assert_int_equal(source->decode(source->ctx, block, keep_length, &len, NULL), ND_OK);
    assert_int_equal(len, 5);
    nd_input_free(input);
}

static void first_line_tells_json_lines_from_text(void **state)
{
    (void)state;
    write_text("f", "\n{\"id\":\"a\",\"text\":\"one\"}\nnot JSON\n");
    gathered g = gather_one(temp_path("f"));
    assert_string_equal(g.documents, "a=one\n");
    assert_int_equal(g.report.findings[ND_ISSUE_MALFORMED_JSON].count, 1);
    gathered_release(&g);
    g = gather_text(temp_path("f"));
    assert_one_document(&g, "f", "\n{\"id\":\"a\",\"text\":\"one\"}\nnot JSON\n");
    gathered_release(&g);
    write_text("f", "not JSON\n{\"id\":\"a\",\"text\":\"one\"}\n");
    g = gather_one(temp_path("f"));
    assert_int_equal(g.report.documents, 1);
    gathered_release(&g);
    const nd_input_options jsonl = {.format = ND_INPUT_JSONL};
    const char *const path = temp_path("f");
    g = gather(&jsonl, &path, 1, 1);
    assert_string_equal(g.documents, "a=one\n");
    gathered_release(&g);
}

/* Feeds whose text is in another field are not taken for texts, named or found below a folder. */
static void objects_without_the_text_field_are_counted_wherever_they_are(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/a.json", "{\"name\":\"settings\"}\n");
    write_text("d/b.jsonl", "{\"id\":\"b\",\"text\":\"one\"}\n");
    write_text("d/c", "{\"body\":\"x\"}\n{\"body\":\"y\"}\n");
    write_text("d/d.json", "{\n\"body\":\"z\"\n}\n");
    gathered g = gather_one(temp_path("d/a.json"));
    assert_string_equal(g.documents, "");
    assert_int_equal(g.report.findings[ND_ISSUE_NO_TEXT_FIELD].count, 1);
    gathered_release(&g);
    g = gather_one(temp_path("d"));
    assert_string_equal(g.documents, "b=one\n");
    assert_int_equal(g.report.findings[ND_ISSUE_NO_TEXT_FIELD].count, 4);
    assert_string_equal(g.report.findings[ND_ISSUE_NO_TEXT_FIELD].first.message,
                        format("'%s':1: no field 'text'", "d/a.json"));
    gathered_release(&g);
    const nd_input_options options = {.text_field = "body"};
    const char *const path = temp_path("d");
    g = gather(&options, &path, 1, 1);
    assert_int_equal(g.report.documents, 3);
    gathered_release(&g);
}

/* What a name promises is not taken for one text of everything. */
static void json_lines_that_are_no_json_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *message;
        uint64_t count;
    } cases[] = {
        {"a.jsonl", "{'id':'0'}\n{'id':'1'}\n",
         "'%s':1: not a JSON object: unexpected text at byte 2", 2},
        {"a.NDJSON", "some text\n\nmore\n", "'%s':1: not a JSON object: unexpected text at byte 1",
         2},
        {"a.json", "{'id':'0'}\n", "'%s':1: not a JSON object: unexpected text at byte 2", 1},
        {"a", "{'id':'0'}\n{'id':'1'}\n", "'%s':1: not a JSON object: unexpected text at byte 2",
         2},
        {"a.jsonl", "[1]\n\"x\"\n17\n", "'%s':1: not a JSON object: an array", 3},
        {"a.jsonl", "{\"id\":\"a\",\"text\":\"x\"\n{\"id\":\"b\",\"text\":\"y\"\n",
         "'%s':1: not a JSON object: unexpected end", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text(cases[i].name, cases[i].text);
        gathered g = gather_one(temp_path(cases[i].name));
        assert_int_equal(g.status, ND_OK);
        assert_string_equal(g.documents, "");
        assert_int_equal(g.report.findings[ND_ISSUE_MALFORMED_JSON].count, cases[i].count);
        assert_string_equal(g.report.findings[ND_ISSUE_MALFORMED_JSON].first.message,
                            format(cases[i].message, cases[i].name));
        gathered_release(&g);
    }
}

static void json_values_are_read_wherever_lines_end(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[{\"id\":\"a\",\"text\":\"one\"},{\"id\":\"b\",\"text\":\"two\"}]",
        "\xef\xbb\xbf[\n{\"id\": \"a\",\n\"text\":\"one\"},\n{\"id\":\"b\",\"text\":\"two\"}]",
        "{\"id\":\"a\",\"text\":\"one\"}{\"id\":\"b\",\"text\":\"two\"}",
        "{\"id\":\"a\",\"text\":\"one\"} {\"id\":\"b\",\"text\":\"two\"}\n",
        "{\"id\":\"a\",\"text\":\"one\"}\r{\"id\":\"b\",\"text\":\"two\"}\r",
        "{\n\"id\":\"a\",\n\"text\":\"one\"\n}\n\n{\n\"id\":\"b\",\n\"text\":\"two\"\n}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (unsigned name = 0; name < 3; name++) {
            static const char *const names[] = {"f", "f.jsonl", "f.json"};
            write_text(names[name], texts[i]);
            for (size_t block_bytes = 1; block_bytes < 30; block_bytes += 7) {
                const nd_input_options options = {.block_bytes = block_bytes};
                const char *const path = temp_path(names[name]);
                gathered g = gather(&options, &path, 1, 1);
                assert_int_equal(g.status, ND_OK);
                assert_string_equal(g.documents, "a=one\nb=two\n");
                for (unsigned issue = 0; issue < ND_NUM_ISSUES; issue++)
                    assert_int_equal(g.report.findings[issue].count, 0);
                gathered_release(&g);
            }
        }
    write_text("e.json", " [ ] \n");
    gathered g = gather_one(temp_path("e.json"));
    assert_string_equal(g.documents, "");
    assert_int_equal(g.report.files, 1);
    gathered_release(&g);
}

/* A value is called by the line it begins in, and by the byte if it is not the first there. */
static void values_without_ids_are_called_by_their_places(void **state)
{
    (void)state;
    write_text("f.json",
               "[{\"text\":\"a\"},{\"text\":\"b\"},\n"
               "  {\"text\":\n\"c\"}, {\"text\":1}, {\"text\":\"d\"},[] x\n{\"text\":\"e\"}]");
    const char *const f = temp_path("f.json");
    char expected[2048];
    snprintf(expected, sizeof expected, "%s:1=a\n%s:1:15=b\n%s:2=c\n%s:3:19=d\n%s:4=e\n", f, f, f,
             f, f);
    for (size_t block_bytes = 1; block_bytes < 100; block_bytes++) {
        const nd_input_options options = {.block_bytes = block_bytes};
        gathered g = gather(&options, &f, 1, 1);
        assert_string_equal(g.in_order, expected);
        assert_int_equal(g.report.findings[ND_ISSUE_FIELD_TYPE].first.line, 3);
        assert_int_equal(g.report.findings[ND_ISSUE_MALFORMED_JSON].count, 1);
        assert_string_equal(
            g.report.findings[ND_ISSUE_MALFORMED_JSON].first.message,
            format("'%s':3: not a JSON object: unexpected text at byte 1", "f.json"));
        gathered_release(&g);
    }
}

static void make_tree(void)
{
    make_folder("d");
    make_folder("d/b");
    make_folder("d/b/deep");
    make_folder("d/empty");
    write_text("d/B", "upper");
    write_text("d/a", "first");
    write_text("d/b/2", "two");
    write_text("d/b/10", "ten");
    write_text("d/b/deep/3", "three");
    write_text("d/b/deep/.hidden", "hidden");
    write_text("d/b-side", "side");
    write_text("d/lines", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    write_text("d/\xff name\n", "odd");
}

static void folder_is_walked_in_byte_order(void **state)
{
    (void)state;
    make_tree();
    static const char *const spellings[] = {"d", "d/", "d///"};
    for (unsigned i = 0; i < 3; i++) {
        char path[512], expected[2048];
        const char *const f = temp_path("d");
        snprintf(path, sizeof path, "%s", temp_path(spellings[i]));
        snprintf(expected, sizeof expected,
                 "%s/B=upper\n%s/a=first\n%s/b/10=ten\n%s/b/2=two\n%s/b/deep/3=three\n"
                 "%s/b-side=side\n%s/lines:1=one\n%s/lines:2=two\n%s/\xff name\n=odd\n",
                 f, f, f, f, f, f, f, f, f);
        gathered g = gather_one(path);
        assert_int_equal(g.status, ND_OK);
        assert_string_equal(g.in_order, expected);
        assert_int_equal(g.report.files, 8);
        assert_int_equal(g.report.bytes, g.report.bytes_total);
        gathered_release(&g);
    }
}

static void hidden_files_are_read_on_request_alone(void **state)
{
    (void)state;
    make_folder("d");
    make_folder("d/.git");
    write_text("d/.git/config", "x");
    write_text("d/.a", "hidden");
    write_text("d/b", "shown");
    gathered g = gather_one(temp_path("d"));
    assert_one_document(&g, "d/b", "shown");
    assert_int_equal(g.report.findings[ND_ISSUE_HIDDEN].count, 2);
    assert_string_equal(g.report.findings[ND_ISSUE_HIDDEN].first.message,
                        format("'%s' is hidden", "d/.a"));
    gathered_release(&g);
    const nd_input_options options = {.reads_hidden = true};
    const char *const path = temp_path("d");
    g = gather(&options, &path, 1, 1);
    assert_int_equal(g.report.documents, 3);
    assert_int_equal(g.report.findings[ND_ISSUE_HIDDEN].count, 0);
    gathered_release(&g);
    g = gather_one(temp_path("d/.git"));
    assert_one_document(&g, "d/.git/config", "x");
    gathered_release(&g);
}

static void file_is_read_once_however_many_paths_lead_to_it(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/a", "one");
    write_text("d/c", "two");
    assert_int_equal(link(temp_path("d/a"), temp_path("d/b")), 0);
    assert_int_equal(symlink("d/c", temp_path("s")), 0);
    const char *const paths[] = {temp_path("s"), temp_path("d"), temp_path("d/"), temp_path("d/b")};
    char expected[1024];
    snprintf(expected, sizeof expected, "%s=two\n%s/a=one\n", temp_path("s"), temp_path("d"));
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        gathered g = gather(NULL, paths, 4, threads);
        assert_int_equal(g.status, ND_OK);
        if (threads == 1)
            assert_string_equal(g.in_order, expected);
        assert_int_equal(g.report.documents, 2);
        assert_int_equal(g.report.bytes, g.report.bytes_total);
        assert_int_equal(g.report.findings[ND_ISSUE_SAME_FILE].count, 1 + 1 + 3 + 1);
        assert_string_equal(g.report.findings[ND_ISSUE_SAME_FILE].first.message,
                            format("'%s' is the same file as one met before", "d/b"));
        gathered_release(&g);
    }
}

static void what_the_caller_writes_is_no_input(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/a", "one");
    write_text("d/out", "two");
    const nd_input_options options = {.reads_hidden = true};
    const char *const folder = temp_path("d"), *const file = temp_path("d/out");
    const int fd = open(file, O_RDONLY);
    nd_input *input;
    nd_error error = {0};
    assert_int_equal(nd_input_new(&options, &folder, 1, NULL, &input, NULL), ND_OK);
    assert_int_equal(nd_input_leave_out(input, fd, &error), ND_OK);
    const nd_source *const source = nd_input_source(input);
    void *block;
    size_t len = 0;
    while (source->next(source->ctx, &block, NULL) == ND_OK && block)
        assert_int_equal(source->decode(source->ctx, block, keep_length, &len, NULL), ND_OK);
    const nd_input_report report = nd_input_report_get(input);
    assert_int_equal(report.documents, 1);
    assert_int_equal(report.findings[ND_ISSUE_OWN_OUTPUT].count, 1);
    nd_input_free(input);
    assert_int_equal(nd_input_new(&options, &file, 1, NULL, &input, NULL), ND_OK);
    assert_int_equal(nd_input_leave_out(input, fd, &error), ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, format("'%s' is an input and the output at once", "d/out"));
    nd_input_free(input);
    close(fd);
}

static void output_onto_an_input_is_seen_by_device_and_inode(void **state)
{
    (void)state;
    make_folder("d");
    make_folder("d/.hidden");
    make_folder("dd");
    write_text("d/a", "one");
    write_text("d/.hidden/b", "two");
    write_text("dd/c", "three");
    assert_int_equal(link(temp_path("dd/c"), temp_path("twin")), 0);
    assert_int_equal(symlink("d/a", temp_path("s")), 0);
    const char *const d = temp_path("d"), *const twin = temp_path("twin");
    assert_ptr_equal(nd_path_reaching(&d, 1, false, temp_path("d/a")), d);
    assert_ptr_equal(nd_path_reaching(&d, 1, false, temp_path("s")), d);
    assert_ptr_equal(nd_path_reaching(&d, 1, true, temp_path("d/.hidden/b")), d);
    assert_ptr_equal(nd_path_reaching(&twin, 1, false, temp_path("dd/c")), twin);
    assert_null(nd_path_reaching(&d, 1, false, temp_path("d/.hidden/b")));
    assert_null(nd_path_reaching(&d, 1, false, temp_path("dd/c")));
    assert_null(nd_path_reaching(&d, 1, false, temp_path("d/new")));
    assert_null(nd_path_reaching(&d, 1, false, "/dev/null"));
}

static void empty_folder_has_no_documents(void **state)
{
    (void)state;
    gathered g = gather_one(temp_path(""));
    assert_int_equal(g.status, ND_OK);
    assert_string_equal(g.documents, "");
    assert_int_equal(g.report.files, 0);
    gathered_release(&g);
}

static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_in_range(strlen(path), 1, sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void odd_entries_of_a_folder_are_skipped_and_counted(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/text", "kept");
    write_file("d/binary1", "\x89PNG\0\0", 6);
    write_file("d/binary2", "x\0y", 3);
    assert_int_equal(symlink("text", temp_path("d/link")), 0);
    assert_int_equal(symlink("..", temp_path("d/loop")), 0);
    assert_int_equal(symlink("nowhere", temp_path("d/dangling")), 0);
    assert_int_equal(mkfifo(temp_path("d/fifo"), 0600), 0);
    make_socket(temp_path("d/socket"));
    char *const late = calloc(9000, 1);
    memset(late, 'x', 8192);
    write_file("d/late", late, 9000);
    free(late);
    gathered g = gather_one(temp_path("d"));
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.documents, 2);
    assert_int_equal(g.report.files, 2);
    assert_int_equal(g.report.findings[ND_ISSUE_BINARY].count, 2);
    assert_string_equal(g.report.findings[ND_ISSUE_BINARY].first.message,
                        format("'%s' is a binary file", "d/binary1"));
    assert_int_equal(g.report.findings[ND_ISSUE_SPECIAL].count, 5);
    assert_string_equal(g.report.findings[ND_ISSUE_SPECIAL].first.message,
                        format("'%s' is a symbolic link", "d/dangling"));
    gathered_release(&g);
}

static void named_links_are_followed(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/text", "kept");
    assert_int_equal(symlink("d/text", temp_path("file")), 0);
    assert_int_equal(symlink("d", temp_path("folder")), 0);
    gathered g = gather_one(temp_path("file"));
    assert_one_document(&g, "file", "kept");
    gathered_release(&g);
    g = gather_one(temp_path("folder"));
    assert_one_document(&g, "folder/text", "kept");
    gathered_release(&g);
}

static void named_paths_that_cannot_be_read_are_errors_before_any_work(void **state)
{
    (void)state;
    write_text("f", "fine");
    assert_error(gather_one(temp_path("nope")), ND_ERR_NOT_FOUND,
                 format("cannot open '%s': No such file or directory", "nope"));
    assert_error(gather_one(temp_path("f/x")), ND_ERR_IO,
                 format("cannot open '%s': Not a directory", "f/x"));
    make_socket(temp_path("s"));
    assert_error(gather_one(temp_path("s")), ND_ERR_UNSUPPORTED,
                 format("cannot open '%s': it is a socket", "s"));
    const char *const second_missing[] = {temp_path("f"), temp_path("nope")};
    assert_error(gather(NULL, second_missing, 2, 1), ND_ERR_NOT_FOUND,
                 format("cannot open '%s': No such file or directory", "nope"));
    assert_error(gather(NULL, NULL, 0, 1), ND_ERR_INVALID_ARGUMENT, "no input is named");
}

/* Runs `check` as a user who is not root; skips the test where that cannot be. */
static void as_nobody(int (*check)(void))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(77);
        _exit(check());
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    if (WEXITSTATUS(result) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(result), 0);
}

static int check_unreadable(void)
{
    gathered g = gather_one(temp_path("d"));
    const nd_input_finding *const skips = &g.report.findings[ND_ISSUE_UNREADABLE];
    if (g.status != ND_OK || g.report.documents != 1 || skips->count != 2)
        return 1;
    if (strcmp(skips->first.message, format("cannot open '%s': Permission denied", "d/file")) != 0)
        return 2;
    gathered_release(&g);
    static const char *const named[] = {"d/file", "d/locked"};
    for (int i = 0; i < 2; i++) {
        g = gather_one(temp_path(named[i]));
        if (g.status != ND_ERR_IO ||
            strcmp(g.error.message, format("cannot open '%s': Permission denied", named[i])) != 0)
            return 3 + i;
        gathered_release(&g);
    }
    return 0;
}

static void unreadable_below_a_folder_is_skipped_and_named_is_an_error(void **state)
{
    (void)state;
    make_folder("d");
    make_folder("d/locked");
    write_text("d/file", "secret");
    write_text("d/open", "fine");
    assert_int_equal(chmod(temp_path("d/locked"), 0), 0);
    assert_int_equal(chmod(temp_path("d/file"), 0), 0);
    assert_int_equal(chmod(temp_path(""), 0755), 0);
    as_nobody(check_unreadable);
    assert_int_equal(chmod(temp_path("d/locked"), 0700), 0);
}

/* ---- standard input, FIFOs, devices ---- */

static void put_on_stdin(const char *path, int *saved)
{
    *saved = dup(STDIN_FILENO);
    const int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
}

static void restore_stdin(int saved)
{
    if (saved < 0) {
        close(STDIN_FILENO);
        return;
    }
    dup2(saved, STDIN_FILENO);
    close(saved);
}

static void standard_input_is_read_like_a_file(void **state)
{
    (void)state;
    int saved;
    write_text("f", "a text");
    put_on_stdin(temp_path("f"), &saved);
    gathered g = gather_one("-");
    restore_stdin(saved);
    assert_string_equal(g.documents, "-=a text\n");
    assert_int_equal(g.report.bytes_total, 6);
    gathered_release(&g);
    write_text("f", "{\"text\":\"one\"}\n");
    put_on_stdin(temp_path("f"), &saved);
    g = gather_one("-");
    restore_stdin(saved);
    assert_string_equal(g.documents, "-:1=one\n");
    gathered_release(&g);
}

static void standard_input_is_named_once(void **state)
{
    (void)state;
    int saved;
    static const char *const twice[] = {"-", "-"};
    put_on_stdin("/dev/null", &saved);
    gathered g = gather(NULL, twice, 2, 1);
    restore_stdin(saved);
    assert_error(g, ND_ERR_INVALID_ARGUMENT, "standard input '-' is named twice");
}

static void folder_as_standard_input_is_an_error(void **state)
{
    (void)state;
    int saved;
    put_on_stdin(temp_path(""), &saved);
    gathered g = gather_one("-");
    restore_stdin(saved);
    assert_error(g, ND_ERR_IO, "cannot open '-': Is a directory");
}

static void *write_slowly(void *path)
{
    FILE *const fifo = fopen(path, "w");
    for (int i = 0; i < 2000; i++) {
        fprintf(fifo, "{\"id\":%d,\"text\":\"", i);
        fflush(fifo);
        fprintf(fifo, "x\"}\n");
    }
    fclose(fifo);
    return NULL;
}

static void fifo_is_read_as_it_is_written(void **state)
{
    (void)state;
    char path[512];
    strcpy(path, temp_path("fifo"));
    assert_int_equal(mkfifo(path, 0600), 0);
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_slowly, path), 0);
    gathered g = gather_one(path);
    pthread_join(writer, NULL);
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.documents, 2000);
    assert_int_equal(g.report.bytes_total, 0);
    assert_int_not_equal(g.report.bytes, 0);
    gathered_release(&g);
}

static void empty_device_is_an_empty_text(void **state)
{
    (void)state;
    gathered g = gather_one("/dev/null");
    assert_string_equal(g.documents, "/dev/null=\n");
    gathered_release(&g);
}

/* ---- compression ---- */

static const char *const filters[] = {"gzip", "zstd", "xz", "bzip2", "lz4"};
enum { NUM_FILTERS = 5 };

static const char lines_text[] = "{\"id\":\"a\",\"text\":\"the ferry to the "
                                 "islands\"}\n{\"id\":\"b\",\"text\":\"will not run\"}\n";

static void compressed_files_are_decompressed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        size_t len;
        char *const bytes = compressed(filters[i], lines_text, sizeof lines_text - 1, &len);
        write_file("f", bytes, len);
        gathered g = gather_one(temp_path("f"));
        assert_string_equal(g.documents, "a=the ferry to the islands\nb=will not run\n");
        assert_int_equal(g.report.bytes, len);
        assert_int_equal(g.report.bytes_total, len);
        gathered_release(&g);
        g = gather_text(temp_path("f"));
        assert_one_document(&g, "f", lines_text);
        gathered_release(&g);
        free(bytes);
    }
}

static void compressed_nothing_is_an_empty_text(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        /* libarchive's own lz4 writer crashes when it is given nothing. */
        static const char empty_lz4[] = "\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0\x05\x5d\xcc\x02";
        size_t len = sizeof empty_lz4 - 1;
        char *bytes = NULL;
        if (strcmp(filters[i], "lz4") != 0)
            bytes = compressed(filters[i], "", 0, &len);
        write_file("f", bytes ? bytes : empty_lz4, len);
        gathered g = gather_one(temp_path("f"));
        assert_one_document(&g, "f", "");
        gathered_release(&g);
        free(bytes);
    }
}

/* gzip members, zstd and lz4 frames, xz and bzip2 streams, one after the other. */
static void concatenated_parts_are_read_to_the_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        size_t len;
        char *const bytes = compressed(filters[i], "one two ", 8, &len);
        char *const thrice = malloc(3 * len);
        for (unsigned part = 0; part < 3; part++)
            memcpy(thrice + part * len, bytes, len);
        write_file("f", thrice, 3 * len);
        gathered g = gather_one(temp_path("f"));
        assert_one_document(&g, "f", "one two one two one two ");
        gathered_release(&g);
        free(bytes);
        free(thrice);
    }
}

static char *random_text(size_t len)
{
    char *const text = malloc(len + 1);
    srand(3);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(rand() % 7 ? 'a' + rand() % 26 : ' ');
    text[len] = '\0';
    return text;
}

static void assert_bad_file(const char *filter)
{
    gathered g = gather_one(temp_path("d/f"));
    const char *const start = format("cannot decompress '%s': truncated or corrupt ", "d/f");
    assert_int_equal(g.status, ND_ERR_FORMAT);
    assert_int_equal(strncmp(g.error.message, start, strlen(start)), 0);
    assert_non_null(strstr(g.error.message + strlen(start), filter));
    gathered_release(&g);
    g = gather_one(temp_path("d"));
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.findings[ND_ISSUE_UNREADABLE].count, 1);
    assert_int_equal(
        strncmp(g.report.findings[ND_ISSUE_UNREADABLE].first.message, start, strlen(start)), 0);
    assert_int_equal(g.report.documents, 1);
    gathered_release(&g);
}

static void truncated_compressed_files_are_told(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/other", "fine");
    char *const text = random_text(200000);
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        size_t len;
        char *const bytes = compressed(filters[i], text, 200000, &len);
        const size_t cuts[] = {len / 10, len / 2, len - 9, len - 1};
        for (unsigned cut = 0; cut < 4; cut++) {
            write_file("d/f", bytes, cuts[cut]);
            assert_bad_file(filters[i]);
        }
        free(bytes);
    }
    free(text);
}

/* No bit turned over in checksummed data goes unnoticed. (libarchive's zstd writer leaves the
 * checksum out.) */
static void corrupt_compressed_files_are_told(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/other", "fine");
    char *const text = random_text(5000);
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        if (strcmp(filters[i], "zstd") == 0)
            continue;
        size_t len;
        char *const bytes = compressed(filters[i], text, 5000, &len);
        for (size_t at = len / 10; at < len; at += len / 40) {
            bytes[at] ^= 4;
            write_file("d/f", bytes, len);
            assert_bad_file(filters[i]);
            bytes[at] ^= 4;
        }
        free(bytes);
    }
    free(text);
}

static void what_follows_compressed_data_is_no_data(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        size_t len;
        char *const bytes = compressed(filters[i], "text", 4, &len);
        char padded[1024] = {0};
        memcpy(padded, bytes, len);
        if (i == 0) { /* zeros may fill a block of gzip data */
            write_file("f", padded, len + 100);
            gathered g = gather_one(temp_path("f"));
            assert_one_document(&g, "f", "text");
            gathered_release(&g);
        }
        strcpy(padded + len, "garbage");
        write_file("f", padded, len + 7);
        gathered g = gather_one(temp_path("f"));
        assert_int_equal(g.status, ND_ERR_FORMAT);
        if (strcmp(filters[i], "gzip") == 0 || strcmp(filters[i], "bzip2") == 0 ||
            strcmp(filters[i], "lz4") == 0)
            assert_non_null(strstr(g.error.message, "(something else follows the data)"));
        gathered_release(&g);
        free(bytes);
    }
}

/* In words that need no library's manual. */
static void data_cut_short_end_too_early(void **state)
{
    (void)state;
    char *const text = random_text(100000);
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        size_t len;
        char *const bytes = compressed(filters[i], text, 100000, &len);
        write_file("f", bytes, len / 2);
        gathered g = gather_one(temp_path("f"));
        char expected[600];
        snprintf(expected, sizeof expected,
                 "cannot decompress '%s': truncated or corrupt %s data (it ends too early)",
                 temp_path("f"), filters[i]);
        assert_string_equal(g.error.message, expected);
        gathered_release(&g);
        free(bytes);
    }
    free(text);
}

/* ---- encodings ---- */

/* `text`, which is UTF-8, in an encoding of units of 2 or 4 bytes, behind its mark. */
static size_t encode(const char *text, unsigned unit, bool is_big, char *out)
{
    size_t len = 0;
    uint32_t points[2048];
    size_t num = 1;
    points[0] = 0xFEFF;
    for (const char *p = text; *p;) {
        const nd_utf8_char c = nd_utf8_decode(p, strlen(p));
        points[num++] = c.code_point;
        p += c.len_bytes;
    }
    for (size_t i = 0; i < num; i++) {
        uint32_t units[2] = {points[i], 0};
        const unsigned n = unit == 2 && points[i] > 0xFFFF ? 2 : 1;
        if (n == 2) {
            units[0] = 0xD800 + ((points[i] - 0x10000) >> 10);
            units[1] = 0xDC00 + ((points[i] - 0x10000) & 0x3FF);
        }
        for (unsigned u = 0; u < n; u++)
            for (unsigned b = 0; b < unit; b++)
                out[len++] = (char)(units[u] >> 8 * (is_big ? unit - 1 - b : b));
    }
    return len;
}

static void utf16_and_utf32_with_a_mark_become_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = {"caf\u00e9 \u4e2d\U0001f600 and so on\n", "x", ""};
    static const char lines[] =
        "{\"id\":\"\u00e9\",\"text\":\"\u4e2d\"}\n{\"id\":\"f\",\"text\":\"\U0001f600\"}\n";
    make_folder("d");
    for (unsigned kind = 0; kind < 4; kind++) {
        const unsigned unit = kind & 1 ? 2 : 4;
        const bool is_big = kind & 2;
        char bytes[4096];
        for (unsigned t = 0; t < 3; t++) {
            const size_t len = encode(texts[t], unit, is_big, bytes);
            write_file("d/f", bytes, len);
            for (unsigned named = 0; named < 2; named++) {
                gathered g = gather_one(temp_path(named ? "d/f" : "d"));
                assert_one_document(&g, "d/f", texts[t]);
                assert_int_equal(g.report.findings[ND_ISSUE_ENCODING].count, 0);
                gathered_release(&g);
            }
        }
        const size_t len = encode(lines, unit, is_big, bytes);
        for (unsigned i = 0; i <= NUM_FILTERS; i++) {
            size_t packed_len = len;
            char *const packed = i ? compressed(filters[i - 1], bytes, len, &packed_len) : NULL;
            write_file("d/f", packed ? packed : bytes, packed_len);
            free(packed);
            gathered g = gather_one(temp_path("d"));
            assert_string_equal(g.documents, "f=\U0001f600\n\u00e9=\u4e2d\n");
            gathered_release(&g);
        }
    }
}

/* A long text is converted piece by piece, and characters lie across the pieces. */
static void long_utf16_is_converted_whole(void **state)
{
    (void)state;
    enum { CHARACTERS = 100000 };
    char *const bytes = malloc(4 * CHARACTERS + 16), *const text = malloc(4 * CHARACTERS + 16);
    size_t len = 2, text_len = 0;
    memcpy(bytes, "\xff\xfe", 2);
    for (unsigned i = 0; i < CHARACTERS; i++) {
        const bool is_pair = i % 3 == 0;
        memcpy(bytes + len, is_pair ? "\x3d\xd8\x00\xde" : "x\0", is_pair ? 4 : 2);
        memcpy(text + text_len, is_pair ? "\U0001f600" : "x", is_pair ? 4 : 1);
        len += is_pair ? 4 : 2;
        text_len += is_pair ? 4 : 1;
    }
    text[text_len] = '\0';
    for (unsigned i = 0; i < 2; i++) {
        size_t packed_len = len;
        char *const packed = i ? compressed("gzip", bytes, len, &packed_len) : NULL;
        write_file("f", packed ? packed : bytes, packed_len);
        gathered g = gather_one(temp_path("f"));
        const size_t id_len = strlen(temp_path("f")) + 1;
        assert_int_equal(strlen(g.documents), id_len + text_len + 1);
        assert_memory_equal(g.documents + id_len, text, text_len);
        gathered_release(&g);
        free(packed);
    }
    free(bytes);
    free(text);
}

static void what_is_no_utf16_is_replaced_and_counted(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *text;
        uint64_t num_invalid;
    } cases[] = {
        {"\xff\xfe"
         "a\0\x3d\xd8"
         "b\0",
         8,
         "a\ufffd"
         "b",
         2},
        {"\xff\xfe"
         "a\0b",
         5, "a\ufffd", 1},
        {"\xfe\xff"
         "\0a\xdc\0",
         6, "a\ufffd", 2},
        {"\xff\xfe\0\0"
         "a\0\0\0\0\0\x11\0",
         12, "a\ufffd", 4},
        {"\xff\xfe"
         "a\0\x3d\xd8",
         6, "a\ufffd", 2},
    };
    make_folder("d");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("f", cases[i].bytes, cases[i].len);
        gathered g = gather_one(temp_path("f"));
        assert_one_document(&g, "f", cases[i].text);
        assert_int_equal(g.report.findings[ND_ISSUE_ENCODING].count, 1);
        assert_int_equal(g.report.findings[ND_ISSUE_ENCODING].bytes, cases[i].num_invalid);
        assert_string_equal(g.report.findings[ND_ISSUE_ENCODING].first.message,
                            format("'%s' holds invalid UTF-16 or UTF-32", "f"));
        gathered_release(&g);
    }
    write_file("d/f", "\xff\xfe\0\xd8\0\xd8\0\xd8", 8); /* no text at all */
    gathered g = gather_one(temp_path("d"));
    assert_int_equal(g.report.findings[ND_ISSUE_BINARY].count, 1);
    gathered_release(&g);
}

static void pages_are_converted_from_the_encoding_that_they_name(void **state)
{
    (void)state;
    write_text("f.html", "<meta charset=iso-8859-1>caf\xe9 \x93so\x94");
    gathered g = gather_one(temp_path("f.html"));
    assert_one_document(&g, "f.html", "caf\u00e9 \u201cso\u201d");
    gathered_release(&g);
    write_text("f.html", "<meta charset=windows-1251>\xcc\xe8\xf0");
    g = gather_one(temp_path("f.html"));
    assert_one_document(&g, "f.html", "\u041c\u0438\u0440");
    gathered_release(&g);
    write_text("f.html", "<meta charset=iso-8859-1>caf\u00e9"); /* it is UTF-8 all the same */
    g = gather_one(temp_path("f.html"));
    assert_one_document(&g, "f.html", "caf\u00e9");
    gathered_release(&g);
    write_text("f.html", "<meta charset=big5>\xff\xff ok");
    g = gather_one(temp_path("f.html"));
    assert_one_document(&g, "f.html", "\ufffd\ufffd ok");
    assert_int_equal(g.report.findings[ND_ISSUE_ENCODING].bytes, 2);
    gathered_release(&g);
    write_text("f.html", "<meta charset=no-such>caf\xe9"); /* left to the engine */
    g = gather_one(temp_path("f.html"));
    assert_one_document(&g, "f.html", "caf\xe9");
    gathered_release(&g);
}

/* ---- files that fail or change ---- */

static void file_cut_short_below_a_folder_is_read_in_part(void **state)
{
    (void)state;
    make_folder("d");
    char *const text = random_text(300000);
    nd_byte_vec lines = {0};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(nd_bytes_printf(&allocator, &lines,
                                         "{\"id\":\"%04d\",\"text\":\"%.250s\"}\n", i,
                                         text + i * 250),
                         ND_OK);
    size_t len;
    char *const bytes = compressed("gzip", lines.items, lines.len, &len);
    write_file("d/f", bytes, len / 2);
    static const size_t block_bytes[] = {1, 5000, 0};
    uint64_t num = 0;
    for (unsigned i = 0; i < 3; i++) {
        const nd_input_options options = {.block_bytes = block_bytes[i]};
        const char *const path = temp_path("d");
        gathered g = gather(&options, &path, 1, 1);
        assert_int_equal(g.status, ND_OK);
        assert_in_range(g.report.documents, 100, 900);
        assert_true(num == 0 || num == g.report.documents);
        num = g.report.documents;
        assert_int_equal(g.report.findings[ND_ISSUE_PARTLY_READ].count, 1);
        assert_int_equal(g.report.findings[ND_ISSUE_UNREADABLE].count, 0);
        gathered_release(&g);
    }
    ND_VEC_RELEASE(&allocator, &lines);
    free(bytes);
    free(text);
}

/* Reads "f", which has 10,000 lines, and appends to it or cuts it after the first block. */
static nd_input_report read_changing(int change)
{
    const nd_input_options options = {.block_bytes = 1000};
    const char *const path = temp_path("f");
    nd_input *input;
    void *block;
    size_t num = 0;
    FILE *const file = fopen(path, "wb");
    for (int i = 0; i < 10000; i++)
        fprintf(file, "{\"text\":\"%05d\"}\n", i);
    fclose(file);
    assert_int_equal(nd_input_new(&options, &path, 1, NULL, &input, NULL), ND_OK);
    const nd_source *const source = nd_input_source(input);
    for (bool is_first = true;; is_first = false) {
        assert_int_equal(source->next(source->ctx, &block, NULL), ND_OK);
        if (!block)
            break;
        assert_int_equal(source->decode(source->ctx, block, keep_length, &num, NULL), ND_OK);
        if (is_first && change > 0) {
            FILE *const more = fopen(path, "ab");
            fputs("{\"text\":\"added\"}\n", more);
            fclose(more);
        }
        if (is_first && change < 0)
            assert_int_equal(truncate(path, 100000), 0);
    }
    const nd_input_report report = nd_input_report_get(input);
    nd_input_free(input);
    return report;
}

static void file_that_changes_while_it_is_read_is_counted(void **state)
{
    (void)state;
    nd_input_report report = read_changing(0);
    assert_int_equal(report.documents, 10000);
    assert_int_equal(report.findings[ND_ISSUE_CHANGED].count, 0);
    report = read_changing(1);
    assert_int_equal(report.documents, 10000);
    assert_int_equal(report.findings[ND_ISSUE_CHANGED].count, 1);
    assert_string_equal(report.findings[ND_ISSUE_CHANGED].first.message,
                        format("'%s' changed while it was read", "f"));
    report = read_changing(-1);
    assert_in_range(report.documents, 5000, 6000);
    assert_int_equal(report.findings[ND_ISSUE_CHANGED].count, 1);
}

/* ---- what is refused ---- */

static void foreign_files_are_refused_by_name_unless_they_are_said_to_be_text(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t len;
        const char *message;
    } cases[] = {
        {"PK\3\4"
         "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
         "\x08\0\0\0mimetype",
         38, "'%s' is a document made of a zip archive: extract its text first"},
        {"7z\xbc\xaf\x27\x1c..", 8, "'%s' is a 7z archive: unpack it and name the folder"},
        {"%PDF-1.7\n", 9, "'%s' is a PDF file: extract its text first"},
        {"PAR1....", 8, "'%s' is a Parquet file: convert it to JSON Lines"},
    };
    write_text("good", "fine");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("f", cases[i].bytes, cases[i].len);
        const char *const paths[] = {temp_path("good"), temp_path("f")};
        assert_error(gather(NULL, paths, 2, 1), ND_ERR_FORMAT, format(cases[i].message, "f"));
        gathered g = gather_text(temp_path("f"));
        assert_int_equal(g.report.documents, 1);
        gathered_release(&g);
    }
}

static void compressed_file_of_a_foreign_kind_is_refused_when_its_turn_comes(void **state)
{
    (void)state;
    size_t len;
    char *const bytes = compressed("xz", "%PDF-1.7\n", 9, &len);
    write_file("f", bytes, len);
    free(bytes);
    assert_error(gather_one(temp_path("f")), ND_ERR_FORMAT,
                 format("'%s' is a PDF file: extract its text first", "f"));
    make_folder("d");
    write_text("d/f", "%PDF-1.7\n");
    gathered g = gather_one(temp_path("d"));
    assert_string_equal(g.report.findings[ND_ISSUE_BINARY].first.message,
                        format("'%s' is a PDF file: extract its text first", "d/f"));
    gathered_release(&g);
}

/* ---- sizes and numbers ---- */

static void files_past_the_limit_are_skipped_by_their_size(void **state)
{
    (void)state;
    const off_t size = (off_t)5 << 30;
    write_text("f", "text");
    assert_int_equal(truncate(temp_path("f"), size), 0);
    gathered g = gather_one(temp_path("f"));
    char expected[600];
    snprintf(expected, sizeof expected, "'%s': longer than %zu bytes", temp_path("f"),
             ND_INPUT_MAX_BYTES);
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.findings[ND_ISSUE_TOO_LARGE].count, 1);
    assert_string_equal(g.report.findings[ND_ISSUE_TOO_LARGE].first.message, expected);
    assert_true(g.report.bytes_total == (uint64_t)size);
    assert_in_range(g.report.bytes, 1, 1 << 20);
    gathered_release(&g);
}

/* An allocator that has no block of more than three megabytes. */
static void *allocate_little(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return size_bytes > (size_t)3 << 20 ? NULL : malloc(size_bytes);
}

static void *resize_little(void *ctx, void *block, size_t size_bytes)
{
    (void)ctx;
    return size_bytes > (size_t)3 << 20 ? NULL : realloc(block, size_bytes);
}

static void release_little(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

static nd_status count_document(void *ctx, const nd_document *document)
{
    (void)document;
    ++*(size_t *)ctx;
    return ND_OK;
}

/* Reads `path`, whatever is left of it where memory is short. */
static nd_input_report read_with_little(const char *path, size_t block_bytes)
{
    const nd_allocator little = {allocate_little, resize_little, release_little, NULL};
    const nd_input_options options = {.block_bytes = block_bytes};
    nd_input *input;
    void *block;
    size_t num = 0;
    assert_int_equal(nd_input_new(&options, &path, 1, &little, &input, NULL), ND_OK);
    const nd_source *const source = nd_input_source(input);
    while (source->next(source->ctx, &block, NULL) == ND_OK && block)
        assert_int_equal(source->decode(source->ctx, block, count_document, &num, NULL), ND_OK);
    const nd_input_report report = nd_input_report_get(input);
    assert_int_equal(report.documents, num);
    nd_input_free(input);
    return report;
}

static void large_document_without_memory_is_left_out_alone(void **state)
{
    (void)state;
    enum { LARGE = 8 << 20 };
    char *const text = malloc(LARGE + 200);
    make_folder("d");
    memset(text, 'x', LARGE);
    write_file("d/text", text, LARGE);
    memcpy(text, "{\"text\":\"one\"}\n{\"text\":\"", 24);
    strcpy(text + LARGE, "\"}\n{\"text\":\"three\"}\n");
    write_text("d/lines", text);
    write_text("d/other", "fine");
    for (size_t block_bytes = 1000; block_bytes <= 1000000; block_bytes *= 1000) {
        const nd_input_report report = read_with_little(temp_path("d"), block_bytes);
        assert_int_equal(report.documents, 3);
        assert_int_equal(report.findings[ND_ISSUE_NO_MEMORY].count, 2);
        assert_string_equal(report.findings[ND_ISSUE_NO_MEMORY].first.message,
                            format("'%s':2: out of memory", "d/lines"));
    }
    /* A line that fits, but not twice: with its escapes undone. */
    for (size_t i = 24; i < (size_t)5 << 19; i += 2)
        memcpy(text + i, "\\n", 2);
    strcpy(text + ((size_t)5 << 19), "\"}\n{\"text\":\"three\"}\n");
    write_text("d/lines", text);
    nd_input_report report = read_with_little(temp_path("d/lines"), 1000);
    assert_int_equal(report.documents + report.findings[ND_ISSUE_NO_MEMORY].count, 3);
    /* The first line, by which the format is found. */
    for (unsigned is_array = 0; is_array < 2; is_array++) {
        memset(text, 'x', (size_t)5 << 19);
        memcpy(text, is_array ? "[{\"text\":\"" : " {\"text\":\"", 10);
        strcpy(text + ((size_t)5 << 19),
               is_array ? "\"},\n{\"text\":\"three\"}]" : "\"}\n{\"text\":\"three\"}\n");
        write_text("d/first", text);
        report = read_with_little(temp_path("d/first"), 1000);
        assert_int_equal(report.documents + report.findings[ND_ISSUE_NO_MEMORY].count, 2);
    }
    free(text);
}

static void write_numbered(const char *pattern, int number, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, pattern, number);
    write_text(name, text);
}

/* Small and large files, JSON Lines, compressed ones, and every kind of skip. */
static void make_mixed_tree(void)
{
    char *const text = random_text(3000);
    make_folder("d");
    for (int i = 0; i < 300; i++) {
        text[i * 10] = '\0';
        write_numbered("d/t%03d", i, text);
        text[i * 10] = ' ';
        write_numbered("d/l%03d", i, i % 7 ? lines_text : "{\"text\":\"x\"}\n{\"text\":\n[]\n");
    }
    for (unsigned i = 0; i < NUM_FILTERS; i++) {
        size_t len;
        char *const bytes = compressed(filters[i], lines_text, sizeof lines_text - 1, &len);
        char name[16];
        snprintf(name, sizeof name, "d/m%u", i);
        write_file(name, bytes, len);
        snprintf(name, sizeof name, "d/n%u", i);
        write_file(name, bytes, len - 5);
        free(bytes);
    }
    write_file("d/u", "\0", 1);
    free(text);
}

static void threads_and_blocks_change_nothing(void **state)
{
    (void)state;
    make_mixed_tree();
    gathered expected = gather_one(temp_path("d"));
    assert_int_equal(expected.status, ND_OK);
    assert_int_equal(expected.report.findings[ND_ISSUE_MALFORMED_JSON].count, 2 * 43);
    assert_int_equal(expected.report.findings[ND_ISSUE_UNREADABLE].count, NUM_FILTERS);
    assert_string_equal(expected.report.findings[ND_ISSUE_MALFORMED_JSON].first.message,
                        format("'%s':2: not a JSON object: unexpected end", "d/l000"));
    static const size_t block_bytes[] = {1, 200, 4000, 0};
    for (size_t i = 0; i < 4; i++)
        for (uint32_t threads = 1; threads <= 8; threads += 7) {
            const nd_input_options options = {.block_bytes = block_bytes[i]};
            const char *const path = temp_path("d");
            gathered g = gather(&options, &path, 1, threads);
            assert_int_equal(g.status, ND_OK);
            assert_string_equal(g.documents, expected.documents);
            assert_int_equal(g.report.files, expected.report.files);
            for (unsigned r = 0; r < ND_NUM_ISSUES; r++) {
                assert_int_equal(g.report.findings[r].count, expected.report.findings[r].count);
                assert_string_equal(g.report.findings[r].first.message,
                                    expected.report.findings[r].first.message);
            }
            gathered_release(&g);
        }
    gathered_release(&expected);
}

static nd_status ignore_document(void *ctx, const nd_document *document)
{
    *(size_t *)ctx += 1;
    (void)document;
    return ND_OK;
}

static nd_status read_all(const char *const *paths, size_t num_paths, size_t block_bytes,
                          const nd_allocator *allocator, size_t *num_documents)
{
    static const char *const names[] = {"a"};
    static const nd_preference_key keys[] = {{.by = ND_PREFERENCE_LATEST, .field = "date"},
                                             {ND_PREFERENCE_LISTED, "source", names, 1}};
    const nd_input_options options = {
        .preferences = keys, .num_preferences = 2, .block_bytes = block_bytes};
    nd_input *input;
    nd_status status = nd_input_new(&options, paths, num_paths, allocator, &input, NULL);
    if (status != ND_OK)
        return status;
    const nd_source *const source = nd_input_source(input);
    void *block;
    do {
        status = source->next(source->ctx, &block, NULL);
        if (status == ND_OK && block)
            status = source->decode(source->ctx, block, ignore_document, num_documents, NULL);
    } while (status == ND_OK && block);
    nd_input_free(input);
    return status;
}

static void each_failed_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    make_tree();
    size_t len;
    write_text("d/z.jsonl", "{\"id\":\"\\n\",\"text\":\"caf\xe9 \\n\",\"date\":\"\\u0032024\"}\n"
                            "{\"text\":\"a longer line that makes buffers grow a bit\"}\n");
    char *const gz = compressed("gzip", lines_text, sizeof lines_text - 1, &len);
    write_file("g", gz, len);
    free(gz);
    char *const zst = compressed("zstd", lines_text, sizeof lines_text - 1, &len);
    write_file("z", zst, len);
    free(zst);
    const char *const paths[] = {temp_path("d"), temp_path("g"), temp_path("z")};
    for (size_t block_bytes = 1; block_bytes <= 100000; block_bytes += 99999) {
        nd_status status = ND_ERR_NO_MEMORY;
        uint64_t fail_at = 0;
        for (; status != ND_OK; fail_at++) {
            counting_allocator counting;
            size_t num_documents = 0;
            counting_allocator_init(&counting, fail_at);
            status = read_all(paths, 3, block_bytes, &counting.allocator, &num_documents);
            if (status != ND_OK)
                assert_int_equal(status, ND_ERR_NO_MEMORY);
            else
                assert_int_equal(num_documents, 9 + 2 + 2 + 2);
            assert_int_equal(counting.num_blocks, 0);
        }
        assert_in_range(fail_at, 20, 1000);
    }
}

static void issues_have_words_and_keys(void **state)
{
    (void)state;
    for (int i = 0; i < ND_NUM_ISSUES; i++) {
        const nd_issue_text *const text = nd_issue_text_of((nd_input_issue)i);
        assert_int_not_equal(strlen(text->what), 0);
        assert_int_equal(strspn(text->key, "abcdefghijklmnopqrstuvwxyz8_"), strlen(text->key));
        assert_int_not_equal(text->code, ND_OK);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(text->key, nd_issue_text_of((nd_input_issue)j)->key);
    }
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(text_file_is_one_document),
        IN_FOLDER(nul_bytes_of_a_named_file_are_text),
        IN_FOLDER(first_line_tells_json_lines_from_text),
        IN_FOLDER(objects_without_the_text_field_are_counted_wherever_they_are),
        IN_FOLDER(json_lines_that_are_no_json_are_counted),
        IN_FOLDER(json_values_are_read_wherever_lines_end),
        IN_FOLDER(values_without_ids_are_called_by_their_places),
        IN_FOLDER(folder_is_walked_in_byte_order),
        IN_FOLDER(hidden_files_are_read_on_request_alone),
        IN_FOLDER(file_is_read_once_however_many_paths_lead_to_it),
        IN_FOLDER(what_the_caller_writes_is_no_input),
        IN_FOLDER(output_onto_an_input_is_seen_by_device_and_inode),
        IN_FOLDER(empty_folder_has_no_documents),
        IN_FOLDER(odd_entries_of_a_folder_are_skipped_and_counted),
        IN_FOLDER(named_links_are_followed),
        IN_FOLDER(named_paths_that_cannot_be_read_are_errors_before_any_work),
        IN_FOLDER(unreadable_below_a_folder_is_skipped_and_named_is_an_error),
        IN_FOLDER(standard_input_is_read_like_a_file),
        IN_FOLDER(standard_input_is_named_once),
        IN_FOLDER(folder_as_standard_input_is_an_error),
        IN_FOLDER(fifo_is_read_as_it_is_written),
        IN_FOLDER(empty_device_is_an_empty_text),
        IN_FOLDER(compressed_files_are_decompressed),
        IN_FOLDER(compressed_nothing_is_an_empty_text),
        IN_FOLDER(concatenated_parts_are_read_to_the_end),
        IN_FOLDER(truncated_compressed_files_are_told),
        IN_FOLDER(corrupt_compressed_files_are_told),
        IN_FOLDER(what_follows_compressed_data_is_no_data),
        IN_FOLDER(data_cut_short_end_too_early),
        IN_FOLDER(utf16_and_utf32_with_a_mark_become_utf8),
        IN_FOLDER(long_utf16_is_converted_whole),
        IN_FOLDER(what_is_no_utf16_is_replaced_and_counted),
        IN_FOLDER(pages_are_converted_from_the_encoding_that_they_name),
        IN_FOLDER(file_cut_short_below_a_folder_is_read_in_part),
        IN_FOLDER(file_that_changes_while_it_is_read_is_counted),
        IN_FOLDER(large_document_without_memory_is_left_out_alone),
        IN_FOLDER(foreign_files_are_refused_by_name_unless_they_are_said_to_be_text),
        IN_FOLDER(compressed_file_of_a_foreign_kind_is_refused_when_its_turn_comes),
        IN_FOLDER(files_past_the_limit_are_skipped_by_their_size),
        IN_FOLDER(threads_and_blocks_change_nothing),
        IN_FOLDER(each_failed_allocation_is_reported_and_nothing_leaks),
        IN_FOLDER(issues_have_words_and_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
