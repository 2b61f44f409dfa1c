/* join: the exact all-pairs join, of documents or of sets that another program made. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench_options.h"
#include "commands.h"
#include "io/input.h"
#include "neardup/exact_join.h"
#include "set_collection.h"
#include "util/alloc.h"

/* A file of sets, every number 64 bits in the machine's byte order:
 *
 *   | num | starts: num + 1 of them, from 0 | elements: starts[num], each set ascending |
 */
typedef struct set_file {
    uint64_t *starts, *elements;
    nd_set_list list;
} set_file;

static uint64_t *read_numbers(FILE *file, size_t num, const nd_allocator *allocator)
{
    uint64_t *const numbers = nd_alloc(allocator, num, sizeof *numbers);
    if (numbers && fread(numbers, sizeof *numbers, num, file) == num)
        return numbers;
    nd_release(allocator, numbers);
    return NULL;
}

/* The join relies on both orders. */
static bool starts_ascend(const uint64_t *starts, uint64_t num)
{
    for (uint64_t i = 0; i < num; i++)
        if (starts[i] > starts[i + 1])
            return false;
    return starts[0] == 0;
}

static bool sets_ascend(const set_file *sets, uint64_t num)
{
    for (uint64_t i = 0; i < num; i++)
        for (uint64_t k = sets->starts[i] + 1; k < sets->starts[i + 1]; k++)
            if (sets->elements[k] <= sets->elements[k - 1])
                return false;
    return true;
}

static bool read_sets(FILE *file, const nd_allocator *allocator, set_file *sets)
{
    uint64_t num;
    if (fread(&num, sizeof num, 1, file) != 1 || num >= UINT32_MAX)
        return false;
    sets->starts = read_numbers(file, (size_t)num + 1, allocator);
    if (!sets->starts || !starts_ascend(sets->starts, num))
        return false;
    sets->elements = read_numbers(file, (size_t)sets->starts[num], allocator);
    if (!sets->elements || !sets_ascend(sets, num))
        return false;
    _Static_assert(sizeof(size_t) == sizeof(uint64_t), "starts are used as they are read");
    sets->list = (nd_set_list){sets->elements, (const size_t *)sets->starts, (size_t)num};
    return true;
}

/* An nd_joined_pair_fn. */
static nd_status print_numbers(void *ctx, uint32_t worker, size_t i, size_t j,
                               const nd_similarity *similarity)
{
    (void)ctx;
    (void)worker;
    return printf("%zu\t%zu\t%.6f\n", i, j, similarity->jaccard) < 0 ? ND_ERR_IO : ND_OK;
}

/* Joins the sets of `path`; says what failed. */
static nd_status join_set_file(const char *path, double threshold)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    FILE *const file = fopen(path, "rb");
    if (!file) {
        bench_complain("cannot open '%s': %s", path, strerror(errno));
        return ND_ERR_IO;
    }
    const nd_exact_join_options options = {
        .jaccard = threshold, .num_threads = 1, .allocator = &allocator};
    set_file sets = {0};
    const bool is_read = read_sets(file, &allocator, &sets);
    fclose(file);
    nd_status status = ND_ERR_FORMAT;
    if (is_read)
        status = nd_exact_join(&sets.list, &options, print_numbers, NULL);
    if (!is_read)
        bench_complain("'%s' is no file of sets", path);
    else if (status != ND_OK)
        bench_complain("join: %s", nd_status_message(status));
    nd_release(&allocator, sets.starts);
    nd_release(&allocator, sets.elements);
    return status;
}

/* An nd_joined_pair_fn. */
static nd_status print_ids(void *ctx, uint32_t worker, size_t i, size_t j,
                           const nd_similarity *similarity)
{
    (void)worker;
    const bench_set_collection *const c = ctx;
    const size_t *const starts = c->id_starts.items;
    fwrite(c->ids.items + starts[i], 1, starts[i + 1] - starts[i], stdout);
    putchar('\t');
    fwrite(c->ids.items + starts[j], 1, starts[j + 1] - starts[j], stdout);
    return printf("\t%.6f\n", similarity->jaccard) < 0 ? ND_ERR_IO : ND_OK;
}

/* Joins the documents of `path` by the engine's own word-5-shingles; says what failed. */
static nd_status join_documents(const char *path, double threshold)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_input_options options = {0};
    const nd_shingle_spec spec = {ND_SHINGLE_WORD, 5};
    nd_error error = {0};
    nd_input *input = NULL;
    bench_set_collection collection = {0};
    nd_status status = nd_input_new(&options, &path, 1, &allocator, &input, &error);
    if (status == ND_OK)
        status = bench_set_collection_read(&collection, nd_input_source(input), spec, 1, &error);
    if (status == ND_OK) {
        const nd_exact_join_options join = {
            .jaccard = threshold, .num_threads = 1, .allocator = &allocator};
        const nd_set_list list = bench_set_collection_list(&collection);
        status = nd_exact_join(&list, &join, print_ids, &collection);
    }
    if (status != ND_OK)
        bench_complain("%s", error.message[0] ? error.message : nd_status_message(status));
    bench_set_collection_release(&collection);
    nd_input_free(input);
    return status;
}

int bench_cmd_join(int argc, char **argv)
{
    double threshold = 0.8;
    bool is_of_sets = false;
    const bench_option table[] = {
        {"--threshold", BENCH_OPTION_FRACTION, "J", "least jaccard, above 0 (default 0.8)",
         &threshold},
        {"--sets", BENCH_OPTION_FLAG, NULL, "INPUT holds sets of numbers: see cmd_join.c",
         &is_of_sets},
    };
    const bench_usage usage = {"join", "INPUT",
                               "Prints every pair with that jaccard over word-5-shingles: two ids "
                               "(with --sets numbers from 0) and the jaccard.",
                               table, sizeof table / sizeof *table};
    int num_operands;
    const bench_parse_result parsed = bench_options_parse(&usage, argc, argv, &num_operands);
    if (parsed == BENCH_PARSED_HELP)
        return BENCH_EXIT_DONE;
    if (parsed == BENCH_PARSE_FAILED)
        return BENCH_EXIT_USAGE;
    if (num_operands != 1 || threshold <= 0) {
        bench_complain("join: one input, and a threshold above 0");
        return BENCH_EXIT_USAGE;
    }
    const nd_status status =
        is_of_sets ? join_set_file(argv[1], threshold) : join_documents(argv[1], threshold);
    if (status == ND_OK && fflush(stdout) == 0)
        return BENCH_EXIT_DONE;
    if (status == ND_OK)
        bench_complain("cannot write standard output: %s", strerror(errno));
    return BENCH_EXIT_FAILED;
}
