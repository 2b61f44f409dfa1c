/* The longest common subsequence of two sequences of words: how many words stand in both in the
 * same order, and which. */
#ifndef PASSAGES_LCS_H
#define PASSAGES_LCS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/alloc.h"

/* Words by their ids (see vocabulary.h): equal words have equal ids. */
typedef struct nd_word_sequence {
    const uint32_t *ids;
    uint32_t len;
} nd_word_sequence;

/* Words a .. a + len - 1 of one sequence equal words b .. b + len - 1 of another. */
typedef struct nd_word_run {
    uint32_t a, b, len;
} nd_word_run;

/* Scratch, for one thread at a time. A zeroed struct with an allocator is ready to begin. */
typedef struct nd_lcs {
    nd_allocator allocator;
    uint64_t *masks; /* per id: where a block of a holds it; zero between calls */
    uint64_t *steps; /* per word of b: what the block looked like after it, to trace back */
    uint8_t
        *carries; /* per word of b: whether it lengthened what the blocks so far have in common */
    uint32_t *reversed;
    size_t mask_capacity, step_capacity, carry_capacity, reversed_capacity;
} nd_lcs;

enum {
    ND_LCS_BLOCK = 64, /* words of a that are taken side by side, a bit each */
    /* Longest sequences whose common words nd_lcs_window traces. */
    ND_LCS_WINDOW = 64,
};

void nd_lcs_init(nd_lcs *lcs, const nd_allocator *allocator);

/* Ids up to num_ids - 1 may follow. O(1) amortised. */
ND_NODISCARD nd_status nd_lcs_begin(nd_lcs *lcs, uint32_t num_ids);

/* The runs of a longest common subsequence, ascending, to runs[0..); returns their number. a and b
 * are at most ND_LCS_WINDOW long, so there are at most as many runs. O(a + b), allocates nothing.
 */
uint32_t nd_lcs_window(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                       nd_word_run runs[ND_LCS_WINDOW]);

/* What is known of a length that was asked for. */
typedef struct nd_lcs_bound {
    uint32_t length; /* so long at least */
    bool is_exact;   /* and no longer */
} nd_lcs_bound;

/* Length of the longest common subsequence of a and b, of which the caller knows `at_least`. Costs
 * (a + b) * (1 + differences / 64) steps, where differences = a + b - 2 * length; past
 * ND_LCS_STEPS_PER_WORD steps for each word of both the length found so far is returned, which
 * happens beyond about 500 differences. */
ND_NODISCARD nd_status nd_lcs_length(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                                     uint32_t at_least, nd_lcs_bound *bound);

enum { ND_LCS_STEPS_PER_WORD = 8 };

/* A vector of runs, for nd_lcs_align. */
typedef ND_VEC(nd_word_run) nd_word_runs;

/* Appends the runs of a longest common subsequence of a and b, ascending, to `runs`. O(a * b / 64)
 * time, O(a + b) memory. */
ND_NODISCARD nd_status nd_lcs_align(nd_lcs *lcs, nd_word_sequence a, nd_word_sequence b,
                                    nd_word_runs *runs);

void nd_lcs_release(nd_lcs *lcs);

#endif
