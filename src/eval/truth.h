/* What is told of the documents of an evaluation: labels of pairs, clusters, pairs to ignore. */
#ifndef EVAL_TRUTH_H
#define EVAL_TRUTH_H

#include "eval/scores.h"
#include "util/alloc.h"

enum { ND_TRUTH_MAX_KINDS = 1000, ND_NO_KIND = UINT32_MAX };

/* A name in the arena of the truth. */
typedef struct nd_truth_name {
    const char *p;
    size_t len_bytes;
} nd_truth_name;

typedef struct nd_label {
    uint64_t pair; /* nd_pair_key */
    double weight;
    uint32_t kind; /* number of its name, or ND_NO_KIND */
    bool is_true;
} nd_label;

/* A document in a cluster, as it was told. */
typedef struct nd_membership {
    nd_truth_name cluster;
    uint32_t number; /* of its id */
    uint64_t tag;
} nd_membership;

/* As it is told, in that order, and once it is settled:
 *
 *   labels   each pair once, sorted, none ignored    | l0 | l1 | l2 | ...
 *   kinds    in byte order; labels hold their places | k0 | k1 | ...
 *   pairs    the true ones, sorted                   | p0 | p1 | ...
 *   cluster_of                                       [ids]: the lowest number of its cluster */
typedef struct nd_truth_store {
    const nd_allocator *allocator; /* borrowed */
    size_t num_ids;
    nd_arena names;
    ND_VEC(nd_label) labels;
    ND_VEC(nd_truth_name) kinds;
    ND_VEC(nd_membership) members;
    uint32_t *member_of; /* [ids]: place in `members`, or UINT32_MAX */
    nd_pair_list ignored;
    uint64_t num_repeated;

    bool is_settled;
    nd_pair_list pairs;
    uint32_t *cluster_of; /* NULL without members */
} nd_truth_store;

/* Of documents numbered 0 .. num_ids-1. Release it also after a failure. */
ND_NODISCARD nd_status nd_truth_store_init(nd_truth_store *truth, size_t num_ids,
                                           const nd_allocator *allocator);

/* Statuses as in neardup/evaluation.h. */
ND_NODISCARD nd_status nd_truth_store_add_pair(nd_truth_store *truth, uint32_t a, uint32_t b,
                                               const nd_pair_label *label);
ND_NODISCARD nd_status nd_truth_store_add_member(nd_truth_store *truth, uint32_t number,
                                                 nd_truth_name cluster, uint64_t tag,
                                                 uint64_t *earlier_tag);
ND_NODISCARD nd_status nd_truth_store_ignore(nd_truth_store *truth, uint32_t a, uint32_t b);

/* Sorts what was told since the last time; cheap where that is nothing. */
ND_NODISCARD nd_status nd_truth_store_settle(nd_truth_store *truth);

/* The label of a pair; NULL: none. Settled. */
const nd_label *nd_truth_store_label(const nd_truth_store *truth, uint64_t pair);

void nd_truth_store_release(nd_truth_store *truth);

#endif
