/* Two texts in two columns, with the numbers of their lines.
 *
 *      3  The mill by the river  |     7  The old mill by the
 *         was sold on Monday.    |        river was sold on
 *                                |        Monday.
 */
#ifndef CLI_OUTPUT_SIDE_BY_SIDE_H
#define CLI_OUTPUT_SIDE_BY_SIDE_H

#include "cli/job.h"

typedef struct nd_side {
    const char *text;
    size_t len_bytes;
    uint64_t line; /* of its first byte */
} nd_side;

/* As wide as the job's columns; of a long passage the first rows, and how many more there are. */
void nd_side_by_side_print(const nd_job *job, nd_page *page, const nd_side *left,
                           const nd_side *right);

#endif
