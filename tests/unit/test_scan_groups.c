/* Groups follow from the pairs, and from nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_up_texts.h"
#include "neardup/neardup.h"

/* Documents by rank: smaller is kept first. */
typedef struct relation {
    size_t num;
    uint32_t *rank_of; /* [documents] */
    uint64_t *pairs;   /* better rank << 32 | worse rank, as they come */
    size_t num_pairs, capacity;
    uint32_t *representative_of; /* [ranks]: as the scan's groups say */
} relation;

static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    relation *const r = ctx;
    const uint64_t a = r->rank_of[pair->a.tag], b = r->rank_of[pair->b.tag];
    if (r->num_pairs == r->capacity) {
        r->capacity = r->capacity * 2 + 64;
        r->pairs = realloc(r->pairs, r->capacity * sizeof *r->pairs);
        assert_non_null(r->pairs);
    }
    r->pairs[r->num_pairs++] = a < b ? a << 32 | b : b << 32 | a;
    return ND_OK;
}

static nd_status take_group(void *ctx, const nd_group *group)
{
    relation *const r = ctx;
    for (size_t i = 0; i < group->num_members; i++)
        r->representative_of[r->rank_of[group->members[i].id.tag]] =
            r->rank_of[group->representative.tag];
    return ND_OK;
}

static void scan_into(const nd_scan_options *options, const corpus *c, relation *r)
{
    nd_scan *scan;
    assert_int_equal(nd_scan_new(options, NULL, &scan, NULL), ND_OK);
    for (size_t i = 0; i < c->num; i++) {
        const corpus_document *const d = &c->documents[i];
        const nd_document document = {.id = d->id,
                                      .id_len_bytes = strlen(d->id),
                                      .text = d->text,
                                      .text_len_bytes = strlen(d->text),
                                      .preferences = {r->rank_of[i] >> 4, r->rank_of[i] & 15},
                                      .tag = i};
        assert_int_equal(nd_scan_add(scan, &document), ND_OK);
    }
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    if (options->output != ND_SCAN_GROUPS)
        assert_int_equal(nd_scan_each_pair(scan, take_pair, r), ND_OK);
    if (options->output != ND_SCAN_PAIRS)
        assert_int_equal(nd_scan_each_group(scan, take_group, r), ND_OK);
    nd_scan_free(scan);
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The definition: by rank, each goes to the first representative that it matches. */
static void assert_groups_follow_from_pairs(const relation *r)
{
    uint32_t *const expected = malloc(r->num * sizeof *expected);
    assert_non_null(expected);
    for (uint32_t i = 0; i < r->num; i++)
        expected[i] = i;
    qsort(r->pairs, r->num_pairs, sizeof *r->pairs, compare_u64);
    for (size_t i = 0; i < r->num_pairs; i++) {
        const uint32_t better = (uint32_t)(r->pairs[i] >> 32), worse = (uint32_t)r->pairs[i];
        if (expected[better] == better && expected[worse] == worse)
            expected[worse] = better;
    }
    assert_memory_equal(r->representative_of, expected, r->num * sizeof *expected);
    free(expected);
}

static void check(nd_scan_options options, const corpus *c, size_t least_pairs)
{
    static const uint32_t threads[] = {1, 2, 7};
    nd_random random = {c->num};
    relation r = {.num = c->num,
                  .rank_of = malloc(c->num * sizeof *r.rank_of),
                  .representative_of = malloc(c->num * sizeof *r.representative_of)};
    assert_true(r.rank_of && r.representative_of);
    for (uint32_t i = 0; i < c->num; i++)
        r.rank_of[i] = i;
    for (size_t i = c->num; i > 1; i--) {
        const size_t other = nd_random_u64(&random) % i;
        const uint32_t rank = r.rank_of[other];
        r.rank_of[other] = r.rank_of[i - 1];
        r.rank_of[i - 1] = rank;
    }
    options.max_matches = 0;
    options.representative = ND_REPRESENTATIVE_PREFERRED;
    options.num_preferences = 2;
    options.output = ND_SCAN_PAIRS;
    options.num_threads = 2;
    scan_into(&options, c, &r);
    assert_true(r.num_pairs >= least_pairs);
    const size_t num_pairs = r.num_pairs;
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        options.num_threads = threads[t];
        options.output = ND_SCAN_GROUPS;
        for (uint32_t i = 0; i < c->num; i++)
            r.representative_of[i] = i;
        scan_into(&options, c, &r);
        assert_groups_follow_from_pairs(&r);
        options.output = ND_SCAN_BOTH;
        r.num_pairs = 0;
        for (uint32_t i = 0; i < c->num; i++)
            r.representative_of[i] = i;
        scan_into(&options, c, &r);
        assert_int_equal(r.num_pairs, num_pairs);
        assert_groups_follow_from_pairs(&r);
    }
    free(r.rank_of);
    free(r.representative_of);
    free(r.pairs);
}

static nd_scan_options corpus_options(double threshold)
{
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.rule.jaccard = threshold;
    return options;
}

static void of_texts_in_families(void **state)
{
    (void)state;
    nd_random random = {1};
    corpus c = corpus_make(3000, &random);
    check(corpus_options(0.8), &c, 1000);
    check(corpus_options(0.4), &c, 1000);
    corpus_free(&c);
}

static void of_texts_by_coverage(void **state)
{
    (void)state;
    nd_random random = {2};
    nd_scan_options options;
    nd_scan_options_init_preset(&options, ND_PRESET_NEWS);
    corpus c = corpus_make(2000, &random);
    check(options, &c, 1000);
    corpus_free(&c);
}

/* Texts of some words of their own and of one of several footers that overlap: one component of
 * more texts than a task is given, with buckets that are compared whole and others that are capped,
 * in which some match and others do not. */
static corpus corpus_under_footers(size_t num, unsigned num_footers, nd_random *random)
{
    enum { FOOTER_WORDS = 60, MOST_OWN = 24, WORD_BYTES = 16 };
    corpus c = {calloc(num, sizeof *c.documents), num};
    assert_non_null(c.documents);
    for (size_t i = 0; i < num; i++) {
        char *const text = malloc((FOOTER_WORDS + MOST_OWN + 1) * WORD_BYTES);
        assert_non_null(text);
        size_t len = 0;
        const unsigned own = (unsigned)(nd_random_u64(random) % MOST_OWN);
        const unsigned footer = (unsigned)(nd_random_u64(random) % num_footers);
        for (unsigned w = 0; w < own; w++)
            len += (size_t)sprintf(text + len, "own%zu ", i % (num * 2 / 3) * MOST_OWN + w);
        for (unsigned w = 0; w < FOOTER_WORDS; w++)
            len += (size_t)sprintf(text + len, "f%u ", footer * 3 + w);
        c.documents[i].text = text;
        snprintf(c.documents[i].id, sizeof c.documents[i].id, "%zu", i);
    }
    return c;
}

static void of_large_components(void **state)
{
    (void)state;
    nd_random random = {3};
    corpus few = corpus_under_footers(6000, 3, &random);
    check(corpus_options(0.8), &few, 10000);
    corpus_free(&few);
    corpus many = corpus_under_footers(6000, 40, &random);
    check(corpus_options(0.7), &many, 10000);
    corpus_free(&many);
}

static nd_status take_representative(void *ctx, const nd_group *group)
{
    memcpy(ctx, group->representative.p, 1);
    return ND_OK;
}

/* The one document that a group of three keeps, and "a" and its copy "b" among them. */
static char representative(uint32_t num_preferences, uint32_t size_place)
{
    static const char text[] = "one two three four five six seven eight nine ten eleven twelve";
    static const char longer[] =
        "one two three four five six seven eight nine ten eleven twelve thirteen";
    const nd_document documents[] = {
        {"a", 1, text, sizeof text - 1, {{1, 7, 3}}, 0, 0},
        {"b", 1, text, sizeof text - 1, {{1, 7, 2}}, 1, 0},
        {"c", 1, longer, sizeof longer - 1, {{1, 8, 1}}, 2, 0},
    };
    nd_scan_options options = corpus_options(0.8);
    options.representative = ND_REPRESENTATIVE_PREFERRED;
    options.num_preferences = num_preferences;
    options.size_place = size_place;
    nd_scan *scan;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(nd_scan_add(scan, &documents[i]), ND_OK);
    assert_int_equal(nd_scan_finish(scan, NULL), ND_OK);
    char id = 0;
    assert_int_equal(nd_scan_each_group(scan, take_representative, &id), ND_OK);
    nd_scan_free(scan);
    return id;
}

static void preferences_decide_one_after_the_other(void **state)
{
    (void)state;
    assert_int_equal(representative(1, 8), 'c'); /* the first says nothing: the longest */
    assert_int_equal(representative(2, 8), 'a');
    assert_int_equal(representative(3, 8), 'b');
    assert_int_equal(representative(3, 2), 'b');
    assert_int_equal(representative(3, 1), 'c');
    assert_int_equal(representative(3, 0), 'c');
}

static void as_many_preferences_as_there_is_room_for(void **state)
{
    (void)state;
    nd_scan *scan;
    nd_scan_options options = corpus_options(0.8);
    options.num_preferences = 0;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_ERR_INVALID_ARGUMENT);
    options.num_preferences = ND_MAX_PREFERENCES + 1;
    assert_int_equal(nd_scan_new(&options, NULL, &scan, NULL), ND_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_texts_in_families),
        cmocka_unit_test(of_texts_by_coverage),
        cmocka_unit_test(of_large_components),
        cmocka_unit_test(preferences_decide_one_after_the_other),
        cmocka_unit_test(as_many_preferences_as_there_is_room_for),
    };
    return cmocka_run_group_tests_name("groups_follow_from_pairs", tests, NULL, NULL);
}
