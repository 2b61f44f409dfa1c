/* One input file as batches of records: its own, or those of the files in an archive. */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/archive.h"
#include "io/content.h"
#include "io/documents.h"
#include "io/path_walk.h"
#include "io/tally.h"

/* --- what a file holds --- */

/* What a file is: one text, a page, lines, JSON, a table, an archive, or nothing that can be read.
 */

typedef struct nd_format {
    nd_input_format format;  /* not ND_INPUT_AUTO */
    nd_columns columns;      /* of a table */
    nd_archive_kind archive; /* it is one, and nothing else is said of it */
    bool is_binary;          /* not named, and neither text nor anything known */
    const char *why;         /* of a binary file: "is a PDF file"; static */
} nd_format;

/* Finds it as `said` says, or where that is ND_INPUT_AUTO by looking at the content's begin, at
 * most its first record, and by the ending of its name. Makes the content ready for taking records:
 * its cutter is set, a byte order mark dropped (but not of a text, whose offsets are the file's),
 * the header of a table taken. ND_ERR_FORMAT: a named file that is nothing that can be read. */
ND_NODISCARD nd_status nd_format_find(nd_content *content, nd_documents *documents,
                                      nd_input_format said, nd_format *format, nd_error *error);

/* What cuts the records of a format, which is not ND_INPUT_AUTO; `columns` of a table. */
nd_cutter nd_format_cutter(nd_input_format format, const nd_columns *columns);

/* What p[0..len_bytes), the begin of a file after decompression, belongs to if that is nothing that
 * is read, and what to do about it: "is a PDF file: extract its text first"; NULL for all else.
 * Static. 512 bytes are enough. */
const char *nd_foreign_kind(const char *p, size_t len_bytes);

/* --- a stream --- */

/* A file, or an entry of the archive one level up. */
typedef struct nd_stream_level {
    nd_content content;
    nd_format format;
    nd_archive *archive; /* if it is one */
    size_t id_at;        /* of the content's path */
    char encoding[ND_ENTRY_WORD_BYTES], date[ND_ENTRY_WORD_BYTES];
} nd_stream_level;

/* Told of each entry of the file itself, where that is an archive, before anything of it is read;
 * NULL: of the end, which comes at byte `begin`. */
typedef struct nd_entry_watch {
    void *ctx;
    nd_status (*step)(void *ctx, const nd_archive_entry *entry, uint64_t begin, nd_error *error);
} nd_entry_watch;

enum { ND_STREAM_LEVELS = 3 }; /* an archive in an archive is read, and no deeper one */

/* Exclusive; must stay where it is while open. */
typedef struct nd_stream {
    const nd_reading *reading;
    nd_stream_level levels[ND_STREAM_LEVELS];
    size_t depth;         /* levels in use; 0: it is at its end */
    uint64_t num_records; /* of the entries before the current one */
    uint64_t num_entries; /* of all archives */
    bool is_last_taken;   /* the file of one record was taken */
    bool is_lasting;      /* its records can be read again */
    nd_byte_vec path;
    const nd_entry_watch *watch; /* NULL: nobody */
    bool takes_all; /* records are taken however long they are, and heads of entries are kept */
} nd_stream;

/* A closed one. Bytes read from files are added to *counter. */
void nd_stream_init(nd_stream *stream, const nd_allocator *allocator, const nd_reading *reading,
                    _Atomic uint64_t *counter);

/* Opens a closed one and finds its format, with the parsers of `documents`. What is wrong with a
 * file that was named is an error; with one below a folder it is counted, and there is nothing to
 * read. */
ND_NODISCARD nd_status nd_stream_open(nd_stream *stream, const nd_path_entry *entry,
                                      nd_documents *documents, nd_tally *tally, nd_error *error);

/* Whether its records can be read by several threads: it gives many batches. */
bool nd_stream_is_cut(const nd_stream *stream);

bool nd_stream_is_compressed(const nd_stream *stream);

/* Bytes to expect; 0: unknown. */
uint64_t nd_stream_size_hint(const nd_stream *stream);

/* Takes the next whole records, about `bytes` bytes, into *block, and sets the batch, which borrows
 * the block, and the path from the stream. No record: the end. What is too long is counted, and so
 * is what cannot be read to its end of a file below a folder, or of an entry of an archive. */
ND_NODISCARD nd_status nd_stream_next(nd_stream *stream, size_t bytes, nd_documents *documents,
                                      nd_record_block *block, nd_batch *batch, nd_tally *tally,
                                      nd_error *error);

/* Closes the file and keeps the memory, if it is not much more than keep_bytes. */
void nd_stream_close(nd_stream *stream, size_t keep_bytes);

void nd_stream_release(nd_stream *stream);

#endif
