/* Matches by coverage: candidates that share rare shingles, decided by how much of each text stands
 * in the other. */
#ifndef ENGINE_COVERAGE_MATCHING_H
#define ENGINE_COVERAGE_MATCHING_H

#include "engine/scan_state.h"

/* Leaves the matches of the distincts in scan->edges, sorted, none twice, and scan->shared. Linear
 * in the shingles of all documents. */
ND_NODISCARD nd_status nd_scan_match_by_coverage(nd_scan *scan);

/* Measures two distincts, a < b, whether they match or not. */
ND_NODISCARD nd_status nd_scan_measure(const nd_scan *scan, nd_scan_worker *worker, uint32_t a,
                                       uint32_t b, nd_edge *edge);

/* See nd_scan_verify. */
ND_NODISCARD nd_status nd_scan_verify_coverage(const nd_scan *scan, nd_scan_worker *worker,
                                               uint32_t a, uint32_t b, uint32_t *common);

/* The coverage of a matched pair of distincts, seen from a; measured again where grouping alone
 * compared them. Exclusive: works with worker 0. */
ND_NODISCARD nd_status nd_scan_coverage(const nd_scan *scan, uint32_t a, uint32_t b,
                                        nd_coverage *coverage);

#endif
