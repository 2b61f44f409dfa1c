/* The best counterpart of each passage of one document in another. */
#ifndef PASSAGES_SHARED_CHOICE_H
#define PASSAGES_SHARED_CHOICE_H

#include "passages/passage_fit.h"

/* Of fitter->pairs, keeps those whose later places do not overlap, preferring the pair that has
 * more in common; one that loses is cut to what is left of it, if that is still a passage. Sorted
 * by later place. */
ND_NODISCARD nd_status nd_shared_choose(nd_passage_fitter *fitter);

#endif
