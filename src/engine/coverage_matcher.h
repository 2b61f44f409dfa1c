/* What the two halves of the matcher by coverage share. */
#ifndef ENGINE_COVERAGE_MATCHER_H
#define ENGINE_COVERAGE_MATCHER_H

#include <stdbool.h>

#include "coverage/coverage.h"
#include "coverage/verdict.h"
#include "engine/matcher.h"
#include "util/alloc.h"

/* A text that a worker has ready for verdicts. */
typedef struct nd_ready_text {
    nd_judged_text judged;
    uint32_t text; /* + 1; 0: none */
} nd_ready_text;

/* Texts that are kept ready for the pairs to come, each at the place of its number: near-copies of
 * one text are compared with each other too. Of longer ones, which hold much memory, there are
 * fewer; the longest are made ready for one pair each. */
enum {
    ND_READY_TEXTS = 256,
    ND_READY_WORDS = 2000,
    ND_READY_LONG = 16,
    ND_READY_LONG_WORDS = 16000
};

/* The words of a text, as the verdict reads them, and which of its trigrams stand in it twice, see
 * nd_trigrams. */
typedef struct nd_kept_words {
    const nd_word_code *codes;
    uint32_t num;
} nd_kept_words;

typedef struct nd_coverage_worker {
    nd_position_index positions;
    nd_candidate_finder candidates;
    ND_VEC(uint64_t) pairs; /* larger text << 32 | smaller one */
    nd_coverage_finder finder;
    uint32_t held; /* by the finder, + 1; 0: none */
    nd_judge judge;
    nd_ready_text ready_held, ready_other;
    nd_ready_text ready[ND_READY_TEXTS];     /* of up to ND_READY_WORDS words */
    nd_ready_text ready_long[ND_READY_LONG]; /* of up to ND_READY_LONG_WORDS */
    ND_VEC(uint32_t) places;                 /* of the other text's shingles in the held one */
    ND_VEC(uint32_t) repeats;                /* of the text being read */
    nd_edge_vec edges;
    nd_arena words;
    uint64_t num_candidates, num_matches, num_common, capped_comparisons;
    uint32_t common_text; /* the lowest of those, + 1; 0: none */
} nd_coverage_worker;

typedef struct nd_coverage_matcher {
    nd_matcher base;
    nd_coverage_worker *workers;
    nd_shared_shingles shared;
    nd_kept_words *words; /* of the texts */
    bool has_trigrams;    /* for shingles */
    int32_t least_score;  /* asked for, in 1 / ND_LOGISTIC_ONE; 0: none is */
    uint64_t *pairs;      /* to be measured, none twice: larger text << 32 | smaller one */
    size_t num_pairs;
} nd_coverage_matcher;

/* Compares the texts of a pair; a match is appended to the worker's edges. `held` is the one of
 * them that the next pairs will have as well: it is read once. */
ND_NODISCARD nd_status nd_coverage_compare(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                           uint64_t pair, uint32_t held, bool *is_match);

/* Asks the processor for what a comparison with the text will read: first where it is, some pairs
 * later the beginning of what is there. */
typedef enum nd_asked_part { ND_ASK_PLACE = 0, ND_ASK_TEXT } nd_asked_part;
void nd_coverage_prefetch(const nd_coverage_matcher *c, uint32_t text, nd_asked_part part);

/* Leaves the matches of representatives with what they take in the workers' edges; c->pairs is in
 * ascending order, and used up. by_rank: see nd_match_request. */
ND_NODISCARD nd_status nd_coverage_match_groups(nd_coverage_matcher *c, const uint32_t *by_rank);

#endif
