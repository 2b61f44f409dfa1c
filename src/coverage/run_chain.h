/* Runs: shared shingles that go on in both texts, in order (drawn in coverage.h). */
#ifndef COVERAGE_RUN_CHAIN_H
#define COVERAGE_RUN_CHAIN_H

#include "util/alloc.h"

enum { ND_HELD = 0, ND_OTHER = 1 };

enum {
    /* Words between one shared shingle and the next of a run. At 12, copies with 40 % of their
     * words replaced or 8 % of their letters misread fall apart; at 32 nothing more is found. */
    ND_RUN_MAX_GAP_WORDS = 20,
    ND_RUN_MIN = 3, /* shingles; two meet by chance in texts of one subject */
    ND_RUN_MAX_DRIFT =
        3, /* shingles by which a gap may be longer in one text, and half its length */
    ND_RUN_MAX_ACTIVE = 16,
};

/* What a run is in one of the texts. */
typedef struct nd_run_side {
    uint32_t first, last;
    uint32_t num_weights;
    uint64_t weight;
} nd_run_side;

/* A run of shared shingles. */
typedef struct nd_covered_run {
    uint32_t num;
    nd_run_side sides[2];
} nd_covered_run;

/* A shared shingle. weight 0: not sampled. */
typedef struct nd_meeting {
    uint32_t at[2];
    uint32_t weight[2];
} nd_meeting;

/* The runs found so far, and which may still go on, by number; exclusive. */
typedef struct nd_run_chain {
    uint32_t max_gap; /* shingles */
    ND_VEC(nd_covered_run) runs;
    size_t active[ND_RUN_MAX_ACTIVE];
    size_t num_active;
    size_t latest; /* the run that went on last */
} nd_run_chain;

/* Forgets all runs. */
static inline void nd_run_chain_clear(nd_run_chain *chain)
{
    chain->runs.len = chain->num_active = chain->latest = 0;
}

/* Adds a meeting to the run that it continues most evenly, or begins one; chain->latest is then
 * that run. Meetings come in the order of the other text. O(1). */
ND_NODISCARD nd_status nd_run_chain_add(nd_run_chain *chain, const nd_meeting *meeting,
                                        const nd_allocator *allocator);

static inline void nd_run_chain_release(nd_run_chain *chain, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &chain->runs);
}

#endif
