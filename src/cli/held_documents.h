/* All documents in memory, in the order of their ids: to be scanned again and again, and found. */
#ifndef CLI_HELD_DOCUMENTS_H
#define CLI_HELD_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/document.h"
#include "neardup/document_map.h"
#include "util/arena.h"

/* Ids are numbered in byte order. Documents of one id stand together, and share its number:
 *
 *   documents   | a  | b  | b  | c  |
 *   id_of       | 0  | 1  | 1  | 2  |
 *   first_of    | 0  | 1  | 3  |
 */
typedef struct nd_held_documents {
    const nd_allocator *allocator;
    nd_arena *arenas; /* the bytes, one a thread */
    uint32_t num_arenas;
    nd_document *documents;
    size_t num_documents;
    uint32_t *id_of;    /* [documents] */
    uint32_t *first_of; /* [ids] */
    size_t num_ids;
    uint64_t text_bytes;
} nd_held_documents;

/* Reads the source to its end. Memory: the texts and ids, and 56 bytes a document. Release it also
 * after a failure. options->allocator is borrowed. */
ND_NODISCARD nd_status nd_held_documents_init(nd_held_documents *held, const nd_source *source,
                                              const nd_document_map_options *options,
                                              nd_error *error);

/* Number of an id, as its bytes are or as a TSV of this tool writes them. */
bool nd_held_documents_find(const nd_held_documents *held, const char *id, size_t id_len_bytes,
                            uint32_t *number);

/* The (first) document of an id. */
static inline const nd_document *nd_held_document(const nd_held_documents *held, uint32_t number)
{
    return &held->documents[held->first_of[number]];
}

/* A reading of all documents. */
typedef struct nd_held_reading {
    const nd_held_documents *held;
    size_t next;
} nd_held_reading;

/* `reading` must live as long as the source is used. */
nd_source nd_held_documents_source(const nd_held_documents *held, nd_held_reading *reading);

void nd_held_documents_release(nd_held_documents *held);

#endif
