/* Shingle sets of lasting documents, made from their text read again. */
#ifndef ENGINE_SET_FETCH_H
#define ENGINE_SET_FETCH_H

#include "engine/ingest.h"

/* The sources that gave a scan lasting documents; nd_record.source counts from 0. */
typedef ND_VEC(nd_source) nd_source_vec;

/* What nd_fetch_sets works with: the scan's. */
typedef struct nd_set_fetcher {
    const nd_catalog *catalog;
    const nd_source_vec *sources;
    nd_ingester *ingesters; /* one for each thread */
    const nd_scan_options *options;
    const nd_allocator *allocator;
    nd_error *error; /* may be NULL */
} nd_set_fetcher;

/* Makes in sets, which are the catalog's texts', those with wanted[text] != 0 that are not known:
 * each source that gave them is read again, on all threads. Memory: 8 bytes a shingle, and 24 a
 * text while it runs. ND_ERR_IO: a document did not come again as it was. */
ND_NODISCARD nd_status nd_fetch_sets(const nd_set_fetcher *fetcher, const uint8_t *wanted,
                                     nd_scan_set *sets);

#endif
