/* The distinct shingles of a text in text order, where each stands; and runs: shared shingles that
 * go on in both texts, in order (drawn in coverage.h). */
#ifndef COVERAGE_RUN_CHAIN_H
#define COVERAGE_RUN_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"

/* --- where each shingle stands --- */

#define ND_NO_POSITION UINT32_MAX

/* Finds the position of a shingle in one sequence at a time; exclusive. Open addressing, at most a
 * quarter full, so that nearly every shingle stands where it is looked for first:
 *
 *   slots[nd_position_slot(hash)] = position + 1, or 0 where nothing stands; a clash goes to the
 * next
 *
 * Which slot that is depends on a number that no author of texts knows: they know the hashes, and
 * could write a text of many that share their lowest bits, all to be looked through one by one.
 *
 *   marks:  16 bits or more for each shingle, one of them set, by other bits of its hash: tells
 * that a shingle is not there without a branch (a Bloom filter of one hash function: Bloom 1970)
 */
typedef struct nd_position_index {
    const uint64_t *shingles; /* borrowed */
    uint32_t *slots;
    size_t capacity; /* allocated slots */
    size_t mask;     /* slots in use - 1 */
    unsigned shift;  /* 64 - the bits of the mask */
    uint64_t seed;   /* odd; 0 before the first use */
    uint64_t *marks; /* made by nd_position_index_set alone */
    size_t marks_capacity;
    size_t mark_mask; /* words in use - 1 */
} nd_position_index;

/* One bit for each of num shingles: elements of an array that has room for them. */
#define ND_REPEATS_WORDS(num) (((num) + 31) / 32)

/* Drops every repeat of hashes[0..num) but the first, keeps the order, and indexes what remains.
 * *num_distinct is their number. Unless it is NULL, repeats[ND_REPEATS_WORDS(num)] says which were
 * dropped: bit i % 32 of repeats[i / 32]. O(num). ND_ERR_LIMIT: num from 2^30 on. */
ND_NODISCARD nd_status nd_position_index_distinct(nd_position_index *index,
                                                  const nd_allocator *allocator, uint64_t *hashes,
                                                  size_t num, size_t *num_distinct,
                                                  uint32_t *repeats);

/* Indexes a sequence that repeats nothing. O(num). ND_ERR_LIMIT: num from 2^30 on. */
ND_NODISCARD nd_status nd_position_index_set(nd_position_index *index,
                                             const nd_allocator *allocator,
                                             const uint64_t *shingles, size_t num);

/* 0 where the shingle is surely not there, else 1; wrong for one in sixteen at most that is not. */
static inline uint32_t nd_position_index_may_have(const nd_position_index *index, uint64_t hash)
{
    return (uint32_t)(index->marks[hash >> 38 & index->mark_mask] >> (hash >> 32 & 63) & 1);
}

/* The slot where a hash is looked for first: multiply-shift (Dietzfelbinger, Hagerup, Katajainen
 * and Penttonen, A reliable randomized algorithm for the closest-pair problem, 1997). */
static inline size_t nd_position_slot(const nd_position_index *index, uint64_t hash)
{
    return (size_t)(hash * index->seed >> index->shift);
}

/* Position of `hash`, or ND_NO_POSITION. O(1) expected. */
static inline uint32_t nd_position_index_find(const nd_position_index *index, uint64_t hash)
{
    for (size_t at = nd_position_slot(index, hash);; at = (at + 1) & index->mask) {
        const uint32_t slot = index->slots[at];
        if (slot == 0)
            return ND_NO_POSITION;
        if (index->shingles[slot - 1] == hash)
            return slot - 1;
    }
}

void nd_position_index_release(nd_position_index *index, const nd_allocator *allocator);

/* --- runs --- */

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
