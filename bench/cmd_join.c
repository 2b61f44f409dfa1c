/* join: the exact all-pairs join of sets that another program made. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench_options.h"
#include "commands.h"
#include "neardup/exact_join.h"
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

/* Whether sets ascend and starts too: the join relies on it. */
static bool is_well_formed(const set_file *sets, uint64_t num)
{
    for (uint64_t i = 0; i < num; i++) {
        for (uint64_t k = sets->starts[i] + 1; k < sets->starts[i + 1]; k++)
            if (sets->elements[k] <= sets->elements[k - 1])
                return false;
    }
    return true;
}

static bool starts_ascend(const uint64_t *starts, uint64_t num)
{
    for (uint64_t i = 0; i < num; i++)
        if (starts[i] > starts[i + 1])
            return false;
    return starts[0] == 0;
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
    if (!sets->elements || !is_well_formed(sets, num))
        return false;
    _Static_assert(sizeof(size_t) == sizeof(uint64_t), "starts are used as they are read");
    sets->list = (nd_set_list){sets->elements, (const size_t *)sets->starts, (size_t)num};
    return true;
}

/* An nd_joined_pair_fn. */
static nd_status print_pair(void *ctx, uint32_t worker, size_t i, size_t j,
                            const nd_similarity *similarity)
{
    (void)worker;
    const int len = fprintf(ctx, "%zu\t%zu\t%.6f\n", i, j, similarity->jaccard);
    return len < 0 ? ND_ERR_IO : ND_OK;
}

/* Exit code of the join of `path`. */
static int join_file(const char *path, double threshold)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    FILE *const file = fopen(path, "rb");
    if (!file) {
        bench_complain("cannot open '%s': %s", path, strerror(errno));
        return BENCH_EXIT_FAILED;
    }
    const nd_exact_join_options options = {
        .jaccard = threshold, .num_threads = 1, .allocator = &allocator};
    set_file sets = {0};
    const bool is_read = read_sets(file, &allocator, &sets);
    fclose(file);
    nd_status status = ND_OK;
    if (!is_read)
        bench_complain("'%s' is no file of sets", path);
    else
        status = nd_exact_join(&sets.list, &options, print_pair, stdout);
    nd_release(&allocator, sets.starts);
    nd_release(&allocator, sets.elements);
    if (is_read && status == ND_OK && fflush(stdout) != 0)
        status = ND_ERR_IO;
    if (status != ND_OK)
        bench_complain("join: %s", nd_status_message(status));
    return is_read && status == ND_OK ? BENCH_EXIT_DONE : BENCH_EXIT_FAILED;
}

int bench_cmd_join(int argc, char **argv)
{
    double threshold = 0.8;
    const bench_option table[] = {{"--threshold", BENCH_OPTION_FRACTION, "J",
                                   "least jaccard, above 0 (default 0.8)", &threshold}};
    const bench_usage usage = {"join", "SETS",
                               "Prints every pair of sets with that jaccard: two numbers of sets, "
                               "from 0, and the jaccard.",
                               table, sizeof table / sizeof *table};
    int num_operands;
    const bench_parse_result parsed = bench_options_parse(&usage, argc, argv, &num_operands);
    if (parsed == BENCH_PARSED_HELP)
        return BENCH_EXIT_DONE;
    if (parsed == BENCH_PARSED && num_operands == 1 && threshold > 0)
        return join_file(argv[1], threshold);
    if (parsed == BENCH_PARSED)
        bench_complain("join: one file of sets, and a threshold above 0");
    return BENCH_EXIT_USAGE;
}
