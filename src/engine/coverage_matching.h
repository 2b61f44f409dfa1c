/* Matches by coverage: candidates that share rare shingles, decided by how much of each text stands
 * in the other. */
#ifndef ENGINE_COVERAGE_MATCHING_H
#define ENGINE_COVERAGE_MATCHING_H

#include "engine/scan_state.h"

/* Leaves the matches of the distincts in scan->edges, sorted, none twice, and scan->shared. Linear
 * in the shingles of all documents. */
ND_NODISCARD nd_status nd_scan_match_by_coverage(nd_scan *scan);

/* What two distincts have in common, whether they match or not. */
typedef struct nd_measured {
    nd_edge edge;
    nd_covered covered;
} nd_measured;

ND_NODISCARD nd_status nd_scan_measure(const nd_scan *scan, nd_scan_worker *worker, uint32_t a,
                                       uint32_t b, nd_measured *measured);

/* The kind by the scan's options; `coverage` counts where they ask for it. */
nd_match_kind nd_scan_classify(const nd_scan *scan, const nd_similarity *similarity,
                               const nd_coverage *coverage);

/* See nd_scan_verify. */
ND_NODISCARD nd_status nd_scan_verify_coverage(const nd_scan *scan, nd_scan_worker *worker,
                                               uint32_t a, uint32_t b, uint32_t *common);

/* The coverage of a matched pair of distincts, seen from a; measured again where grouping alone
 * compared them. Exclusive: works with worker 0. */
ND_NODISCARD nd_status nd_scan_coverage(const nd_scan *scan, uint32_t a, uint32_t b,
                                        nd_coverage *coverage);

#endif
