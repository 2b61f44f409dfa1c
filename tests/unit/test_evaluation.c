/* What the tool says of found pairs and groups, on cases computed by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/evaluator.h"
#include "failing_allocator.h"
#include "random.h"

static nd_allocator plain;

static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-12);
}

/* Pairs "ab cd": documents are letters from a. */
static nd_pair_list list_of(const char *pairs)
{
    nd_pair_list list = {.allocator = &plain};
    for (const char *p = pairs; *p; p += p[2] == ' ' ? 3 : 2)
        assert_int_equal(nd_pair_list_add(&list, (uint32_t)(p[0] - 'a'), (uint32_t)(p[1] - 'a')),
                         ND_OK);
    assert_int_equal(nd_pair_list_sort(&list), ND_OK);
    return list;
}

static nd_scores scores_of(const char *truth, const char *found)
{
    nd_pair_list t = list_of(truth), f = list_of(found);
    const nd_scores scores = nd_scores_of(&t, &f);
    nd_pair_list_release(&t);
    nd_pair_list_release(&f);
    return scores;
}

static void precision_recall_and_f1_are_shares_of_the_pairs(void **state)
{
    (void)state;
    const nd_scores s = scores_of("ab ac bc de fg", "ab bc ae");
    assert_int_equal(s.pairs_true, 5);
    assert_int_equal(s.pairs_found, 3);
    assert_int_equal(s.true_positives, 2);
    assert_near(s.precision, 2.0 / 3);
    assert_near(s.recall, 2.0 / 5);
    assert_near(s.f1, 0.5); /* 2 * 2 / (5 + 3) */
}

static void pairs_count_once_in_either_order_and_never_with_themselves(void **state)
{
    (void)state;
    const nd_scores s = scores_of("ab ba ab cc", "ba ba");
    assert_int_equal(s.pairs_true, 1);
    assert_int_equal(s.pairs_found, 1);
    assert_int_equal(s.true_positives, 1);
}

static void nothing_found_is_no_mistake_and_nothing_true_is_nothing_missed(void **state)
{
    (void)state;
    const nd_scores none = scores_of("", ""), nothing_found = scores_of("ab", ""),
                    nothing_true = scores_of("", "ab");
    assert_true(none.precision == 1 && none.recall == 1 && none.f1 == 1);
    assert_true(nothing_found.precision == 1 && nothing_found.recall == 0 && nothing_found.f1 == 0);
    assert_true(nothing_true.precision == 0 && nothing_true.recall == 1 && nothing_true.f1 == 0);
}

static double ari_of(const char *a, const char *b)
{
    uint32_t label_a[16], label_b[16];
    const size_t num = strlen(a);
    for (size_t i = 0; i < num; i++) {
        label_a[i] = (uint32_t)a[i];
        label_b[i] = (uint32_t)b[i];
    }
    double ari = -9;
    assert_int_equal(nd_adjusted_rand_index(label_a, label_b, num, &plain, &ari), ND_OK);
    return ari;
}

static void adjusted_rand_index_is_that_of_hand_computed_tables(void **state)
{
    (void)state;
    /* 1 pair in both, 2 in the first, 1 in the second, 6 in all: (1 - 1/3) / (1.5 - 1/3) */
    assert_near(ari_of("aabb", "aabc"), 4.0 / 7);
    /* 0 in both, 2 and 2: (0 - 2/3) / (2 - 2/3) */
    assert_near(ari_of("aabb", "abab"), -0.5);
    /* 2 in both, 6 and 6, 15 in all: (2 - 2.4) / (6 - 2.4) */
    assert_near(ari_of("aaabbb", "aabbba"), (2 - 2.4) / (6 - 2.4));
    assert_near(ari_of("aaaa", "abcd"), 0);
}

static void equal_partitions_have_an_adjusted_rand_index_of_1(void **state)
{
    (void)state;
    assert_true(ari_of("aabbc", "xxyyz") == 1);
    assert_true(ari_of("abcde", "edcba") == 1); /* all alone */
    assert_true(ari_of("aaaa", "bbbb") == 1);   /* all together */
    assert_true(ari_of("a", "b") == 1);
    assert_true(ari_of("", "") == 1);
}

static void partitions_by_chance_have_an_adjusted_rand_index_near_0(void **state)
{
    (void)state;
    enum { NUM = 20000 };
    static uint32_t a[NUM], b[NUM];
    nd_random random = {4};
    for (size_t i = 0; i < NUM; i++) {
        a[i] = (uint32_t)(nd_random_u64(&random) % 50);
        b[i] = (uint32_t)(nd_random_u64(&random) % 300);
    }
    double ari = 1;
    assert_int_equal(nd_adjusted_rand_index(a, b, NUM, &plain, &ari), ND_OK);
    assert_true(ari > -0.001 && ari < 0.001);
}

static void components_are_labelled_by_their_lowest_document(void **state)
{
    (void)state;
    const uint32_t expected[] = {0, 1, 0, 3, 1, 0, 6};
    uint32_t label[7];
    nd_pair_list list = list_of("fc ca be");
    nd_pair_list_components(&list, 7, label);
    assert_memory_equal(label, expected, sizeof expected);
    nd_pair_list_release(&list);
}

static void all_pairs_of_a_group_are_added(void **state)
{
    (void)state;
    const uint32_t members[] = {7, 2, 9, 2, 4}; /* 2 stands twice */
    nd_pair_list list = {.allocator = &plain};
    assert_int_equal(nd_pair_list_add_all(&list, members, 5), ND_OK);
    assert_int_equal(nd_pair_list_add_all(&list, members, 1), ND_OK);
    assert_int_equal(nd_pair_list_add_all(&list, members, 0), ND_OK);
    assert_int_equal(nd_pair_list_sort(&list), ND_OK);
    assert_int_equal(list.pairs.len, 6);
    size_t at = 0; /* 24 27 29 47 49 79 */
    assert_false(nd_pair_list_meets(&list, nd_pair_key(2, 3), &at));
    assert_true(nd_pair_list_meets(&list, nd_pair_key(9, 2), &at));
    assert_true(nd_pair_list_meets(&list, nd_pair_key(7, 9), &at));
    assert_false(nd_pair_list_meets(&list, nd_pair_key(8, 9), &at));
    assert_int_equal(nd_pair_list_add_all(&list, members, (size_t)1 << 17), ND_ERR_LIMIT);
    assert_int_equal(nd_pair_list_add_all(&list, members, SIZE_MAX), ND_ERR_LIMIT);
    assert_int_equal(list.pairs.len, 6);
    nd_pair_list_release(&list);
}

static void subtracting_drops_the_pairs_of_the_other_list(void **state)
{
    (void)state;
    nd_pair_list list = list_of("ab ac bd ce"), other = list_of("ac ce ef"),
                 expected = list_of("ab bd");
    assert_int_equal(nd_pair_list_subtract(&list, &other), 2);
    assert_int_equal(list.pairs.len, expected.pairs.len);
    assert_memory_equal(list.pairs.items, expected.pairs.items, 2 * sizeof(uint64_t));
    nd_pair_list_release(&list);
    nd_pair_list_release(&other);
    nd_pair_list_release(&expected);
}

static void a_band_begins_with_its_lower_end(void **state)
{
    (void)state;
    const double similarities[] = {1, 0.9, 0.899999, 0.8, 0.7, 0.699999, 0.5, 0.499999, 0};
    const int bands[] = {0, 0, 1, 1, 2, 3, 3, 4, 4};
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++)
        assert_int_equal(nd_band_of(similarities[i]), bands[i]);
    for (int band = 0; band < ND_NUM_BANDS; band++)
        assert_true(nd_band_begin(band) < nd_band_begin(band - 1));
    assert_true(nd_band_begin(ND_NUM_BANDS - 1) == 0);
}

/* --- the evaluator --- */

static nd_id id_of(const char *id)
{
    return (nd_id){.p = id, .len_bytes = strlen(id)};
}

static const char *const texts[][2] = {
    {"d", "one two three four"}, {"b", "one two three"},      {"c", "two documents"}, {"a", ""},
    {"c", "share this id"},      {"e", "one two three five"},
};
enum { NUM_TEXTS = sizeof texts / sizeof *texts };

static nd_status add_texts(nd_evaluator *e, int first, int step)
{
    nd_status status = ND_OK;
    for (int i = 0; i < NUM_TEXTS && status == ND_OK; i++) {
        const char *const *const text = texts[(first + i * step) % NUM_TEXTS];
        const nd_document document = {.id = text[0],
                                      .id_len_bytes = strlen(text[0]),
                                      .text = text[1],
                                      .text_len_bytes = strlen(text[1])};
        status = nd_evaluator_add_document(e, &document);
    }
    return status == ND_OK ? nd_evaluator_seal(e) : status;
}

static nd_evaluator *evaluator_of(nd_truth truth)
{
    nd_evaluator *e = NULL;
    assert_int_equal(nd_evaluator_new(truth, ND_TEXTS_KEEP, NULL, &e, NULL), ND_OK);
    assert_int_equal(add_texts(e, 0, 1), ND_OK);
    return e;
}

static void tell(nd_evaluator *e, const char *a, const char *b, const char *kind, int is_true,
                 double weight)
{
    const nd_pair_label label = {kind, kind ? strlen(kind) : 0, is_true, weight};
    assert_int_equal(nd_evaluator_add_pair(e, id_of(a), id_of(b), &label), ND_OK);
}

static void found(nd_evaluator *e, const char *a, const char *b)
{
    assert_int_equal(nd_evaluator_found_pair(e, id_of(a), id_of(b)), ND_OK);
}

static void documents_of_one_id_count_as_one(void **state)
{
    (void)state;
    nd_evaluator *const e = evaluator_of(ND_TRUTH_PAIRS);
    assert_int_equal(nd_evaluator_num_documents(e), NUM_TEXTS);
    assert_int_equal(nd_evaluator_num_ids(e), NUM_TEXTS - 1);
    assert_int_equal(nd_evaluator_text_bytes(e), 18 + 13 + 13 + 13 + 18);
    assert_int_equal(nd_evaluator_find(e, "c", 1).num_documents, 2);
    assert_int_equal(nd_evaluator_find(e, "f", 1).num_documents, 0);
    assert_int_equal(nd_evaluator_find(e, "", 0).num_documents, 0);
    nd_evaluator_free(e);
}

static void names_that_a_scan_gives_are_known(void **state)
{
    (void)state;
    static const char *const ids[] = {"x", "x", "x", "x#2", "x#", "y#2", "#", "#", "z#01"};
    nd_evaluator *e;
    assert_int_equal(nd_evaluator_new(ND_TRUTH_PAIRS, ND_TEXTS_FORGET, NULL, &e, NULL), ND_OK);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const nd_document document = {
            .id = ids[i], .id_len_bytes = strlen(ids[i]), .text = "", .tag = 10 + i};
        assert_int_equal(nd_evaluator_find(e, "x", 1).num_documents, 0); /* not sealed */
        assert_int_equal(nd_evaluator_add_document(e, &document), ND_OK);
    }
    assert_int_equal(nd_evaluator_seal(e), ND_OK);
    static const struct {
        const char *name, *id;
        size_t num_documents;
    } wanted[] = {
        {"x", "x", 3},     {"x#2", "x#2", 1}, /* an id, so the scan's first name is x#3 */
        {"x#3", "x", 3},   {"x#4", "x", 3},
        {"x#5", NULL, 0},  {"x#1", NULL, 0},
        {"x#03", NULL, 0}, {"x#x", NULL, 0},
        {"x#", "x#", 1},   {"x##2", NULL, 0},
        {"y", NULL, 0},    {"y#2", "y#2", 1},
        {"##2", "#", 2},   {"#2", NULL, 0},
        {"z#1", NULL, 0},  {"x#99999999999999999999", NULL, 0},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const nd_known_id known = nd_evaluator_find(e, wanted[i].name, strlen(wanted[i].name));
        assert_int_equal(known.num_documents, wanted[i].num_documents);
        if (!wanted[i].id)
            continue;
        assert_int_equal(known.id.len_bytes, strlen(wanted[i].id));
        assert_memory_equal(known.id.p, wanted[i].id, known.id.len_bytes);
        assert_string_equal(ids[known.id.tag - 10], wanted[i].id);
    }
    assert_int_not_equal(nd_evaluator_find(e, "x#3", 3).id.tag,
                         nd_evaluator_find(e, "x", 1).id.tag);
    nd_evaluator_free(e);
}

static void found_pairs_are_measured_against_the_told_ones(void **state)
{
    (void)state;
    nd_evaluator *const e = evaluator_of(ND_TRUTH_PAIRS);
    nd_evaluation row;
    tell(e, "a", "b", "tail", 1, 1);
    tell(e, "c", "b", "head", 1, 3);
    tell(e, "b", "c", "tail", 1, 9); /* told before: the first counts */
    tell(e, "d", "e", "tail", 0, 1); /* is_true says nothing here */
    assert_int_equal(nd_evaluator_ignore_pair(e, id_of("a"), id_of("e")), ND_OK);
    found(e, "c", "b");
    found(e, "e", "d");
    found(e, "a", "d");
    found(e, "e", "a");
    assert_int_equal(nd_evaluator_measure(e, &row), ND_OK);
    assert_int_equal(row.pairs_true, 3);
    assert_int_equal(row.pairs_found, 3);
    assert_int_equal(row.true_positives, 2);
    assert_int_equal(row.pairs_ignored, 1);
    assert_near(row.precision, 2.0 / 3);
    assert_near(row.recall, 2.0 / 3);
    assert_near(row.weighted_precision, 4.0 / 5); /* a pair without a label stands for itself */
    assert_near(row.weighted_recall, 4.0 / 5);
    assert_int_equal(nd_evaluator_num_repeated(e), 1);
    assert_int_equal(row.num_kinds, 2);
    assert_memory_equal(row.kinds[0].kind, "head", 4);
    assert_int_equal(row.kinds[0].pairs, 1);
    assert_int_equal(row.kinds[0].found, 1);
    assert_memory_equal(row.kinds[1].kind, "tail", 4);
    assert_int_equal(row.kinds[1].pairs, 2);
    assert_int_equal(row.kinds[1].found, 1);
    nd_evaluation_release(e, &row);
    nd_evaluator_clear_found(e);
    assert_int_equal(nd_evaluator_measure(e, &row), ND_OK);
    assert_true(row.pairs_found == 0 && row.precision == 1 && row.recall == 0);
    nd_evaluation_release(e, &row);
    nd_evaluator_free(e);
}

static void pairs_without_a_label_are_left_out(void **state)
{
    (void)state;
    nd_evaluator *const e = evaluator_of(ND_TRUTH_LABELLED);
    nd_evaluation row;
    tell(e, "a", "b", "C", 1, 2);
    tell(e, "a", "c", "T", 0, 5);
    tell(e, "a", "d", "C", 1, 4);
    tell(e, "b", "d", "T", 0, 1);
    found(e, "a", "b");
    found(e, "c", "a");
    found(e, "d", "e"); /* nobody has looked at it */
    assert_int_equal(nd_evaluator_measure(e, &row), ND_OK);
    assert_int_equal(row.pairs_true, 2);
    assert_int_equal(row.pairs_found, 2);
    assert_int_equal(row.true_positives, 1);
    assert_int_equal(row.pairs_ignored, 1);
    assert_near(row.precision, 0.5);
    assert_near(row.weighted_precision, 2.0 / 7);
    assert_near(row.weighted_recall, 2.0 / 6);
    assert_near(row.weighted_f1, 4.0 / (6 + 7));
    assert_true(isnan(row.ari));
    assert_int_equal(row.kinds[0].pairs, 2); /* C */
    assert_int_equal(row.kinds[0].found, 1);
    assert_int_equal(row.kinds[1].pairs, 2); /* T */
    assert_int_equal(row.kinds[1].found, 1);
    nd_evaluation_release(e, &row);
    nd_evaluator_free(e);
}

static void clusters_and_groups_are_all_their_pairs(void **state)
{
    (void)state;
    nd_evaluator *const e = evaluator_of(ND_TRUTH_CLUSTERS);
    nd_evaluation row;
    uint64_t earlier = 0;
    static const char *const members[][2] = {{"a", "x"}, {"b", "y"}, {"c", "x"}, {"d", "x"}};
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(
            nd_evaluator_add_member(e, id_of(members[i][0]), members[i][1], 1, 10 + i, &earlier),
            ND_OK);
    assert_int_equal(nd_evaluator_add_member(e, id_of("c"), "x", 1, 20, &earlier), ND_OK);
    assert_int_equal(nd_evaluator_add_member(e, id_of("c"), "y", 1, 21, &earlier), ND_ERR_EXISTS);
    assert_int_equal(earlier, 12);
    const nd_id group[] = {id_of("d"), id_of("a"), id_of("e")};
    assert_int_equal(nd_evaluator_found_group(e, group, 3), ND_OK);
    assert_int_equal(nd_evaluator_measure(e, &row), ND_OK);
    assert_int_equal(row.pairs_true, 3);  /* ac ad cd */
    assert_int_equal(row.pairs_found, 3); /* ad ae de */
    assert_int_equal(row.true_positives, 1);
    /* Of 10 pairs of 5 ids 3 are together in either, 1 in both. */
    assert_near(row.ari, (1 - 0.9) / (3 - 0.9));
    nd_evaluation_release(e, &row);
    nd_evaluator_free(e);
}

static nd_scan_options word_pairs(double threshold)
{
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.shingle = (nd_shingle_spec){ND_SHINGLE_WORD, 1};
    options.rule.jaccard = threshold;
    options.output = ND_SCAN_PAIRS;
    options.num_threads = 2;
    return options;
}

static nd_status remember_first(void *ctx, const nd_wrong_pair *pair)
{
    nd_wrong_pair *const first = ctx;
    *first = *pair;
    return ND_ERR_CANCELLED;
}

static void scans_are_measured_with_bands_and_their_worst_pairs(void **state)
{
    (void)state;
    nd_evaluator *const e = evaluator_of(ND_TRUTH_PAIRS);
    nd_evaluation row;
    tell(e, "b", "d", NULL, 1, 1);  /* 3 of 4 words */
    tell(e, "d", "e", "odd", 1, 1); /* 3 of 5 */
    const nd_scan_options options = word_pairs(0.75);
    nd_wrong_pair wrong = {0};
    assert_int_equal(nd_evaluator_each_wrong(e, ND_WRONG_FALSE, 9, remember_first, &wrong),
                     ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_evaluator_scan(e, &options, &row, NULL), ND_OK);
    assert_int_equal(row.stats.documents, NUM_TEXTS);
    assert_int_equal(row.pairs_found, 2); /* bd be */
    assert_int_equal(row.true_positives, 1);
    assert_int_equal(row.bands[2].pairs_true, 1); /* 0.7 to 0.8 */
    assert_int_equal(row.bands[2].true_positives, 1);
    assert_int_equal(row.bands[3].pairs_true, 1); /* 0.5 to 0.7 */
    assert_int_equal(row.bands[3].true_positives, 0);
    nd_evaluation_release(e, &row);
    assert_int_equal(nd_evaluator_each_wrong(e, ND_WRONG_FALSE, 9, remember_first, &wrong),
                     ND_ERR_CANCELLED);
    assert_memory_equal(wrong.a->id, "b", 1);
    assert_memory_equal(wrong.b->id, "e", 1);
    assert_null(wrong.kind);
    assert_int_equal(nd_evaluator_each_wrong(e, ND_WRONG_MISSED, 9, remember_first, &wrong),
                     ND_ERR_CANCELLED);
    assert_memory_equal(wrong.kind, "odd", 3);
    assert_int_equal(wrong.similarity.common, 3);
    assert_int_equal(nd_evaluator_each_wrong(e, ND_WRONG_MISSED, 0, remember_first, &wrong), ND_OK);
    nd_evaluator_free(e);
}

static void exact_truth_is_what_reaches_the_threshold_of_each_scan(void **state)
{
    (void)state;
    nd_evaluator *const e = evaluator_of(ND_TRUTH_EXACT);
    const double thresholds[] = {0.5, 0.75, 0.9};
    const uint64_t num_true[] = {3, 2, 0};
    for (int i = 0; i < 3; i++) {
        const nd_scan_options options = word_pairs(thresholds[i]);
        nd_evaluation row;
        assert_int_equal(nd_evaluator_scan(e, &options, &row, NULL), ND_OK);
        assert_int_equal(row.pairs_true, num_true[i]);
        assert_true(row.precision == 1 && row.ari == 1);
        nd_evaluation_release(e, &row);
    }
    nd_evaluator_free(e);
}

static void a_scan_that_is_refused_says_why(void **state)
{
    (void)state;
    nd_evaluator *e;
    nd_evaluation row;
    nd_error error = {0};
    nd_scan_options options = word_pairs(0.5);
    assert_int_equal(nd_evaluator_new(ND_TRUTH_EXACT, ND_TEXTS_KEEP, NULL, &e, NULL), ND_OK);
    assert_int_equal(nd_evaluator_scan(e, &options, &row, &error), ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the evaluator is not sealed");
    assert_int_equal(add_texts(e, 0, 1), ND_OK);
    options.coverage = 0.5;
    assert_int_equal(nd_evaluator_scan(e, &options, &row, &error), ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the exact join knows no coverage and no score");
    options = word_pairs(2);
    assert_int_equal(nd_evaluator_scan(e, &options, &row, &error), ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "'rule.jaccard' must be above 0 and at most 1");
    nd_evaluator_free(e);
}

static void what_cannot_be_told_or_measured_is_refused(void **state)
{
    (void)state;
    nd_evaluator *e;
    nd_evaluation row;
    const nd_pair_label label = {.weight = 1}, odd = {.weight = NAN};
    nd_error error = {0};
    assert_int_equal(nd_evaluator_new(ND_TRUTH_EXACT, ND_TEXTS_FORGET, NULL, &e, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the exact join needs the texts");
    assert_int_equal(nd_evaluator_new((nd_truth)9, ND_TEXTS_KEEP, NULL, &e, &error),
                     ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "no such kind of truth, or of texts");
    assert_int_equal(nd_evaluator_new(ND_TRUTH_PAIRS, ND_TEXTS_FORGET, NULL, &e, NULL), ND_OK);
    assert_int_equal(nd_evaluator_add_pair(e, id_of("a"), id_of("b"), &label),
                     ND_ERR_INVALID_ARGUMENT); /* not sealed */
    assert_int_equal(nd_evaluator_measure(e, &row), ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(add_texts(e, 0, 1), ND_OK);
    const nd_document late = {.id = "z", .id_len_bytes = 1, .text = "", .text_len_bytes = 0};
    assert_int_equal(nd_evaluator_add_document(e, &late), ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_evaluator_add_pair(e, id_of("a"), id_of("z"), &label), ND_ERR_NOT_FOUND);
    assert_int_equal(nd_evaluator_add_pair(e, id_of("a"), id_of("a"), &label),
                     ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_evaluator_add_pair(e, id_of("a"), id_of("b"), &odd),
                     ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_evaluator_add_member(e, id_of("a"), "x", 1, 0, NULL),
                     ND_ERR_INVALID_ARGUMENT);
    assert_int_equal(nd_evaluator_found_pair(e, id_of("z"), id_of("a")), ND_ERR_NOT_FOUND);
    const nd_scan_options options = word_pairs(0.5);
    assert_int_equal(nd_evaluator_scan(e, &options, &row, &error), ND_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the evaluator does not keep texts");
    assert_int_equal(nd_evaluator_measure(e, &row), ND_OK); /* ids alone will do for that */
    nd_evaluation_release(e, &row);
    nd_evaluator_free(e);
    nd_evaluator_free(NULL);
}

static void the_order_of_the_documents_changes_nothing(void **state)
{
    (void)state;
    nd_evaluation rows[NUM_TEXTS];
    for (int first = 0; first < NUM_TEXTS; first++) {
        nd_evaluator *e;
        assert_int_equal(nd_evaluator_new(ND_TRUTH_PAIRS, ND_TEXTS_KEEP, NULL, &e, NULL), ND_OK);
        assert_int_equal(add_texts(e, first, 5), ND_OK);
        tell(e, "c", "d", NULL, 1, 1);
        tell(e, "b", "d", NULL, 1, 1);
        const nd_scan_options options = word_pairs(0.5);
        assert_int_equal(nd_evaluator_scan(e, &options, &rows[first], NULL), ND_OK);
        nd_evaluation_release(e, &rows[first]);
        assert_memory_equal(rows[first].bands, rows[0].bands, sizeof rows[0].bands);
        nd_evaluator_free(e);
    }
}

static nd_status evaluate(const nd_allocator *allocator)
{
    nd_evaluator *e = NULL;
    nd_evaluation row = {0};
    nd_status status = nd_evaluator_new(ND_TRUTH_PAIRS, ND_TEXTS_KEEP, allocator, &e, NULL);
    if (status != ND_OK)
        return status;
    status = add_texts(e, 0, 1);
    static const char *const kinds[] = {"y", "x", "z"};
    for (int i = 0; i < 3 && status == ND_OK; i++) {
        const nd_pair_label label = {kinds[i], 1, 1, 1};
        status = nd_evaluator_add_pair(e, id_of("d"), id_of(texts[i + 1][0]), &label);
    }
    if (status == ND_OK)
        status = nd_evaluator_ignore_pair(e, id_of("d"), id_of("c"));
    nd_scan_options options = word_pairs(0.5);
    options.output = ND_SCAN_GROUPS;
    if (status == ND_OK)
        status = nd_evaluator_scan(e, &options, &row, NULL);
    nd_wrong_pair wrong;
    if (status == ND_OK) {
        status = nd_evaluator_each_wrong(e, ND_WRONG_FALSE, 9, remember_first, &wrong);
        status = status == ND_ERR_CANCELLED ? ND_OK : status;
    }
    nd_evaluation_release(e, &row);
    nd_evaluator_free(e);
    return status;
}

static nd_status measure(const nd_allocator *allocator)
{
    const uint32_t members[] = {0, 1, 2, 3};
    uint32_t label[4];
    double ari;
    nd_pair_list list = {.allocator = allocator}, sum = {.allocator = allocator};
    nd_status status = nd_pair_list_add_all(&list, members, 4);
    if (status == ND_OK)
        status = nd_pair_list_append(&sum, &list);
    if (status == ND_OK)
        status = nd_pair_list_sort(&sum);
    nd_pair_list_components(&sum, 4, label);
    if (status == ND_OK)
        status = nd_adjusted_rand_index(label, members, 4, allocator, &ari);
    nd_pair_list_release(&list);
    nd_pair_list_release(&sum);
    return status;
}

static void assert_each_failing_allocation_is_reported(nd_status (*run)(const nd_allocator *),
                                                       long least)
{
    long num = 0;
    for (;; num++) {
        failing_allocator failing = {.left = num};
        const nd_allocator allocator = failing_allocator_make(&failing);
        const nd_status status = run(&allocator);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    assert_true(num >= least);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    assert_each_failing_allocation_is_reported(measure, 5);
    assert_each_failing_allocation_is_reported(evaluate, 40);
}

int main(void)
{
    plain = nd_allocator_or_default(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precision_recall_and_f1_are_shares_of_the_pairs),
        cmocka_unit_test(pairs_count_once_in_either_order_and_never_with_themselves),
        cmocka_unit_test(nothing_found_is_no_mistake_and_nothing_true_is_nothing_missed),
        cmocka_unit_test(adjusted_rand_index_is_that_of_hand_computed_tables),
        cmocka_unit_test(equal_partitions_have_an_adjusted_rand_index_of_1),
        cmocka_unit_test(partitions_by_chance_have_an_adjusted_rand_index_near_0),
        cmocka_unit_test(components_are_labelled_by_their_lowest_document),
        cmocka_unit_test(all_pairs_of_a_group_are_added),
        cmocka_unit_test(subtracting_drops_the_pairs_of_the_other_list),
        cmocka_unit_test(a_band_begins_with_its_lower_end),
        cmocka_unit_test(documents_of_one_id_count_as_one),
        cmocka_unit_test(names_that_a_scan_gives_are_known),
        cmocka_unit_test(found_pairs_are_measured_against_the_told_ones),
        cmocka_unit_test(pairs_without_a_label_are_left_out),
        cmocka_unit_test(clusters_and_groups_are_all_their_pairs),
        cmocka_unit_test(scans_are_measured_with_bands_and_their_worst_pairs),
        cmocka_unit_test(exact_truth_is_what_reaches_the_threshold_of_each_scan),
        cmocka_unit_test(a_scan_that_is_refused_says_why),
        cmocka_unit_test(what_cannot_be_told_or_measured_is_refused),
        cmocka_unit_test(the_order_of_the_documents_changes_nothing),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
