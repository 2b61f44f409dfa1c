#include "exact_join.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "util/radix_sort.h"
#include "util/vec.h"
#include "util/xxh.h"

/* One document under an element, newest (so largest) first:
 *
 *   heads[element] -> | set, next | -> | set, next | -> 0       entry 0 is not used
 */
typedef struct posting {
    uint32_t set, next;
} posting;

typedef struct join {
    const bench_set_list *sets;
    double threshold;
    const nd_allocator *allocator;
    bench_join_fn each;
    void *ctx;
    uint64_t *keys;      /* beside each element: how many sets hold it << 32 | its number */
    size_t num_elements; /* distinct */
    uint32_t *same;      /* next set with the same elements; UINT32_MAX at the end */
    uint32_t *leaders;   /* one set for each distinct one, shortest first */
    size_t num_leaders;
    uint32_t *heads;
    ND_VEC(posting) postings;
    uint32_t *seen_by; /* set + 1 that last met this one as a candidate */
    ND_VEC(uint32_t) candidates;
} join;

static size_t size_of(const join *j, size_t set)
{
    return j->sets->starts[set + 1] - j->sets->starts[set];
}

static const uint64_t *elements_of(const join *j, size_t set)
{
    return j->sets->elements + j->sets->starts[set];
}

/* Numbers the elements and writes the keys, from the elements in order with their places. */
static void number_elements(join *j, const nd_key_value *sorted, size_t num)
{
    for (size_t run = 0, end; run < num; run = end) {
        for (end = run + 1; end < num && sorted[end].key == sorted[run].key; end++)
            ;
        for (size_t i = run; i < end; i++)
            j->keys[sorted[i].value] = (uint64_t)(end - run) << 32 | j->num_elements;
        j->num_elements++;
    }
}

/* Makes the keys, rarest first within each set. */
static nd_status order_by_rarity(join *j)
{
    const size_t num = j->sets->starts[j->sets->num];
    nd_key_value *const items = nd_alloc(j->allocator, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(j->allocator, num, sizeof *scratch);
    j->keys = nd_alloc(j->allocator, num, sizeof *j->keys);
    const bool has_room = items && scratch && j->keys;
    if (has_room) {
        for (size_t i = 0; i < num; i++)
            items[i] = (nd_key_value){j->sets->elements[i], i};
        nd_radix_sort_pairs(items, scratch, num);
        number_elements(j, items, num);
        for (size_t i = 0; i < j->sets->num; i++)
            nd_radix_sort_u64(j->keys + j->sets->starts[i], (uint64_t *)scratch, size_of(j, i));
    }
    nd_release(j->allocator, items);
    nd_release(j->allocator, scratch);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

static bool are_equal(const join *j, size_t a, size_t b)
{
    return size_of(j, a) == size_of(j, b) &&
           memcmp(elements_of(j, a), elements_of(j, b), size_of(j, a) * sizeof(uint64_t)) == 0;
}

/* Chains each set of a run of equal hashes to an equal one before it, or makes it a leader. */
static void chain_equals(join *j, const nd_key_value *run, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const uint32_t set = (uint32_t)run[i].value;
        size_t k = i;
        while (k > 0 && !are_equal(j, run[k - 1].value, set))
            k--;
        if (k > 0)
            j->same[run[k - 1].value] = set;
        else
            j->leaders[j->num_leaders++] = set;
    }
}

static void find_leaders(join *j, nd_key_value *items, nd_key_value *scratch)
{
    size_t num = 0;
    for (size_t i = 0; i < j->sets->num; i++) {
        j->same[i] = UINT32_MAX;
        if (size_of(j, i) > 0)
            items[num++] =
                (nd_key_value){XXH3_64bits(elements_of(j, i), size_of(j, i) * sizeof(uint64_t)), i};
    }
    nd_radix_sort_pairs(items, scratch, num);
    for (size_t run = 0, end; run < num; run = end) {
        for (end = run + 1; end < num && items[end].key == items[run].key; end++)
            ;
        chain_equals(j, items + run, end - run);
    }
    for (size_t i = 0; i < j->num_leaders; i++)
        items[i] = (nd_key_value){size_of(j, j->leaders[i]), j->leaders[i]};
    nd_radix_sort_pairs(items, scratch, j->num_leaders);
    for (size_t i = 0; i < j->num_leaders; i++)
        j->leaders[i] = (uint32_t)items[i].value;
}

static nd_status collapse_equal_sets(join *j)
{
    const size_t num = j->sets->num;
    nd_key_value *const items = nd_alloc(j->allocator, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(j->allocator, num, sizeof *scratch);
    j->same = nd_alloc(j->allocator, num, sizeof *j->same);
    j->leaders = nd_alloc(j->allocator, num, sizeof *j->leaders);
    const bool has_room = items && scratch && j->same && j->leaders;
    if (has_room)
        find_leaders(j, items, scratch);
    nd_release(j->allocator, items);
    nd_release(j->allocator, scratch);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status emit(const join *j, size_t a, size_t b, const nd_similarity *similarity)
{
    if (a < b)
        return j->each(j->ctx, a, b, similarity);
    const nd_similarity turned =
        nd_similarity_from_counts(similarity->size_b, similarity->size_a, similarity->common);
    return j->each(j->ctx, b, a, &turned);
}

/* Every set equal to `a` with every set equal to `b`. */
static nd_status emit_all(const join *j, uint32_t a, uint32_t b, const nd_similarity *similarity)
{
    nd_status status = ND_OK;
    for (; a != UINT32_MAX; a = j->same[a])
        for (uint32_t other = b; other != UINT32_MAX && status == ND_OK; other = j->same[other])
            status = emit(j, a, other, similarity);
    return status;
}

static nd_status emit_equals(const join *j, uint32_t set)
{
    const uint64_t size = size_of(j, set);
    const nd_similarity similarity = nd_similarity_from_counts(size, size, size);
    nd_status status = ND_OK;
    for (; set != UINT32_MAX; set = j->same[set])
        for (uint32_t b = j->same[set]; b != UINT32_MAX && status == ND_OK; b = j->same[b])
            status = emit(j, set, b, &similarity);
    return status;
}

/* Elements of which two sets that reach the threshold share one, whatever the rest. */
static size_t prefix_size(const join *j, uint32_t set)
{
    const double size = (double)size_of(j, set);
    return size_of(j, set) + 1 - (size_t)ceil(j->threshold * size - 1e-9);
}

static nd_status collect_candidates(join *j, uint32_t set)
{
    const uint64_t *const keys = j->keys + j->sets->starts[set];
    const double smallest = j->threshold * (double)size_of(j, set) - 1e-9;
    const size_t num = prefix_size(j, set);
    j->candidates.len = 0;
    for (size_t i = 0; i < num; i++) {
        uint32_t at = j->heads[(uint32_t)keys[i]];
        for (; at; at = j->postings.items[at].next) {
            const uint32_t other = j->postings.items[at].set;
            if ((double)size_of(j, other) < smallest)
                break;
            if (j->seen_by[other] == set + 1)
                continue;
            j->seen_by[other] = set + 1;
            const nd_status status = ND_VEC_RESERVE(j->allocator, &j->candidates, 1);
            if (status != ND_OK)
                return status;
            j->candidates.items[j->candidates.len++] = other;
        }
    }
    return ND_OK;
}

static nd_status check_candidates(const join *j, uint32_t set)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < j->candidates.len && status == ND_OK; i++) {
        const uint32_t other = j->candidates.items[i];
        const nd_similarity similarity = nd_similarity_compute(
            elements_of(j, set), size_of(j, set), elements_of(j, other), size_of(j, other));
        if (similarity.jaccard >= j->threshold)
            status = emit_all(j, set, other, &similarity);
    }
    return status;
}

/* An element that only one set holds leads nowhere. */
static nd_status post_prefix(join *j, uint32_t set)
{
    const uint64_t *const keys = j->keys + j->sets->starts[set];
    const size_t num = prefix_size(j, set);
    const nd_status status = ND_VEC_RESERVE(j->allocator, &j->postings, num + 1);
    if (status != ND_OK)
        return status;
    if (j->postings.len == 0)
        j->postings.len = 1;
    for (size_t i = 0; i < num; i++) {
        if (keys[i] >> 32 == 1)
            continue;
        uint32_t *const head = &j->heads[(uint32_t)keys[i]];
        j->postings.items[j->postings.len] = (posting){set, *head};
        *head = (uint32_t)j->postings.len++;
    }
    return ND_OK;
}

static nd_status join_leaders(join *j)
{
    j->heads = nd_alloc_zeroed(j->allocator, j->num_elements, sizeof *j->heads);
    j->seen_by = nd_alloc_zeroed(j->allocator, j->sets->num, sizeof *j->seen_by);
    if (!j->heads || !j->seen_by)
        return ND_ERR_NO_MEMORY;
    nd_status status = ND_OK;
    for (size_t i = 0; i < j->num_leaders && status == ND_OK; i++) {
        const uint32_t set = j->leaders[i];
        status = emit_equals(j, set);
        if (status == ND_OK)
            status = collect_candidates(j, set);
        if (status == ND_OK)
            status = check_candidates(j, set);
        if (status == ND_OK)
            status = post_prefix(j, set);
    }
    return status;
}

nd_status bench_exact_join(const bench_set_list *sets, double threshold,
                           const nd_allocator *allocator, bench_join_fn each, void *ctx)
{
    if (!(threshold > 0 && threshold <= 1))
        return ND_ERR_INVALID_ARGUMENT;
    if (sets->num >= UINT32_MAX || sets->starts[sets->num] >= UINT32_MAX)
        return ND_ERR_LIMIT;
    join j = {
        .sets = sets, .threshold = threshold, .allocator = allocator, .each = each, .ctx = ctx};
    nd_status status = order_by_rarity(&j);
    if (status == ND_OK)
        status = collapse_equal_sets(&j);
    if (status == ND_OK)
        status = join_leaders(&j);
    nd_release(allocator, j.keys);
    nd_release(allocator, j.same);
    nd_release(allocator, j.leaders);
    nd_release(allocator, j.heads);
    nd_release(allocator, j.seen_by);
    ND_VEC_RELEASE(allocator, &j.postings);
    ND_VEC_RELEASE(allocator, &j.candidates);
    return status;
}
