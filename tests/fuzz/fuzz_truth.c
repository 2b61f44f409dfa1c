/* Any file of true pairs, labels or clusters: what is read is told to an evaluator of a few
 * documents, and measured. The first byte chooses the kind of file. */
#define _GNU_SOURCE /* memfd_create */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/process.h"
#include "cli/truth_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(nd_status status)
{
    if (status != ND_OK)
        abort();
}

static nd_evaluator *evaluator_new(nd_truth truth)
{
    static const char *const ids[] = {"a", "b", "c", "#d", "e\tf\\", "\xEF\xBB\xBFg", ""};
    nd_evaluator *evaluator;
    must(nd_evaluator_new(truth, ND_TEXTS_FORGET, nd_tool_allocator(), &evaluator, NULL));
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const nd_document document = {
            .id = ids[i], .id_len_bytes = strlen(ids[i]), .text = "", .text_len_bytes = 0};
        must(nd_evaluator_add_document(evaluator, &document));
    }
    must(nd_evaluator_seal(evaluator));
    return evaluator;
}

static void measure(nd_evaluator *evaluator)
{
    nd_evaluation row;
    const nd_id a = {.p = "a", .len_bytes = 1}, b = {.p = "b", .len_bytes = 1};
    must(nd_evaluator_found_pair(evaluator, a, b));
    must(nd_evaluator_measure(evaluator, &row));
    if (row.true_positives > row.pairs_true || row.true_positives > row.pairs_found)
        abort();
    nd_evaluation_release(evaluator, &row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    if (size < 1)
        return 0;
    const int fd = memfd_create("truth", 0);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const char *labels[] = {"C"};
    nd_settings settings = {.truth_path = path, .ignore_path = path, .clusters_path = path};
    if (data[0] & 1) {
        settings.by_kind = 1;
        settings.kind_column = "kind";
    }
    if (data[0] & 2) {
        settings.label_column = "label";
        settings.weight_column = "weight";
        settings.unsure_column = "unsure";
        settings.true_labels = (nd_name_list){.names = labels, .num_names = 1};
    }
    const nd_truth truth = data[0] & 4   ? ND_TRUTH_CLUSTERS
                           : data[0] & 2 ? ND_TRUTH_LABELLED
                                         : ND_TRUTH_PAIRS;
    nd_evaluator *const evaluator = evaluator_new(truth);
    nd_truth_report report = {0};
    nd_error error = {0};
    const nd_truth_file file =
        truth == ND_TRUTH_CLUSTERS ? ND_TRUTH_FILE_CLUSTERS : ND_TRUTH_FILE_PAIRS;
    nd_status status =
        nd_truth_file_read(evaluator, &settings, file, nd_tool_allocator(), &report, &error);
    if (status == ND_OK && data[0] & 8)
        status = nd_truth_file_read(evaluator, &settings, ND_TRUTH_FILE_IGNORED,
                                    nd_tool_allocator(), &report, &error);
    if (status != ND_OK && error.message[0] == '\0' && status != ND_ERR_NO_MEMORY)
        abort();
    if (status == ND_OK)
        measure(evaluator);
    nd_evaluator_free(evaluator);
    close(fd);
    return 0;
}
