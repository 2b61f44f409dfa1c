/* The content of one opened file, looked at before it is taken: as a whole or in blocks of records.
 */
#ifndef IO_CONTENT_H
#define IO_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/byte_reader.h"
#include "util/alloc.h"

/* --- whole records of a file: lines, JSON values, rows of a table --- */

/* Record i is bytes [ends[i - 1], ends[i]), with what ends it or follows it; the last of a file may
 * have no end:
 *
 *   bytes  | a a \n \n c c c \n |
 *   ends          3  4        8
 *
 * ND_RECORD_PADDING bytes behind the last can be read. */
typedef struct nd_record_block {
    nd_byte_vec bytes;
    ND_VEC(size_t) ends;
} nd_record_block;

enum { ND_RECORD_PADDING = 64 };

/* What is one record. */
typedef enum nd_framing {
    ND_FRAMING_LINES = 0, /* what ends in a newline */
    ND_FRAMING_VALUES,    /* a JSON object, wherever lines end, with the white space behind it up to
                             the next newline. Commas, and brackets around objects, are between them:
                             so those of one array are records, and so are objects one after the
                             other. What is no object is a record up to the next one or the end of
                             its line. */
    ND_FRAMING_ROWS,      /* a row of a table (RFC 4180): ends in LF, CR LF or CR, but not inside
                             quotes, which begin where a field does */
} nd_framing;

/* Finds where records end, in bytes given piece by piece. */
typedef struct nd_cutter {
    nd_framing framing;
    char delimiter; /* between the fields of a row */
    int state;
    size_t depth; /* of a JSON value */
} nd_cutter;

/* Goes back to the start of a record. */
void nd_cutter_restart(nd_cutter *cutter);

/* Looks at the next bytes of a record. True: it ends with the first *used of them, which may be
 * none; the cutter is at the start of the next. False: it goes on. O(len_bytes). */
bool nd_cutter_find(nd_cutter *cutter, const char *p, size_t len_bytes, size_t *used);

/* Notes the records that end in bytes [from, bytes.len). */
ND_NODISCARD nd_status nd_record_block_cut(const nd_allocator *allocator, nd_record_block *block,
                                           nd_cutter *cutter, size_t from);

/* Notes that the bytes behind the last record, if there are any, are one that has no end. */
ND_NODISCARD nd_status nd_record_block_end(const nd_allocator *allocator, nd_record_block *block);

/* Room for `more` bytes and the padding. */
ND_NODISCARD nd_status nd_record_block_reserve(const nd_allocator *allocator,
                                               nd_record_block *block, size_t more);

/* Empties the block, and gives its memory back if it is more than keep_bytes. */
void nd_record_block_trim(const nd_allocator *allocator, nd_record_block *block, size_t keep_bytes);

void nd_record_block_release(const nd_allocator *allocator, nd_record_block *block);

/* --- a content --- */

/* From here on, that there is no memory for a document is the document's fault. */
#define ND_LARGE_BYTES ((size_t)1 << 20)

/* Exclusive.
 *
 *   file   |  taken already  |      ahead      |  not read yet  |
 *                            ^ place
 */
typedef struct nd_content {
    nd_byte_reader reader;
    nd_byte_vec path;  /* terminated; for messages and ids */
    nd_byte_vec ahead; /* [ahead_at, ahead.len): read, but not taken */
    size_t ahead_at;
    bool is_short_of_memory; /* why the last call returned ND_ERR_LIMIT */
    bool is_ended;           /* nothing comes after `ahead` */
    nd_status failure;       /* of a read: what comes after `ahead` cannot be had */
    nd_cutter cutter;        /* set before records are taken */
    uint64_t line;           /* number of the line at the place, from 1 */
    uint64_t column;         /* bytes of that line before the place */
    uint64_t offset;         /* bytes before the place; not behind a seek */
    uint64_t record;         /* records before the place, those that were dropped included */
    size_t max_bytes;        /* of a record and of a whole content */
    uint64_t size_hint;      /* bytes to expect; 0: unknown */
    bool keeps_head;         /* what is dropped goes into `head`; the caller's to set */
    nd_byte_vec head;        /* what was dropped since it was opened */
    uint64_t file;           /* place among the inputs: see tally.h */
    bool is_named;           /* on the command line, not found below a folder */
} nd_content;

/* A closed one. */
void nd_content_init(nd_content *content, const nd_allocator *allocator, _Atomic uint64_t *counter);

/* Opens a closed one on `fd`, which it takes over, also when it fails. `path` is copied;
 * size_hint, file, is_named and the cutter are the caller's to set. */
ND_NODISCARD nd_status nd_content_open(nd_content *content, int fd, const char *path,
                                       nd_error *error);

/* The same for another source than a file, which is borrowed. */
ND_NODISCARD nd_status nd_content_open_source(nd_content *content, nd_byte_source source,
                                              const char *path, nd_error *error);

/* What was looked at and not taken; ND_RECORD_PADDING bytes behind it can be read. */
const char *nd_content_ahead(const nd_content *content);
size_t nd_content_num_ahead(const nd_content *content);

/* Reads until `bytes` bytes are ahead, or the content ends; of a live one some more, as they come.
 */
ND_NODISCARD nd_status nd_content_look(nd_content *content, size_t bytes, nd_error *error);

/* The length of the byte order mark that those ahead begin with; 0: none. */
size_t nd_content_mark(const nd_content *content);

/* Leaves out the first `bytes` bytes of those ahead, which belong to no record and no line: a byte
 * order mark. */
void nd_content_drop(nd_content *content, size_t bytes);

/* Steps over the first `bytes` bytes of those ahead: whole lines that make no record, such as the
 * header of a table. */
void nd_content_pass(nd_content *content, size_t bytes);

/* Takes whole records into *out, replacing what was there: about `bytes` bytes, more where a record
 * is longer; none at the end. Before, `line`, `column` and `record` are those of the first of them.
 * Records before a place that cannot be read are taken before that is an error. Memory: the longest
 * record, plus `bytes`; each byte is copied twice at most. ND_ERR_LIMIT: the record numbered
 * `record` - 1 was longer than max_bytes, or there was no memory for it (is_short_of_memory) and it
 * is longer than ND_LARGE_BYTES. It was dropped; go on with the next call. */
ND_NODISCARD nd_status nd_content_take_records(nd_content *content, size_t bytes,
                                               nd_record_block *out, nd_error *error);

/* Takes all the rest into *out, as one record. ND_ERR_LIMIT: as
 * nd_content_take_records. */
ND_NODISCARD nd_status nd_content_take_all(nd_content *content, nd_record_block *out,
                                           nd_error *error);

/* Reads bytes as they come, from those ahead on, without regard to records. *got is 0 only at the
 * end. What fails is kept in `failure`. */
ND_NODISCARD nd_status nd_content_read(nd_content *content, char *out, size_t capacity,
                                       size_t *got);

/* As nd_byte_reader_can_seek and nd_byte_reader_seek. Nothing is ahead then. */
bool nd_content_can_seek(const nd_content *content);
bool nd_content_seek(nd_content *content, int64_t offset, int whence, uint64_t *place);

/* Takes one line, without its end; a status other than ND_OK ends the reading, which returns it. */
typedef nd_status (*nd_line_fn)(void *ctx, uint64_t number, const char *p, size_t len_bytes,
                                nd_error *error);

/* Reads a small file beside the inputs, such as a table of true pairs, line by line from number 1.
 * It may be compressed; a byte order mark does not count, and lines may end in CR LF. An error
 * names the path. */
ND_NODISCARD nd_status nd_lines_read(const char *path, const nd_allocator *allocator,
                                     nd_line_fn each, void *ctx, nd_error *error);

/* Closes the file and keeps the memory, if it is not much more than keep_bytes. */
void nd_content_close(nd_content *content, size_t keep_bytes);

void nd_content_release(nd_content *content);

#endif
