/* What the two halves of the matcher by coverage share. */
#ifndef ENGINE_COVERAGE_MATCHER_H
#define ENGINE_COVERAGE_MATCHER_H

#include <stdbool.h>

#include "coverage/coverage.h"
#include "coverage/rare_candidates.h"
#include "coverage/verdict.h"
#include "engine/matcher.h"
#include "util/arena.h"

enum {
    ND_READY_TEXTS = 512,      /* that a worker keeps ready for verdicts: copies meet often */
    ND_READY_MAX_WORDS = 1024, /* of those; larger ones are made ready again for each pair */
};

/* Texts made ready for verdicts. A text stands at its place % ND_READY_TEXTS, or at the end, which
 * has room for the two of a pair. */
typedef struct nd_ready_texts {
    nd_judged_text texts[ND_READY_TEXTS + 2];
    uint32_t text_at[ND_READY_TEXTS + 2]; /* + 1; 0: none */
} nd_ready_texts;

typedef struct nd_coverage_worker {
    nd_position_index positions;
    nd_candidate_finder candidates;
    ND_VEC(uint64_t) pairs; /* larger text << 32 | smaller one */
    nd_coverage_finder finder;
    uint32_t held; /* by the finder, + 1; 0: none */
    nd_judge judge;
    nd_ready_texts ready;
    nd_edge_vec edges;
    nd_arena words;
    uint64_t num_shingles, num_candidates, num_matches, num_common, capped_comparisons;
    uint32_t common_text; /* the lowest of those, + 1; 0: none */
} nd_coverage_worker;

typedef struct nd_coverage_matcher {
    nd_matcher base;
    nd_coverage_worker *workers;
    nd_shared_shingles shared;
    const nd_word_code **words; /* of the texts */
    int32_t least_score;        /* asked for, in 1 / ND_LOGISTIC_ONE; 0: none is */
    uint32_t *place_of;         /* of a text in the order of work; NULL: its number */
    uint64_t *pairs;            /* to be measured, none twice: larger text << 32 | smaller one */
    size_t num_pairs;
} nd_coverage_matcher;

/* Compares the texts of a pair; a match is appended to the worker's edges. `held` is the one of
 * them that the next pairs will have as well: it is read once. */
ND_NODISCARD nd_status nd_coverage_compare(const nd_coverage_matcher *c, nd_coverage_worker *w,
                                           uint64_t pair, uint32_t held, bool *is_match);

/* Leaves the matches of representatives with what they take in the workers' edges; c->pairs is in
 * ascending order, and used up. by_rank: see nd_match_request. */
ND_NODISCARD nd_status nd_coverage_match_groups(nd_coverage_matcher *c, const uint32_t *by_rank);

#endif
