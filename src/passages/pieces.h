/* The parts of an alignment worth reporting together. */
#ifndef PASSAGES_PIECES_H
#define PASSAGES_PIECES_H

#include "passages/chain.h"
#include "text/border.h"

/* Runs first .. last of an alignment. */
typedef struct nd_piece {
    uint32_t first, last;
    uint32_t before;   /* used while searching */
    double start, end; /* the score before the piece and after it */
} nd_piece;

/* Pieces first_piece .. last_piece. */
typedef struct nd_joined_piece {
    uint32_t first_piece, last_piece;
    double score;
} nd_joined_piece;

typedef struct nd_pieces {
    ND_VEC(nd_piece) list;
    ND_VEC(nd_joined_piece) joined;
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

/* Joins pieces of the last split, as long as the whole keeps its score, to `joined`: those with
 * much text changed between them, where they still stand in the same line in both stretches, and
 * those that are long for the gap. So an edited paragraph is one passage, although some part of it
 * was changed beyond the threshold. Linear. */
ND_NODISCARD nd_status nd_pieces_join(nd_pieces *pieces, const nd_allocator *allocator,
                                      const nd_run *runs, nd_borders *borders, uint32_t seed_width);

/* Seeds that runs `before` and `after` leave unmatched between them, in both stretches together. */
uint32_t nd_run_gap(const nd_run *before, const nd_run *after);

void nd_pieces_release(nd_pieces *pieces, const nd_allocator *allocator);

#endif
