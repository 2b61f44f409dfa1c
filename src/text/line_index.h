/* Which line of a document a byte stands in. */
#ifndef TEXT_LINE_INDEX_H
#define TEXT_LINE_INDEX_H

#include <stdint.h>

#include "neardup/status.h"
#include "util/vec.h"

/* Offsets of the line feeds, ascending:
 *
 *   a b \n c \n \n d      breaks: 2 4 5      d stands in line 4
 *
 * A zeroed struct is an empty index. */
typedef struct nd_line_index {
    ND_VEC(uint32_t) breaks;
} nd_line_index;

/* Replaces the content by the lines of bytes[0..len_bytes), len_bytes < 2^32. */
ND_NODISCARD nd_status nd_line_index_set(nd_line_index *index, const nd_allocator *allocator,
                                         const char *bytes, size_t len_bytes);

/* Line, from 1, of the byte at `offset`; a line feed belongs to the line it ends. */
uint64_t nd_line_index_line(const nd_line_index *index, uint64_t offset);

void nd_line_index_release(nd_line_index *index, const nd_allocator *allocator);

#endif
