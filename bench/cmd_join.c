/* join: the exact all-pairs join, of documents or of sets that another program made. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench_settings.h"
#include "io/input.h"
#include "neardup/exact_join.h"
#include "set_collection.h"
#include "util/alloc.h"
#include "util/error.h"

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

static nd_status join_set_file(const char *path, double threshold, nd_error *error)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    FILE *const file = fopen(path, "rb");
    if (!file)
        return nd_error_set(error, ND_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    nd_exact_join_options options;
    nd_exact_join_options_init(&options);
    options.jaccard = threshold;
    options.allocator = &allocator;
    set_file sets = {0};
    const bool is_read = read_sets(file, &allocator, &sets);
    fclose(file);
    const nd_status status =
        is_read ? nd_exact_join(&sets.list, &options, print_numbers, NULL)
                : nd_error_set(error, ND_ERR_FORMAT, "'%s' is no file of sets", path);
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

/* Joins the documents of `path` by the engine's own word-5-shingles. */
static nd_status join_documents(const char *path, double threshold, nd_error *error)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    const nd_input_options options = {0};
    const nd_shingle_spec spec = {ND_SHINGLE_WORD, 5};
    nd_input *input = NULL;
    bench_set_collection collection = {0};
    nd_status status = nd_input_new(&options, &path, 1, &allocator, &input, error);
    if (status == ND_OK)
        status = bench_set_collection_read(&collection, nd_input_source(input), spec, 1, error);
    if (status == ND_OK) {
        nd_exact_join_options join;
        nd_exact_join_options_init(&join);
        join.jaccard = threshold;
        join.allocator = &allocator;
        const nd_set_list list = bench_set_collection_list(&collection);
        status = nd_exact_join(&list, &join, print_ids, &collection);
    }
    bench_set_collection_release(&collection);
    nd_input_free(input);
    return status;
}

static nd_status join(const bench_settings *settings, nd_error *error)
{
    const char *const path = settings->line.operands[0];
    const nd_status status = settings->is_of_sets
                                 ? join_set_file(path, settings->threshold, error)
                                 : join_documents(path, settings->threshold, error);
    if (status == ND_OK && fflush(stdout) != 0)
        return nd_error_set(error, ND_ERR_IO, "cannot write standard output: %s", strerror(errno));
    return status;
}

const bench_command bench_command_join = {
    .info.name = "join",
    .info.summary = "join sets exactly: the truth that others are scored against",
    .info.operands = "INPUT",
    .info.operands_missing = "one input is needed",
    .info.min_operands = 1,
    .info.max_operands = 1,
    .info.description = "Prints every pair with that jaccard over word-5-shingles: two ids (with "
                        "--sets numbers from 0) and the jaccard.\n",
    .info.options = {bench_options, BENCH_JOIN},
    .run = join,
};
