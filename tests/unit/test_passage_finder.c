/* The finder itself: options, memory, and the parts it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "neardup/passages.h"
#include "neardup/repair.h"
#include "passages/alignment.h"
#include "passages/seeds.h"
#include "random.h"
#include "util/sort.h"

static const char article[] =
    "Snow closed the pass above the village for the ninth day, and the postman went on skis.\n\n"
    "Food is not short, the shopkeeper said, but there is no more lamp oil to be had.\n\n"
    "Snow closed the pass above the village for the tenth day, and the postman went on skis.\n\n"
    "Food is not short, the shopkeeper said, but there is no more lamp oil to be had.\n\n"
    "One sack of letters has been lost.\nOne sack of letters has been lost.\n"
    "One sack of letters has been lost.\n";

/* The same sentence in two ways of writing it, as repairs and folds undo them. */
static const char marked_up[] =
    "<p>The caf&eacute; by the old harbour closes on Sunday at noon.</p>\n"
    "<hr>\n"
    "<div class=\"last\"><b>The</b> café by the old <i>harbour</i> closes on Sunday "
    "at&nbsp;noon.</div>\n";
static const char vocalised[] = "ذَهَبَ الوَلَدُ إِلَى المَدْرَسَةِ صَبَاحًا مَعَ أَخِيهِ الكَبِير";
static const char unvocalised[] = "قال:\nذهب الولد إلى المدرسة صباحا مع أخيه الكبير";

static void assert_refused(nd_passage_options options)
{
    nd_passage_finder *finder;
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_ERR_INVALID_ARGUMENT);
    assert_null(finder);
}

static void later_caller_gets_zeros_for_what_is_unknown_here(void **state)
{
    (void)state;
    struct {
        nd_passage_options known;
        uint64_t later[4];
    } given;
    memset(&given, 0xff, sizeof given);
    nd_passage_options_init_sized(&given.known, sizeof given);
    assert_int_equal(given.known.size_bytes, sizeof given);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(given.later[i], 0);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    nd_passage_options options;
    nd_passage_options_init(&options);
    nd_passage_options bad = options;
    bad.min_similarity = 0;
    assert_refused(bad);
    bad.min_similarity = 1.01;
    assert_refused(bad);
    bad = options;
    bad.min_words = 0;
    assert_refused(bad);
    bad = options;
    bad.min_words_unbound = 0;
    assert_refused(bad);
    bad = options;
    bad.repairs = 1u << 31;
    assert_refused(bad);
    bad = options;
    bad.folds = 1u << 31;
    assert_refused(bad);
    bad = options;
    bad.size_bytes = 0; /* never initialised */
    assert_refused(bad);
}

/* Repeats of the article under these options. */
static size_t count_repeats(nd_passage_options options, double *least_similarity)
{
    nd_passage_finder *finder;
    const nd_repeat *repeats;
    size_t num;
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    assert_int_equal(nd_passage_finder_repeats(finder, article, strlen(article), &repeats, &num),
                     ND_OK);
    *least_similarity = 1;
    for (size_t i = 0; i < num; i++)
        if (repeats[i].similarity < *least_similarity)
            *least_similarity = repeats[i].similarity;
    nd_passage_finder_free(finder);
    return num;
}

static void every_option_has_its_effect(void **state)
{
    (void)state;
    nd_passage_options options;
    double least;
    nd_passage_options_init(&options);
    assert_int_equal(count_repeats(options, &least), 2);
    assert_true(least < 1);
    options.min_similarity = 0.99;
    assert_int_equal(count_repeats(options, &least), 2); /* the block from its edit on */
    assert_true(least >= 1);
    options.min_words = 8; /* more than "one sack of letters has been lost" */
    assert_int_equal(count_repeats(options, &least), 1);
    options.min_words = 1000;
    assert_int_equal(count_repeats(options, &least), 0);
    nd_passage_options_init(&options);
    options.min_words_unbound = 40; /* more than the block: its second half is whole sentences */
    assert_int_equal(count_repeats(options, &least), 2);
    assert_true(least >= 1);
}

static void an_option_struct_of_an_older_version_is_taken(void **state)
{
    (void)state;
    nd_passage_options options;
    double least;
    nd_passage_options_init(&options);
    options.size_bytes = offsetof(nd_passage_options, min_words);
    options.min_words = 1000; /* not known to hold anything */
    assert_int_equal(count_repeats(options, &least), 2);
}

static nd_status run_all(nd_passage_finder *finder)
{
    const nd_repeat *repeats;
    const nd_shared_passage *passages;
    size_t num;
    nd_status status = nd_passage_finder_repeats(finder, article, strlen(article), &repeats, &num);
    if (status == ND_OK) {
        assert_int_equal(num, 2);
        status = nd_passage_finder_repeats(finder, marked_up, strlen(marked_up), &repeats, &num);
    }
    if (status == ND_OK) {
        assert_int_equal(num, 1);
        status = nd_passage_finder_shared(finder, article, strlen(article), article + 90,
                                          strlen(article) - 90, &passages, &num);
    }
    if (status == ND_OK) {
        nd_text_alignment alignment;
        assert_true(num >= 1);
        status = nd_passage_finder_align(finder, article, strlen(article), article + 90,
                                         strlen(article) - 90, &alignment);
        assert_true(status != ND_OK || alignment.num_runs > 0);
    }
    if (status != ND_OK) {
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    return status;
}

static void each_failed_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    nd_passage_options options;
    nd_passage_options_init(&options);
    options.repairs = ND_REPAIR_ALL;
    long left = 0;
    for (nd_status status = ND_ERR_NO_MEMORY; status != ND_OK; left++) {
        failing_allocator failing = {.left = left};
        const nd_allocator allocator = failing_allocator_make(&failing);
        nd_passage_finder *finder;
        status = nd_passage_finder_new(&options, &allocator, &finder);
        if (status == ND_OK) {
            status = run_all(finder);
            failing.left = 1000;
            assert_int_equal(run_all(finder), ND_OK); /* usable after the failure */
        } else {
            assert_null(finder);
        }
        nd_passage_finder_free(finder);
        assert_int_equal(failing.live, 0);
    }
    assert_true(left > 20);
}

static void a_warm_finder_allocates_nothing(void **state)
{
    (void)state;
    failing_allocator failing = {.left = 1000};
    const nd_allocator allocator = failing_allocator_make(&failing);
    nd_passage_options options;
    nd_passage_finder *finder;
    nd_passage_options_init(&options);
    options.repairs = ND_REPAIR_ALL;
    assert_int_equal(nd_passage_finder_new(&options, &allocator, &finder), ND_OK);
    assert_int_equal(run_all(finder), ND_OK);
    failing.left = 0;
    for (int i = 0; i < 10; i++)
        assert_int_equal(run_all(finder), ND_OK);
    nd_passage_finder_free(finder);
}

static void stats_are_those_of_the_last_call(void **state)
{
    (void)state;
    nd_passage_options options;
    nd_passage_finder *finder;
    const nd_repeat *repeats;
    size_t num;
    nd_passage_options_init(&options);
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    assert_int_equal(nd_passage_finder_repeats(finder, "a \xff b", 5, &repeats, &num), ND_OK);
    assert_int_equal(nd_passage_finder_stats(finder).tokens, 2);
    assert_int_equal(nd_passage_finder_stats(finder).invalid_bytes, 1);
    assert_int_equal(nd_passage_finder_repeats(finder, "a", 1, &repeats, &num), ND_OK);
    assert_int_equal(nd_passage_finder_stats(finder).tokens, 1);
    assert_int_equal(nd_passage_finder_stats(finder).invalid_bytes, 0);
    nd_passage_finder_free(finder);
    nd_passage_finder_free(NULL);
}

static void assert_bytes(const char *text, uint64_t start, uint64_t end, const char *expected)
{
    assert_int_equal(end - start, strlen(expected));
    assert_memory_equal(text + start, expected, strlen(expected));
}

static nd_passage_finder *finder_with(uint32_t repairs, uint32_t folds)
{
    nd_passage_options options;
    nd_passage_finder *finder;
    nd_passage_options_init(&options);
    options.repairs = repairs;
    options.folds = folds;
    assert_int_equal(nd_passage_finder_new(&options, NULL, &finder), ND_OK);
    return finder;
}

static void repeats_are_found_in_the_repaired_text_and_placed_in_the_one_that_came(void **state)
{
    (void)state;
    nd_passage_finder *const finder = finder_with(ND_REPAIR_ALL, ND_FOLD_NONE);
    const nd_repeat *repeats;
    size_t num;
    assert_int_equal(
        nd_passage_finder_repeats(finder, marked_up, strlen(marked_up), &repeats, &num), ND_OK);
    assert_int_equal(num, 1);
    assert_true(repeats[0].similarity >= 1);
    assert_int_equal(repeats[0].words, 11);
    assert_int_equal(repeats[0].num_places, 2);
    const nd_place *const places = repeats[0].places;
    assert_int_equal(places[0].line, 1);
    assert_int_equal(places[1].line, 3);
    assert_bytes(marked_up, places[0].start, places[0].end,
                 "The caf&eacute; by the old harbour closes on Sunday at noon");
    assert_bytes(marked_up, places[1].start, places[1].end,
                 "The</b> café by the old <i>harbour</i> closes on Sunday at&nbsp;noon");
    /* A text with nothing to repair, after one that had something. */
    assert_int_equal(nd_passage_finder_repeats(finder, article, strlen(article), &repeats, &num),
                     ND_OK);
    assert_int_equal(repeats[1].places[2].end, strlen(article) - 2);
    nd_passage_finder_free(finder);
}

static void shared_passages_and_alignments_are_placed_in_the_texts_that_came(void **state)
{
    (void)state;
    nd_passage_finder *const finder = finder_with(ND_REPAIR_NONE, ND_FOLD_MARKS);
    const nd_shared_passage *passages;
    size_t num;
    assert_int_equal(nd_passage_finder_shared(finder, vocalised, strlen(vocalised), unvocalised,
                                              strlen(unvocalised), &passages, &num),
                     ND_OK);
    assert_int_equal(num, 1);
    assert_true(passages[0].similarity >= 1);
    assert_bytes(vocalised, passages[0].a.start, passages[0].a.end, vocalised);
    assert_bytes(unvocalised, passages[0].b.start, passages[0].b.end,
                 strchr(unvocalised, '\n') + 1);
    nd_text_alignment alignment;
    assert_int_equal(nd_passage_finder_align(finder, unvocalised, strlen(unvocalised), vocalised,
                                             strlen(vocalised), &alignment),
                     ND_OK);
    assert_int_equal(alignment.num_runs, 1);
    assert_int_equal(alignment.words_common, 8);
    assert_bytes(vocalised, alignment.runs[0].b_start, alignment.runs[0].b_end, vocalised);
    nd_passage_finder_free(finder);
}

static nd_text *text_of(const char *bytes)
{
    nd_text *text;
    assert_int_equal(nd_text_new(NULL, &text), ND_OK);
    assert_int_equal(nd_text_set(text, bytes, strlen(bytes), ND_TEXT_WITH_OFFSETS), ND_OK);
    return text;
}

static nd_text *numbered_words(size_t num, size_t modulo)
{
    char *const bytes = malloc(num * 12 + 1);
    size_t len = 0;
    assert_non_null(bytes);
    for (size_t i = 0; i < num; i++)
        len += (size_t)sprintf(bytes + len, "%zu ", i % modulo);
    nd_text *const text = text_of(bytes);
    free(bytes);
    return text;
}

static void assert_ids(nd_vocabulary *words, const char *bytes, const uint32_t *ids, size_t num)
{
    nd_text *const text = text_of(bytes);
    assert_int_equal(nd_vocabulary_set(words, text), ND_OK);
    assert_int_equal(words->num_tokens, num);
    for (size_t i = 0; i < num; i++)
        assert_int_equal(words->ids[i], ids[i]);
    nd_text_free(text);
}

static void words_have_the_same_id_if_they_are_the_same(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_vocabulary words;
    nd_vocabulary_init(&words, &allocator);
    assert_ids(&words, "The ferry and the pier", (uint32_t[]){0, 1, 2, 0, 3}, 5);
    assert_int_equal(words.counts[0], 2);
    assert_int_equal(words.counts[3], 1);
    /* Of 8, 9, 16 and 17 bytes, and long ones that differ at the end only. */
    assert_ids(&words,
               "abcdefgh abcdefghi abcdefghijklmnop abcdefghijklmnopq abcdefghijklmnopr "
               "abcdefghijklmnopq abcdefghijklmnop abcdefghi abcdefgh",
               (uint32_t[]){0, 1, 2, 3, 4, 3, 2, 1, 0}, 9);
    assert_ids(&words, "", NULL, 0);
    assert_int_equal(words.num_unidentified, 0);
    nd_vocabulary_release(&words);
}

static void a_vocabulary_grows_and_shrinks_with_its_text(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_vocabulary words;
    nd_vocabulary_init(&words, &allocator);
    nd_text *const few = numbered_words(3000, 10), *const many = numbered_words(200000, 150000);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(nd_vocabulary_set(&words, few), ND_OK);
        assert_int_equal(words.num_ids, 10);
        for (uint32_t i = 0; i < 3000; i++)
            assert_int_equal(words.ids[i], i % 10);
        assert_int_equal(nd_vocabulary_set(&words, many), ND_OK);
        assert_int_equal(words.num_ids, 150000);
        for (uint32_t i = 0; i < 200000; i++)
            assert_int_equal(words.ids[i], i % 150000);
    }
    nd_text_free(few);
    nd_text_free(many);
    nd_vocabulary_release(&words);
}

/* With no probe to spend, words that meet others in the table are taken for new ones: counted, and
 * never for the same. */
static void words_past_the_probes_are_counted(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_vocabulary words;
    nd_vocabulary_init(&words, &allocator);
    words.probes_per_token = 0;
    nd_text *const text = numbered_words(8000, 4000);
    assert_int_equal(nd_vocabulary_set(&words, text), ND_OK);
    assert_true(words.num_unidentified > 100);
    for (uint32_t i = 0; i < 8000; i++)
        for (uint32_t j = i % 100; j < i; j += 100)
            assert_true(words.ids[i] != words.ids[j] || i % 4000 == j % 4000);
    nd_text_free(text);
    nd_vocabulary_release(&words);
}

/* A text with its words and seeds. */
typedef struct indexed {
    nd_text *text;
    nd_vocabulary words;
    nd_seed_index seeds;
} indexed;

static void index_begin(indexed *x, const nd_allocator *allocator)
{
    *x = (indexed){0};
    nd_vocabulary_init(&x->words, allocator);
    nd_seed_index_init(&x->seeds, allocator);
}

static void index_seeds(indexed *x, nd_text *text, uint32_t width)
{
    x->text = text;
    assert_int_equal(nd_vocabulary_set(&x->words, text), ND_OK);
    assert_int_equal(nd_seed_index_begin(&x->seeds, &x->words, width), ND_OK);
    for (uint32_t from = 0; from < x->seeds.num_seeds; from += ND_SEED_BLOCK) {
        const uint32_t rest = x->seeds.num_seeds - from;
        const uint32_t to = from + (rest < ND_SEED_BLOCK ? rest : ND_SEED_BLOCK);
        nd_seed_link links[ND_SEED_BLOCK];
        uint32_t num;
        nd_seed_index_add(&x->seeds, from, to, links, &num);
        for (uint32_t i = 0; i < num; i++) {
            assert_true(links[i].previous < links[i].position);
            assert_int_equal(x->seeds.class_of[links[i].position],
                             x->seeds.class_of[links[i].previous]);
        }
    }
}

static void index_set(indexed *x, nd_text *text)
{
    index_seeds(x, text, 5);
}

static void index_free(indexed *x)
{
    nd_vocabulary_release(&x->words);
    nd_seed_index_release(&x->seeds);
}

/* Classes by the plain definition, on a text small enough for that. */
static void check_classes(const indexed *x)
{
    const size_t len_bytes = x->seeds.width * sizeof(uint32_t);
    const uint32_t *const ids = x->words.ids;
    for (uint32_t i = 0; i < x->seeds.num_seeds; i++) {
        uint32_t first = 0, count = 0, last = 0;
        while (memcmp(ids + first, ids + i, len_bytes) != 0)
            first++;
        for (uint32_t j = 0; j < x->seeds.num_seeds; j++) {
            if (memcmp(ids + j, ids + i, len_bytes) != 0)
                continue;
            count++;
            last = j;
        }
        assert_int_equal(x->seeds.class_of[i], first);
        assert_int_equal(x->seeds.count[first], count);
        assert_int_equal(x->seeds.previous[first], last);
        assert_true(i == first ||
                    (x->seeds.previous[i] < i && x->seeds.class_of[x->seeds.previous[i]] == first));
    }
}

static void seeds_are_classed_by_their_words(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_random random = {31};
    indexed x;
    index_begin(&x, &allocator);
    for (int round = 0; round < 60; round++) {
        char bytes[3000];
        size_t len = 0;
        const unsigned num_words = 2u << (nd_random_u64(&random) % 6);
        while (len < sizeof bytes - 20)
            len += (size_t)sprintf(bytes + len, "w%u ",
                                   (unsigned)(nd_random_u64(&random) % num_words));
        index_seeds(&x, text_of(bytes), 1 + (uint32_t)round % 8);
        check_classes(&x);
        nd_text_free(x.text);
    }
    index_free(&x);
}

static void the_seed_table_grows_and_shrinks_with_its_text(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    indexed x;
    index_begin(&x, &allocator);
    nd_text *const few = numbered_words(100000, 1000), *const many = numbered_words(900000, 700000);
    for (int round = 0; round < 2; round++) {
        index_set(&x, few);
        assert_int_equal(x.seeds.count[0], 100);
        assert_int_equal(x.seeds.class_of[99000], 0);
        assert_int_equal(x.seeds.previous[99000], 98000);
        index_set(&x, many);
        assert_int_equal(x.seeds.class_of[850000], 150000);
        assert_int_equal(x.seeds.class_of[650000], 650000);
        assert_int_equal(x.seeds.num_lost, 0);
    }
    nd_text_free(few);
    nd_text_free(many);
    index_free(&x);
}

/* The numbers in the slots run out in the middle, and begin anew. */
static void tables_forget_the_text_before(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    indexed x;
    index_begin(&x, &allocator);
    x.words.slots.base = x.seeds.slots.base = UINT32_MAX - 20000;
    for (int round = 0; round < 100; round++) {
        char bytes[2000];
        size_t len = 0, num_words = 0;
        uint32_t ids[500];
        for (; num_words < 300; num_words++) {
            ids[num_words] = (uint32_t)num_words % 150;
            len += (size_t)sprintf(bytes + len, "w%u ",
                                   (unsigned)((num_words % 150) * 7 + (size_t)round * 3));
        }
        index_set(&x, text_of(bytes));
        assert_int_equal(x.words.num_ids, 150);
        assert_memory_equal(x.words.ids, ids, num_words * sizeof *ids);
        check_classes(&x);
        nd_text_free(x.text);
    }
    assert_true(x.words.slots.base < 40000 && x.seeds.slots.base < 40000);
    index_free(&x);
}

static void seeds_past_the_probes_are_counted(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    indexed x;
    index_begin(&x, &allocator);
    nd_text *const text = numbered_words(8000, 4000);
    assert_int_equal(nd_vocabulary_set(&x.words, text), ND_OK);
    assert_int_equal(nd_seed_index_begin(&x.seeds, &x.words, 5), ND_OK);
    x.seeds.probes_left = 0;
    for (uint32_t from = 0; from + ND_SEED_BLOCK <= x.seeds.num_seeds; from += ND_SEED_BLOCK) {
        nd_seed_link links[ND_SEED_BLOCK];
        uint32_t num;
        nd_seed_index_add(&x.seeds, from, from + ND_SEED_BLOCK, links, &num);
        for (uint32_t i = 0; i < num; i++)
            assert_int_equal(links[i].position - links[i].previous, 4000);
    }
    assert_true(x.seeds.num_lost > 100);
    nd_text_free(text);
    index_free(&x);
}

static void a_trace_is_cut_where_a_gap_costs_more_than_it_joins(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    indexed x;
    index_begin(&x, &allocator);
    nd_text *const text = numbered_words(3000, 3000); /* all different: only the chain pairs them */
    index_set(&x, text);
    nd_borders borders = {0};
    char bytes[20000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = ' ';
    assert_int_equal(nd_borders_begin(&borders, &allocator, text, bytes), ND_OK);
    nd_lcs lcs;
    nd_trace trace;
    nd_lcs_init(&lcs, &allocator);
    assert_int_equal(nd_lcs_begin(&lcs, x.words.num_ids), ND_OK);
    nd_trace_init(&trace, &allocator, &lcs, 0.5);
    const nd_trace_box box = {{0, 1000}, {1000, 3000}};
    /* At an identity of 0.5 a pair gains what an unpaired column costs: 20, 20 and 100 words, gaps
     * of 10 and of 35. */
    const nd_run chain[] = {{1000, 0, 16}, {1030, 30, 16}, {1085, 85, 96}};
    assert_int_equal(nd_trace_set(&trace, x.words.ids, chain, 3, 5, &box), ND_OK);
    assert_int_equal(trace.runs.len, 3);
    assert_int_equal(trace.runs.items[2].len, 100);
    assert_int_equal(nd_trace_cut(&trace, &borders), ND_OK);
    assert_int_equal(trace.pieces.len, 2); /* 30 is what the first two are worth together */
    assert_int_equal(trace.pieces.items[0].last, 1);
    assert_int_equal(trace.pieces.items[1].first, 2);
    const nd_run nearer[] = {{1000, 0, 16}, {1030, 30, 16}, {1079, 79, 96}};
    assert_int_equal(nd_trace_set(&trace, x.words.ids, nearer, 3, 5, &box), ND_OK);
    assert_int_equal(nd_trace_cut(&trace, &borders), ND_OK);
    assert_int_equal(trace.pieces.len, 1);
    nd_trace_release(&trace);
    nd_lcs_release(&lcs);
    nd_borders_release(&borders, &allocator);
    nd_text_free(text);
    index_free(&x);
}

static int compare_in_context(void *ctx, const void *a, const void *b)
{
    ++*(size_t *)ctx;
    return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static int compare_ints(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void heap_sort_sorts(void **state)
{
    (void)state;
    nd_random random = {5};
    for (size_t num = 0; num < 200; num++) {
        int items[200], expected[200];
        for (size_t i = 0; i < num; i++)
            items[i] = expected[i] = (int)(nd_random_u64(&random) % 50);
        size_t num_compared = 0;
        nd_heap_sort(items, num, sizeof *items, compare_in_context, &num_compared);
        assert_true(num < 2 || num_compared > 0);
        qsort(expected, num, sizeof *expected, compare_ints);
        for (size_t i = 0; i < num; i++)
            assert_int_equal(items[i], expected[i]);
    }
}

static void near_sort_sorts_in_any_order_and_in_few_steps_what_is_in_order(void **state)
{
    (void)state;
    nd_random random = {6};
    for (int round = 0; round < 600; round++) {
        const int num = round / 3,
                  kind = round % 3; /* any order, the reverse one, nearly in order */
        int items[200], expected[200];
        for (int i = 0; i < num; i++)
            items[i] = kind == 0 ? (int)(nd_random_u64(&random) % 50) : kind == 1 ? num - i : i;
        for (int i = 7; kind == 2 && i < num; i += 20)
            items[i] -= 3;
        memcpy(expected, items, (size_t)num * sizeof *items);
        size_t num_compared = 0;
        nd_near_sort(items, (size_t)num, sizeof *items, compare_in_context, &num_compared);
        assert_true(kind < 2 || num_compared <= 2 * (size_t)num);
        qsort(expected, (size_t)num, sizeof *expected, compare_ints);
        for (int i = 0; i < num; i++)
            assert_int_equal(items[i], expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_caller_gets_zeros_for_what_is_unknown_here),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(every_option_has_its_effect),
        cmocka_unit_test(each_failed_allocation_is_reported_and_nothing_leaks),
        cmocka_unit_test(a_warm_finder_allocates_nothing),
        cmocka_unit_test(stats_are_those_of_the_last_call),
        cmocka_unit_test(repeats_are_found_in_the_repaired_text_and_placed_in_the_one_that_came),
        cmocka_unit_test(shared_passages_and_alignments_are_placed_in_the_texts_that_came),
        cmocka_unit_test(an_option_struct_of_an_older_version_is_taken),
        cmocka_unit_test(words_have_the_same_id_if_they_are_the_same),
        cmocka_unit_test(a_vocabulary_grows_and_shrinks_with_its_text),
        cmocka_unit_test(words_past_the_probes_are_counted),
        cmocka_unit_test(seeds_are_classed_by_their_words),
        cmocka_unit_test(the_seed_table_grows_and_shrinks_with_its_text),
        cmocka_unit_test(tables_forget_the_text_before),
        cmocka_unit_test(seeds_past_the_probes_are_counted),
        cmocka_unit_test(a_trace_is_cut_where_a_gap_costs_more_than_it_joins),
        cmocka_unit_test(heap_sort_sorts),
        cmocka_unit_test(near_sort_sorts_in_any_order_and_in_few_steps_what_is_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
