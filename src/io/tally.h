/* Counts of what was read, left out and found odd. */
#ifndef IO_TALLY_H
#define IO_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "io/input.h"

/* Where something stands among the inputs: the files in the order they are met, their records. */
typedef struct nd_input_place {
    uint64_t file;
    uint64_t record; /* from 0 */
    uint64_t line;   /* for messages; 0: the file as a whole */
} nd_input_place;

/* Counts of one block, added to those of the input when it is decoded; exclusive. So the first
 * example of an issue is the first by place, whichever thread met it. */
typedef struct nd_tally {
    uint64_t files, documents;
    nd_input_finding findings[ND_NUM_ISSUES];
    nd_input_place first[ND_NUM_ISSUES]; /* of findings[].first, where count is not 0 */
} nd_tally;

/* Counts an issue. True where it is the first by place so far: describe it then. */
ND_NODISCARD bool nd_tally_count(nd_tally *tally, nd_input_issue issue, nd_input_place place);

/* The message of the issue counted last, printf-style. */
void nd_tally_describe(nd_tally *tally, nd_input_issue issue, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds `from` to `into`, and clears it. */
void nd_tally_move(nd_tally *into, nd_tally *from);

#endif
