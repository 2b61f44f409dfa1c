/* The parts of an alignment worth reporting together. */
#ifndef MATCH_PIECES_H
#define MATCH_PIECES_H

#include "match/chain.h"

/* Runs first .. last of an alignment. */
typedef struct nd_piece {
    uint32_t first, last;
    uint32_t before;   /* used while searching */
    double start, end; /* the score before the piece and after it */
} nd_piece;

typedef struct nd_pieces {
    ND_VEC(nd_piece) list;
} nd_pieces;

/* Splits runs[0..num) where joining them would pull the jaccard of the two stretches under
 * min_similarity, and nowhere else. Ascending; together they hold every run.
 *
 * An equal seed pair adds (1 + t) / t - 2 to a piece's score and an unmatched position on either
 * side takes 1, so that score >= 0 says jaccard >= t. The pieces are all maximal scoring
 * subsequences, in linear time: Ruzzo and Tompa, "A linear time algorithm for finding all maximal
 * scoring subsequences", ISMB 1999, section 3. */
ND_NODISCARD nd_status nd_pieces_split(nd_pieces *pieces, const nd_allocator *allocator,
                                       const nd_run *runs, uint32_t num, double min_similarity);

void nd_pieces_release(nd_pieces *pieces, const nd_allocator *allocator);

#endif
