/* What an index says when its files are not as they were written: an error, or what it said before.
 * Random bytes are flipped in a copy of one with runs, removals and a tail; with
 * NEARDUP_LONG_TESTS=1 in 1,000 copies. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "index_fixture.h"

enum { MAX_FILES = 16, NUM_ASKED = 12, ANSWER_BYTES = 1 << 16 };

typedef struct file_image {
    char name[256];
    unsigned char *bytes;
    size_t len;
} file_image;

/* The files of an index, and what it answers. */
typedef struct original {
    file_image files[MAX_FILES];
    size_t num_files, num_bytes;
    corpus corpus;
    char *answers[NUM_ASKED];
} original;

static void read_file(file_image *file, const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const f = fopen(path, "rb");
    struct stat info;
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &info), 0);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->len = (size_t)info.st_size;
    file->bytes = malloc(file->len + 1);
    assert_int_equal(fread(file->bytes, 1, file->len, f), file->len);
    fclose(f);
}

static void read_files(original *o, const char *folder)
{
    DIR *const names = opendir(folder);
    const struct dirent *entry;
    assert_non_null(names);
    while ((entry = readdir(names)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0) {
            assert_true(o->num_files < MAX_FILES);
            read_file(&o->files[o->num_files], folder, entry->d_name);
            o->num_bytes += o->files[o->num_files++].len;
        }
    closedir(names);
}

static void write_file(const char *folder, const char *name, const void *bytes, size_t len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

/* The matches of a document as one text; NULL after an error, which must be one that is told. */
static char *answer(nd_index *index, const char *id)
{
    const nd_index_match *matches;
    size_t num, len = 0;
    nd_error error = {0};
    const nd_status status = nd_index_query_id(index, id, strlen(id), NULL, &matches, &num, &error);
    if (status != ND_OK) {
        assert_int_equal(error.code, status);
        assert_true(strlen(error.message) > 0);
        return NULL;
    }
    char *const text = malloc(ANSWER_BYTES);
    text[0] = '\0';
    for (size_t i = 0; i < num && len + 200 < ANSWER_BYTES; i++)
        len += (size_t)snprintf(text + len, ANSWER_BYTES - len, "%.*s %d %llu,",
                                (int)matches[i].id_len_bytes, matches[i].id, (int)matches[i].kind,
                                (unsigned long long)matches[i].similarity.common);
    return text;
}

static const char *asked_id(const original *o, size_t i)
{
    return o->corpus.documents[i * o->corpus.num / NUM_ASKED].id;
}

/* Runs, removals from them, and a tail with documents of its own. */
static void make(original *o, const char *path, nd_preset preset)
{
    nd_random random = {21};
    nd_scan_options options;
    nd_scan_options_init_preset(&options, preset);
    if (preset == ND_PRESET_CORPUS) {
        options.shingle.width = 3;
        options.rule = (nd_match_rule){0.5, 0.7};
    }
    *o = (original){.corpus = corpus_make(150, &random)};
    assert_int_equal(nd_index_create(path, &options, NULL, NULL), ND_OK);
    nd_index *const index = index_open_to_write(path, 60);
    for (size_t at = 0; at < o->corpus.num; at += 50) {
        index_add_documents(index, &o->corpus, at, at + 50);
        if (at == 50)
            for (size_t i = 1; i < 40; i += 7)
                assert_int_equal(nd_index_remove(index, o->corpus.documents[i].id,
                                                 strlen(o->corpus.documents[i].id), NULL),
                                 ND_OK);
        assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    }
    nd_index_stats stats;
    assert_int_equal(nd_index_stats_get(index, &stats, NULL), ND_OK);
    assert_true(stats.runs > 0 && stats.tail_documents > 0 && stats.removed_documents > 0);
    for (size_t i = 0; i < NUM_ASKED; i++)
        o->answers[i] = answer(index, asked_id(o, i));
    nd_index_free(index);
    read_files(o, path);
}

static void release(original *o)
{
    for (size_t i = 0; i < o->num_files; i++)
        free(o->files[i].bytes);
    for (size_t i = 0; i < NUM_ASKED; i++)
        free(o->answers[i]);
    corpus_free(&o->corpus);
}

static nd_status take_entry(void *ctx, const nd_index_entry *entry)
{
    *(uint64_t *)ctx += entry->id_len_bytes;
    return ND_OK;
}

/* Opens what is at `path` and asks it everything. Returns whether all went as before. */
static bool ask_everything(const original *o, const char *path)
{
    nd_index *index;
    nd_error error = {0};
    uint64_t id_bytes = 0;
    bool is_whole = true;
    if (nd_index_open(path, NULL, NULL, &index, &error) != ND_OK) {
        assert_true(strlen(error.message) > 0);
        return false;
    }
    for (size_t i = 0; i < NUM_ASKED; i++) {
        char *const now = answer(index, asked_id(o, i));
        if (now && o->answers[i])
            assert_string_equal(now, o->answers[i]);
        else
            is_whole &= !now && !o->answers[i];
        free(now);
    }
    is_whole &= nd_index_each(index, take_entry, &id_bytes, NULL) == ND_OK;
    is_whole &= nd_index_check(index, NULL, NULL, NULL) == ND_OK;
    nd_index_free(index);
    return is_whole;
}

static size_t num_trials(size_t few, size_t many)
{
    const char *const wanted = getenv("NEARDUP_LONG_TESTS");
    return wanted && strcmp(wanted, "1") == 0 ? many : few;
}

static void check_flipped_bytes(const char *path, nd_preset preset)
{
    char copy[400];
    original o;
    nd_random random = {22};
    make(&o, path, preset);
    snprintf(copy, sizeof copy, "%s-copy", path);
    assert_int_equal(mkdir(copy, 0777), 0);
    for (size_t i = 0; i < o.num_files; i++)
        write_file(copy, o.files[i].name, o.files[i].bytes, o.files[i].len);
    const size_t trials = num_trials(100, 1000);
    size_t num_refused = 0;
    for (size_t trial = 0; trial < trials; trial++) {
        /* Each file as likely as another: the small ones say what the large ones mean. */
        const file_image *const file = &o.files[nd_random_u64(&random) % o.num_files];
        unsigned char *const bytes = malloc(file->len);
        memcpy(bytes, file->bytes, file->len);
        for (uint64_t flips = 1 + nd_random_u64(&random) % 8; flips > 0; flips--)
            bytes[nd_random_u64(&random) % file->len] ^=
                (unsigned char)(1 + nd_random_u64(&random) % 255);
        write_file(copy, file->name, bytes, file->len);
        num_refused += !ask_everything(&o, copy);
        write_file(copy, file->name, file->bytes, file->len);
        free(bytes);
    }
    assert_true(ask_everything(&o, copy));
    assert_true(num_refused > trials / 4);
    release(&o);
}

static void flipped_bytes_are_an_error_or_change_nothing(void **state)
{
    check_flipped_bytes(*state, ND_PRESET_CORPUS);
}

static void flipped_bytes_of_an_index_of_news_are_too(void **state)
{
    check_flipped_bytes(*state, ND_PRESET_NEWS);
}

/* Overwrites the keys of the first texts of a log; *num becomes how many texts those are. */
static void spoil_keys(unsigned char *log, size_t len, uint32_t num_keys, size_t *num)
{
    enum { SPOILT = 80, KIND = 0, NUMBER = 4, NUM_KEYS = 9, WORDS = 14 }; /* change.h */
    *num = 0;
    for (size_t at = 0; at + WORDS * sizeof(uint32_t) + num_keys * sizeof(uint32_t) <= len;
         at += 8) {
        uint32_t words[WORDS];
        memcpy(words, log + at, sizeof words);
        if (words[KIND] != 1 || words[NUM_KEYS] != num_keys || words[NUMBER] != *num ||
            *num == SPOILT)
            continue;
        memset(log + at + sizeof words, 0x55, num_keys * sizeof(uint32_t));
        ++*num;
    }
}

/* What a query reads of the log is looked at as closely as what opening reads. */
static void check_spoilt_keys(const char *path, nd_preset preset, uint32_t num_keys)
{
    original o;
    size_t num = 0;
    make(&o, path, preset);
    for (size_t i = 0; i < o.num_files; i++)
        if (strncmp(o.files[i].name, "log.", 4) == 0) {
            spoil_keys(o.files[i].bytes, o.files[i].len, num_keys, &num);
            write_file(path, o.files[i].name, o.files[i].bytes, o.files[i].len);
        }
    assert_true(num > 60);
    assert_false(ask_everything(&o, path));
    release(&o);
}

static void keys_of_texts_that_are_not_as_written_are_an_error(void **state)
{
    nd_scan_options options;
    nd_spec spec;
    nd_scan_options_init(&options);
    options.shingle.width = 3;
    options.rule = (nd_match_rule){0.5, 0.7};
    assert_int_equal(nd_spec_from_options(&options, &spec), ND_OK);
    check_spoilt_keys(*state, ND_PRESET_CORPUS, spec.bands);
}

static void picks_of_texts_that_are_not_as_written_are_an_error(void **state)
{
    check_spoilt_keys(*state, ND_PRESET_NEWS, 12);
}

/* A file that ends early: the log's room for what comes may be lost, nothing else. */
static void check_without_end(const char *path, nd_preset preset)
{
    char copy[400];
    original o;
    make(&o, path, preset);
    snprintf(copy, sizeof copy, "%s-copy", path);
    assert_int_equal(mkdir(copy, 0777), 0);
    for (size_t i = 0; i < o.num_files; i++)
        write_file(copy, o.files[i].name, o.files[i].bytes, o.files[i].len);
    const size_t steps = num_trials(24, 400);
    for (size_t i = 0; i < o.num_files; i++) {
        const file_image *const file = &o.files[i];
        size_t used = file->len;
        while (strncmp(file->name, "log.", 4) == 0 && used > 0 && file->bytes[used - 1] == 0)
            used--;
        used += 7; /* a record may end in zeros */
        for (size_t step = 0; step < steps; step++) {
            const size_t len = file->len * step / steps;
            write_file(copy, file->name, file->bytes, len);
            assert_int_equal(ask_everything(&o, copy), len >= used);
        }
        write_file(copy, file->name, file->bytes, file->len);
    }
    release(&o);
}

static void a_copy_without_its_end_is_an_error_or_changes_nothing(void **state)
{
    check_without_end(*state, ND_PRESET_CORPUS);
}

static void a_copy_of_an_index_of_news_without_its_end_is_too(void **state)
{
    check_without_end(*state, ND_PRESET_NEWS);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(flipped_bytes_are_an_error_or_change_nothing),
        TEST(flipped_bytes_of_an_index_of_news_are_too),
        TEST(keys_of_texts_that_are_not_as_written_are_an_error),
        TEST(picks_of_texts_that_are_not_as_written_are_an_error),
        TEST(a_copy_without_its_end_is_an_error_or_changes_nothing),
        TEST(a_copy_of_an_index_of_news_without_its_end_is_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
