/* The documents of a scan in a fixed order, whatever order they came in. */
#ifndef ENGINE_CATALOG_H
#define ENGINE_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "engine/collection.h"
#include "engine/record_file.h"
#include "neardup/scan.h"
#include "util/alloc.h"

/* A document whose id another one has already. */
typedef struct nd_renamed {
    const nd_record *first; /* keeps the id */
    nd_record *record;      /* goes by a name of its own */
} nd_renamed;

/*   documents:  all records by name; a document's number is its place here
 *   texts:      documents of one normalised text are one text, numbered by size: the largest first,
 *               those of one size by digest
 *
 *   text_of[d]       the text of a document; ND_NO_TEXT where it has no tokens
 *   copies[copies_start[x] .. copies_start[x + 1])   the documents of text x, ascending; the first
 *                                                    stands for it (nd_catalog_record)
 *
 * Of documents with one id the first (see nd_id) is called by it, the others ID#2, ID#3 and so on,
 * leaving out what is another document's id. */
typedef struct nd_catalog {
    const nd_collection *collection;
    nd_record **documents;  /* NULL: the records are in a file */
    nd_record_file records; /* then: by name; */
    uint32_t *index_of;     /* and nd_record.index of each */
    size_t num_documents;
    size_t num_texts;
    uint32_t *text_of;
    uint32_t *copies_start;
    uint32_t *copies;
    nd_renamed *renamed; /* by name */
    size_t num_renamed;
    nd_arena names; /* records of renamed documents */
} nd_catalog;

#define ND_NO_TEXT UINT32_MAX

/* What texts are numbered by. */
typedef enum nd_text_size {
    ND_SIZE_TOKENS = 0,
    ND_SIZE_SHINGLES, /* once every document's hashes are a set */
} nd_text_size;

typedef struct nd_catalog_request {
    nd_text_size size;
    nd_texts texts; /* whether records carry theirs */
    uint32_t num_threads;
} nd_catalog_request;

/* Takes over `documents` (allocated with `allocator`), also when it fails. ND_ERR_LIMIT: 2^32 - 1
 * documents or more. */
ND_NODISCARD nd_status nd_catalog_init(nd_catalog *catalog, const nd_collection *collection,
                                       nd_record **documents, size_t num,
                                       const nd_catalog_request *request,
                                       const nd_allocator *allocator);

/* The same from sorted runs, whose records then stay in a file. 4 bytes a document beside what
 * nd_order_texts takes, and the records of documents of one id. */
ND_NODISCARD nd_status nd_catalog_init_from_runs(nd_catalog *catalog,
                                                 const nd_collection *collection,
                                                 nd_record_runs *runs,
                                                 const nd_catalog_request *request,
                                                 const nd_allocator *allocator);

/* nd_record.index of a document, and of the one that stands for a text. */
static inline uint32_t nd_catalog_index(const nd_catalog *catalog, uint32_t document)
{
    return catalog->documents ? catalog->documents[document]->index : catalog->index_of[document];
}

static inline uint32_t nd_catalog_text_index(const nd_catalog *catalog, uint32_t text)
{
    return nd_catalog_index(catalog, catalog->copies[catalog->copies_start[text]]);
}

/* The record of a document; it holds until the reader's next call. */
static inline nd_status nd_catalog_read(const nd_catalog *catalog, nd_record_reader *reader,
                                        size_t document, const nd_record **record)
{
    if (!catalog->documents)
        return nd_record_reader_get(reader, &catalog->records, document, record);
    *record = catalog->documents[document];
    return ND_OK;
}

static inline uint32_t nd_catalog_num_copies(const nd_catalog *catalog, uint32_t text)
{
    return catalog->copies_start[text + 1] - catalog->copies_start[text];
}

/* Where records are in memory. */
static inline nd_record *nd_catalog_record(const nd_catalog *catalog, uint32_t text)
{
    return catalog->documents[catalog->copies[catalog->copies_start[text]]];
}

static inline uint64_t nd_catalog_num_exact_copies(const nd_catalog *catalog)
{
    return catalog->copies_start[catalog->num_texts] - catalog->num_texts;
}

void nd_catalog_release(nd_catalog *catalog, const nd_allocator *allocator);

/* --- which documents have one normalised text, and the order of texts --- */

/* Fills in the catalog's texts from its documents, which are in order. Two texts are one where
 * their digests and checks are the same. 36 bytes a document while it runs, of which 12 stay. */
ND_NODISCARD nd_status nd_order_texts(nd_catalog *catalog, nd_text_size size, uint32_t num_threads,
                                      const nd_allocator *allocator);

#endif
