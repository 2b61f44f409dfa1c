/* The documents of a scan in a fixed order, whatever order they came in. */
#ifndef ENGINE_CATALOG_H
#define ENGINE_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "engine/record.h"
#include "neardup/scan.h"
#include "util/alloc.h"

/*   documents:     all records by id bytes; a document's number is its place here
 *   distinct text: documents of one normalised text are one "distinct", numbered by rank: the one a
 *                  group would rather keep has the smaller number
 *
 *   records[x]     of one document of distinct x
 *   band_keys[j * num_distinct + x]   its key of band j, for the pass over a band
 *   copies[copies_start[x] .. copies_start[x + 1])   its documents, ascending
 *
 * Documents without tokens belong to no distinct. */
typedef struct nd_catalog {
    nd_record **documents;
    size_t num_documents;
    size_t num_distinct;
    nd_record **records;
    uint32_t *band_keys;
    uint32_t *copies_start;
    uint32_t *copies;
} nd_catalog;

/* Takes over `documents` (allocated with `allocator`), also when it fails. */
ND_NODISCARD nd_status nd_catalog_init(nd_catalog *catalog, nd_record **documents, size_t num,
                                       const nd_scan_options *options, uint32_t bands,
                                       const nd_allocator *allocator);

static inline nd_record *nd_catalog_record(const nd_catalog *catalog, uint32_t distinct)
{
    return catalog->records[distinct];
}

static inline uint32_t nd_catalog_num_copies(const nd_catalog *catalog, uint32_t distinct)
{
    return catalog->copies_start[distinct + 1] - catalog->copies_start[distinct];
}

/* The document of a distinct that a group keeps: the smallest preference (where the policy asks for
 * it), then the first id. O(copies). */
uint32_t nd_catalog_best_copy(const nd_catalog *catalog, nd_representative policy,
                              uint32_t distinct);

/* Documents whose id another one with a smaller number carries. */
uint64_t nd_catalog_num_duplicate_ids(const nd_catalog *catalog, uint32_t bands);

void nd_catalog_release(nd_catalog *catalog, const nd_allocator *allocator);

#endif
