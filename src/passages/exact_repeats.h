/* Text that stands word for word at two or more places. */
#ifndef PASSAGES_EXACT_REPEATS_H
#define PASSAGES_EXACT_REPEATS_H

#include "passages/seed_index.h"
#include "passages/span.h"
#include "text/border.h"
#include "util/alloc.h"

/* Places found[first_place .. first_place + num_places), ascending, of the same length; they do not
 * overlap. */
typedef struct nd_exact_repeat {
    size_t first_place, num_places;
} nd_exact_repeat;

/* For each seed that stands at several places: the longest stretch around it that stands at all of
 * them, its closure. Each seed is in one closure with all its places:
 *
 *   places     1: x [ C ] y        2: x [ C ] z        3: w [ C ] z
 *   closures   C at 1, 2 and 3;    x C at 1 and 2;     C z at 2 and 3
 *
 * So every copy of a line is in one repeat with all the others, whatever stands around each. */
typedef struct nd_exact_repeats {
    nd_allocator allocator;
    const nd_seed_index *seeds;
    const nd_passage_measure *measure;
    nd_borders *borders;
    ND_VEC(nd_exact_repeat) repeats;
    ND_VEC(nd_span) found;
    ND_VEC(uint32_t) places; /* of the closure in hand */
    uint32_t *is_done;       /* a bit per seed position */
    size_t done_capacity;
    uint64_t steps_left; /* see ND_EXACT_STEPS_PER_SEED */
    uint64_t num_cut;    /* closures that were not followed to their ends */
} nd_exact_repeats;

/* Closures inside one another (a line, it with the next one, it with the next two, each at other
 * places) are followed in so many steps for each seed of the text, which keeps the time linear. */
enum { ND_EXACT_STEPS_PER_SEED = 32 };

void nd_exact_repeats_init(nd_exact_repeats *exact, const nd_allocator *allocator);

/* Finds the repeats of the text of `seeds`, which are all indexed, to exact->repeats. A closure
 * counts as it stands where it is long enough for that, without words on the wrong side of a
 * border; else what of it fills whole lines or sentences, at the places where it does. The
 * arguments are borrowed. O(seeds). */
ND_NODISCARD nd_status nd_exact_repeats_find(nd_exact_repeats *exact, const nd_seed_index *seeds,
                                             const nd_passage_measure *measure,
                                             nd_borders *borders);

void nd_exact_repeats_release(nd_exact_repeats *exact);

#endif
