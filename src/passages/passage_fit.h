/* From chains of seeds to pairs of places worth showing. */
#ifndef PASSAGES_PASSAGE_FIT_H
#define PASSAGES_PASSAGE_FIT_H

#include <stdbool.h>

#include "neardup/passages.h"
#include "passages/chain.h"
#include "passages/seed_index.h"
#include "passages/span.h"
#include "passages/trace.h"
#include "text/border.h"
#include "util/alloc.h"

/* Whether stretches that are the same word for word are wanted: inside one text exact_repeats.h
 * finds them. */
typedef enum nd_exact_pairs {
    ND_EXACT_PAIRS_DROP = 0,
    ND_EXACT_PAIRS_KEEP,
} nd_exact_pairs;

/* What an edited passage has in common must weigh this much (see nd_vocabulary_weight): three words
 * that stand in its two places only, or very many that stand everywhere. Half of that has to be in
 * the seeds and between them, a quarter in one seed; a tenth there costs up to a fifth more time in
 * source code, and finds little but rows. */
enum {
    ND_FIT_WEIGHT = 2 * ND_WEIGHT_ONE,
    ND_FIT_PIECE_WEIGHT = ND_FIT_WEIGHT / 2,
    ND_FIT_SEED_WEIGHT = ND_FIT_WEIGHT / 4,
};

/* The text in hand, and what was found in it. */
typedef struct nd_passage_fitter {
    nd_allocator allocator;
    nd_passage_options options;
    nd_passage_measure measure; /* of this text */
    nd_exact_pairs exact_pairs;
    nd_borders *borders;
    const nd_seed_index *seeds;
    nd_trace_box box; /* tokens that an earlier and a later stretch may hold */
    nd_lcs lcs;
    nd_trace trace;
    ND_VEC(nd_span_pair) pairs;
    nd_word_runs runs; /* of the pairs, where exact ones are kept */
} nd_passage_fitter;

void nd_passage_fitter_init(nd_passage_fitter *fitter, const nd_allocator *allocator,
                            const nd_passage_options *options);

/* Begins the text of `seeds`; `seeds`, `measure` and `borders` are borrowed. Stretches stay inside
 * `box`, whose two ranges are the same inside one text. */
ND_NODISCARD nd_status nd_passage_fitter_begin(nd_passage_fitter *fitter,
                                               const nd_seed_index *seeds,
                                               const nd_passage_measure *measure,
                                               nd_borders *borders, const nd_trace_box *box,
                                               nd_exact_pairs exact_pairs);

/* Appends to fitter->pairs what a chain holds, if anything: aligned, cut into pieces, trimmed or
 * widened to near borders, long and similar enough. The two places of a pair do not overlap. */
ND_NODISCARD nd_status nd_passage_fitter_add(nd_passage_fitter *fitter, const nd_run *chain,
                                             uint32_t num);

/* Counts the words that the stretches of a pair have in common, of which pair->common are known. */
ND_NODISCARD nd_status nd_passage_fitter_measure(nd_passage_fitter *fitter, nd_span_pair *pair);

/* A line or a sentence begins at the token, or the text ends. */
static inline bool nd_passage_is_border(const nd_passage_fitter *fitter, uint32_t token)
{
    return nd_border_before(fitter->borders, token) != ND_BORDER_NONE;
}

/* Aligns two spans of at most ND_LCS_WINDOW words each; `a` and `b` of the runs count from theirs.
 */
static inline uint32_t nd_passage_align_window(nd_passage_fitter *fitter, nd_span a, nd_span b,
                                               nd_word_run runs[ND_LCS_WINDOW])
{
    const uint32_t *const ids = fitter->measure.ids;
    return nd_lcs_window(&fitter->lcs, (nd_word_sequence){ids + a.start, nd_span_len(a)},
                         (nd_word_sequence){ids + b.start, nd_span_len(b)}, runs);
}

void nd_passage_fitter_release(nd_passage_fitter *fitter);

/* --- where the stretches of a pair begin and end: passage_ends.c --- */

/* Runs of a trace as a pair of stretches within a box. Words beside a border are dropped (the same
 * word before two copies), and what an edit keeps from a border near by is taken in. */
nd_span_pair nd_passage_pair_of_runs(nd_passage_fitter *fitter, const nd_word_run *runs,
                                     uint32_t num, const nd_trace_box *box);

/* --- how much alike they must be to be told of: passage_likeness.c --- */

/* The identity that a pair with these runs in common needs: what the options ask for, or more where
 * it is a phrase, or has only the words of a form in common, or differs only in numbers. */
double nd_passage_identity_needed(const nd_passage_fitter *fitter, const nd_span_pair *pair,
                                  const nd_word_run *runs, uint32_t num);

/* Whether a pair is nothing but whole lines that are the same, with lines beside them that differ.
 */
bool nd_passage_is_exact_inside(nd_passage_fitter *fitter, const nd_span_pair *pair,
                                const nd_word_run *runs, uint32_t num);

#endif
