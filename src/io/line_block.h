/* Whole lines of a file. */
#ifndef IO_LINE_BLOCK_H
#define IO_LINE_BLOCK_H

#include "io/bytes.h"

/* Line i is bytes [ends[i - 1], ends[i]), its newline included; the last line of a file may have
 * none:
 *
 *   bytes  | a a \n \n c c c \n |
 *   ends          3  4        8
 */
typedef struct nd_line_block {
    nd_byte_vec bytes;
    ND_VEC(size_t) ends;
} nd_line_block;

/* Notes the lines that end in bytes [from, bytes.len). */
ND_NODISCARD nd_status nd_line_block_scan(const nd_allocator *allocator, nd_line_block *block,
                                          size_t from);

/* Empties the block, and gives its memory back if it is more than keep_bytes. */
void nd_line_block_trim(const nd_allocator *allocator, nd_line_block *block, size_t keep_bytes);

void nd_line_block_release(const nd_allocator *allocator, nd_line_block *block);

#endif
