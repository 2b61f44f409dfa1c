/* The first words of a passage, on one line. */
#ifndef CLI_OUTPUT_EXCERPT_H
#define CLI_OUTPUT_EXCERPT_H

#include "cli/output/page.h"

/* Appends the beginning of p[0..len_bytes) in at most `columns`, cut after a word where it is too
 * long, "..." at the cut; white space becomes one space. */
void nd_excerpt_print(nd_page *page, const char *p, size_t len_bytes, size_t columns);

#endif
