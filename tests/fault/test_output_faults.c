/* A full disk and readers that go away, as the writer meets them. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/output.h"
#include "io_fixture.h"

/* Writes much more than the buffer holds; the first failure stays. */
static nd_status write_much(nd_output *output)
{
    char bytes[1000];
    memset(bytes, 'x', sizeof bytes);
    nd_status status = ND_OK;
    for (unsigned i = 0; i < 1000 && status == ND_OK; i++)
        status = nd_output_write(output, bytes, sizeof bytes);
    if (status != ND_OK)
        assert_int_equal(nd_output_write(output, "x", 1), status);
    return status;
}

static void full_device_is_named_at_the_first_flush(void **state)
{
    (void)state;
    nd_output *output;
    nd_error error = {0};
    assert_int_equal(nd_output_new("/dev/full", NULL, &output, &error), ND_OK);
    assert_int_equal(write_much(output), ND_ERR_IO);
    assert_int_equal(nd_output_commit(output, &error), ND_ERR_IO);
    assert_string_equal(error.message, "cannot write '/dev/full': No space left on device");
    assert_false(nd_output_is_closed(output));
    nd_output_free(output);
}

static void full_device_is_named_by_the_commit(void **state)
{
    (void)state;
    nd_output *output;
    nd_error error = {0};
    assert_int_equal(nd_output_new("/dev/full", NULL, &output, &error), ND_OK);
    assert_int_equal(nd_output_write(output, "x", 1), ND_OK);
    assert_int_equal(nd_output_commit(output, &error), ND_ERR_IO);
    assert_string_equal(error.message, "cannot write '/dev/full': No space left on device");
    nd_output_free(output);
}

/* Runs write_much and the commit with `fd` as standard output. */
static nd_status write_to_stdout(int fd, nd_error *error, int *is_closed)
{
    nd_output *output;
    assert_int_equal(nd_output_new("-", NULL, &output, error), ND_OK);
    const int saved = dup(STDOUT_FILENO);
    assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    (void)write_much(output);
    const nd_status status = nd_output_commit(output, error);
    *is_closed = nd_output_is_closed(output);
    nd_output_free(output);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    return status;
}

static void full_standard_output_is_named(void **state)
{
    (void)state;
    nd_error error = {0};
    int is_closed;
    const int fd = open("/dev/full", O_WRONLY);
    assert_int_equal(write_to_stdout(fd, &error, &is_closed), ND_ERR_IO);
    assert_string_equal(error.message, "cannot write standard output: No space left on device");
    assert_false(is_closed);
    close(fd);
}

static void closed_pipe_is_told_apart(void **state)
{
    (void)state;
    nd_error error = {0};
    int is_closed, ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write_to_stdout(ends[1], &error, &is_closed), ND_ERR_IO);
    assert_true(is_closed);
    close(ends[1]);
}

/* A file that may grow no further leaves neither itself nor its temporary file. */
static void file_that_cannot_grow_leaves_the_old_one(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 100000, .rlim_max = before.rlim_max};
    write_text("out", "old");
    nd_output *output;
    nd_error error = {0};
    assert_int_equal(nd_output_new(temp_path("out"), NULL, &output, &error), ND_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(write_much(output), ND_ERR_IO);
    assert_int_equal(nd_output_commit(output, &error), ND_ERR_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(strstr(error.message, "File too large"));
    nd_output_free(output);
    gathered g = gather_one(temp_path(""));
    assert_int_equal(g.report.files, 1);
    assert_non_null(strstr(g.documents, "out=old\n"));
    gathered_release(&g);
}

static int ignore_signals(void **state)
{
    (void)state;
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_device_is_named_at_the_first_flush),
        cmocka_unit_test(full_device_is_named_by_the_commit),
        cmocka_unit_test(full_standard_output_is_named),
        cmocka_unit_test(closed_pipe_is_told_apart),
        cmocka_unit_test_setup_teardown(file_that_cannot_grow_leaves_the_old_one, temp_folder_setup,
                                        temp_folder_teardown),
    };
    return cmocka_run_group_tests(tests, ignore_signals, NULL);
}
