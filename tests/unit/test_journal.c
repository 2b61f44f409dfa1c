/* What a run has finished, in a file that outlives it. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "io/journal.h"
#include "io_fixture.h"

static const char terms[] = "--one 1\n--two 2\n";

enum { NUM_ENTRIES = 6 };

static nd_journal *open_with(const char *some_terms)
{
    nd_journal *journal;
    nd_error error = {0};
    const nd_status status = nd_journal_open(temp_path("journal"), some_terms, strlen(some_terms),
                                             NULL, &journal, &error);
    if (status != ND_OK)
        fail_msg("%s", error.message);
    return journal;
}

static nd_journal_key key_of(uint64_t number)
{
    return (nd_journal_key){number * 0x9e3779b97f4a7c15u, number};
}

/* Of files that are not there: in a state that none has. */
static nd_journal_subject subject_of(const char *path, char bytes[64])
{
    const uint64_t state = 2;
    const size_t len = strlen(path) + 1;
    memcpy(bytes, path, len);
    memcpy(bytes + len, &state, sizeof state);
    return (nd_journal_subject){bytes, len + sizeof state};
}

/* Entry i is i * 10 times its number, of the file "fileI". */
static size_t entry_of(uint64_t number, char *bytes)
{
    memset(bytes, (int)number, number * 10);
    return number * 10;
}

static nd_status add(nd_journal *journal, uint64_t number, nd_error *error)
{
    char bytes[NUM_ENTRIES * 10 + 1], path[32], subject[64];
    snprintf(path, sizeof path, "file%d", (int)number);
    return nd_journal_add(journal, number == 1 ? ND_JOURNAL_PART : ND_JOURNAL_WHOLE, key_of(number),
                          subject_of(path, subject), bytes, entry_of(number, bytes), error);
}

static bool has(nd_journal *journal, uint64_t number)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    char bytes[NUM_ENTRIES * 10 + 1];
    const size_t len = entry_of(number, bytes);
    nd_byte_vec found_bytes = {0};
    bool found;
    assert_int_equal(nd_journal_find(journal, key_of(number), &found_bytes, &found, NULL), ND_OK);
    if (found) {
        assert_int_equal(found_bytes.len, len);
        assert_true(len == 0 || memcmp(found_bytes.items, bytes, len) == 0);
    }
    ND_VEC_RELEASE(&allocator, &found_bytes);
    return found;
}

static void make_journal(void)
{
    unlink(temp_path("journal"));
    nd_journal *const journal = open_with(terms);
    assert_false(nd_journal_goes_on(journal));
    for (uint64_t i = 0; i < NUM_ENTRIES; i++)
        assert_int_equal(add(journal, i, NULL), ND_OK);
    nd_journal_close(journal);
}

static size_t size_of_journal(void)
{
    struct stat info;
    assert_int_equal(stat(temp_path("journal"), &info), 0);
    return (size_t)info.st_size;
}

static void entries_are_found_again(void **state)
{
    (void)state;
    make_journal();
    struct stat info;
    assert_int_equal(stat(temp_path("journal"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    nd_journal *journal = open_with(terms);
    assert_true(nd_journal_goes_on(journal));
    assert_string_equal(nd_journal_path(journal), temp_path("journal"));
    const uint64_t seed = nd_journal_seed(journal);
    assert_int_not_equal(seed, 0);
    for (uint64_t i = 2; i < NUM_ENTRIES; i++)
        assert_true(has(journal, i));
    assert_false(has(journal, NUM_ENTRIES));
    assert_non_null(strstr(nd_journal_loss(journal), "'file0' is not what it was")); /* not asked */
    assert_true(has(journal, 0));
    assert_string_equal(nd_journal_loss(journal), ""); /* 1 is a part */
    assert_int_equal(add(journal, NUM_ENTRIES, NULL), ND_OK);
    assert_true(has(journal, NUM_ENTRIES));
    nd_journal_close(journal);
    journal = open_with(terms);
    assert_int_equal(nd_journal_seed(journal), seed);
    assert_true(has(journal, NUM_ENTRIES));
    nd_journal_finish(journal);
    nd_journal_close(journal);
    assert_int_not_equal(access(temp_path("journal"), F_OK), 0);
}

static void a_later_entry_takes_the_place_of_one_before(void **state)
{
    (void)state;
    make_journal();
    nd_journal *const journal = open_with(terms);
    char subject[64];
    assert_int_equal(nd_journal_add(journal, ND_JOURNAL_WHOLE, key_of(4),
                                    subject_of("new", subject), "", 0, NULL),
                     ND_OK);
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_byte_vec bytes = {0};
    bool found;
    assert_int_equal(nd_journal_find(journal, key_of(4), &bytes, &found, NULL), ND_OK);
    assert_true(found && bytes.len == 0);
    ND_VEC_RELEASE(&allocator, &bytes);
    nd_journal_close(journal);
}

static void an_empty_journal_does_not_stay(void **state)
{
    (void)state;
    nd_journal *const journal = open_with(terms);
    assert_true(nd_journal_is_empty(journal));
    nd_journal_close(journal);
    assert_int_not_equal(access(temp_path("journal"), F_OK), 0);
    nd_journal_close(NULL);
}

static void other_terms_begin_anew(void **state)
{
    (void)state;
    static const struct {
        const char *terms, *why;
    } cases[] = {{"--one 1\n--two 3\n", "'--two 3' is not what it was when the run was "
                                        "interrupted, '--two 2': it starts anew"},
                 {"--one 1\n--two 2\n--three 3\n", "the options are not those"},
                 {"--one 1\n", "the options are not those"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_journal();
        nd_journal *const journal = open_with(cases[i].terms);
        assert_false(nd_journal_goes_on(journal));
        assert_non_null(strstr(nd_journal_loss(journal), cases[i].why));
        assert_false(has(journal, 3));
        nd_journal_close(journal);
    }
}

/* Cut off anywhere: what is whole is found, and what is written afterwards, too. */
static void a_journal_that_was_cut_off_is_used_as_far_as_it_goes(void **state)
{
    (void)state;
    make_journal();
    const size_t size = size_of_journal();
    size_t most = 0;
    for (size_t len = 0; len < size; len++) {
        if (len > 0)
            make_journal();
        assert_int_equal(truncate(temp_path("journal"), (off_t)len), 0);
        nd_journal *journal = open_with(terms);
        size_t num = 0;
        for (uint64_t i = 0; i < NUM_ENTRIES; i++) {
            const bool is_there = has(journal, i);
            assert_true(!is_there || num == i);
            num += is_there;
        }
        assert_true(num >= most);
        most = num;
        assert_int_equal(add(journal, NUM_ENTRIES, NULL), ND_OK);
        nd_journal_close(journal);
        journal = open_with(terms);
        assert_true(has(journal, NUM_ENTRIES));
        assert_true(num == 0 || has(journal, num - 1));
        nd_journal_close(journal);
    }
    assert_int_equal(most, NUM_ENTRIES - 1);
}

/* A bit turned anywhere: nothing wrong is found, and something is said, or the file refused. */
static void a_journal_that_is_damaged_gives_nothing_wrong(void **state)
{
    (void)state;
    make_journal();
    const size_t size = size_of_journal();
    char *const whole = malloc(size);
    FILE *file = fopen(temp_path("journal"), "rb");
    assert_int_equal(fread(whole, 1, size, file), size);
    fclose(file);
    for (size_t at = 0; at < size; at++) {
        whole[at] ^= 16;
        file = fopen(temp_path("journal"), "wb");
        assert_int_equal(fwrite(whole, 1, size, file), size);
        fclose(file);
        whole[at] ^= 16;
        nd_journal *journal;
        nd_error error = {0};
        const nd_status status =
            nd_journal_open(temp_path("journal"), terms, sizeof terms - 1, NULL, &journal, &error);
        if (status != ND_OK) {
            assert_int_equal(status, ND_ERR_EXISTS);
            assert_true(at < 16 && strstr(error.message, "not made by '--resume'"));
            continue;
        }
        bool is_all = true;
        for (uint64_t i = 0; i < NUM_ENTRIES; i++)
            is_all &= has(journal, i); /* which compares */
        assert_true(is_all || nd_journal_loss(journal)[0]);
        nd_journal_close(journal);
    }
    free(whole);
}

static void what_is_in_the_way_is_refused(void **state)
{
    (void)state;
    nd_journal *journal;
    nd_error error = {0};
    FILE *const file = fopen(temp_path("journal"), "wb");
    fputs("something of the user's, and longer than the head of a journal is", file);
    fclose(file);
    assert_int_equal(
        nd_journal_open(temp_path("journal"), terms, sizeof terms - 1, NULL, &journal, &error),
        ND_ERR_EXISTS);
    assert_null(journal);
    assert_int_equal(size_of_journal(), 65);
    unlink(temp_path("journal"));
    assert_int_equal(mkfifo(temp_path("journal"), 0600), 0);
    assert_int_equal(
        nd_journal_open(temp_path("journal"), terms, sizeof terms - 1, NULL, &journal, &error),
        ND_ERR_EXISTS);
    unlink(temp_path("journal"));
    assert_int_equal(nd_journal_open(temp_path("no/folder"), terms, 0, NULL, &journal, &error),
                     ND_ERR_IO);
    assert_non_null(strstr(error.message, "No such file"));
}

/* An entry that does not fit is not half there. */
static void a_write_that_fails_is_reported(void **state)
{
    (void)state;
    make_journal();
    nd_journal *journal = open_with(terms);
    struct rlimit before;
    nd_error error = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {size_of_journal() + 60, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const nd_status status = add(journal, NUM_ENTRIES, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, ND_ERR_IO);
    assert_non_null(strstr(error.message, "cannot write '"));
    assert_false(has(journal, NUM_ENTRIES));
    nd_journal_close(journal);
    journal = open_with(terms);
    assert_string_equal(nd_journal_loss(journal), "'file0' is not what it was when the run was "
                                                  "interrupted; parts of the input that are read "
                                                  "anew: 5");
    nd_journal_close(journal);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    nd_status status = ND_ERR_NO_MEMORY;
    for (long left = 0; status != ND_OK; left++) {
        make_journal();
        failing_allocator f = {.left = left};
        const nd_allocator a = failing_allocator_make(&f);
        nd_journal *journal;
        nd_byte_vec bytes = {0};
        bool found = false;
        status = nd_journal_open(temp_path("journal"), terms, sizeof terms - 1, &a, &journal, NULL);
        if (status == ND_OK)
            status = nd_journal_find(journal, key_of(3), &bytes, &found, NULL);
        if (status == ND_OK)
            status = add(journal, NUM_ENTRIES, NULL);
        assert_true(status == ND_ERR_NO_MEMORY || (status == ND_OK && found));
        ND_VEC_RELEASE(&a, &bytes);
        nd_journal_close(journal);
        assert_int_equal(f.live, 0);
        assert_int_equal(access(temp_path("journal"), F_OK), 0); /* what is in it is not lost */
    }
}

static void *open_another(void *journal)
{
    *(nd_journal **)journal = open_with(terms);
    return NULL;
}

/* Who waits for the lock of a journal that is finished then has one that is in its place. */
static void a_journal_that_was_waited_for_is_in_place(void **state)
{
    (void)state;
    const struct timespec while_it_waits = {.tv_nsec = 50000000};
    nd_journal *const first = open_with(terms);
    nd_journal *second = NULL;
    pthread_t waiter;
    assert_int_equal(pthread_create(&waiter, NULL, open_another, &second), 0);
    nanosleep(&while_it_waits, NULL);
    nd_journal_finish(first);
    nd_journal_close(first);
    assert_int_equal(pthread_join(waiter, NULL), 0);
    assert_int_equal(add(second, 1, NULL), ND_OK);
    nd_journal_close(second);
    second = open_with(terms);
    assert_true(has(second, 1));
    nd_journal_close(second);
}

#define JOURNAL_TEST(test)                                                                         \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(entries_are_found_again),
        JOURNAL_TEST(a_later_entry_takes_the_place_of_one_before),
        JOURNAL_TEST(an_empty_journal_does_not_stay),
        JOURNAL_TEST(other_terms_begin_anew),
        JOURNAL_TEST(a_journal_that_was_cut_off_is_used_as_far_as_it_goes),
        JOURNAL_TEST(a_journal_that_is_damaged_gives_nothing_wrong),
        JOURNAL_TEST(what_is_in_the_way_is_refused),
        JOURNAL_TEST(a_write_that_fails_is_reported),
        JOURNAL_TEST(each_failing_allocation_is_reported),
        JOURNAL_TEST(a_journal_that_was_waited_for_is_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
