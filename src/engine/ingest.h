/* Documents into a scan: bytes to record. */
#ifndef ENGINE_INGEST_H
#define ENGINE_INGEST_H

#include "engine/scan_state.h"

ND_NODISCARD nd_status nd_scan_worker_init(nd_scan_worker *worker, const nd_scan_options *options,
                                           const nd_plan *plan, const nd_allocator *allocator);

void nd_scan_worker_release(nd_scan_worker *worker, const nd_allocator *allocator);

/* Tokenises, hashes and sketches one document and keeps its record. On failure the worker is as it
 * was, but for memory. */
ND_NODISCARD nd_status nd_scan_worker_add(nd_scan *scan, nd_scan_worker *worker,
                                          const nd_document *document);

#endif
