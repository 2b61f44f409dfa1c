/* All pairs of a scan on their way out, put together by several threads. */
#ifndef CLI_OUTPUT_PAIR_WRITING_H
#define CLI_OUTPUT_PAIR_WRITING_H

#include "cli/output/match_writer.h"

/* Writes the pairs as `writer`, which is on its own, would one by one, and counts them in it: the
 * threads of its job make pages of them, which are written in order. */
ND_NODISCARD nd_status nd_write_pairs(nd_match_writer *writer, const nd_scan *scan);

#endif
