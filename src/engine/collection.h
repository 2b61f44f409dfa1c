/* What a scan learns of its documents while it reads them, and needs later, a kind at a time: in
 * memory, or past the budget in a temporary file. */
#ifndef ENGINE_COLLECTION_H
#define ENGINE_COLLECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/budget.h"
#include "util/alloc.h"

/* What tells texts apart. */
typedef struct nd_text_facts {
    uint64_t digest[2];  /* XXH3_128bits of the normalised text */
    uint64_t check;      /* of it too, by a seed that no author of texts knows */
    uint32_t num_hashes; /* shingles, repeats included unless the matcher drops them */
    uint32_t num_tokens;
} nd_text_facts;

/* What tells documents of one text apart, and where its hashes are. */
typedef struct nd_document_facts {
    uint64_t raw_digest; /* XXH3_64bits of the text as it came */
    union {
        uint64_t *hashes;   /* NULL where the document is lasting, and read again for them */
        uint64_t hashes_at; /* where nd_collection_is_limited: their place in the file */
    };
} nd_document_facts;

/* Documents of one ingester, ND_CHUNK_DOCUMENTS at most. A document's index is
 *
 *   | number of its chunk, 22 bits | place in the chunk, 10 |
 *
 * What is said of them stands in arrays in memory, or at places of the collection's
 * file: then the arrays are NULL. */
enum { ND_CHUNK_BITS = 10, ND_CHUNK_DOCUMENTS = 1 << ND_CHUNK_BITS };

typedef struct nd_chunk {
    uint32_t num;
    nd_text_facts *texts;
    nd_document_facts *documents;
    char *blocks;          /* the matcher's: block_bytes a document */
    uint64_t *preferences; /* the caller's: num_preferences a document; NULL without */
    uint64_t texts_at, documents_at, blocks_at, preferences_at;
} nd_chunk;

typedef struct nd_collection {
    const nd_allocator *allocator;
    nd_budget *budget; /* NULL: everything stays in memory */
    size_t block_bytes;
    uint32_t num_preferences;
    pthread_mutex_t lock; /* of chunks and file, while documents are added */
    ND_VEC(nd_chunk *) chunks;
    nd_temp_file *file;
} nd_collection;

/* ND_ERR_NO_MEMORY where the system has no lock left. */
ND_NODISCARD nd_status nd_collection_init(nd_collection *c, size_t block_bytes,
                                          uint32_t num_preferences, nd_budget *budget,
                                          const nd_allocator *allocator);

void nd_collection_release(nd_collection *c);

/* Whether there is a limit: then hashes and sets are kept in the file. */
static inline bool nd_collection_is_limited(const nd_collection *c)
{
    return c->budget != NULL;
}

/* Appends bytes to the file, which is made for the first; *at is where they stand. Needs a limit.
 * Thread-safe. ND_ERR_IO: see nd_budget_explain. */
ND_NODISCARD nd_status nd_collection_append(nd_collection *c, const void *bytes, size_t len,
                                            uint64_t *at);

/* Reads len bytes that were appended. Thread-safe. */
ND_NODISCARD nd_status nd_collection_read(const nd_collection *c, uint64_t at, void *bytes,
                                          size_t len);

/* A new chunk for an ingester to fill, and its number. Thread-safe. ND_ERR_LIMIT: 2^32 documents.
 */
ND_NODISCARD nd_status nd_collection_open_chunk(nd_collection *c, nd_chunk **chunk,
                                                uint32_t *number);

/* The ingester is done with the chunk: where the budget has no room for it, it is written to the
 * file. Thread-safe. */
ND_NODISCARD nd_status nd_collection_close_chunk(nd_collection *c, nd_chunk *chunk);

/* From here on nothing is added; thread-safe. What of a chunk is read from the file goes to `room`,
 * which has place for ND_CHUNK_DOCUMENTS; else the arrays themselves are returned. NULL: *status.
 */
const nd_text_facts *nd_collection_texts(const nd_collection *c, uint32_t chunk,
                                         nd_text_facts *room, nd_status *status);
const nd_document_facts *nd_collection_documents(const nd_collection *c, uint32_t chunk,
                                                 nd_document_facts *room, nd_status *status);
const char *nd_collection_blocks(const nd_collection *c, uint32_t chunk, char *room,
                                 nd_status *status);

/* The same for one document. */
ND_NODISCARD nd_status nd_collection_text(const nd_collection *c, uint32_t index,
                                          nd_text_facts *facts);
ND_NODISCARD nd_status nd_collection_document(const nd_collection *c, uint32_t index,
                                              nd_document_facts *facts);

/* All num_preferences of one document. */
ND_NODISCARD nd_status nd_collection_preferences(const nd_collection *c, uint32_t index,
                                                 uint64_t *preferences);

/* What is in memory, to be fetched before it is needed; NULL where it is not. */
static inline const nd_chunk *nd_collection_chunk(const nd_collection *c, uint32_t index)
{
    return c->chunks.items[index >> ND_CHUNK_BITS];
}

/* Gives back what the matcher's blocks take. */
void nd_collection_forget_blocks(nd_collection *c);

#endif
