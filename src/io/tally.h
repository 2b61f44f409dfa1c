/* Counts of what was read and left out. */
#ifndef IO_TALLY_H
#define IO_TALLY_H

#include <stdint.h>

#include "io/input.h"

/* Where something stands among the inputs: the files in the order they are met, their lines. */
typedef struct nd_input_place {
    uint64_t file;
    uint64_t line; /* 0: the file as a whole */
} nd_input_place;

/* Counts of one block, added to those of the input when it is decoded; exclusive. So the first skip
 * is the first by place, whichever thread met it. */
typedef struct nd_tally {
    uint64_t files, documents;
    uint64_t invalid_utf8_lines, invalid_bytes;
    uint64_t without_preference;
    nd_input_skips skips[ND_SKIP_NUM_REASONS];
    nd_input_place first[ND_SKIP_NUM_REASONS]; /* of skips[].first, where count is not 0 */
} nd_tally;

/* Counts a skip. The message, printf-style, is kept if no skip before it has a smaller place. */
void nd_tally_skip(nd_tally *tally, nd_skip_reason reason, nd_input_place place, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));

/* Adds `from` to `into`, and clears it. */
void nd_tally_move(nd_tally *into, nd_tally *from);

#endif
