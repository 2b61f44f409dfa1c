/* Exact comparison of two documents of a scan. */
#ifndef ENGINE_VERIFIER_H
#define ENGINE_VERIFIER_H

#include "engine/scan_state.h"

/* Makes the record's hashes a set, once. No other thread may look at the record meanwhile. */
ND_NODISCARD nd_status nd_record_make_set(nd_scan_worker *worker, const nd_allocator *allocator,
                                          nd_record *record);

/* A text with copies is reported with its size, even if it was never compared: makes the sets of
 * those. */
ND_NODISCARD nd_status nd_scan_make_sets_of_copies(nd_scan *scan);

/* Compares two distincts by the scan's rule. *common is the number of shared shingles where they
 * match, and 0 where they do not. */
ND_NODISCARD nd_status nd_scan_verify(const nd_scan *scan, nd_scan_worker *worker, uint32_t a,
                                      uint32_t b, uint32_t *common);

/* The exact similarity of two distincts whose sets are made. */
nd_similarity nd_scan_similarity(const nd_scan *scan, uint32_t a, uint32_t b);

#endif
