/* Sorted lists of pairs, and scores of them. */
#ifndef EVAL_SCORES_H
#define EVAL_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/evaluation.h"
#include "util/alloc.h"

/* --- pairs of documents by number, as a sorted list --- */

/* A pair is  | lower number, 32 bits | higher number, 32 |. */
typedef struct nd_pair_list {
    const nd_allocator *allocator; /* borrowed */
    ND_VEC(uint64_t) pairs;
} nd_pair_list;

static inline uint64_t nd_pair_key(uint32_t a, uint32_t b)
{
    return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

static inline uint32_t nd_pair_low(uint64_t pair)
{
    return (uint32_t)(pair >> 32);
}

static inline uint32_t nd_pair_high(uint64_t pair)
{
    return (uint32_t)pair;
}

/* Adds a pair; nothing for a document with itself. ND_ERR_LIMIT: over ND_EVALUATION_MAX_PAIRS. */
ND_NODISCARD nd_status nd_pair_list_add(nd_pair_list *list, uint32_t a, uint32_t b);

/* Adds every pair of members[0..num). */
ND_NODISCARD nd_status nd_pair_list_add_all(nd_pair_list *list, const uint32_t *members,
                                            size_t num);

/* Adds the pairs of `other`. */
ND_NODISCARD nd_status nd_pair_list_append(nd_pair_list *list, const nd_pair_list *other);

/* Sorts, and keeps each pair once. All functions below want it sorted. */
ND_NODISCARD nd_status nd_pair_list_sort(nd_pair_list *list);

/* Whether `pair` is in the list, asked for pairs in ascending order; *at begins with 0. */
static inline bool nd_pair_list_meets(const nd_pair_list *list, uint64_t pair, size_t *at)
{
    while (*at < list->pairs.len && list->pairs.items[*at] < pair)
        ++*at;
    return *at < list->pairs.len && list->pairs.items[*at] == pair;
}

/* Drops the pairs of `other`; returns how many they were. */
size_t nd_pair_list_subtract(nd_pair_list *list, const nd_pair_list *other);

/* label[n] becomes the lowest number that a chain of pairs connects with n, for all numbers below
 * num. */
void nd_pair_list_components(const nd_pair_list *list, size_t num, uint32_t *label);

/* Keeps the memory. */
void nd_pair_list_clear(nd_pair_list *list);

void nd_pair_list_release(nd_pair_list *list);

/* --- how well found pairs and groups agree with the true ones --- */

/* Precision is 1 where nothing is found, and recall where nothing is true: no mistake was made. */
typedef struct nd_scores {
    uint64_t pairs_true, pairs_found, true_positives;
    double precision; /* true positives / found */
    double recall;    /* true positives / true */
    double f1;        /* 2 true positives / (true + found): 1 where there is neither */
} nd_scores;

/* Both lists are sorted. */
nd_scores nd_scores_of(const nd_pair_list *truth, const nd_pair_list *found);

/* The adjusted Rand index of two partitions of documents 0 .. num - 1, each by a label a document
 * (Hubert and Arabie, Comparing partitions, Journal of Classification 2, 1985): 1 where they are
 * the same, about 0 where one is chance, below where it is worse. */
ND_NODISCARD nd_status nd_adjusted_rand_index(const uint32_t *label_a, const uint32_t *label_b,
                                              size_t num, const nd_allocator *allocator,
                                              double *out);

/* The band of a similarity. */
int nd_band_of(double jaccard);

#endif
