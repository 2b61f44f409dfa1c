/* The content of one opened file, looked at before it is taken: as a whole or in blocks of lines.
 */
#ifndef IO_CONTENT_H
#define IO_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/byte_reader.h"
#include "io/bytes.h"
#include "io/line_block.h"

/* Exclusive.
 *
 *   file   |  taken already  |      ahead      |  not read yet  |
 *                            ^ line
 */
typedef struct nd_content {
    nd_byte_reader reader;
    nd_byte_vec path;   /* terminated; for messages and ids */
    nd_byte_vec ahead;  /* read, but not taken */
    bool is_ended;      /* nothing comes after `ahead` */
    nd_status failure;  /* of a read: what comes after `ahead` cannot be had */
    uint64_t line;      /* number of the line that `ahead` begins with, from 1 */
    size_t max_bytes;   /* of a line and of a whole content: ND_TEXT_MAX_BYTES */
    uint64_t size_hint; /* bytes to expect; 0: unknown */
    uint64_t file;      /* place among the inputs: see tally.h */
    bool is_named;      /* on the command line, not found below a folder */
} nd_content;

/* A closed one. */
void nd_content_init(nd_content *content, const nd_allocator *allocator, _Atomic uint64_t *counter);

/* Opens a closed one on `fd`, which it takes over, also when it fails. `path` is copied;
 * size_hint, file and is_named are the caller's to set. */
ND_NODISCARD nd_status nd_content_open(nd_content *content, int fd, const char *path,
                                       nd_error *error);

/* Reads until `ahead` has `bytes` bytes, or the content ends. */
ND_NODISCARD nd_status nd_content_look(nd_content *content, size_t bytes, nd_error *error);

/* Leaves out the first `bytes` bytes of `ahead`. */
void nd_content_drop(nd_content *content, size_t bytes);

/* Takes whole lines into *out, replacing what was there: about `bytes` bytes, more where a line is
 * longer; none at the end. Before, `line` is the number of the first of them. Lines before a place
 * that cannot be read are taken before that is an error. Memory: the longest line, plus `bytes`.
 * ND_ERR_LIMIT: the line numbered `line` - 1 was longer than max_bytes, and was dropped; go on with
 * the next call. */
ND_NODISCARD nd_status nd_content_take_lines(nd_content *content, size_t bytes, nd_line_block *out,
                                             nd_error *error);

/* Reads all the rest into `ahead`. ND_ERR_LIMIT: more than max_bytes. */
ND_NODISCARD nd_status nd_content_look_at_all(nd_content *content, nd_error *error);

/* Closes the file and keeps the memory, if it is not much more than keep_bytes. */
void nd_content_close(nd_content *content, size_t keep_bytes);

void nd_content_release(nd_content *content);

#endif
