/* Two stretches of a text lined up word by word, and the parts of them worth reporting. */
#ifndef PASSAGES_TRACE_H
#define PASSAGES_TRACE_H

#include "passages/chain.h"
#include "passages/lcs.h"
#include "passages/span.h"
#include "text/border.h"
#include "util/alloc.h"

/* Tokens that an alignment may pair: those of one range with those of the other. */
typedef struct nd_trace_box {
    nd_span earlier, later;
} nd_trace_box;

/* Runs first .. last of a trace. */
typedef struct nd_piece {
    uint32_t first, last;
    uint32_t before;    /* used while searching */
    int64_t start, end; /* the score before the piece and after it */
} nd_piece;

/* Runs of equal words, ascending in both stretches, `a` the earlier one:
 *
 *   earlier  |---- run 0 ----| x |-- run 1 --|       |- run 2 -|
 *   later    |---- run 0 ----| y |-- run 1 --| z z z |- run 2 -|
 *             <------------ piece ----------->        <-------> another, if z is long
 */
typedef struct nd_trace {
    nd_allocator allocator;
    const uint32_t *ids; /* of the text's tokens */
    nd_lcs *lcs;
    int64_t gain; /* of a pair of equal words, where an unpaired word costs ND_TRACE_COST */
    nd_word_runs runs, part;
    ND_VEC(nd_piece) pieces;
} nd_trace;

enum { ND_TRACE_COST = 1 << 10 };

/* Pieces will have at least this identity. `lcs` is borrowed. */
void nd_trace_init(nd_trace *trace, const nd_allocator *allocator, nd_lcs *lcs,
                   double min_identity);

/* Begins with what the seeds of a chain have in common within a box, and pairs the words between
 * them. Nothing is left where that is nothing. */
ND_NODISCARD nd_status nd_trace_set(nd_trace *trace, const uint32_t *ids, const nd_run *chain,
                                    uint32_t num, uint32_t seed_width, const nd_trace_box *box);

/* Cuts the runs into pieces: where joining would pull the identity under what was asked for, and
 * nowhere else. Whole lines that differ weigh twice. Every run is in one piece at most.
 *
 * A pair of equal words adds (1 - t) / t to a score, and a column of unpaired words takes 1, so
 * that a score of 0 says that the identity is t. The pieces are all maximal scoring subsequences,
 * in linear time: Ruzzo and Tompa, "A linear time algorithm for finding all maximal scoring
 * subsequences", ISMB 1999, section 3. */
ND_NODISCARD nd_status nd_trace_cut(nd_trace *trace, nd_borders *borders);

/* Takes a piece to trace->part, and follows both its ends for as long as the words outside stay
 * mostly the same, within a box: an edit near an end leaves no equal seed there. */
ND_NODISCARD nd_status nd_trace_extend(nd_trace *trace, const nd_piece *piece,
                                       const nd_trace_box *box);

void nd_trace_release(nd_trace *trace);

#endif
