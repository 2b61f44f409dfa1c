/* What an index answers: what a scan of the same documents reports, however they came in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index_fixture.h"

static nd_scan_options options_for(double jaccard, double containment)
{
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.shingle.width = 3;
    options.rule = (nd_match_rule){jaccard, containment};
    return options;
}

static nd_scan_options options_of_news(void)
{
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    return options;
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

static void assert_sound(const char *path)
{
    nd_index *const index = index_open_to_read(path);
    nd_error error;
    if (nd_index_check(index, NULL, NULL, &error) != ND_OK)
        fail_msg("%s", error.message);
    nd_index_free(index);
}

/* The index has exactly the pairs that a scan of what is there reports, of those whose smaller id
 * is asked for (NULL: of all). */
static void assert_asked_like_scan(const char *path, const nd_scan_options *options,
                                   const corpus *c, const bool *is_there,
                                   bool (*is_asked)(const char *id))
{
    nd_index *const index = index_open_to_read(path);
    pair_texts expected = pairs_of_scan(options, c, is_there);
    pair_texts found = pairs_of_index(index, is_asked);
    size_t kept = 0;
    for (size_t i = 0; i < expected.num; i++)
        if (!is_asked || is_asked(expected.texts[i]))
            expected.texts[kept++] = expected.texts[i];
        else
            free(expected.texts[i]);
    expected.num = kept;
    assert_true(expected.num > 0);
    assert_same_pairs(&expected, &found);
    pair_texts_free(&expected);
    pair_texts_free(&found);
    nd_index_free(index);
}

static void assert_like_scan(const char *path, const nd_scan_options *options, const corpus *c,
                             const bool *is_there)
{
    assert_asked_like_scan(path, options, c, is_there, NULL);
}

static void check_any_order(const char *folder, const nd_scan_options *options)
{
    nd_random random = {11};
    corpus c = corpus_make(400, &random);
    char path[200];
    for (int order = 0; order < 3; order++) {
        snprintf(path, sizeof path, "%s-%d", folder, order);
        corpus_shuffle(&c, &random);
        index_make(path, options, &c);
        assert_like_scan(path, options, &c, NULL);
        assert_sound(path);
    }
    corpus_free(&c);
}

static void answers_are_those_of_a_scan_in_any_order_of_adding(void **state)
{
    const nd_scan_options options = options_for(0.5, 0.7);
    check_any_order(*state, &options);
}

static void news_is_found_like_a_scan_does_in_any_order_of_adding(void **state)
{
    const nd_scan_options options = options_of_news();
    check_any_order(*state, &options);
}

static void check_runs(const char *path, const nd_scan_options *options)
{
    nd_random random = {12};
    corpus c = corpus_make(500, &random);
    assert_int_equal(nd_index_create(path, options, NULL, NULL), ND_OK);
    nd_index *index = index_open_to_write(path, 20);
    for (size_t at = 0, step = 1; at < c.num; at += step, step = step * 7 % 61) {
        const size_t end = at + step < c.num ? at + step : c.num;
        index_add_documents(index, &c, at, end);
        assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    }
    nd_index_stats stats;
    assert_int_equal(nd_index_stats_get(index, &stats, NULL), ND_OK);
    assert_int_equal(stats.documents, c.num);
    assert_true(stats.runs > 1);
    nd_index_free(index);
    assert_like_scan(path, options, &c, NULL);
    assert_sound(path);
    corpus_free(&c);
}

static void answers_do_not_depend_on_how_documents_are_spread_over_runs(void **state)
{
    const nd_scan_options options = options_for(0.5, 0);
    check_runs(*state, &options);
}

static void news_is_found_in_whatever_runs_it_is(void **state)
{
    const nd_scan_options options = options_of_news();
    check_runs(*state, &options);
}

static void check_removing_a_third(const char *path, const nd_scan_options *options)
{
    nd_random random = {13};
    corpus c = corpus_make(450, &random);
    bool *const is_there = malloc(c.num);
    assert_int_equal(nd_index_create(path, options, NULL, NULL), ND_OK);
    nd_index *index = index_open_to_write(path, 50);
    index_add_documents(index, &c, 0, c.num);
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    for (size_t i = 0; i < c.num; i++) {
        is_there[i] = nd_random_u64(&random) % 3 != 0;
        if (!is_there[i])
            assert_int_equal(
                nd_index_remove(index, c.documents[i].id, strlen(c.documents[i].id), NULL), ND_OK);
        if (i % 40 == 0)
            assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    }
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    assert_like_scan(path, options, &c, is_there);
    assert_sound(path);
    for (size_t i = 0; i < c.num; i++)
        if (!is_there[i])
            index_add_documents(index, &c, i, i + 1);
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    assert_like_scan(path, options, &c, NULL);
    assert_sound(path);
    assert_int_equal(nd_index_compact(index, NULL), ND_OK);
    nd_index_stats stats;
    assert_int_equal(nd_index_stats_get(index, &stats, NULL), ND_OK);
    assert_int_equal(stats.removed_documents, 0);
    assert_int_equal(stats.runs, 1);
    nd_index_free(index);
    assert_like_scan(path, options, &c, NULL);
    assert_sound(path);
    free(is_there);
    corpus_free(&c);
}

static void removing_and_adding_again_a_third_changes_nothing(void **state)
{
    const nd_scan_options options = options_for(0.5, 0.8);
    check_removing_a_third(*state, &options);
}

static void removing_and_adding_again_a_third_of_the_news_changes_nothing(void **state)
{
    const nd_scan_options options = options_of_news();
    check_removing_a_third(*state, &options);
}

/* Versions of one text, and a few of another: of a bucket that large members meet a part of the
 * others, also after 84 of them are removed. */
enum { NUM_HOT = 840, NUM_COLD = 60 };

static corpus make_hot_corpus(nd_random *random)
{
    corpus c = {calloc(NUM_HOT + NUM_COLD, sizeof(corpus_document)), NUM_HOT + NUM_COLD};
    for (size_t i = 0; i < c.num; i++) {
        corpus_document *const d = &c.documents[i];
        const unsigned topic = i < NUM_HOT ? 1 : 2;
        snprintf(d->id, sizeof d->id, "h%03zu", i);
        d->text = malloc(2000);
        size_t len = 0;
        const size_t words = 80 + (i % 4 ? 0 : nd_random_u64(random) % 12);
        const size_t odd = nd_random_u64(random) % words;
        for (size_t w = 0; w < words; w++)
            len += (size_t)sprintf(d->text + len, "w%u%s ", topic * 1000 + (unsigned)w * 7,
                                   w == odd ? d->id : "");
    }
    return c;
}

/* Half of them; of the thread sanitizer, which takes 40 times as long, one in five. */
static bool is_hot_asked(const char *id)
{
#ifdef __SANITIZE_THREAD__
    return (id[3] - '0') % 5 == 2;
#else
    return (id[3] - '0') % 2 == 0;
#endif
}

static void a_bucket_that_is_too_large_proposes_what_a_scan_does(void **state)
{
    const char *const path = *state;
    nd_random random = {14};
    corpus c = make_hot_corpus(&random);
    const nd_scan_options options = options_for(0.8, 0);
    pair_texts all = pairs_of_scan(&options, &c, NULL);
    assert_true(all.num < NUM_HOT * (NUM_HOT - 1) / 2); /* the cap acts */
    pair_texts_free(&all);
    assert_int_equal(nd_index_create(path, &options, NULL, NULL), ND_OK);
    nd_index *index = index_open_to_write(path, 100);
    for (size_t at = 0; at < c.num; at += 60) {
        index_add_documents(index, &c, at, at + 60 < c.num ? at + 60 : c.num);
        assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    }
    assert_asked_like_scan(path, &options, &c, NULL, is_hot_asked);
    bool *const is_there = malloc(c.num);
    for (size_t i = 0; i < c.num; i++) {
        is_there[i] = i % 6 != 0 || i > 500;
        if (!is_there[i])
            assert_int_equal(
                nd_index_remove(index, c.documents[i].id, strlen(c.documents[i].id), NULL), ND_OK);
    }
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    nd_index_free(index);
    assert_asked_like_scan(path, &options, &c, is_there, is_hot_asked);
    assert_sound(path);
    free(is_there);
    corpus_free(&c);
}

/* A text that the index does not have finds what it would find if it had. */
static void check_text_as_document(const char *path, const nd_scan_options *options)
{
    nd_random random = {15};
    corpus c = corpus_make(300, &random);
    assert_int_equal(nd_index_create(path, options, NULL, NULL), ND_OK);
    nd_index *const index = index_open_to_write(path, 64);
    for (size_t i = 0; i < c.num; i++) {
        const nd_index_document d = index_document_of(&c, i);
        const nd_index_match *matches;
        size_t num, num_after;
        char before[4000] = "", after[4000] = "";
        assert_int_equal(
            nd_index_query_text(index, d.text, d.text_len_bytes, NULL, &matches, &num, NULL),
            ND_OK);
        for (size_t k = 0; k < num && k < 50; k++)
            sprintf(before + strlen(before), "%.*s %d %llu,", (int)matches[k].id_len_bytes,
                    matches[k].id, (int)matches[k].kind,
                    (unsigned long long)matches[k].similarity.common);
        assert_int_equal(nd_index_add(index, &d, ND_INDEX_REPLACE, NULL, NULL), ND_OK);
        assert_int_equal(
            nd_index_query_id(index, d.id, d.id_len_bytes, NULL, &matches, &num_after, NULL),
            ND_OK);
        for (size_t k = 0; k < num_after && k < 50; k++)
            sprintf(after + strlen(after), "%.*s %d %llu,", (int)matches[k].id_len_bytes,
                    matches[k].id, (int)matches[k].kind,
                    (unsigned long long)matches[k].similarity.common);
        assert_int_equal(num, num_after);
        assert_string_equal(before, after);
        if (i % 10 == 0)
            assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    }
    nd_index_free(index);
    corpus_free(&c);
}

static void a_text_finds_what_it_would_find_as_a_document(void **state)
{
    const nd_scan_options options = options_for(0.5, 0.7);
    check_text_as_document(*state, &options);
}

static void a_text_finds_the_news_it_would_find_as_a_document(void **state)
{
    const nd_scan_options options = options_of_news();
    check_text_as_document(*state, &options);
}

static nd_index *open_small(const char *path)
{
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.rule.jaccard = 0.5;
    assert_int_equal(nd_index_create(path, &options, NULL, NULL), ND_OK);
    return index_open_to_write(path, 8192);
}

static nd_index_outcome add_text(nd_index *index, const char *id, const char *text)
{
    const nd_index_document d = {
        .id = id, .id_len_bytes = strlen(id), .text = text, .text_len_bytes = strlen(text)};
    nd_index_outcome outcome;
    assert_int_equal(nd_index_add(index, &d, ND_INDEX_REPLACE, &outcome, NULL), ND_OK);
    return outcome;
}

static size_t num_matches(nd_index *index, const char *id)
{
    const nd_index_match *matches;
    size_t num;
    assert_int_equal(nd_index_query_id(index, id, strlen(id), NULL, &matches, &num, NULL), ND_OK);
    return num;
}

static const char STORY[] = "the mill by the river has been bought by a family from the north "
                            "who mean to grind flour there again after forty years";

static void a_document_without_words_matches_nothing(void **state)
{
    nd_index *const index = open_small(*state);
    assert_int_equal(add_text(index, "a", ""), ND_INDEX_ADDED);
    assert_int_equal(add_text(index, "b", " ... "), ND_INDEX_ADDED);
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    assert_int_equal(num_matches(index, "a"), 0);
    assert_int_equal(num_matches(index, "b"), 0);
    assert_int_equal(nd_index_remove(index, "a", 1, NULL), ND_OK);
    nd_index_free(index);
    assert_sound(*state);
}

static void an_id_that_comes_again_replaces_its_document(void **state)
{
    nd_index *const index = open_small(*state);
    assert_int_equal(add_text(index, "a", STORY), ND_INDEX_ADDED);
    assert_int_equal(add_text(index, "b", STORY), ND_INDEX_ADDED);
    assert_int_equal(num_matches(index, "a"), 1);
    assert_int_equal(add_text(index, "a", "something else altogether"), ND_INDEX_REPLACED);
    assert_int_equal(num_matches(index, "b"), 0);
    assert_int_equal(add_text(index, "a", STORY), ND_INDEX_REPLACED);
    assert_int_equal(add_text(index, "a", STORY), ND_INDEX_REPLACED);
    assert_int_equal(num_matches(index, "b"), 1);
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    nd_index_stats stats;
    assert_int_equal(nd_index_stats_get(index, &stats, NULL), ND_OK);
    assert_int_equal(stats.documents, 2);
    assert_int_equal(nd_index_num_documents(index), 2);
    assert_int_equal(stats.texts, 1);
    nd_index_free(index);
    assert_sound(*state);
}

static void modes_add_only_what_is_new(void **state)
{
    nd_index *const index = open_small(*state);
    const nd_index_document known = {
        .id = "a", .id_len_bytes = 1, .text = "x", .text_len_bytes = 1};
    const nd_index_document copy = {
        .id = "c", .id_len_bytes = 1, .text = STORY, .text_len_bytes = sizeof STORY - 1};
    nd_index_outcome outcome;
    add_text(index, "a", STORY);
    assert_int_equal(nd_index_add(index, &known, ND_INDEX_IF_NEW, &outcome, NULL), ND_OK);
    assert_int_equal(outcome, ND_INDEX_KNOWN_ID);
    assert_int_equal(nd_index_add(index, &copy, ND_INDEX_IF_UNMATCHED, &outcome, NULL), ND_OK);
    assert_int_equal(outcome, ND_INDEX_MATCHED);
    assert_int_equal(nd_index_add(index, &copy, ND_INDEX_IF_NEW, &outcome, NULL), ND_OK);
    assert_int_equal(outcome, ND_INDEX_ADDED);
    nd_index_free(index);
}

static void a_long_id_is_kept_whole_and_one_too_long_is_told(void **state)
{
    nd_index *const index = open_small(*state);
    char *const id = malloc(ND_INDEX_MAX_ID_BYTES + 2);
    memset(id, 'i', ND_INDEX_MAX_ID_BYTES + 1);
    nd_index_document d = {.id = id,
                           .id_len_bytes = ND_INDEX_MAX_ID_BYTES,
                           .text = STORY,
                           .text_len_bytes = sizeof STORY - 1};
    nd_index_outcome outcome;
    nd_index_entry entry;
    assert_int_equal(nd_index_add(index, &d, ND_INDEX_REPLACE, &outcome, NULL), ND_OK);
    assert_int_equal(outcome, ND_INDEX_ADDED);
    assert_int_equal(nd_index_get(index, id, d.id_len_bytes, &entry, NULL), ND_OK);
    assert_int_equal(entry.id_len_bytes, d.id_len_bytes);
    assert_memory_equal(entry.id, id, d.id_len_bytes);
    d.id_len_bytes++;
    assert_int_equal(nd_index_add(index, &d, ND_INDEX_REPLACE, &outcome, NULL), ND_OK);
    assert_int_equal(outcome, ND_INDEX_OVER_LIMIT);
    assert_int_equal(nd_index_add(index, &d, ND_INDEX_REPLACE, NULL, NULL), ND_ERR_LIMIT);
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    nd_index_free(index);
    assert_sound(*state);
    free(id);
}

static void times_and_sources_limit_a_query(void **state)
{
    nd_index *const index = open_small(*state);
    static const char *const sources[] = {"north", "south", NULL};
    for (int i = 0; i < 9; i++) {
        const char id[] = {'d', (char)('0' + i), '\0'};
        const char *const source = sources[i % 3];
        const nd_index_document d = {.id = id,
                                     .id_len_bytes = 2,
                                     .text = STORY,
                                     .text_len_bytes = sizeof STORY - 1,
                                     .source = source,
                                     .source_len_bytes = source ? strlen(source) : 0,
                                     .time = i == 8 ? 0 : 1000 + i,
                                     .tag = (uint64_t)i * 11};
        assert_int_equal(nd_index_add(index, &d, ND_INDEX_REPLACE, NULL, NULL), ND_OK);
    }
    const nd_index_match *matches;
    size_t num;
    nd_index_query query;
    nd_index_query_init(&query);
    query.since = 1003;
    query.before = 1007;
    assert_int_equal(
        nd_index_query_text(index, STORY, sizeof STORY - 1, &query, &matches, &num, NULL), ND_OK);
    assert_int_equal(num, 4);
    query.not_source = "south";
    query.not_source_len_bytes = 5;
    assert_int_equal(nd_index_query_id(index, "d3", 2, &query, &matches, &num, NULL), ND_OK);
    assert_int_equal(num, 2);
    assert_memory_equal(matches[0].id, "d5", 2);
    assert_null(matches[0].source);
    assert_int_equal(matches[1].time, 1006);
    assert_int_equal(matches[1].tag, 66);
    assert_memory_equal(matches[1].source, "north", 5);
    nd_index_query_init(&query);
    query.not_id = "d4";
    query.not_id_len_bytes = 2;
    assert_int_equal(
        nd_index_query_text(index, STORY, sizeof STORY - 1, &query, &matches, &num, NULL), ND_OK);
    assert_int_equal(num, 8);
    for (size_t i = 0; i < num; i++)
        assert_memory_not_equal(matches[i].id, "d4", 2);
    nd_index_query_init(&query);
    query.max_matches = 3;
    assert_int_equal(nd_index_query_id(index, "d3", 2, &query, &matches, &num, NULL), ND_OK);
    assert_int_equal(num, 3);
    assert_memory_equal(matches[2].id, "d2", 2);
    uint64_t removed;
    assert_int_equal(nd_index_remove_before(index, 1004, &removed, NULL), ND_OK);
    assert_int_equal(removed, 4);
    assert_int_equal(num_matches(index, "d8"), 4);
    nd_index_free(index);
}

static void a_query_below_the_threshold_of_the_index_is_refused(void **state)
{
    nd_index *const index = open_small(*state);
    const nd_index_match *matches;
    size_t num;
    nd_index_query query;
    nd_index_query_init(&query);
    query.rule.jaccard = 0.4;
    assert_int_equal(nd_index_query_text(index, STORY, 10, &query, &matches, &num, NULL),
                     ND_ERR_INVALID_ARGUMENT);
    query.rule = (nd_match_rule){0.9, 0.5};
    assert_int_equal(nd_index_query_text(index, STORY, 10, &query, &matches, &num, NULL),
                     ND_ERR_INVALID_ARGUMENT);
    query.rule = (nd_match_rule){0.9, 0};
    assert_int_equal(nd_index_query_text(index, STORY, 10, &query, &matches, &num, NULL), ND_OK);
    nd_index_free(index);
}

static void a_reader_sees_one_state_until_it_refreshes(void **state)
{
    nd_index *const writer = open_small(*state);
    nd_index *const reader = index_open_to_read(*state);
    nd_index_entry entry;
    nd_error error;
    add_text(writer, "a", STORY);
    assert_int_equal(nd_index_refresh(reader, NULL), ND_OK);
    assert_int_equal(nd_index_get(reader, "a", 1, &entry, &error), ND_ERR_NOT_FOUND);
    assert_int_equal(nd_index_commit(writer, NULL), ND_OK);
    assert_int_equal(nd_index_get(reader, "a", 1, &entry, NULL), ND_ERR_NOT_FOUND);
    assert_int_equal(nd_index_refresh(reader, NULL), ND_OK);
    assert_int_equal(nd_index_get(reader, "a", 1, &entry, NULL), ND_OK);
    add_text(writer, "b", STORY);
    assert_int_equal(nd_index_commit(writer, NULL), ND_OK);
    assert_int_equal(nd_index_compact(writer, NULL), ND_OK);
    assert_int_equal(num_matches(reader, "a"), 0);
    assert_int_equal(nd_index_refresh(reader, NULL), ND_OK);
    assert_int_equal(num_matches(reader, "a"), 1);
    nd_index_free(reader);
    nd_index_free(writer);
}

static void changes_that_are_rolled_back_were_never_there(void **state)
{
    nd_index *const index = open_small(*state);
    nd_index_entry entry;
    add_text(index, "a", STORY);
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    add_text(index, "b", STORY);
    assert_int_equal(nd_index_remove(index, "a", 1, NULL), ND_OK);
    assert_int_equal(nd_index_roll_back(index, NULL), ND_OK);
    assert_int_equal(num_matches(index, "a"), 0);
    assert_int_equal(nd_index_get(index, "b", 1, &entry, NULL), ND_ERR_NOT_FOUND);
    nd_index_free(index);
    assert_sound(*state);
}

static void a_second_writer_is_refused_and_another_spec_too(void **state)
{
    nd_index *const index = open_small(*state);
    nd_index *other;
    nd_error error;
    nd_index_options options;
    nd_index_options_init(&options);
    options.access = ND_INDEX_WRITE;
    assert_int_equal(nd_index_open(*state, &options, NULL, &other, &error), ND_ERR_BUSY);
    assert_non_null(strstr(error.message, "is being written by process"));
    assert_null(other);
    nd_spec spec = *nd_index_spec(index);
    spec.shingle.width = 4;
    options.access = ND_INDEX_READ;
    options.spec = &spec;
    assert_int_equal(nd_index_open(*state, &options, NULL, &other, &error), ND_ERR_VERSION);
    assert_non_null(strstr(error.message, "made with 'shingle=word:5', not with 'shingle=word:4'"));
    assert_int_equal(nd_index_create(*state, &(nd_scan_options){0}, NULL, &error),
                     ND_ERR_INVALID_ARGUMENT);
    nd_scan_options scan;
    nd_scan_options_init(&scan);
    assert_int_equal(nd_index_create(*state, &scan, NULL, &error), ND_ERR_EXISTS);
    nd_index_free(index);
    assert_int_equal(nd_index_open("/nowhere/at-all", NULL, NULL, &other, &error),
                     ND_ERR_NOT_FOUND);
    assert_int_equal(nd_index_open("/tmp", NULL, NULL, &other, &error), ND_ERR_NOT_FOUND);
    assert_non_null(strstr(error.message, "'/tmp' is not an index"));
}

static void check_copied_and_merged(const char *path, const nd_scan_options *options)
{
    nd_random random = {16};
    corpus c = corpus_make(400, &random);
    char paths[3][200];
    for (int i = 0; i < 3; i++)
        snprintf(paths[i], sizeof paths[i], "%s-%d", path, i);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nd_index_create(paths[i], options, NULL, NULL), ND_OK);
        nd_index *const index = index_open_to_write(paths[i], 32);
        index_add_documents(index, &c, i ? 150 : 0, i ? 400 : 220);
        assert_int_equal(nd_index_commit(index, NULL), ND_OK);
        for (size_t k = 0; k < 30; k++) /* in both */
            assert_int_equal(nd_index_remove(index, c.documents[180 + k].id,
                                             strlen(c.documents[180 + k].id), NULL),
                             ND_OK);
        assert_int_equal(nd_index_commit(index, NULL), ND_OK);
        nd_index_free(index);
    }
    nd_index *const first = index_open_to_read(paths[0]);
    assert_int_equal(nd_index_copy(first, paths[2], NULL), ND_OK);
    nd_index_free(first);
    assert_sound(paths[2]);
    nd_index *const copy = index_open_to_write(paths[2], 32), *const second =
                                                                  index_open_to_read(paths[1]);
    uint64_t num_added;
    assert_int_equal(nd_index_merge(copy, second, ND_INDEX_REPLACE, &num_added, NULL), ND_OK);
    assert_int_equal(num_added, 220);
    assert_int_equal(nd_index_commit(copy, NULL), ND_OK);
    nd_index_free(second);
    nd_index_free(copy);
    bool is_there[400];
    for (size_t i = 0; i < 400; i++)
        is_there[i] = i < 180 || i >= 210;
    assert_like_scan(paths[2], options, &c, is_there);
    assert_sound(paths[2]);
    corpus_free(&c);
}

static void indexes_are_copied_and_merged(void **state)
{
    const nd_scan_options options = options_for(0.5, 0.7);
    check_copied_and_merged(*state, &options);
}

static void indexes_of_news_are_copied_and_merged(void **state)
{
    const nd_scan_options options = options_of_news();
    check_copied_and_merged(*state, &options);
}

/* Copies of one story without number: every shingle of it is one that too many have, so that rare
 * samples show none of their pairs, with any fifth gone either. Texts that hold half of it, of
 * which some follow their picks and some do not. Texts of a footer, and a longer one that bears it.
 */
static corpus make_common_news(nd_random *random)
{
    enum {
        NUM_STORY = 180,
        NUM_HALF = 30,
        NUM_FOOTER = 90,
        NUM = NUM_STORY + NUM_HALF + NUM_FOOTER
    };
    corpus c = {calloc(NUM, sizeof(corpus_document)), NUM};
    for (size_t i = 0; i < c.num; i++) {
        corpus_document *const d = &c.documents[i];
        const bool is_story = i < NUM_STORY, is_half = !is_story && i < NUM_STORY + NUM_HALF;
        const size_t words = is_story  ? 150 + nd_random_u64(random) % 30
                             : is_half ? 75
                                       : 60,
                     before = is_story || is_half ? 0 : i % 40, after = is_half ? 60 + i % 30 : 0,
                     odd = nd_random_u64(random) % words;
        snprintf(d->id, sizeof d->id, "n%03zu", i);
        d->text = malloc(6000);
        size_t len = 0;
        for (size_t w = 0; w < before; w++)
            len += (size_t)sprintf(d->text + len, "own%zux%zu ", i, w);
        for (size_t w = 0; w < words; w++)
            len +=
                (size_t)sprintf(d->text + len, "%s%zu%s ", is_story || is_half ? "story" : "footer",
                                w * 7, w == odd ? d->id : "");
        for (size_t w = 0; w < after; w++)
            len += (size_t)sprintf(d->text + len, "own%zux%zu ", i, w);
    }
    corpus_shuffle(&c, random);
    return c;
}

static void news_that_very_many_share_is_found_like_a_scan_does(void **state)
{
    const char *const path = *state;
    nd_random random = {17};
    corpus c = make_common_news(&random);
    const nd_scan_options options = options_of_news();
    bool *const is_there = malloc(c.num);
    assert_int_equal(nd_index_create(path, &options, NULL, NULL), ND_OK);
    nd_index *const index = index_open_to_write(path, 30);
    for (size_t at = 0; at < c.num; at += 20) {
        index_add_documents(index, &c, at, at + 20 < c.num ? at + 20 : c.num);
        assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    }
    assert_like_scan(path, &options, &c, NULL);
    for (size_t i = 0; i < c.num; i++) {
        is_there[i] = i % 5 != 0;
        if (!is_there[i])
            assert_int_equal(
                nd_index_remove(index, c.documents[i].id, strlen(c.documents[i].id), NULL), ND_OK);
    }
    assert_int_equal(nd_index_commit(index, NULL), ND_OK);
    nd_index_free(index);
    assert_like_scan(path, &options, &c, is_there);
    assert_sound(path);
    free(is_there);
    corpus_free(&c);
}

static void a_query_may_ask_for_another_score(void **state)
{
    const nd_scan_options options = options_of_news();
    static const char OTHER[] = "the mill by the river has been bought by a family from the north "
                                "who mean to restore it and to live there with their children";
    assert_int_equal(nd_index_create(*state, &options, NULL, NULL), ND_OK);
    nd_index *const index = index_open_to_write(*state, 8192);
    const nd_index_match *matches;
    size_t num, num_strict;
    nd_index_query query;
    nd_index_query_init(&query);
    assert_true(nd_index_score(index) == 0.5);
    assert_int_equal(add_text(index, "a", STORY), ND_INDEX_ADDED);
    query.score = 0.001;
    query.rule.jaccard = 0.95;
    assert_int_equal(
        nd_index_query_text(index, OTHER, sizeof OTHER - 1, &query, &matches, &num, NULL), ND_OK);
    assert_int_equal(num, 1);
    assert_true(matches[0].score >= 0.001 && matches[0].score < 0.999);
    assert_true(matches[0].coverage.a_in_b > 0.2);
    query.score = 0.999;
    assert_int_equal(
        nd_index_query_text(index, OTHER, sizeof OTHER - 1, &query, &matches, &num_strict, NULL),
        ND_OK);
    assert_int_equal(num_strict, 0);
    query.score = 1.5;
    assert_int_equal(nd_index_query_text(index, OTHER, 10, &query, &matches, &num, NULL),
                     ND_ERR_INVALID_ARGUMENT);
    nd_index_free(index);
}

static void what_depends_on_all_documents_is_refused(void **state)
{
    nd_scan_options options = options_of_news();
    nd_error error;
    options.coverage = 0.4;
    assert_int_equal(nd_index_create(*state, &options, NULL, &error), ND_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "'coverage' depends on all documents"));
    nd_index *const index = open_small(*state);
    const nd_index_match *matches;
    size_t num;
    nd_index_query query;
    nd_index_query_init(&query);
    query.score = 0.5;
    assert_true(nd_index_score(index) == 0);
    assert_int_equal(nd_index_query_text(index, STORY, 10, &query, &matches, &num, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "was made without a score"));
    nd_index_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(answers_are_those_of_a_scan_in_any_order_of_adding),
        TEST(news_is_found_like_a_scan_does_in_any_order_of_adding),
        TEST(answers_do_not_depend_on_how_documents_are_spread_over_runs),
        TEST(news_is_found_in_whatever_runs_it_is),
        TEST(removing_and_adding_again_a_third_changes_nothing),
        TEST(removing_and_adding_again_a_third_of_the_news_changes_nothing),
        TEST(a_bucket_that_is_too_large_proposes_what_a_scan_does),
        TEST(a_text_finds_what_it_would_find_as_a_document),
        TEST(a_text_finds_the_news_it_would_find_as_a_document),
        TEST(a_document_without_words_matches_nothing),
        TEST(an_id_that_comes_again_replaces_its_document),
        TEST(modes_add_only_what_is_new),
        TEST(a_long_id_is_kept_whole_and_one_too_long_is_told),
        TEST(times_and_sources_limit_a_query),
        TEST(a_query_below_the_threshold_of_the_index_is_refused),
        TEST(a_reader_sees_one_state_until_it_refreshes),
        TEST(changes_that_are_rolled_back_were_never_there),
        TEST(a_second_writer_is_refused_and_another_spec_too),
        TEST(indexes_are_copied_and_merged),
        TEST(indexes_of_news_are_copied_and_merged),
        TEST(news_that_very_many_share_is_found_like_a_scan_does),
        TEST(a_query_may_ask_for_another_score),
        TEST(what_depends_on_all_documents_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
