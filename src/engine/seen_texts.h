/* The texts that an ingester has read, so that an exact copy of one is not hashed again. */
#ifndef ENGINE_SEEN_TEXTS_H
#define ENGINE_SEEN_TEXTS_H

#include <stdbool.h>

#include "engine/collection.h"

/* Open addressing with linear probing, at most three quarters full:
 *
 *   slots:  | highest 32 bits of the text's check | its place + 1 |     0: free
 *
 * A text's home is given by the highest bits of its check, which no author of texts can foresee. A
 * place is the number of one of the chunks, in the ingester's order, and a place in it:
 *
 *   place:  | chunk, 22 bits | document, 10 | */
typedef struct nd_seen_texts {
    uint64_t *slots;
    uint32_t bits; /* there are 2^bits slots; 0: none */
    size_t num;
    ND_VEC(const nd_chunk *) chunks;
} nd_seen_texts;

/* Makes room for one more text, of this chunk. */
ND_NODISCARD nd_status nd_seen_texts_reserve(nd_seen_texts *seen, const nd_chunk *chunk,
                                             const nd_allocator *allocator);

/* Has what a text of this check leads to brought from memory, before nd_seen_texts_find. */
void nd_seen_texts_fetch(const nd_seen_texts *seen, uint64_t check);

/* The place of a text of these facts, in *place of *chunk; false where none was added. Only the
 * size of the set is not compared. */
bool nd_seen_texts_find(const nd_seen_texts *seen, const nd_text_facts *facts,
                        const nd_chunk **chunk, uint32_t *place);

/* Adds the text at a place of the chunk that room was made for. */
void nd_seen_texts_add(nd_seen_texts *seen, uint32_t place);

void nd_seen_texts_release(nd_seen_texts *seen, const nd_allocator *allocator);

#endif
