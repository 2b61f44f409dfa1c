#include "neardup/exact_join.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "similarity/similarity.h"
#include "util/error.h"
#include "util/threads.h"

/* Bounds are rounded by a margin far above the error of the arithmetic: what is near a threshold is
 * decided by the similarity itself. */
#define MARGIN 1e-9

enum { LEADERS_A_TASK = 64 };

/* A leader under one of the elements of its prefix. */
typedef struct posting {
    uint32_t rank;
    uint32_t place; /* of the element among the leader's shared ones */
} posting;

/* The leaders, by rank, under each element of their prefixes:
 *
 *   postings[list[element] .. list[element + 1])   ranks ascend
 *
 * A pair is met once: by the higher rank, the larger set, which looks for the lower in the lists.
 */
typedef struct join {
    const nd_set_list *sets;
    nd_exact_join_options options;
    nd_match_rule rule;
    nd_allocator allocator;
    nd_joined_pair_fn each;
    void *ctx;
    nd_equal_sets equal;
    nd_shared_elements shared;
    size_t *list;
    posting *postings;
    uint32_t **seen_by; /* [worker][rank]: rank + 1 of the last that met it */
    _Atomic size_t num_done;
    atomic_flag is_reporting;
} join;

static size_t size_of(const join *j, size_t rank)
{
    return nd_set_size(j->sets, j->equal.leaders[rank]);
}

static size_t num_shared(const join *j, size_t rank)
{
    return j->shared.start[rank + 1] - j->shared.start[rank];
}

static size_t at_least(double bound)
{
    const double least = ceil(bound - MARGIN * bound);
    return least < 1 ? 1 : (size_t)least;
}

/* Common elements that sets of these sizes need. */
static size_t fewest_common(const join *j, size_t size_a, size_t size_b)
{
    return (size_t)nd_match_least_common(&j->rule, size_a, size_b);
}

/* Elements, rarest first, of which one is in any intersection of `need` elements. */
static size_t prefix_size(size_t num, size_t need)
{
    return num >= need ? num - need + 1 : 0;
}

/* The least that the set must share with any set as large or larger. */
static size_t index_prefix(const join *j, size_t rank)
{
    const size_t size = size_of(j, rank);
    return prefix_size(num_shared(j, rank), fewest_common(j, size, size));
}

/* The least that the set must share with any set as small or smaller. */
static size_t probe_prefix(const join *j, size_t rank)
{
    const double smallest = j->options.jaccard * (double)size_of(j, rank);
    return prefix_size(num_shared(j, rank), j->options.containment > 0 ? 1 : at_least(smallest));
}

static nd_status build_lists(join *j)
{
    const size_t num_lists = j->shared.num_elements;
    j->list = nd_alloc_zeroed(&j->allocator, num_lists + 2, sizeof *j->list);
    if (!j->list)
        return ND_ERR_NO_MEMORY;
    /* Counts stand two further on, so that filling moves every start to its place. */
    for (size_t r = 0; r < j->equal.num_leaders; r++) {
        const uint32_t *const numbers = j->shared.numbers + j->shared.start[r];
        const size_t num = index_prefix(j, r);
        for (size_t i = 0; i < num; i++)
            j->list[numbers[i] + 2]++;
    }
    for (size_t e = 2; e < num_lists + 2; e++)
        j->list[e] += j->list[e - 1];
    j->postings = nd_alloc(&j->allocator, j->list[num_lists + 1], sizeof *j->postings);
    if (!j->postings)
        return ND_ERR_NO_MEMORY;
    for (size_t r = 0; r < j->equal.num_leaders; r++) {
        const uint32_t *const numbers = j->shared.numbers + j->shared.start[r];
        const size_t num = index_prefix(j, r);
        for (size_t i = 0; i < num; i++)
            j->postings[j->list[numbers[i] + 1]++] = (posting){(uint32_t)r, (uint32_t)i};
    }
    return ND_OK;
}

static nd_status emit(const join *j, uint32_t worker, const uint32_t set[2], uint64_t common)
{
    const uint32_t low = set[0] < set[1] ? set[0] : set[1];
    const uint32_t high = set[0] < set[1] ? set[1] : set[0];
    const nd_similarity similarity =
        nd_similarity_from_counts(nd_set_size(j->sets, low), nd_set_size(j->sets, high), common);
    return j->each(j->ctx, worker, low, high, &similarity);
}

/* Every set equal to one leader with every set equal to another. */
static nd_status emit_all(const join *j, uint32_t worker, const size_t rank[2], uint64_t common)
{
    const uint32_t *const next = j->equal.next_equal;
    nd_status status = ND_OK;
    for (uint32_t a = j->equal.leaders[rank[0]]; a != ND_NO_SET; a = next[a])
        for (uint32_t b = j->equal.leaders[rank[1]]; b != ND_NO_SET && status == ND_OK; b = next[b])
            status = emit(j, worker, (const uint32_t[]){a, b}, common);
    return status;
}

static nd_status emit_equals(const join *j, uint32_t worker, size_t rank)
{
    const uint32_t *const next = j->equal.next_equal;
    const uint64_t size = size_of(j, rank);
    nd_status status = ND_OK;
    for (uint32_t a = j->equal.leaders[rank]; a != ND_NO_SET; a = next[a])
        for (uint32_t b = next[a]; b != ND_NO_SET && status == ND_OK; b = next[b])
            status = emit(j, worker, (const uint32_t[]){a, b}, size);
    return status;
}

static nd_status verify(const join *j, uint32_t worker, const size_t rank[2])
{
    const uint32_t a = j->equal.leaders[rank[0]], b = j->equal.leaders[rank[1]];
    nd_similarity similarity;
    const nd_match_kind kind =
        nd_verify_sets(nd_set_elements(j->sets, a), nd_set_size(j->sets, a),
                       nd_set_elements(j->sets, b), nd_set_size(j->sets, b), &j->rule, &similarity);
    return kind == ND_MATCH_NONE ? ND_OK : emit_all(j, worker, rank, similarity.common);
}

/* The first rank that is large enough for `rank`. */
static size_t first_partner(const join *j, size_t rank)
{
    if (j->options.containment > 0)
        return 0;
    const size_t smallest = at_least(j->options.jaccard * (double)size_of(j, rank));
    size_t low = 0, high = rank;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (size_of(j, middle) < smallest)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first of a list that is not below `rank`. */
static size_t skip_to(const join *j, size_t low, size_t high, size_t rank)
{
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (j->postings[middle].rank < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Meets the candidates under element `place` of `rank`. Where two sets meet first they share
 * nothing before, so what is left of either bounds what they share. */
static nd_status meet(const join *j, uint32_t worker, size_t rank, size_t place, size_t first)
{
    const uint32_t element = j->shared.numbers[j->shared.start[rank] + place];
    const size_t left = num_shared(j, rank) - place, size = size_of(j, rank);
    uint32_t *const seen_by = j->seen_by[worker];
    const size_t end = j->list[element + 1];
    nd_status status = ND_OK;
    for (size_t at = skip_to(j, j->list[element], end, first); at < end && status == ND_OK; at++) {
        const posting other = j->postings[at];
        if (other.rank >= rank)
            break;
        if (seen_by[other.rank] == rank + 1)
            continue;
        seen_by[other.rank] = (uint32_t)rank + 1;
        const size_t need = fewest_common(j, size_of(j, other.rank), size);
        if (left >= need && num_shared(j, other.rank) - other.place >= need)
            status = verify(j, worker, (const size_t[]){other.rank, rank});
    }
    return status;
}

static nd_status join_leader(const join *j, uint32_t worker, size_t rank)
{
    const size_t num = probe_prefix(j, rank), first = first_partner(j, rank);
    nd_status status = emit_equals(j, worker, rank);
    for (size_t place = 0; place < num && status == ND_OK; place++)
        status = meet(j, worker, rank, place, first);
    return status;
}

/* One thread at a time; the others go on without. */
static nd_status report(join *j, size_t num)
{
    const size_t done = atomic_fetch_add(&j->num_done, num) + num;
    if (!j->options.progress || atomic_flag_test_and_set(&j->is_reporting))
        return ND_OK;
    const nd_status status =
        j->options.progress(j->options.progress_ctx, ND_PHASE_JOIN, done, j->equal.num_leaders);
    atomic_flag_clear(&j->is_reporting);
    return status;
}

/* The largest sets come first: the last task to end is then a short one. */
static nd_status join_task(void *ctx, uint32_t worker, size_t task)
{
    join *const j = ctx;
    const size_t end = j->equal.num_leaders - task * LEADERS_A_TASK;
    const size_t begin = end > LEADERS_A_TASK ? end - LEADERS_A_TASK : 0;
    nd_status status = ND_OK;
    for (size_t rank = begin; rank < end && status == ND_OK; rank++)
        status = join_leader(j, worker, rank);
    return status == ND_OK ? report(j, end - begin) : status;
}

static nd_status join_all(join *j)
{
    const uint32_t num_threads = j->options.num_threads;
    j->seen_by = nd_alloc_zeroed(&j->allocator, num_threads, sizeof *j->seen_by);
    if (!j->seen_by)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < num_threads; w++) {
        j->seen_by[w] = nd_alloc_zeroed(&j->allocator, j->equal.num_leaders, sizeof **j->seen_by);
        if (!j->seen_by[w])
            return ND_ERR_NO_MEMORY;
    }
    const size_t num_tasks = (j->equal.num_leaders + LEADERS_A_TASK - 1) / LEADERS_A_TASK;
    return nd_threads_for(&j->allocator, num_threads, num_tasks, join_task, j);
}

static void release(join *j)
{
    for (uint32_t w = 0; j->seen_by && w < j->options.num_threads; w++)
        nd_release(&j->allocator, j->seen_by[w]);
    nd_release(&j->allocator, j->seen_by);
    nd_release(&j->allocator, j->postings);
    nd_release(&j->allocator, j->list);
    nd_shared_elements_release(&j->shared, &j->allocator);
    nd_equal_sets_release(&j->equal, &j->allocator);
}

void nd_exact_join_options_init_sized(nd_exact_join_options *options, size_t size_bytes)
{
    const nd_exact_join_options full = {
        .size_bytes = sizeof full, .jaccard = 0.8, .num_threads = 1};
    nd_option_struct_init(options, size_bytes, &full);
}

/* Written so that a NaN is out of range. */
static bool is_valid(const nd_exact_join_options *o)
{
    return o->jaccard > 0 && o->jaccard <= 1 && o->containment >= 0 && o->containment <= 1 &&
           o->num_threads >= 1;
}

nd_status nd_exact_join(const nd_set_list *sets, const nd_exact_join_options *options,
                        nd_joined_pair_fn each, void *ctx)
{
    nd_exact_join_options full;
    nd_exact_join_options_init(&full);
    if (nd_option_struct_copy(&full, options) != ND_OK || !is_valid(&full))
        return ND_ERR_INVALID_ARGUMENT;
    if (sets->num >= UINT32_MAX)
        return ND_ERR_LIMIT;
    join j = {.sets = sets,
              .options = full,
              .rule = {.jaccard = full.jaccard, .containment = full.containment},
              .allocator = nd_allocator_or_default(full.allocator),
              .each = each,
              .ctx = ctx,
              .is_reporting = ATOMIC_FLAG_INIT};
    nd_status status = nd_equal_sets_init(&j.equal, sets, &j.allocator);
    if (status == ND_OK)
        status = nd_shared_elements_init(&j.shared, sets, &j.equal, &j.allocator);
    if (status == ND_OK)
        status = build_lists(&j);
    if (status == ND_OK)
        status = join_all(&j);
    release(&j);
    return status;
}
