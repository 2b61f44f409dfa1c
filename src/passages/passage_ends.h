/* Where the stretches of a pair begin and end: at lines and sentences, where these are near. */
#ifndef PASSAGES_PASSAGE_ENDS_H
#define PASSAGES_PASSAGE_ENDS_H

#include "passages/passage_fit.h"

/* Runs of a trace as a pair of stretches within a box. Words beside a border are dropped (the same
 * word before two copies), and what an edit keeps from a border near by is taken in. */
nd_span_pair nd_passage_pair_of_runs(nd_passage_fitter *fitter, const nd_word_run *runs,
                                     uint32_t num, const nd_trace_box *box);

#endif
