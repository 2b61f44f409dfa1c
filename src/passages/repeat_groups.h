/* Pairs of places brought together: text that stands at two or more places. */
#ifndef PASSAGES_REPEAT_GROUPS_H
#define PASSAGES_REPEAT_GROUPS_H

#include <stdbool.h>

#include "passages/seed_index.h"
#include "passages/span.h"
#include "passages/span_similarity.h"
#include "util/vec.h"

/* A place, in a list of its repeat's and in a list of its hash bucket's. */
typedef struct nd_repeat_place {
    nd_span span;
    uint32_t repeat;
    uint32_t next_of_repeat, next_of_bucket;
} nd_repeat_place;

/* Places are relative to what all places of an exact repeat have in common:
 *
 *   place    |x|=======================|y y|
 *             ^ trim_start              ^ trim_end        what the repeat holds: ====
 */
typedef struct nd_repeat_group {
    double similarity;    /* lowest of a later place against the first */
    bool is_exact;        /* all places hold the same tokens */
    nd_span first;        /* the first place, not trimmed */
    uint32_t places_end;  /* of the last one, so a place that begins behind it overlaps none */
    uint32_t first_place; /* list */
    uint32_t num_places;
    uint32_t trim_start, trim_end;
} nd_repeat_group;

typedef struct nd_repeat_grouper {
    nd_allocator allocator;
    const nd_seed_index *seeds;
    nd_span_scorer *scorer;
    double min_similarity;
    ND_VEC(nd_repeat_place) places;
    ND_VEC(nd_repeat_group) groups;
    uint32_t *buckets; /* first place by start, see repeat_groups.c */
    size_t bucket_capacity;
    uint32_t bucket_mask;
    uint64_t dropped; /* earlier occurrences of a repeat that were not looked at */
} nd_repeat_grouper;

void nd_repeat_grouper_init(nd_repeat_grouper *grouper, const nd_allocator *allocator,
                            nd_span_scorer *scorer, double min_similarity);

/* Groups pairs[0..num), which it sorts and of which it drops those that stand inside larger ones;
 * results are grouper->groups. Expected time O(num log num) and linear in the places' lengths. */
ND_NODISCARD nd_status nd_repeat_grouper_run(nd_repeat_grouper *grouper, const nd_seed_index *seeds,
                                             nd_span_pair *pairs, size_t num);

void nd_repeat_grouper_release(nd_repeat_grouper *grouper);

#endif
