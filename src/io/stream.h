/* One input file as batches of records. */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/content.h"
#include "io/documents.h"
#include "io/format.h"
#include "io/path_walk.h"
#include "io/tally.h"

/* Exclusive. */
typedef struct nd_stream {
    const nd_reading *reading;
    nd_content content;
    nd_format format;
    bool is_ended;
} nd_stream;

/* A closed one. Bytes read from files are added to *counter. */
void nd_stream_init(nd_stream *stream, const nd_allocator *allocator, const nd_reading *reading,
                    _Atomic uint64_t *counter);

/* Opens a closed one and finds its format, with the parsers of `documents`. What is wrong with a
 * file that was named is an error; with one below a folder it is counted, and there is nothing to
 * read. */
ND_NODISCARD nd_status nd_stream_open(nd_stream *stream, const nd_path_entry *entry,
                                      nd_documents *documents, nd_tally *tally, nd_error *error);

/* Whether its records can be read by several threads: it is cut in many batches. */
bool nd_stream_is_cut(const nd_stream *stream);

bool nd_stream_is_compressed(const nd_stream *stream);

/* Takes the next whole records, about `bytes` bytes, into *block, and sets the batch, which borrows
 * the block, and the path from the stream. No record: the end. What is too long is counted, and so
 * is a file below a folder that cannot be read to its end. */
ND_NODISCARD nd_status nd_stream_next(nd_stream *stream, size_t bytes, nd_record_block *block,
                                      nd_batch *batch, nd_tally *tally, nd_error *error);

/* Closes the file and keeps the memory, if it is not much more than keep_bytes. */
void nd_stream_close(nd_stream *stream, size_t keep_bytes);

void nd_stream_release(nd_stream *stream);

#endif
