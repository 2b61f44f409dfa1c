#include "eval/evaluator.h"

#include <stdlib.h>
#include <string.h>

#include "util/sort.h"

enum { NAME_CHUNK_BYTES = 1 << 16, NO_MEMBER = UINT32_MAX };

nd_status nd_truth_store_init(nd_truth_store *truth, size_t num_ids, const nd_allocator *allocator)
{
    *truth = (nd_truth_store){.allocator = allocator,
                              .num_ids = num_ids,
                              .ignored = {.allocator = allocator},
                              .pairs = {.allocator = allocator}};
    nd_arena_init(&truth->names, allocator, NAME_CHUNK_BYTES);
    return ND_OK;
}

static int compare_names(const nd_truth_name *a, const nd_truth_name *b)
{
    return nd_compare_bytes(a->p, a->len_bytes, b->p, b->len_bytes);
}

static nd_status keep_name(nd_truth_store *truth, nd_truth_name *name)
{
    char *const copy = nd_arena_alloc(&truth->names, name->len_bytes + 1);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (name->len_bytes > 0)
        memcpy(copy, name->p, name->len_bytes);
    name->p = copy;
    return ND_OK;
}

/* --- pairs --- */

/* Labels of one kind mostly come one after the other. */
static nd_status find_kind(nd_truth_store *truth, nd_truth_name name, uint32_t *kind)
{
    const size_t num = truth->kinds.len;
    const uint32_t last = truth->labels.len > 0 ? truth->labels.items[truth->labels.len - 1].kind
                                                : (uint32_t)ND_NO_KIND;
    if (last < num && compare_names(&truth->kinds.items[last], &name) == 0) {
        *kind = last;
        return ND_OK;
    }
    for (*kind = 0; *kind < num; (*kind)++)
        if (compare_names(&truth->kinds.items[*kind], &name) == 0)
            return ND_OK;
    if (num == ND_TRUTH_MAX_KINDS)
        return ND_ERR_LIMIT;
    nd_status status = ND_VEC_RESERVE(truth->allocator, &truth->kinds, 1);
    if (status == ND_OK)
        status = keep_name(truth, &name);
    if (status == ND_OK)
        truth->kinds.items[truth->kinds.len++] = name;
    return status;
}

nd_status nd_truth_store_add_pair(nd_truth_store *truth, uint32_t a, uint32_t b,
                                  const nd_pair_label *label)
{
    if (a == b || !(label->weight >= 0 && label->weight < 1e300))
        return ND_ERR_INVALID_ARGUMENT;
    if (truth->labels.len == ND_EVALUATION_MAX_PAIRS)
        return ND_ERR_LIMIT;
    nd_label one = {nd_pair_key(a, b), label->weight, (uint32_t)ND_NO_KIND, label->is_true != 0};
    nd_status status = ND_VEC_RESERVE(truth->allocator, &truth->labels, 1);
    if (status == ND_OK && label->kind)
        status = find_kind(truth, (nd_truth_name){label->kind, label->kind_len_bytes}, &one.kind);
    if (status != ND_OK)
        return status;
    truth->labels.items[truth->labels.len++] = one;
    truth->is_settled = false;
    return ND_OK;
}

nd_status nd_truth_store_ignore(nd_truth_store *truth, uint32_t a, uint32_t b)
{
    if (a == b)
        return ND_ERR_INVALID_ARGUMENT;
    truth->is_settled = false;
    return nd_pair_list_add(&truth->ignored, a, b);
}

static int compare_kinds(const void *a, const void *b)
{
    return compare_names(a, b);
}

/* Sorts the kinds, and gives the labels their new numbers. */
static nd_status sort_kinds(nd_truth_store *truth)
{
    const size_t num = truth->kinds.len;
    if (num < 2)
        return ND_OK;
    nd_truth_name *const before = nd_alloc(truth->allocator, num, sizeof *before);
    uint32_t *const moved = nd_alloc(truth->allocator, num, sizeof *moved);
    if (before && moved) {
        memcpy(before, truth->kinds.items, num * sizeof *before);
        qsort(truth->kinds.items, num, sizeof *before, compare_kinds);
        for (size_t i = 0; i < num; i++) {
            const nd_truth_name *const now =
                bsearch(&before[i], truth->kinds.items, num, sizeof *now, compare_kinds);
            moved[i] = (uint32_t)(now - truth->kinds.items);
        }
        for (size_t i = 0; i < truth->labels.len; i++)
            if (truth->labels.items[i].kind != (uint32_t)ND_NO_KIND)
                truth->labels.items[i].kind = moved[truth->labels.items[i].kind];
    }
    const bool is_done = before && moved;
    nd_release(truth->allocator, before);
    nd_release(truth->allocator, moved);
    return is_done ? ND_OK : ND_ERR_NO_MEMORY;
}

/* Sorts the labels, and keeps of each pair the first, where it is not to be ignored. */
static nd_status sort_labels(nd_truth_store *truth)
{
    const size_t num = truth->labels.len;
    nd_key_value *const order = nd_alloc(truth->allocator, num, 2 * sizeof *order);
    nd_label *const sorted = nd_alloc(truth->allocator, num, sizeof *sorted);
    if (order && sorted) {
        for (size_t i = 0; i < num; i++)
            order[i] = (nd_key_value){truth->labels.items[i].pair, i};
        nd_radix_sort_pairs(order, order + num, num);
        size_t kept = 0, at = 0;
        for (size_t i = 0; i < num; i++) {
            const bool is_repeated = i > 0 && order[i].key == order[i - 1].key;
            truth->num_repeated += is_repeated;
            if (!is_repeated && !nd_pair_list_meets(&truth->ignored, order[i].key, &at))
                sorted[kept++] = truth->labels.items[order[i].value];
        }
        if (kept > 0)
            memcpy(truth->labels.items, sorted, kept * sizeof *sorted);
        truth->labels.len = kept;
    }
    const bool is_done = order && sorted;
    nd_release(truth->allocator, order);
    nd_release(truth->allocator, sorted);
    return is_done ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status collect_true_pairs(nd_truth_store *truth)
{
    const nd_status status =
        ND_VEC_RESERVE(truth->allocator, &truth->pairs.pairs, truth->labels.len);
    if (status != ND_OK)
        return status;
    for (size_t i = 0; i < truth->labels.len; i++)
        if (truth->labels.items[i].is_true)
            truth->pairs.pairs.items[truth->pairs.pairs.len++] = truth->labels.items[i].pair;
    return ND_OK;
}

/* --- clusters --- */

static nd_status begin_members(nd_truth_store *truth)
{
    truth->member_of = nd_alloc(truth->allocator, truth->num_ids, sizeof *truth->member_of);
    truth->cluster_of = nd_alloc(truth->allocator, truth->num_ids, sizeof *truth->cluster_of);
    if (!truth->member_of || !truth->cluster_of)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < truth->num_ids; i++)
        truth->member_of[i] = (uint32_t)NO_MEMBER;
    return ND_OK;
}

nd_status nd_truth_store_add_member(nd_truth_store *truth, uint32_t number, nd_truth_name cluster,
                                    uint64_t tag, uint64_t *earlier_tag)
{
    nd_status status = truth->cluster_of ? ND_OK : begin_members(truth);
    if (status != ND_OK)
        return status;
    if (truth->member_of[number] != (uint32_t)NO_MEMBER) {
        const nd_membership *const earlier = &truth->members.items[truth->member_of[number]];
        if (compare_names(&earlier->cluster, &cluster) == 0)
            return ND_OK;
        if (earlier_tag)
            *earlier_tag = earlier->tag;
        return ND_ERR_EXISTS;
    }
    status = ND_VEC_RESERVE(truth->allocator, &truth->members, 1);
    if (status == ND_OK)
        status = keep_name(truth, &cluster);
    if (status != ND_OK)
        return status;
    truth->member_of[number] = (uint32_t)truth->members.len;
    truth->members.items[truth->members.len++] = (nd_membership){cluster, number, tag};
    truth->is_settled = false;
    return ND_OK;
}

static int compare_members(const void *left, const void *right)
{
    const nd_membership *const a = left, *const b = right;
    const int order = compare_names(&a->cluster, &b->cluster);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* Members [0, num) are of one cluster, ascending. */
static nd_status add_cluster(nd_truth_store *truth, const nd_membership *members, size_t num)
{
    uint32_t *const numbers = nd_alloc(truth->allocator, num, sizeof *numbers);
    if (!numbers)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num; i++) {
        numbers[i] = members[i].number;
        truth->cluster_of[numbers[i]] = numbers[0];
    }
    const nd_status status = nd_pair_list_add_all(&truth->pairs, numbers, num);
    nd_release(truth->allocator, numbers);
    return status;
}

static nd_status settle_members(nd_truth_store *truth)
{
    nd_membership *const members = truth->members.items;
    const size_t num = truth->members.len;
    nd_status status = ND_OK;
    if (num > 1)
        qsort(members, num, sizeof *members, compare_members);
    for (size_t i = 0; i < num; i++)
        truth->member_of[members[i].number] = (uint32_t)i;
    for (size_t i = 0; truth->cluster_of && i < truth->num_ids; i++)
        truth->cluster_of[i] = (uint32_t)i;
    for (size_t run = 0, end; run < num && status == ND_OK; run = end) {
        for (end = run + 1; end < num; end++)
            if (compare_names(&members[run].cluster, &members[end].cluster) != 0)
                break;
        status = add_cluster(truth, members + run, end - run);
    }
    if (status == ND_OK)
        status = nd_pair_list_sort(&truth->pairs);
    if (status == ND_OK)
        nd_pair_list_subtract(&truth->pairs, &truth->ignored);
    return status;
}

nd_status nd_truth_store_settle(nd_truth_store *truth)
{
    if (truth->is_settled)
        return ND_OK;
    nd_pair_list_clear(&truth->pairs);
    nd_status status = nd_pair_list_sort(&truth->ignored);
    if (status == ND_OK)
        status = sort_kinds(truth);
    if (status == ND_OK)
        status = sort_labels(truth);
    if (status == ND_OK)
        status = truth->cluster_of ? settle_members(truth) : collect_true_pairs(truth);
    truth->is_settled = status == ND_OK;
    return status;
}

const nd_label *nd_truth_store_label(const nd_truth_store *truth, uint64_t pair)
{
    size_t low = 0, high = truth->labels.len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (truth->labels.items[middle].pair < pair)
            low = middle + 1;
        else
            high = middle;
    }
    const bool is_found = low < truth->labels.len && truth->labels.items[low].pair == pair;
    return is_found ? &truth->labels.items[low] : NULL;
}

void nd_truth_store_release(nd_truth_store *truth)
{
    if (!truth->allocator)
        return;
    ND_VEC_RELEASE(truth->allocator, &truth->labels);
    ND_VEC_RELEASE(truth->allocator, &truth->kinds);
    ND_VEC_RELEASE(truth->allocator, &truth->members);
    nd_release(truth->allocator, truth->member_of);
    nd_release(truth->allocator, truth->cluster_of);
    nd_pair_list_release(&truth->ignored);
    nd_pair_list_release(&truth->pairs);
    nd_arena_release(&truth->names);
    *truth = (nd_truth_store){0};
}
