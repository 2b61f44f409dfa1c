/* Text that stands again right behind itself. */
#ifndef PASSAGES_PASSAGE_PERIOD_H
#define PASSAGES_PASSAGE_PERIOD_H

#include "passages/passage_fit.h"

/* Fits an alignment whose two stretches overlap: a text that goes on with itself.
 *
 *   tokens    | A A A A A A A A A A |
 *   earlier   |-----------------|
 *   later         |-----------------|
 *   places    | A | A | A | A | A ...     as many periods to a place as make it long enough
 *
 * Each place is paired with the next. What repeats fewer different words than make a passage
 * ("ha ha ha ha") is counted in fitter->dropped instead. *is_taken: a pair was found. */
ND_NODISCARD nd_status nd_passage_fitter_add_period(nd_passage_fitter *fitter, const nd_run *runs,
                                                    uint32_t num, bool *is_taken);

#endif
