#include "engine/id_merge.h"

#include <string.h>

#include "engine/id_compare.h"
#include "util/threads.h"

enum { AHEAD = 8 }; /* records asked for before their turn: they lie about in memory */

/* One round: runs of `width` runs are merged by twos. */
typedef struct merge_round {
    const nd_id_runs *runs;
    nd_record **from, **to;
    uint32_t width;
} merge_round;

/* Two neighbouring runs, the second perhaps empty. */
typedef struct run_pair {
    nd_record **left, **right;
    size_t num_left, num_right;
} run_pair;

static size_t start_of(const nd_id_runs *runs, uint32_t run)
{
    return runs->starts[run < runs->num_runs ? run : runs->num_runs];
}

/* How many of the first `num` of the merged pair come from the left. */
static size_t num_from_left(const run_pair *p, size_t num, uint32_t bands)
{
    size_t low = num > p->num_right ? num - p->num_right : 0;
    size_t high = num < p->num_left ? num : p->num_left;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (nd_compare_records(p->left[middle], p->right[num - middle - 1], bands) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void prefetch_record(nd_record **records, size_t i, size_t end, uint32_t bands)
{
    if (i + AHEAD >= end)
        return;
    __builtin_prefetch(records[i + AHEAD]);
    __builtin_prefetch(records[i + AHEAD]->band_keys + bands);
}

/* The merged pair's records [first, end), to to[first ..). */
static void merge_part(const run_pair *p, nd_record **to, size_t first, size_t end, uint32_t bands)
{
    size_t i = num_from_left(p, first, bands), j = first - i;
    for (size_t at = first; at < end; at++) {
        const int takes_left =
            j >= p->num_right ||
            (i < p->num_left && nd_compare_records(p->left[i], p->right[j], bands) <= 0);
        if (takes_left) {
            prefetch_record(p->left, i, p->num_left, bands);
            to[at] = p->left[i++];
        } else {
            prefetch_record(p->right, j, p->num_right, bands);
            to[at] = p->right[j++];
        }
    }
}

/* Task t: of the pair that run t belongs to, as large a part as the pair has runs. */
static nd_status merge_task(void *ctx, uint32_t worker, size_t task)
{
    (void)worker;
    const merge_round *const round = ctx;
    const nd_id_runs *const runs = round->runs;
    const uint32_t first_run = (uint32_t)task / (2 * round->width) * (2 * round->width);
    const uint32_t num_parts = runs->num_runs - first_run < 2 * round->width
                                   ? runs->num_runs - first_run
                                   : 2 * round->width;
    const size_t begin = start_of(runs, first_run);
    const size_t middle = start_of(runs, first_run + round->width);
    const size_t end = start_of(runs, first_run + 2 * round->width);
    const run_pair pair = {round->from + begin, round->from + middle, middle - begin, end - middle};
    const size_t part = task - first_run, num = end - begin;
    merge_part(&pair, round->to + begin, num / num_parts * part,
               part + 1 == num_parts ? num : num / num_parts * (part + 1), runs->bands);
    return ND_OK;
}

nd_status nd_merge_by_id(const nd_id_runs *runs, uint32_t num_threads,
                         const nd_allocator *allocator)
{
    merge_round round = {runs, runs->records, runs->scratch, 1};
    for (; round.width < runs->num_runs; round.width *= 2) {
        const nd_status status =
            nd_threads_for(allocator, num_threads, runs->num_runs, merge_task, &round);
        if (status != ND_OK)
            return status;
        nd_record **const merged = round.to;
        round.to = round.from;
        round.from = merged;
    }
    if (round.from != runs->records)
        memcpy(runs->records, round.from, runs->starts[runs->num_runs] * sizeof *round.from);
    return ND_OK;
}
