/* How much alike the stretches of a pair must be to be told of. */
#ifndef PASSAGES_PASSAGE_LIKENESS_H
#define PASSAGES_PASSAGE_LIKENESS_H

#include "passages/passage_fit.h"

/* The identity that a pair with these runs in common needs: what the options ask for, or more where
 * it is a phrase, or has only the words of a form in common, or differs only in numbers. */
double nd_passage_identity_needed(const nd_passage_fitter *fitter, const nd_span_pair *pair,
                                  const nd_word_run *runs, uint32_t num);

/* Whether a pair is nothing but whole lines that are the same, with lines beside them that differ.
 */
bool nd_passage_is_exact_inside(nd_passage_fitter *fitter, const nd_span_pair *pair,
                                const nd_word_run *runs, uint32_t num);

#endif
