/* From the buckets of the bands to verified matches. */
#ifndef ENGINE_BUCKET_EXPANSION_H
#define ENGINE_BUCKET_EXPANSION_H

#include "engine/scan_state.h"

/* Looks at every band and leaves the matches in scan->edges, sorted, none twice. For pairs (and
 * single links) a bucket is expanded into all its pairs; for anchored groups its members meet its
 * leader, those that do not match form the rest, and so on. Buckets too large for that are cut to a
 * number of comparisons linear in their size, and counted. */
ND_NODISCARD nd_status nd_scan_expand_buckets(nd_scan *scan);

#endif
