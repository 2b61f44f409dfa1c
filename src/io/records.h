/* Whole records of a file: lines, JSON values, rows of a table. */
#ifndef IO_RECORDS_H
#define IO_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/alloc.h"

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

#endif
