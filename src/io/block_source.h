/* Blocks of documents: cut one after the other, decoded side by side. */
#ifndef IO_BLOCK_SOURCE_H
#define IO_BLOCK_SOURCE_H

#include <stddef.h>

#include "io/documents.h"
#include "io/path_walk.h"
#include "io/record_visit.h"

/* What stands behind an nd_source; internally locked as an nd_source must be. */
typedef struct nd_block_source nd_block_source;

/* Reads the files of `walk`, which it takes over, also when it fails. `reading` is borrowed. */
ND_NODISCARD nd_status nd_block_source_new(const nd_allocator *allocator, const nd_reading *reading,
                                           nd_path_walk *walk, nd_block_source **out);

/* The functions of an nd_source; ctx is the nd_block_source. */
nd_status nd_block_source_next(void *ctx, void **block, nd_error *error);
nd_status nd_block_source_decode(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                                 nd_error *error);
void nd_block_source_discard(void *ctx, void *block);
nd_status nd_block_source_again(void *ctx, const uint64_t *tags, size_t num_tags, nd_error *error);

/* Where the options ask for records to be kept, lists all files, if that was not done yet; they are
 * not opened. Not while the source is read. */
ND_NODISCARD nd_status nd_block_source_list(nd_block_source *source, const nd_file_list **files,
                                            nd_error *error);

/* Of what was read the first time. Thread-safe. */
nd_input_report nd_block_source_report(nd_block_source *source);

/* After all blocks were given back. */
void nd_block_source_free(nd_block_source *source);

#endif
