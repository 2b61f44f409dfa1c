/* Chains of equal seeds: how a later stretch of a text lines up with an earlier one. */
#ifndef PASSAGES_CHAIN_H
#define PASSAGES_CHAIN_H

#include <stdint.h>

#include "passages/seed_index.h"
#include "util/alloc.h"

/* Seeds later .. later + len - 1 equal seeds earlier .. earlier + len - 1; earlier < later. */
typedef struct nd_run {
    uint32_t later, earlier, len;
} nd_run;

/* Runs whose later and earlier positions both ascend, with small gaps: what edits leave.
 *
 *   earlier  |--- run 0 ---|  x  |-- run 1 --|          |--- run 2 ---|
 *   later    |--- run 0 ---|  y  |-- run 1 --|  z z z  |--- run 2 ---|
 */
typedef struct nd_alignment {
    uint32_t first_run, num_runs; /* in nd_chainer.runs */
} nd_alignment;

enum {
    /* Longest gap, in seeds, inside one chain. One changed word costs a gap of the seed's width,
     * an inserted sentence about twenty more. */
    ND_CHAIN_MAX_GAP = 40,
    /* Chains followed at once. Each found seed is compared with all of them, so this bounds the
     * work of a text that repeats everything. */
    ND_CHAIN_MAX_ACTIVE = 8,
    /* What a chain must weigh, by its words, for its early end to matter. */
    ND_CHAIN_WEIGHT = 4 * ND_WEIGHT_ONE,
};

/* Chains that may still grow, side by side: each link is compared with all of them, and which of
 * them it continues is more than a branch can foresee. */
typedef struct nd_open_chains {
    uint32_t num;
    uint32_t oldest_end;                     /* no later_end is below it */
    uint32_t later_end[ND_CHAIN_MAX_ACTIVE]; /* one past the last equal seed */
    uint32_t lag[ND_CHAIN_MAX_ACTIVE]; /* from there back to the same in the earlier stretch */
    uint32_t num_equal[ND_CHAIN_MAX_ACTIVE];
    uint32_t last_start[ND_CHAIN_MAX_ACTIVE]; /* of the last run, which ends at later_end */
    uint32_t num_runs[ND_CHAIN_MAX_ACTIVE];
    uint32_t first[ND_CHAIN_MAX_ACTIVE], last[ND_CHAIN_MAX_ACTIVE]; /* list of runs in the pool */
} nd_open_chains;

/* The length of an open chain's last run is set when the run ends. */
typedef struct nd_pooled_run {
    nd_run run;
    uint32_t next;
} nd_pooled_run;

typedef struct nd_chainer {
    nd_allocator allocator;
    const nd_seed_index *seeds;
    uint32_t earlier_limit; /* earlier positions stay below it */
    uint32_t later_start;   /* and later ones do not go before this one */
    uint32_t min_weight;    /* of a seed that begins a chain */
    nd_open_chains open;
    ND_VEC(nd_pooled_run) pool;
    uint32_t free_run; /* list of unused pool entries */
    ND_VEC(nd_run) runs;
    ND_VEC(nd_alignment) alignments; /* in the order in which they ended */
    uint64_t backward_steps;         /* left to spend, see chain.c */
    uint64_t num_cut; /* chains ended for want of room, or not followed back to their beginning */
} nd_chainer;

void nd_chainer_init(nd_chainer *chainer, const nd_allocator *allocator);

/* Begins on positions of `seeds`. Earlier positions are those below earlier_limit, later ones those
 * from later_start on: ND_SEED_NONE and 0 inside one text. A seed of less weight than min_weight
 * begins no chain, but belongs to one that comes by. */
void nd_chainer_begin(nd_chainer *chainer, const nd_seed_index *seeds, uint32_t earlier_limit,
                      uint32_t later_start, uint32_t min_weight);

/* Takes links in ascending order of position. O(num_links * ND_CHAIN_MAX_ACTIVE). */
ND_NODISCARD nd_status nd_chainer_feed(nd_chainer *chainer, const nd_seed_link *links,
                                       uint32_t num_links);

/* Ends all chains; runs and alignments hold until the next nd_chainer_begin. */
ND_NODISCARD nd_status nd_chainer_finish(nd_chainer *chainer);

void nd_chainer_release(nd_chainer *chainer);

#endif
