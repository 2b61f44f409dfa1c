/* An index that is written while others read it, and whose writer is killed.
 *
 * The writer adds documents in pairs that hold one story, `count` pairs a commit, and now and then
 * removes the oldest commit, or compacts the index; whatever a reader sees must be whole commits.
 * With NEARDUP_LONG_TESTS=1 the writer is killed 100 times, and eight readers go on for ten
 * minutes; the program's argument says which of it to do. */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "index_fixture.h"

enum { PAIRS = 4, KEPT_COMMITS = 60, STORY_BYTES = 1024 };

static bool is_long(void)
{
    const char *const wanted = getenv("NEARDUP_LONG_TESTS");
    return wanted && strcmp(wanted, "1") == 0;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void pause_ms(double ms)
{
    const struct timespec t = {(time_t)(ms / 1000), (long)(ms * 1e6) % 1000000000};
    nanosleep(&t, NULL);
}

/* The story of pair `pair` of a commit: 80 words of its own. */
static size_t make_story(char story[STORY_BYTES], unsigned commit, unsigned pair)
{
    nd_random random = {1 + (uint64_t)commit * PAIRS + pair};
    size_t len = 0;
    for (int i = 0; i < 80; i++)
        len += (size_t)snprintf(story + len, STORY_BYTES - len, "w%u ",
                                (unsigned)(nd_random_u64(&random) % 100000));
    return len;
}

static void make_id(char id[40], unsigned commit, unsigned pair, char which)
{
    snprintf(id, 40, "%u-%u-%c", commit, pair, which);
}

/* --- the writer --- */

static nd_status add_commit(nd_index *index, unsigned commit, nd_error *error)
{
    char id[40], story[STORY_BYTES];
    nd_status status = ND_OK;
    for (unsigned pair = 0; pair < PAIRS; pair++)
        for (char which = 'a'; which <= 'b' && status == ND_OK; which++) {
            make_id(id, commit, pair, which);
            const size_t len = make_story(story, commit, pair);
            const nd_index_document document = {.id = id,
                                                .id_len_bytes = strlen(id),
                                                .text = story,
                                                .text_len_bytes = len - (which == 'b' ? 7 : 0),
                                                .time = 1 + (int64_t)commit};
            status = nd_index_add(index, &document, ND_INDEX_REPLACE, NULL, error);
        }
    return status == ND_OK ? nd_index_commit(index, error) : status;
}

static nd_status write_commit(nd_index *index, unsigned commit, nd_error *error)
{
    uint64_t num;
    nd_status status = add_commit(index, commit, error);
    if (status == ND_OK && commit % 16 == 15 && commit > KEPT_COMMITS) {
        status = nd_index_remove_before(index, (int64_t)commit - KEPT_COMMITS, &num, error);
        if (status == ND_OK)
            status = nd_index_commit(index, error);
    }
    if (status == ND_OK && commit % 128 == 127)
        status = nd_index_compact(index, error);
    return status;
}

/* --- what must hold --- */

/* Whether a document is there; fails where its text is not what it should be. */
static nd_status find(nd_index *index, unsigned commit, unsigned pair, char which, bool *is_there,
                      nd_error *error)
{
    char id[40];
    nd_index_entry entry;
    make_id(id, commit, pair, which);
    const nd_status status = nd_index_get(index, id, strlen(id), &entry, error);
    *is_there = status == ND_OK;
    if (status == ND_OK && entry.time != 1 + (int64_t)commit)
        return ND_ERR_FORMAT;
    return status == ND_ERR_NOT_FOUND ? ND_OK : status;
}

/* One commit is there as a whole, or not at all; and where it is, each document finds its twin. */
static nd_status check_commit(nd_index *index, unsigned commit, bool *is_there, nd_error *error)
{
    bool first = false, is_found;
    for (unsigned pair = 0; pair < PAIRS; pair++)
        for (char which = 'a'; which <= 'b'; which++) {
            char id[40];
            const nd_index_match *matches;
            size_t num;
            nd_status status = find(index, commit, pair, which, &is_found, error);
            if (pair == 0 && which == 'a')
                first = is_found;
            if (status == ND_OK && is_found != first)
                return ND_ERR_FORMAT;
            if (status != ND_OK)
                return status;
            if (!is_found)
                continue;
            make_id(id, commit, pair, which);
            status = nd_index_query_id(index, id, strlen(id), NULL, &matches, &num, error);
            if (status != ND_OK)
                return status;
            make_id(id, commit, pair, which == 'a' ? 'b' : 'a');
            if (num != 1 || matches[0].id_len_bytes != strlen(id) ||
                memcmp(matches[0].id, id, strlen(id)) != 0)
                return ND_ERR_FORMAT;
        }
    *is_there = first;
    return ND_OK;
}

/* --- killed --- */

/* In a process of its own: writes commits from `first` on, and tells of each. */
static void write_until_killed(const char *path, unsigned first, int told)
{
    nd_index_options options;
    nd_index *index;
    nd_error error;
    nd_index_options_init(&options);
    options.access = ND_INDEX_WRITE;
    options.durability = first % 2 ? ND_INDEX_SYNCED : ND_INDEX_UNSYNCED;
    options.tail_documents = 100;
    options.num_threads = 1;
    if (nd_index_open(path, &options, NULL, &index, &error) != ND_OK)
        _exit(1);
    for (unsigned commit = first;; commit++)
        if (write_commit(index, commit, &error) != ND_OK ||
            write(told, &commit, sizeof commit) != sizeof commit)
            _exit(1);
}

/* The last commit that was told of, `before` where there is none; until the writer is gone. */
static unsigned last_told(int told, unsigned before)
{
    unsigned commit = before, next;
    while (read(told, &next, sizeof next) == (ssize_t)sizeof next)
        commit = next;
    return commit;
}

static void check_killed_writer(const char *path, nd_preset preset)
{
    const int times = is_long() ? 100 : 12;
    nd_random random = {31};
    unsigned next = 0;
    nd_scan_options options;
    nd_scan_options_init_preset(&options, preset);
    assert_int_equal(nd_index_create(path, &options, NULL, NULL), ND_OK);
    for (int i = 0; i < times; i++) {
        int told[2];
        assert_int_equal(pipe(told), 0);
        const pid_t writer = fork();
        assert_true(writer >= 0);
        if (writer == 0) {
            close(told[0]);
            write_until_killed(path, next, told[1]);
        }
        close(told[1]);
        pause_ms(5 + (double)(nd_random_u64(&random) % 400));
        assert_int_equal(kill(writer, SIGKILL), 0);
        const unsigned last = last_told(told[0], next ? next - 1 : UINT32_MAX);
        int how;
        assert_int_equal(waitpid(writer, &how, 0), writer);
        assert_true(WIFSIGNALED(how));
        close(told[0]);

        /* All up to the last that was told of, perhaps one more, and nothing in part. */
        nd_index *const index = index_open_to_read(path);
        nd_error error;
        bool is_there = false;
        if (nd_index_check(index, NULL, NULL, &error) != ND_OK)
            fail_msg("%s", error.message);
        for (unsigned back = 0; back < 40 && back <= last && last != UINT32_MAX; back++) {
            assert_int_equal(check_commit(index, last - back, &is_there, NULL), ND_OK);
            assert_true(is_there);
        }
        next = last + 1;
        assert_int_equal(check_commit(index, next, &is_there, NULL), ND_OK);
        next += is_there;
        assert_int_equal(check_commit(index, next, &is_there, NULL), ND_OK);
        assert_false(is_there);
        nd_index_free(index);
    }
    assert_true(next > (unsigned)times);
}

static void what_was_committed_is_there_after_the_writer_is_killed(void **state)
{
    check_killed_writer(*state, ND_PRESET_CORPUS);
}

static void committed_news_is_there_after_the_writer_is_killed(void **state)
{
    check_killed_writer(*state, ND_PRESET_NEWS);
}

/* --- read meanwhile --- */

/* Moves *newest on to the newest commit that is there, if there is one. The writer may have removed
 * all that was seen before, or the first ones before the reader has looked once: it was not given
 * the processor. So it looks for the first one that is there. */
static nd_status find_newest(nd_index *index, unsigned *newest, nd_error *error)
{
    bool is_there = false;
    nd_status status = ND_OK;
    if (nd_index_num_documents(index) == 0)
        return ND_OK;
    for (; status == ND_OK && !is_there; *newest += !is_there)
        status = check_commit(index, *newest, &is_there, error);
    while (status == ND_OK && is_there) {
        status = check_commit(index, *newest + 1, &is_there, error);
        *newest += is_there;
    }
    return status;
}

/* Reads until `end`, and returns how many commits it found; -1 after anything that is wrong. */
static long read_until(const char *path, double end, uint64_t seed)
{
    nd_random random = {seed};
    nd_index *index;
    nd_error error = {0};
    long num_found = 0;
    unsigned newest = 0;
    if (nd_index_open(path, NULL, NULL, &index, &error) != ND_OK) {
        fprintf(stderr, "open: %s\n", error.message);
        return -1;
    }
    while (seconds() < end || num_found == 0) {
        bool is_there = false;
        nd_status status = nd_index_refresh(index, &error);
        if (status == ND_OK)
            status = find_newest(index, &newest, &error);
        const unsigned most = newest < KEPT_COMMITS / 2 ? newest : KEPT_COMMITS / 2;
        const unsigned back = most > 0 ? (unsigned)(nd_random_u64(&random) % most) : 0;
        if (status == ND_OK && most > 0) {
            status = check_commit(index, newest - back, &is_there, &error);
            if (status == ND_OK && !is_there)
                status = ND_ERR_NOT_FOUND;
            num_found++;
        }
        if (status != ND_OK) {
            fprintf(stderr, "commit %u of %u: %s, %s\n", newest - back, newest,
                    nd_status_message(status), error.message);
            num_found = -1;
            break;
        }
    }
    nd_index_free(index);
    return num_found;
}

static bool write_until(const char *path, double end)
{
    nd_index *const index = index_open_to_write(path, 100);
    nd_error error = {0};
    nd_status status = ND_OK;
    for (unsigned commit = 1; status == ND_OK && (commit == 1 || seconds() < end); commit++) {
        status = write_commit(index, commit, &error);
        pause_ms(1);
    }
    if (status != ND_OK)
        fprintf(stderr, "writer: %s\n", error.message);
    nd_index_free(index);
    return status == ND_OK;
}

static void readers_in_other_processes_see_whole_commits(void **state)
{
    const char *const path = *state;
    const int readers = is_long() ? 8 : 3;
    const double end = seconds() + (is_long() ? 600 : 3);
    assert_int_equal(nd_index_create(path, NULL, NULL, NULL), ND_OK);
    for (int i = 0; i < readers; i++) {
        const pid_t reader = fork();
        assert_true(reader >= 0);
        if (reader == 0)
            _exit(read_until(path, end, 41 + (uint64_t)i) > 0 ? 0 : 1);
    }
    assert_true(write_until(path, end));
    for (int i = 0; i < readers; i++) {
        int how;
        assert_true(wait(&how) > 0);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
}

typedef struct reader_thread {
    pthread_t thread;
    const char *path;
    double end;
    uint64_t seed;
    long num_found;
} reader_thread;

static void *run_reader(void *arg)
{
    reader_thread *const r = arg;
    r->num_found = read_until(r->path, r->end, r->seed);
    return NULL;
}

static void readers_in_other_threads_see_whole_commits(void **state)
{
    const char *const path = *state;
    enum { READERS = 8 };
    reader_thread readers[READERS];
    const int num = is_long() ? READERS : 3;
    const double end = seconds() + (is_long() ? 600 : 3);
    assert_int_equal(nd_index_create(path, NULL, NULL, NULL), ND_OK);
    for (int i = 0; i < num; i++) {
        readers[i] = (reader_thread){.path = path, .end = end, .seed = 51 + (uint64_t)i};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, run_reader, &readers[i]), 0);
    }
    assert_true(write_until(path, end));
    for (int i = 0; i < num; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_true(readers[i].num_found > 0);
    }
}

static int set_up(void **state)
{
    *state = index_folder_make();
    return 0;
}

static int tear_down(void **state)
{
    index_folder_remove(*state);
    return 0;
}

/* A pattern says which tests to run, such as 'readers_*'. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_was_committed_is_there_after_the_writer_is_killed),
        TEST(committed_news_is_there_after_the_writer_is_killed),
        TEST(readers_in_other_processes_see_whole_commits),
        TEST(readers_in_other_threads_see_whole_commits),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
