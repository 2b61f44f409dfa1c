/* Files of true pairs and clusters, read against documents held in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/held_sets.h"
#include "cli/truth_clusters.h"
#include "cli/truth_pairs.h"
#include "failing_allocator.h"
#include "io_fixture.h"
#include "neardup/repair.h"

static nd_allocator plain;

/* Documents a to d, "a" with tab, and a second document of the id c. */
static const nd_document documents[] = {
    {"d", 1, "one two three four", 18, 0, 0}, {"b", 1, "one two three", 13, 0, 0},
    {"c", 1, "two documents", 13, 7, 0},      {"a", 1, "", 0, 0, 0},
    {"c", 1, "share this id", 13, 3, 0},      {"a\tb\\", 4, "six", 3, 0, 0},
};
enum { NUM_DOCUMENTS = sizeof documents / sizeof *documents, A = 0, A_TAB, B, C, D, NUM_IDS };

typedef struct document_list {
    const nd_document *next, *end;
} document_list;

static nd_status next_document(void *ctx, void **block, nd_error *error)
{
    (void)error;
    document_list *const list = ctx;
    *block = list->next < list->end ? (void *)(uintptr_t)list->next++ : NULL;
    return ND_OK;
}

static nd_status decode_document(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                                 nd_error *error)
{
    (void)ctx;
    (void)error;
    return emit(emit_ctx, block);
}

static void discard_document(void *ctx, void *block)
{
    (void)ctx;
    (void)block;
}

static nd_status hold(nd_held_documents *held, document_list list, const nd_allocator *allocator)
{
    const nd_source source = {&list, next_document, decode_document, discard_document};
    const nd_document_map_options options = {.num_threads = 2, .allocator = allocator};
    return nd_held_documents_init(held, &source, &options, NULL);
}

static nd_status hold_documents(nd_held_documents *held, const nd_allocator *allocator)
{
    const document_list list = {documents, documents + NUM_DOCUMENTS};
    return hold(held, list, allocator);
}

static nd_held_documents held_documents(void)
{
    nd_held_documents held;
    assert_int_equal(hold_documents(&held, &plain), ND_OK);
    return held;
}

static void assert_number(const nd_held_documents *held, const char *id, uint32_t expected)
{
    uint32_t number = 99;
    assert_true(nd_held_documents_find(held, id, strlen(id), &number));
    assert_int_equal(number, expected);
}

static void documents_are_held_in_the_order_of_their_ids(void **state)
{
    (void)state;
    nd_held_documents held = held_documents();
    assert_int_equal(held.num_documents, NUM_DOCUMENTS);
    assert_int_equal(held.num_ids, NUM_IDS);
    assert_int_equal(held.text_bytes, 18 + 13 + 13 + 13 + 3);
    assert_number(&held, "a", A);
    assert_number(&held, "b", B);
    assert_number(&held, "d", D);
    /* Of the two with this id the one with the lower text is the first. */
    assert_int_equal(nd_held_document(&held, C)->preference, 3);
    assert_int_equal(held.id_of[held.first_of[C] + 1], C);
    nd_held_documents_release(&held);
}

static void an_id_is_found_as_the_tool_writes_it_in_a_table(void **state)
{
    (void)state;
    nd_held_documents held = held_documents();
    uint32_t number;
    assert_number(&held, "a\tb\\", A_TAB);
    assert_number(&held, "a\\tb\\\\", A_TAB);
    assert_false(nd_held_documents_find(&held, "a\\nb\\\\", 7, &number));
    assert_false(nd_held_documents_find(&held, "", 0, &number));
    assert_false(nd_held_documents_find(&held, "e", 1, &number));
    nd_held_documents_release(&held);
}

static nd_status mark_document(void *ctx, const nd_document *document)
{
    size_t *const num = ctx;
    (*num)++;
    return document->text_len_bytes == 3 ? ND_ERR_CANCELLED : ND_OK;
}

static void held_documents_are_a_source_that_can_be_read_again(void **state)
{
    (void)state;
    nd_held_documents held = held_documents();
    for (int time = 0; time < 2; time++) {
        nd_held_reading reading;
        const nd_source source = nd_held_documents_source(&held, &reading);
        void *block;
        size_t num = 0;
        assert_int_equal(source.next(source.ctx, &block, NULL), ND_OK);
        assert_non_null(block);
        assert_int_equal(source.decode(source.ctx, block, mark_document, &num, NULL),
                         ND_ERR_CANCELLED);
        assert_int_equal(num, 2); /* "a", and the one that stops it */
        assert_int_equal(source.next(source.ctx, &block, NULL), ND_OK);
        assert_null(block);
    }
    nd_held_documents_release(&held);
}

static void held_sets_compare_the_first_documents_of_two_ids(void **state)
{
    (void)state;
    nd_held_documents held = held_documents();
    nd_held_sets sets = {0};
    const nd_shingle_spec word_1 = {ND_SHINGLE_WORD, 1};
    for (uint32_t threads = 1; threads <= 3; threads++) {
        assert_int_equal(nd_held_sets_make(&sets, &held, word_1, ND_REPAIR_NONE, threads), ND_OK);
        const nd_similarity s = nd_held_sets_compare(&sets, &held, B, D);
        assert_int_equal(s.common, 3);
        assert_true(s.jaccard == 0.75);
        assert_int_equal(nd_held_sets_compare(&sets, &held, A, D).size_a, 0);
        assert_int_equal(nd_held_sets_compare(&sets, &held, C, D).common, 0);
    }
    const nd_shingle_spec word_2 = {ND_SHINGLE_WORD, 2}; /* made anew */
    assert_int_equal(nd_held_sets_make(&sets, &held, word_2, ND_REPAIR_ALL, 1), ND_OK);
    assert_int_equal(nd_held_sets_compare(&sets, &held, B, D).common, 2);
    nd_held_sets_release(&sets);
    nd_held_documents_release(&held);
}

static void held_sets_are_of_the_repaired_texts(void **state)
{
    (void)state;
    const nd_document two[] = {{"a", 1, "bread &amp;amp; caf&eacute;", 27, 0, 0},
                               {"b", 1, "bread & caf\xc3\xa9", 13, 0, 0}};
    const document_list list = {two, two + 2};
    const nd_shingle_spec word_1 = {ND_SHINGLE_WORD, 1};
    nd_held_documents held;
    nd_held_sets sets = {0};
    assert_int_equal(hold(&held, list, &plain), ND_OK);
    assert_int_equal(nd_held_sets_make(&sets, &held, word_1, ND_REPAIR_NONE, 2), ND_OK);
    assert_true(nd_held_sets_compare(&sets, &held, 0, 1).jaccard < 0.5);
    assert_int_equal(nd_held_sets_make(&sets, &held, word_1, ND_REPAIR_ENTITIES, 2), ND_OK);
    assert_true(nd_held_sets_compare(&sets, &held, 0, 1).jaccard == 1);
    nd_held_sets_release(&sets);
    nd_held_documents_release(&held);
}

/* Reads a file of these bytes. */
static nd_status read_pairs(nd_truth_pairs *truth, const char *text, const char *kind_column,
                            nd_error *error)
{
    nd_held_documents held = held_documents();
    write_text("pairs.tsv", text);
    const nd_status status =
        nd_truth_pairs_read(truth, temp_path("pairs.tsv"), kind_column, &held, error);
    nd_held_documents_release(&held);
    return status;
}

static void assert_pairs(const nd_pair_list *list, const uint32_t (*expected)[2], size_t num)
{
    assert_int_equal(list->pairs.len, num);
    for (size_t i = 0; i < num; i++)
        assert_int_equal(list->pairs.items[i], nd_pair_key(expected[i][0], expected[i][1]));
}

static void true_pairs_stand_in_either_order_once_and_with_more_columns(void **state)
{
    (void)state;
    nd_truth_pairs truth;
    nd_error error = {0};
    const char *const text =
        "#id1\tid2\tjaccard\nd\tb\t0.9\n\na\tc\r\nb\td\t0.9\tx\ty\na\\tb\\\\\ta";
    assert_int_equal(read_pairs(&truth, text, NULL, &error), ND_OK);
    const uint32_t expected[][2] = {{A, A_TAB}, {A, C}, {B, D}};
    assert_pairs(&truth.pairs, expected, 3);
    assert_int_equal(truth.num_repeated, 1);
    assert_null(truth.kind_of);
    nd_truth_pairs_release(&truth);
}

static void pairs_of_unknown_ids_and_of_one_id_are_counted_and_the_first_is_named(void **state)
{
    (void)state;
    nd_truth_pairs truth;
    nd_error error = {0};
    assert_int_equal(read_pairs(&truth, "a\tb\na\tx\nx\ty\nc\tc\nd\td\n", NULL, &error), ND_OK);
    assert_int_equal(truth.pairs.pairs.len, 1);
    assert_int_equal(truth.unknown.count, 2);
    assert_non_null(strstr(truth.unknown.first, "pairs.tsv':2: no document 'x'"));
    assert_int_equal(truth.selves.count, 2);
    assert_non_null(strstr(truth.selves.first, "pairs.tsv':4: twice 'c'"));
    nd_truth_pairs_release(&truth);
}

static void a_malformed_pair_names_file_and_line(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\tb\n\nalone\n", "a\tb\n\n\tb\n", "a\tb\n\na\t\n",
                                        "a\tb\n\na\t\tb\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nd_truth_pairs truth;
        nd_error error = {0};
        assert_int_equal(read_pairs(&truth, texts[i], NULL, &error), ND_ERR_FORMAT);
        assert_non_null(strstr(error.message, "pairs.tsv':3: two ids with a tab between"));
        nd_truth_pairs_release(&truth);
    }
}

static void kinds_come_from_the_column_that_a_header_names(void **state)
{
    (void)state;
    nd_truth_pairs truth;
    nd_error error = {0};
    const char *const text = "#id1\tid2\tjaccard\tkind\nc\td\t0.1\ttail\na\tb\t0.2\thead\n"
                             "a\td\t0.3\ttail\nb\ta\t0.3\ttail\n";
    assert_int_equal(read_pairs(&truth, text, "kind", &error), ND_OK);
    const uint32_t expected[][2] = {{A, B}, {A, D}, {C, D}};
    assert_pairs(&truth.pairs, expected, 3);
    assert_int_equal(truth.num_kinds, 2);
    assert_memory_equal(truth.kinds[0].p, "head", 4);
    assert_memory_equal(truth.kinds[1].p, "tail", 4);
    const uint32_t kinds[] = {0, 1, 1}; /* the first line of a pair decides */
    assert_memory_equal(truth.kind_of, kinds, sizeof kinds);
    nd_pair_list ignored = {.allocator = &plain};
    assert_int_equal(nd_pair_list_add(&ignored, D, A), ND_OK);
    nd_truth_pairs_subtract(&truth, &ignored);
    const uint32_t left[][2] = {{A, B}, {C, D}}, kinds_left[] = {0, 1};
    assert_pairs(&truth.pairs, left, 2);
    assert_memory_equal(truth.kind_of, kinds_left, sizeof kinds_left);
    nd_pair_list_release(&ignored);
    nd_truth_pairs_release(&truth);
}

static void a_missing_kind_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\tb\tx\n", "#id1\tid2\nkind\n", "#a\tb\tkind\na\tb\n"};
    static const char *const messages[] = {":1: no line that begins with '#'",
                                           ":2: two ids with a tab", ":2: no column 'kind'"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nd_truth_pairs truth;
        nd_error error = {0};
        assert_int_equal(read_pairs(&truth, texts[i], "kind", &error), ND_ERR_FORMAT);
        assert_non_null(strstr(error.message, messages[i]));
        nd_truth_pairs_release(&truth);
    }
}

static nd_status read_clusters(nd_truth_clusters *truth, const char *text, nd_error *error)
{
    nd_held_documents held = held_documents();
    write_text("clusters.tsv", text);
    const nd_status status = nd_truth_clusters_read(truth, temp_path("clusters.tsv"), &held, error);
    nd_held_documents_release(&held);
    return status;
}

static void documents_of_one_cluster_make_pairs(void **state)
{
    (void)state;
    nd_truth_clusters truth;
    nd_error error = {0};
    assert_int_equal(
        read_clusters(&truth, "#id\tcluster\nd\tX\nb\tX\nc\tY\na\tX\nd\tX\nz\tX\n", &error), ND_OK);
    const uint32_t expected[][2] = {{A, B}, {A, D}, {B, D}};
    assert_pairs(&truth.pairs, expected, 3);
    const uint32_t label[NUM_IDS] = {[A] = A, [A_TAB] = A_TAB, [B] = A, [C] = C, [D] = A};
    assert_memory_equal(truth.label, label, sizeof label);
    assert_int_equal(truth.unknown.count, 1);
    nd_truth_clusters_release(&truth);
}

static void an_id_in_two_clusters_is_an_error(void **state)
{
    (void)state;
    nd_truth_clusters truth;
    nd_error error = {0};
    assert_int_equal(read_clusters(&truth, "a\tX\nb\tX\na\tY\n", &error), ND_ERR_FORMAT);
    assert_non_null(strstr(error.message,
                           "clusters.tsv':3: this id is in another cluster already, see line 1"));
    nd_truth_clusters_release(&truth);
    assert_int_equal(read_clusters(&truth, "a\tX\nb\n", &error), ND_ERR_FORMAT);
    assert_non_null(strstr(error.message, "clusters.tsv':2: an id and a cluster"));
    nd_truth_clusters_release(&truth);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    nd_held_documents held = held_documents();
    nd_truth_pairs truth;
    nd_error error = {0};
    assert_int_not_equal(nd_truth_pairs_read(&truth, temp_path("none.tsv"), NULL, &held, &error),
                         ND_OK);
    assert_non_null(strstr(error.message, "none.tsv': No such file"));
    nd_truth_pairs_release(&truth);
    nd_held_documents_release(&held);
}

static nd_status read_all(const nd_allocator *allocator)
{
    const nd_shingle_spec word_2 = {ND_SHINGLE_WORD, 2};
    nd_held_documents held;
    nd_held_sets sets = {0};
    nd_truth_pairs pairs = {0};
    nd_truth_clusters clusters = {0};
    nd_error error;
    nd_status status = hold_documents(&held, allocator);
    if (status == ND_OK)
        status = nd_held_sets_make(&sets, &held, word_2, ND_REPAIR_ALL, 2);
    if (status == ND_OK)
        status = nd_truth_pairs_read(&pairs, temp_path("pairs.tsv"), "kind", &held, &error);
    if (status == ND_OK)
        status = nd_truth_clusters_read(&clusters, temp_path("clusters.tsv"), &held, &error);
    nd_truth_clusters_release(&clusters);
    nd_truth_pairs_release(&pairs);
    nd_held_sets_release(&sets);
    nd_held_documents_release(&held);
    return status;
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    write_text("pairs.tsv", "#a\tb\tkind\na\tb\tx\nb\tc\ty\n");
    write_text("clusters.tsv", "a\tX\nb\tX\n");
    long num = 0;
    for (;; num++) {
        failing_allocator failing = {.left = num};
        const nd_allocator allocator = failing_allocator_make(&failing);
        const nd_status status = read_all(&allocator);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    assert_true(num > 25);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    plain = nd_allocator_or_default(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_held_in_the_order_of_their_ids),
        cmocka_unit_test(an_id_is_found_as_the_tool_writes_it_in_a_table),
        cmocka_unit_test(held_documents_are_a_source_that_can_be_read_again),
        cmocka_unit_test(held_sets_compare_the_first_documents_of_two_ids),
        cmocka_unit_test(held_sets_are_of_the_repaired_texts),
        IN_FOLDER(true_pairs_stand_in_either_order_once_and_with_more_columns),
        IN_FOLDER(pairs_of_unknown_ids_and_of_one_id_are_counted_and_the_first_is_named),
        IN_FOLDER(a_malformed_pair_names_file_and_line),
        IN_FOLDER(kinds_come_from_the_column_that_a_header_names),
        IN_FOLDER(a_missing_kind_is_an_error),
        IN_FOLDER(documents_of_one_cluster_make_pairs),
        IN_FOLDER(an_id_in_two_clusters_is_an_error),
        IN_FOLDER(a_file_that_is_not_there_is_named),
        IN_FOLDER(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
