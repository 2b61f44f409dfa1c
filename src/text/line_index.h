/* Which line of a document a byte stands in. */
#ifndef TEXT_LINE_INDEX_H
#define TEXT_LINE_INDEX_H

#include <stdint.h>

#include "neardup/status.h"
#include "util/vec.h"

/* Line feeds before each block of ND_LINE_BLOCK bytes; those of a block are counted when asked for,
 * which the compiler does many at a time:
 *
 *   bytes    | block 0 | block 1 | block 2 | ...
 *   before   0         3         7         9
 *
 * A zeroed struct is the index of an empty document. */
typedef struct nd_line_index {
    const char *bytes;
    ND_VEC(uint32_t) before;
} nd_line_index;

enum { ND_LINE_BLOCK = 128 };

/* Replaces the content by the lines of bytes[0..len_bytes), which is borrowed; len_bytes < 2^32. */
ND_NODISCARD nd_status nd_line_index_set(nd_line_index *index, const nd_allocator *allocator,
                                         const char *bytes, size_t len_bytes);

/* Line, from 1, of the byte at `offset` < len_bytes; a line feed belongs to the line it ends. */
uint64_t nd_line_index_line(const nd_line_index *index, uint64_t offset);

void nd_line_index_release(nd_line_index *index, const nd_allocator *allocator);

#endif
