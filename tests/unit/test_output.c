/* Results written to standard output or to a file. */
#define _XOPEN_SOURCE 700 /* mkfifo */

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/byte_reader.h"
#include "io/output.h"
#include "io_fixture.h"

static nd_output *open_output(const char *path)
{
    nd_output *output;
    nd_error error = {0};
    const nd_status status = nd_output_new(path, NULL, &output, &error);
    if (status != ND_OK)
        fail_msg("%s", error.message);
    return output;
}

static void write_and_commit(const char *path, const char *text)
{
    nd_output *const output = open_output(path);
    assert_int_equal(nd_output_write(output, text, strlen(text)), ND_OK);
    assert_int_equal(nd_output_commit(output, NULL), ND_OK);
    nd_output_free(output);
}

static void assert_file(const char *path, const char *text)
{
    char bytes[256] = {0};
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    const size_t len = fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    assert_int_equal(len, strlen(text));
    assert_string_equal(bytes, text);
}

/* Entries of the test's folder. */
static size_t num_entries(void)
{
    DIR *const dir = opendir(temp_path(""));
    size_t num = 0;
    while (readdir(dir))
        num++;
    closedir(dir);
    return num - 2;
}

static void file_is_there_whole_after_the_commit_and_not_before(void **state)
{
    (void)state;
    const char *const path = temp_path("out");
    nd_output *const output = open_output(path);
    assert_int_equal(nd_output_write(output, "one\n", 4), ND_OK);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(nd_output_write(output, "", 0), ND_OK);
    assert_int_equal(nd_output_write(output, "two\n", 4), ND_OK);
    assert_int_equal(nd_output_commit(output, NULL), ND_OK);
    assert_file(path, "one\ntwo\n");
    nd_output_free(output);
    assert_file(path, "one\ntwo\n");
    assert_int_equal(num_entries(), 1);
}

static void without_a_commit_the_old_file_stays(void **state)
{
    (void)state;
    write_text("out", "old");
    nd_output *const output = open_output(temp_path("out"));
    assert_int_equal(nd_output_write(output, "new", 3), ND_OK);
    assert_int_equal(num_entries(), 2);
    nd_output_free(output);
    assert_file(temp_path("out"), "old");
    assert_int_equal(num_entries(), 1);
}

static void file_is_replaced_with_its_permissions(void **state)
{
    (void)state;
    write_text("out", "old");
    assert_int_equal(chmod(temp_path("out"), 0604), 0);
    write_and_commit(temp_path("out"), "new");
    assert_file(temp_path("out"), "new");
    struct stat info;
    assert_int_equal(stat(temp_path("out"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0604);
}

static void new_file_has_the_permissions_of_new_files(void **state)
{
    (void)state;
    const mode_t before = umask(027);
    write_and_commit(temp_path("out"), "new");
    umask(before);
    struct stat info;
    assert_int_equal(stat(temp_path("out"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void link_stays_and_what_it_points_to_is_replaced(void **state)
{
    (void)state;
    make_folder("d");
    write_text("d/real", "old");
    assert_int_equal(symlink("d/real", temp_path("out")), 0);
    write_and_commit(temp_path("out"), "new");
    assert_file(temp_path("d/real"), "new");
    struct stat info;
    assert_int_equal(lstat(temp_path("out"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
}

/* Also through several links, in other folders, and where there is nothing yet. */
static void link_to_nothing_stays_and_what_it_points_to_is_made(void **state)
{
    (void)state;
    make_folder("d");
    make_folder("e");
    assert_int_equal(symlink("../e/second", temp_path("d/first")), 0);
    assert_int_equal(symlink(temp_path("real"), temp_path("e/second")), 0);
    assert_int_equal(symlink("d/first", temp_path("out")), 0);
    for (unsigned i = 0; i < 2; i++) {
        write_and_commit(temp_path("out"), i ? "new" : "old");
        assert_file(temp_path("real"), i ? "new" : "old");
        struct stat info;
        assert_int_equal(lstat(temp_path("out"), &info), 0);
        assert_true(S_ISLNK(info.st_mode));
        assert_int_equal(lstat(temp_path("e/second"), &info), 0);
        assert_true(S_ISLNK(info.st_mode));
    }
    assert_int_equal(num_entries(), 4);
}

static void path_without_folder_is_beside_us(void **state)
{
    (void)state;
    char before[512];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(temp_path("")), 0);
    write_and_commit("out", "here");
    assert_int_equal(chdir(before), 0);
    assert_file(temp_path("out"), "here");
}

static void device_is_written_to_and_stays_a_device(void **state)
{
    (void)state;
    write_and_commit("/dev/null", "gone");
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void fifo_is_written_to_and_stays_a_fifo(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(temp_path("fifo"), 0600), 0);
    const int reader = open(temp_path("fifo"), O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    write_and_commit(temp_path("fifo"), "through");
    char bytes[16] = {0};
    assert_int_equal(read(reader, bytes, sizeof bytes), 7);
    assert_string_equal(bytes, "through");
    close(reader);
    struct stat info;
    assert_int_equal(stat(temp_path("fifo"), &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
}

/* Pieces of all lengths around that of the buffer arrive in order. */
static void pieces_of_any_length_arrive(void **state)
{
    (void)state;
    static const size_t lens[] = {1, 65535, 1, 65536, 65537, 3, 200000, 0, 64000, 2000};
    const char *const path = temp_path("out");
    nd_output *const output = open_output(path);
    char *const piece = malloc(200000);
    size_t total = 0;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        for (size_t j = 0; j < lens[i]; j++)
            piece[j] = (char)('a' + (total + j) % 23);
        assert_int_equal(nd_output_write(output, piece, lens[i]), ND_OK);
        total += lens[i];
    }
    free(piece);
    assert_int_equal(nd_output_commit(output, NULL), ND_OK);
    nd_output_free(output);
    FILE *const file = fopen(path, "rb");
    for (size_t i = 0; i < total; i++)
        assert_int_equal(fgetc(file), 'a' + (int)(i % 23));
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
}

/* Repetitive, but not only. */
static char *make_text(size_t len)
{
    char *const text = malloc(len);
    srand(3);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 50 ? (char)('a' + (int)(i % 26)) : (char)rand();
    return text;
}

static void write_in_pieces(const char *path, const char *text, size_t len)
{
    nd_output *const output = open_output(path);
    for (size_t at = 0, piece = 1; at < len; at += piece, piece = piece * 3 % 100003 + 1) {
        piece = piece < len - at ? piece : len - at;
        assert_int_equal(nd_output_write(output, text + at, piece), ND_OK);
    }
    assert_int_equal(nd_output_commit(output, NULL), ND_OK);
    nd_output_free(output);
}

/* The file's bytes after decompression; the caller frees them. */
static char *unpacked(const char *path, size_t capacity, size_t *len)
{
    nd_byte_reader reader;
    char *const bytes = malloc(capacity);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const int fd = open(path, O_RDONLY);
    size_t got;
    *len = 0;
    nd_byte_reader_init(&reader, &allocator, NULL);
    assert_int_equal(nd_byte_reader_open(&reader, fd, path, NULL), ND_OK);
    assert_int_equal(reader.compression != ND_COMPRESSION_NONE, strrchr(path, '.')[1] != 't');
    do {
        assert_int_equal(nd_byte_reader_read(&reader, bytes + *len, capacity - *len, &got), ND_OK);
        *len += got;
    } while (got);
    nd_byte_reader_release(&reader);
    return bytes;
}

static size_t read_file(const char *path, char *bytes, size_t capacity)
{
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    const size_t len = fread(bytes, 1, capacity, file);
    fclose(file);
    return len;
}

static void ending_of_the_name_decides_about_compression(void **state)
{
    (void)state;
    static const char *const names[] = {"a.gz", "a.zst", "a.xz", "a.bz2", "a.lz4", "a.GZ", "a.txt"};
    enum { LEN = 300000 };
    char *const text = make_text(LEN);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t len = 0; len <= LEN; len += LEN) {
            size_t unpacked_len;
            write_in_pieces(temp_path(names[i]), text, len);
            char *const bytes = unpacked(temp_path(names[i]), LEN + 1, &unpacked_len);
            assert_int_equal(unpacked_len, len);
            assert_memory_equal(bytes, text, len);
            free(bytes);
        }
    free(text);
}

static void compressed_bytes_are_always_the_same(void **state)
{
    (void)state;
    enum { LEN = 200000 };
    char *const text = make_text(LEN), *const first = malloc(LEN), *const second = malloc(LEN);
    write_in_pieces(temp_path("a.gz"), text, LEN);
    const size_t len = read_file(temp_path("a.gz"), first, LEN);
    assert_in_range(len, 100, LEN / 2);
    sleep(1); /* a time of the clock would show */
    nd_output *const output = open_output(temp_path("a.gz"));
    assert_int_equal(nd_output_write(output, text, LEN), ND_OK);
    assert_int_equal(nd_output_commit(output, NULL), ND_OK);
    nd_output_free(output);
    assert_int_equal(read_file(temp_path("a.gz"), second, LEN), len);
    assert_memory_equal(first, second, len);
    free(text);
    free(first);
    free(second);
}

static void compressed_output_is_whole_or_absent_too(void **state)
{
    (void)state;
    nd_output *const output = open_output(temp_path("a.zst"));
    assert_int_equal(nd_output_write(output, "text", 4), ND_OK);
    nd_output_free(output);
    assert_int_equal(num_entries(), 0);
    nd_output *const full = open_output("/dev/full");
    assert_int_equal(nd_output_write(full, "text", 4), ND_OK);
    assert_int_equal(nd_output_commit(full, NULL), ND_ERR_IO);
    nd_output_free(full);
    assert_int_equal(symlink("/dev/full", temp_path("full.gz")), 0);
    nd_output *const packed = open_output(temp_path("full.gz"));
    nd_error error = {0};
    nd_status status = ND_OK;
    char *const text = make_text(1 << 20);
    for (int i = 0; i < 20 && status == ND_OK; i++)
        status = nd_output_write(packed, text, 1 << 20);
    assert_int_equal(status, ND_ERR_IO);
    assert_int_equal(nd_output_commit(packed, &error), ND_ERR_IO);
    assert_non_null(strstr(error.message, "No space left on device"));
    nd_output_free(packed);
    free(text);
}

static void assert_refused(const char *path, nd_status status, const char *why)
{
    nd_output *output;
    nd_error error = {0};
    char expected[600];
    snprintf(expected, sizeof expected, "cannot write '%s': %s", path, why);
    assert_int_equal(nd_output_new(path, NULL, &output, &error), status);
    assert_null(output);
    assert_string_equal(error.message, expected);
}

static void what_cannot_be_written_is_refused_at_once(void **state)
{
    (void)state;
    make_folder("d");
    write_text("f", "");
    assert_refused(temp_path("d"), ND_ERR_IO, "Is a directory");
    assert_refused(temp_path("nope/out"), ND_ERR_NOT_FOUND, "No such file or directory");
    assert_refused(temp_path("f/out"), ND_ERR_IO, "Not a directory");
    assert_int_equal(num_entries(), 2);
}

static void each_failed_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    assert_int_equal(symlink("elsewhere", temp_path("out")), 0);
    nd_status status = ND_ERR_NO_MEMORY;
    uint64_t fail_at = 0;
    for (; status != ND_OK; fail_at++) {
        counting_allocator counting;
        nd_output *output;
        counting_allocator_init(&counting, fail_at);
        status = nd_output_new(temp_path("out"), &counting.allocator, &output, NULL);
        if (status != ND_OK)
            assert_int_equal(status, ND_ERR_NO_MEMORY);
        nd_output_free(output);
        assert_int_equal(counting.num_blocks, 0);
        assert_int_equal(num_entries(), 1);
    }
    assert_in_range(fail_at, 3, 20);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

/* ---- what processes leave that are killed ---- */

static bool is_there(const char *name)
{
    return access(temp_path(name), F_OK) == 0;
}

static void what_processes_were_writing_that_are_gone_is_removed(void **state)
{
    (void)state;
    static const char *const others[] = {".neardup-x-1",          ".neardup-999999999",
                                         ".neardup--1",           ".neardup-999999999-",
                                         ".neardup-9999999990-1", "neardup-999999999-1",
                                         ".neardup-999999999-1x"};
    char own[64];
    const pid_t child = fork();
    if (child == 0) {
        nd_output *const output = open_output(temp_path("out"));
        if (nd_output_write(output, "one", 3) == ND_OK)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(num_entries(), 1);
    snprintf(own, sizeof own, ".neardup-%d-0", (int)getpid());
    write_text(own, "mine");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        write_text(others[i], "not ours");
    make_folder(".neardup-999999999-2");
    assert_int_equal(symlink("nothing", temp_path(".neardup-999999999-3")), 0);
    write_and_commit(temp_path("out"), "two");
    assert_file(temp_path("out"), "two");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(is_there(others[i]));
    assert_true(is_there(own));
    assert_int_equal(num_entries(), 4 + sizeof others / sizeof *others);
}

/* out/.neardup-1-0 with the files of "a" and "sub/b", of which the first `num_moved` are there. */
static void leave_moves(size_t num_moved)
{
    static const char names[] = "a\0sub/b";
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    make_folder("out");
    make_folder("out/.neardup-1-0");
    make_folder("out/sub");
    write_text("out/.neardup-1-0/0", "one");
    write_text("out/.neardup-1-0/1", "two");
    const int fd = open(temp_path("out/.neardup-1-0"), O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(nd_output_moves_write(fd, names, 2, &allocator), ND_OK);
    close(fd);
    if (num_moved > 0)
        assert_int_equal(rename(temp_path("out/.neardup-1-0/0"), temp_path("out/a")), 0);
    if (num_moved > 1)
        assert_int_equal(rename(temp_path("out/.neardup-1-0/1"), temp_path("out/sub/b")), 0);
}

static nd_status open_left_folder(nd_whole_moves whole)
{
    nd_output_folder *folder;
    nd_error error = {0};
    const nd_status status = nd_output_folder_new(temp_path("out"), whole, NULL, &folder, &error);
    assert_true(status == ND_OK || strstr(error.message, "is not empty"));
    nd_output_folder_free(folder);
    return status;
}

static void files_that_a_killed_run_has_moved_are_removed(void **state)
{
    (void)state;
    for (size_t num_moved = 0; num_moved < 2; num_moved++) {
        leave_moves(num_moved);
        assert_int_equal(open_left_folder(ND_WHOLE_MOVES_STAY), ND_OK);
        assert_false(is_there("out/a") || is_there("out/sub") || is_there("out/.neardup-1-0"));
        assert_int_equal(rmdir(temp_path("out")), 0);
    }
    leave_moves(2);
    assert_int_equal(open_left_folder(ND_WHOLE_MOVES_UNDONE), ND_OK);
    assert_int_equal(rmdir(temp_path("out")), 0);
}

static void files_that_it_has_moved_all_of_stay(void **state)
{
    (void)state;
    leave_moves(2);
    assert_int_equal(open_left_folder(ND_WHOLE_MOVES_STAY), ND_ERR_INVALID_ARGUMENT);
    assert_file(temp_path("out/a"), "one");
    assert_file(temp_path("out/sub/b"), "two");
    assert_false(is_there("out/.neardup-1-0"));
}

static void other_files_under_these_names_stay(void **state)
{
    (void)state;
    leave_moves(1);
    write_text("out/new", "the user's");
    assert_int_equal(rename(temp_path("out/new"), temp_path("out/a")), 0);
    assert_int_equal(open_left_folder(ND_WHOLE_MOVES_STAY), ND_ERR_INVALID_ARGUMENT);
    assert_file(temp_path("out/a"), "the user's");
}

/* What somebody else has written there leads to nothing outside, nor to more than its bytes. */
static void moves_lead_nowhere_else(void **state)
{
    (void)state;
    static const char *const names[] = {"../x", "/x", "link/x", "sub/../../x", "", "..", "sub//x"};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make_folder("out");
        make_folder("out/.neardup-1-0");
        make_folder("out/sub");
        write_text("out/.neardup-1-0/0", "precious");
        assert_int_equal(symlink("..", temp_path("out/link")), 0);
        const int fd = open(temp_path("out/.neardup-1-0"), O_RDONLY | O_DIRECTORY);
        assert_int_equal(nd_output_moves_write(fd, names[i], 1, &allocator), ND_OK);
        assert_int_equal(rename(temp_path("out/.neardup-1-0/0"), temp_path("x")), 0);
        if (i == 0) /* the last entry is cut off */
            assert_int_equal(truncate(temp_path("out/.neardup-1-0/moves"), 44), 0);
        close(fd);
        assert_int_equal(open_left_folder(ND_WHOLE_MOVES_UNDONE), ND_ERR_INVALID_ARGUMENT);
        assert_file(temp_path("x"), "precious");
        unlink(temp_path("out/link"));
        rmdir(temp_path("out/sub"));
        assert_int_equal(rmdir(temp_path("out")), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(file_is_there_whole_after_the_commit_and_not_before),
        IN_FOLDER(without_a_commit_the_old_file_stays),
        IN_FOLDER(file_is_replaced_with_its_permissions),
        IN_FOLDER(new_file_has_the_permissions_of_new_files),
        IN_FOLDER(link_stays_and_what_it_points_to_is_replaced),
        IN_FOLDER(link_to_nothing_stays_and_what_it_points_to_is_made),
        IN_FOLDER(path_without_folder_is_beside_us),
        IN_FOLDER(device_is_written_to_and_stays_a_device),
        IN_FOLDER(fifo_is_written_to_and_stays_a_fifo),
        IN_FOLDER(pieces_of_any_length_arrive),
        IN_FOLDER(ending_of_the_name_decides_about_compression),
        IN_FOLDER(compressed_bytes_are_always_the_same),
        IN_FOLDER(compressed_output_is_whole_or_absent_too),
        IN_FOLDER(what_cannot_be_written_is_refused_at_once),
        IN_FOLDER(each_failed_allocation_is_reported_and_nothing_leaks),
        IN_FOLDER(what_processes_were_writing_that_are_gone_is_removed),
        IN_FOLDER(files_that_a_killed_run_has_moved_are_removed),
        IN_FOLDER(files_that_it_has_moved_all_of_stay),
        IN_FOLDER(other_files_under_these_names_stay),
        IN_FOLDER(moves_lead_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
