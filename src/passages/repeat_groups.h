/* Pairs of places brought together: text that stands, edited, at two or more places. */
#ifndef PASSAGES_REPEAT_GROUPS_H
#define PASSAGES_REPEAT_GROUPS_H

#include "passages/lcs.h"
#include "passages/seed_index.h"
#include "passages/span.h"
#include "util/alloc.h"

/* A place, in a list of its repeat's and in a list of its hash bucket's. */
typedef struct nd_repeat_place {
    nd_span span;
    uint32_t common; /* words in common with the repeat's anchor */
    uint32_t repeat;
    uint32_t next_of_repeat, next_of_bucket;
} nd_repeat_place;

/* What is about to be one repeat: the anchor and all that is similar enough to it. */
typedef struct nd_repeat_group {
    nd_span anchor;
    uint32_t first_place; /* list, the last one added first; they may overlap */
    uint32_t num_places;
} nd_repeat_group;

/* Places found[first_place .. first_place + num_places), ascending, apart from each other, with as
 * many words in common with the first one as `common` says. */
typedef struct nd_grouped_repeat {
    size_t first_place, num_places;
} nd_grouped_repeat;

typedef struct nd_repeat_grouper {
    nd_allocator allocator;
    const nd_seed_index *seeds;
    nd_lcs *lcs;
    double min_identity;
    ND_VEC(nd_repeat_place) places;
    ND_VEC(nd_repeat_group) groups;
    ND_VEC(nd_span) found;
    ND_VEC(uint32_t) common;
    ND_VEC(nd_repeat_place) sorted; /* places of the group in hand */
    ND_VEC(nd_grouped_repeat) repeats;
    uint32_t *buckets; /* first place by start, see repeat_groups.c */
    size_t bucket_capacity;
    uint32_t bucket_mask;
    uint64_t steps_left; /* to find exact copies of places: see ND_COPY_STEPS_PER_TOKEN */
    uint64_t num_cut;    /* places whose copies were not looked for when these were spent */
} nd_repeat_grouper;

enum { ND_COPY_STEPS_PER_TOKEN = 16 };

/* `lcs` is borrowed. */
void nd_repeat_grouper_init(nd_repeat_grouper *grouper, const nd_allocator *allocator, nd_lcs *lcs,
                            double min_identity);

/* Groups pairs[0..num), which it sorts and of which it drops those that stand inside larger ones,
 * to grouper->repeats. Each place is similar enough to the first one of its repeat; exact copies of
 * a place are places, too. Expected time O(num log num) and linear in the places' lengths. */
ND_NODISCARD nd_status nd_repeat_grouper_run(nd_repeat_grouper *grouper, const nd_seed_index *seeds,
                                             nd_span_pair *pairs, size_t num);

void nd_repeat_grouper_release(nd_repeat_grouper *grouper);

#endif
