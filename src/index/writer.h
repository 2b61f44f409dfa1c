/* Changes of an index: documents added, replaced and removed, and commits. */
#ifndef INDEX_WRITER_H
#define INDEX_WRITER_H

#include "index/prepare.h"

/* Before the first change of a call: the handle writes, and the tail is not too long. */
ND_NODISCARD nd_status nd_writer_begin(nd_index *index, nd_error *error);

/* After a failure: back to the last commit. Returns `status`. */
nd_status nd_writer_give_up(nd_index *index, nd_status status);

/* Adds what was made ready, with ND_PREPARE_STORED and ND_PREPARE_LOOKED_UP. */
ND_NODISCARD nd_status nd_writer_add(nd_index *index, const nd_prepared_list *list,
                                     const nd_prepared *item, nd_index_mode mode,
                                     nd_index_outcome *outcome, nd_error *error);

/* The document that has the item's id; ND_NO_NUMBER: none. */
ND_NODISCARD nd_status nd_writer_find_id(nd_index *index, const nd_prepared_list *list,
                                         const nd_prepared *item, uint32_t *number,
                                         nd_error *error);

/* The text of the item; ND_NO_NUMBER: the index has none of its digest. */
ND_NODISCARD nd_status nd_writer_find_text(const nd_index *index, const nd_prepared *item,
                                           uint32_t *number, nd_error *error);

ND_NODISCARD nd_status nd_writer_remove(nd_index *index, uint32_t document, nd_error *error);

/* Adds a document with a text that the index has, or ND_NO_NUMBER; text_bytes is the length that
 * it came with. */
ND_NODISCARD nd_status nd_writer_append_document(nd_index *index, const nd_index_document *document,
                                                 uint32_t text, nd_error *error);

/* A text as it is to be stored. */
typedef struct nd_new_text {
    uint64_t digest[2];
    uint32_t num_tokens, num_shingles, normalised_bytes, stored_bytes;
    const uint32_t *keys;
    const uint64_t *set; /* of its shingles; not read where there are bands */
    const char *stored;
} nd_new_text;

ND_NODISCARD nd_status nd_writer_append_text(nd_index *index, const nd_new_text *text,
                                             nd_error *error);

#endif
