/* Files of true pairs, labels and clusters, told to an evaluator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/process.h"
#include "cli/truth_file.h"
#include "failing_allocator.h"
#include "io_fixture.h"

/* Documents a to d, "a" with a tab and a control character, and one whose id begins with '#'. */
static const char *const ids[] = {"d", "b", "c", "a", "a\tb\\\x1b", "#1"};
enum { NUM_IDS = sizeof ids / sizeof *ids };

/* What a test reads, and what comes of it. */
typedef struct fixture {
    nd_settings settings;
    nd_evaluator *evaluator;
    nd_truth_report report;
    nd_error error;
    const char *labels[4];
} fixture;

static nd_status fixture_init(fixture *f, nd_truth truth, const nd_allocator *allocator)
{
    *f = (fixture){0};
    nd_status status = nd_evaluator_new(truth, ND_TEXTS_FORGET, allocator, &f->evaluator, NULL);
    for (size_t i = 0; i < NUM_IDS && status == ND_OK; i++) {
        const nd_document document = {
            .id = ids[i], .id_len_bytes = strlen(ids[i]), .text = "", .text_len_bytes = 0};
        status = nd_evaluator_add_document(f->evaluator, &document);
    }
    return status == ND_OK ? nd_evaluator_seal(f->evaluator) : status;
}

static nd_status read_pairs(fixture *f, const char *text, const nd_allocator *allocator)
{
    write_text("pairs.tsv", text);
    f->settings.truth_path = temp_path("pairs.tsv");
    return nd_truth_file_read(f->evaluator, &f->settings, ND_TRUTH_FILE_PAIRS, allocator,
                              &f->report, &f->error);
}

static void reads_pairs(fixture *f, nd_truth truth, const char *text)
{
    const nd_settings settings = f->settings;
    assert_int_equal(fixture_init(f, truth, NULL), ND_OK);
    f->settings = settings;
    const nd_status status = read_pairs(f, text, nd_tool_allocator());
    assert_string_equal(f->error.message, "");
    assert_int_equal(status, ND_OK);
}

/* Tells which pairs are true: those that are right when they are found, "ab cd". */
static void assert_true_pairs(fixture *f, const char *pairs)
{
    nd_evaluation row;
    uint64_t num = 0;
    nd_evaluator_clear_found(f->evaluator);
    for (const char *p = pairs; *p; p += p[2] == ' ' ? 3 : 2, num++) {
        const nd_id a = {.p = p, .len_bytes = 1}, b = {.p = p + 1, .len_bytes = 1};
        assert_int_equal(nd_evaluator_found_pair(f->evaluator, a, b), ND_OK);
    }
    assert_int_equal(nd_evaluator_measure(f->evaluator, &row), ND_OK);
    assert_int_equal(row.pairs_true, num);
    assert_int_equal(row.true_positives, num);
    nd_evaluation_release(f->evaluator, &row);
}

static uint64_t count_true(fixture *f)
{
    nd_evaluation row;
    assert_int_equal(nd_evaluator_measure(f->evaluator, &row), ND_OK);
    const uint64_t num = row.pairs_true;
    nd_evaluation_release(f->evaluator, &row);
    return num;
}

static void refuses_pairs(fixture *f, nd_truth truth, const char *text, const char *message)
{
    const nd_settings settings = f->settings;
    assert_int_equal(fixture_init(f, truth, NULL), ND_OK);
    f->settings = settings;
    assert_int_equal(read_pairs(f, text, nd_tool_allocator()), ND_ERR_FORMAT);
    assert_non_null(strstr(f->error.message, message));
    nd_evaluator_free(f->evaluator);
}

static void true_pairs_stand_in_either_order_once_and_with_more_columns(void **state)
{
    (void)state;
    fixture f = {0};
    reads_pairs(&f, ND_TRUTH_PAIRS,
                "#id1\tid2\tjaccard\nd\tb\t0.9\n\na\tc\r\nb\td\t0.9\tx\ty\na\tb");
    assert_true_pairs(&f, "ab ac bd");
    assert_int_equal(f.report.num_lines, 4);
    assert_int_equal(nd_evaluator_num_repeated(f.evaluator), 1);
    nd_evaluator_free(f.evaluator);
}

static void an_id_is_found_as_the_tool_writes_it_in_a_table(void **state)
{
    (void)state;
    fixture f = {0};
    reads_pairs(&f, ND_TRUTH_PAIRS, "a\\tb\\\\\\x1b\ta\nb\ta\\nb\n");
    assert_int_equal(count_true(&f), 1);
    assert_int_equal(f.report.unknown.count, 1);
    nd_evaluator_free(f.evaluator);
}

static void pairs_of_unknown_ids_and_of_one_id_are_counted_and_the_first_is_named(void **state)
{
    (void)state;
    fixture f = {0};
    reads_pairs(&f, ND_TRUTH_PAIRS, "a\tb\na\tx\nx\ty\nc\tc\nd\td\n");
    assert_true_pairs(&f, "ab");
    assert_int_equal(f.report.unknown.count, 2);
    assert_non_null(strstr(f.report.unknown.first, "pairs.tsv':2: no document 'x'"));
    assert_int_equal(f.report.selves.count, 2);
    assert_non_null(strstr(f.report.selves.first, "pairs.tsv':4: twice 'c'"));
    nd_evaluator_free(f.evaluator);
}

static void only_the_first_lines_are_headers(void **state)
{
    (void)state;
    fixture f = {0};
    reads_pairs(&f, ND_TRUTH_PAIRS, "# two comments\n#\n#id1\tid2\na\tb\n#1\tc\n#2\tc\n");
    assert_int_equal(count_true(&f), 2);
    assert_int_equal(f.report.num_lines, 3);
    assert_non_null(strstr(f.report.unknown.first, "pairs.tsv':6: no document '#2'"));
    nd_evaluator_free(f.evaluator);
    /* A first line that names two documents is no header. */
    reads_pairs(&f, ND_TRUTH_PAIRS, "#1\tb\na\tb\n");
    assert_int_equal(count_true(&f), 2);
    nd_evaluator_free(f.evaluator);
}

static void tables_of_the_tool_are_read_back(void **state)
{
    (void)state;
    fixture f = {0};
    reads_pairs(&f, ND_TRUTH_PAIRS,
                "a\tb\tkind\tjaccard\ta_in_b\tb_in_a\nc\td\tnear\t0.9\t0.9\t0.9\n");
    assert_true_pairs(&f, "cd");
    assert_int_equal(f.report.unknown.count, 0);
    nd_evaluator_free(f.evaluator);
    reads_pairs(&f, ND_TRUTH_PAIRS,
                "representative\tsize\tid\tkind\tjaccard\nc\t3\td\tnear\t0.9\n"
                "c\t3\ta\tnear\t0.9\n");
    assert_true_pairs(&f, "ac cd");
    nd_evaluator_free(f.evaluator);
}

static void byte_order_mark_is_no_part_of_the_first_id(void **state)
{
    (void)state;
    fixture f = {0};
    reads_pairs(&f, ND_TRUTH_PAIRS,
                "\xEF\xBB\xBF"
                "a\tb\n");
    assert_true_pairs(&f, "ab");
    nd_evaluator_free(f.evaluator);
    reads_pairs(&f, ND_TRUTH_PAIRS, "\xEF\xBB\xBF#id1\tid2\na\tb\n");
    assert_true_pairs(&f, "ab");
    nd_evaluator_free(f.evaluator);
}

static void a_malformed_pair_names_file_and_line(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\tb\n\nalone\n", "a\tb\n\n\tb\n", "a\tb\n\na\t\n",
                                        "a\tb\n\na\t\tb\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fixture f = {0};
        refuses_pairs(&f, ND_TRUTH_PAIRS, texts[i], "pairs.tsv':3: two ids with a tab between");
    }
}

static void file_without_a_pair_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "#id1\tid2\n", "# nothing\n\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fixture f = {0};
        refuses_pairs(&f, ND_TRUTH_PAIRS, texts[i], "pairs.tsv' holds no pair");
    }
}

static void kinds_come_from_the_column_that_a_header_names(void **state)
{
    (void)state;
    fixture f = {.settings = {.by_kind = 1, .kind_column = "kind"}};
    nd_evaluation row;
    reads_pairs(&f, ND_TRUTH_PAIRS,
                "#id1\tid2\tjaccard\tkind\nc\td\t0.1\ttail\na\tb\t0.2\thead\n"
                "a\td\t0.3\ttail\nb\ta\t0.3\ttail\n");
    assert_int_equal(nd_evaluator_measure(f.evaluator, &row), ND_OK);
    assert_int_equal(row.num_kinds, 2);
    assert_memory_equal(row.kinds[0].kind, "head", 4);
    assert_int_equal(row.kinds[0].pairs, 1); /* the first line of a pair decides */
    assert_memory_equal(row.kinds[1].kind, "tail", 4);
    assert_int_equal(row.kinds[1].pairs, 2);
    nd_evaluation_release(f.evaluator, &row);
    nd_evaluator_free(f.evaluator);
}

static void a_missing_column_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\tb\tx\n", "#id1\tid2\nkind\n", "#a\tb\tkind\na\tb\n"};
    static const char *const messages[] = {":1: no header line names a column 'kind'",
                                           ":2: two ids with a tab", ":2: no column 'kind'"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fixture f = {.settings = {.by_kind = 1, .kind_column = "kind"}};
        refuses_pairs(&f, ND_TRUTH_PAIRS, texts[i], messages[i]);
    }
}

static void labels_say_what_is_true_and_what_it_stands_for(void **state)
{
    (void)state;
    const char *true_labels[] = {"C", "D"};
    fixture f = {.settings = {.label_column = "label",
                              .weight_column = "stands_for",
                              .unsure_column = "unsure",
                              .true_labels = {.names = true_labels, .num_names = 2}}};
    nd_evaluation row;
    reads_pairs(&f, ND_TRUTH_LABELLED,
                "# Read by hand.\n#a\tb\tlabel\tunsure\tstands_for\na\tb\tC\t\t2.5\n"
                "a\tc\tT\t\t4\na\td\tD\t?\t1\nb\tc\tD\t\t0\n");
    const nd_id a = {.p = "a", .len_bytes = 1}, b = {.p = "b", .len_bytes = 1};
    assert_int_equal(nd_evaluator_found_pair(f.evaluator, b, a), ND_OK);
    assert_int_equal(nd_evaluator_measure(f.evaluator, &row), ND_OK);
    assert_int_equal(row.pairs_true, 2);
    assert_int_equal(row.true_positives, 1);
    assert_true(row.weighted_recall == 1 && row.recall == 0.5);
    assert_int_equal(row.num_kinds, 3);
    assert_int_equal(f.report.unsure.count, 1);
    nd_evaluation_release(f.evaluator, &row);
    nd_evaluator_free(f.evaluator);
    static const char *const weights[] = {"", "x", "-1", "nan", "1e999", "1 "};
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        char text[100] = "a\tb\tlabel\tunsure\tstands_for\na\tb\tC\t\t";
        strcat(text, weights[i]);
        refuses_pairs(&f, ND_TRUTH_LABELLED, text, "is no weight");
    }
}

static nd_status read_clusters(fixture *f, const char *text)
{
    write_text("clusters.tsv", text);
    assert_int_equal(fixture_init(f, ND_TRUTH_CLUSTERS, NULL), ND_OK);
    f->settings.clusters_path = temp_path("clusters.tsv");
    return nd_truth_file_read(f->evaluator, &f->settings, ND_TRUTH_FILE_CLUSTERS,
                              nd_tool_allocator(), &f->report, &f->error);
}

static void documents_of_one_cluster_make_pairs(void **state)
{
    (void)state;
    fixture f;
    assert_int_equal(read_clusters(&f, "#id\tcluster\nd\tX\nb\tX\nc\tY\na\tX\nd\tX\nz\tX\n#1\tY\n"),
                     ND_OK);
    assert_int_equal(count_true(&f), 4);
    assert_int_equal(f.report.unknown.count, 1);
    nd_evaluator_free(f.evaluator);
    assert_int_equal(read_clusters(&f, "representative\tsize\tid\tkind\tjaccard\n"
                                       "c\t3\td\tnear\t0.9\nc\t3\ta\tnear\t0.9\n"),
                     ND_OK);
    assert_true_pairs(&f, "ac ad cd");
    nd_evaluator_free(f.evaluator);
}

static void an_id_in_two_clusters_is_an_error(void **state)
{
    (void)state;
    fixture f;
    assert_int_equal(read_clusters(&f, "a\tX\nb\tX\na\tY\n"), ND_ERR_FORMAT);
    assert_non_null(strstr(f.error.message,
                           "clusters.tsv':3: this id is in another cluster already, see line 1"));
    nd_evaluator_free(f.evaluator);
    assert_int_equal(read_clusters(&f, "a\tX\nb\n"), ND_ERR_FORMAT);
    assert_non_null(strstr(f.error.message, "clusters.tsv':2: an id and a cluster"));
    nd_evaluator_free(f.evaluator);
    assert_int_equal(read_clusters(&f, "\n"), ND_ERR_FORMAT);
    assert_non_null(strstr(f.error.message, "clusters.tsv' holds no cluster"));
    nd_evaluator_free(f.evaluator);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    fixture f;
    assert_int_equal(fixture_init(&f, ND_TRUTH_PAIRS, NULL), ND_OK);
    f.settings.ignore_path = temp_path("none.tsv");
    assert_int_not_equal(nd_truth_file_read(f.evaluator, &f.settings, ND_TRUTH_FILE_IGNORED,
                                            nd_tool_allocator(), &f.report, &f.error),
                         ND_OK);
    assert_non_null(strstr(f.error.message, "none.tsv': No such file"));
    nd_evaluator_free(f.evaluator);
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    long num = 0;
    for (;; num++) {
        failing_allocator failing = {.left = num};
        const nd_allocator allocator = failing_allocator_make(&failing);
        fixture f;
        nd_status status = fixture_init(&f, ND_TRUTH_PAIRS, &allocator);
        f.settings.by_kind = 1;
        f.settings.kind_column = "kind";
        if (status == ND_OK)
            status = read_pairs(&f, "#a\tb\tkind\na\tb\tx\nb\tc\ty\n", &allocator);
        nd_evaluator_free(f.evaluator);
        assert_int_equal(failing.live, 0);
        if (status == ND_OK)
            break;
        assert_int_equal(status, ND_ERR_NO_MEMORY);
    }
    assert_true(num > 10);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(true_pairs_stand_in_either_order_once_and_with_more_columns),
        IN_FOLDER(an_id_is_found_as_the_tool_writes_it_in_a_table),
        IN_FOLDER(pairs_of_unknown_ids_and_of_one_id_are_counted_and_the_first_is_named),
        IN_FOLDER(only_the_first_lines_are_headers),
        IN_FOLDER(tables_of_the_tool_are_read_back),
        IN_FOLDER(byte_order_mark_is_no_part_of_the_first_id),
        IN_FOLDER(a_malformed_pair_names_file_and_line),
        IN_FOLDER(file_without_a_pair_is_an_error),
        IN_FOLDER(kinds_come_from_the_column_that_a_header_names),
        IN_FOLDER(a_missing_column_is_an_error),
        IN_FOLDER(labels_say_what_is_true_and_what_it_stands_for),
        IN_FOLDER(documents_of_one_cluster_make_pairs),
        IN_FOLDER(an_id_in_two_clusters_is_an_error),
        IN_FOLDER(a_file_that_is_not_there_is_named),
        IN_FOLDER(each_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
