/* What a scan finds among held documents. */
#ifndef CLI_FOUND_PAIRS_H
#define CLI_FOUND_PAIRS_H

#include "cli/held_documents.h"
#include "cli/pair_list.h"
#include "neardup/scan.h"

/* Scans, and fills *found with the pairs reported, or with all pairs of documents in one group;
 * sorted. For groups label[n] becomes the number of n's representative, n itself outside of groups;
 * for pairs `label` is left alone. */
ND_NODISCARD nd_status nd_found_pairs_make(const nd_held_documents *held,
                                           const nd_scan_options *options, nd_pair_list *found,
                                           uint32_t *label, nd_scan_stats *stats);

#endif
