/* Where lines and sentences of a document begin and end, in tokens. */
#ifndef TEXT_BORDER_H
#define TEXT_BORDER_H

#include <stdint.h>

#include "neardup/status.h"
#include "neardup/text.h"
#include "util/alloc.h"

typedef enum nd_border {
    ND_BORDER_NONE = 0,
    ND_BORDER_SENTENCE, /* a sentence ends before this token */
    ND_BORDER_LINE,     /* a line ends before this token */
} nd_border;

#define ND_BORDER_UNKNOWN UINT8_MAX

/* Borders are looked at when asked for, and remembered:
 *
 *   known   | L | ? | ? | - | S | ? | ... | L |      one more than tokens
 *
 * A zeroed struct holds no text. */
typedef struct nd_borders {
    const nd_text *text;
    const char *bytes;
    uint64_t tokens_end; /* of the last one in bytes */
    ND_VEC(uint8_t) known;
} nd_borders;

/* Begins a text, which was set with offsets from `bytes`; both are borrowed. */
ND_NODISCARD nd_status nd_borders_begin(nd_borders *borders, const nd_allocator *allocator,
                                        const nd_text *text, const char *bytes);

/* Behind nd_border_before. */
nd_border nd_borders_look(nd_borders *borders, uint32_t token);

/* The border before `token`, or at the end of the text. Both ends of the text are lines. A sentence
 * ends with a full stop, question or exclamation mark and white space, or with one of the
 * full-width or non-Latin ones alone; not with the full stop of an initial or of a short title
 * ("J. ", "Mr. "). */
static inline nd_border nd_border_before(nd_borders *borders, uint32_t token)
{
    const uint8_t known = borders->known.items[token];
    return known != ND_BORDER_UNKNOWN ? (nd_border)known : nd_borders_look(borders, token);
}

void nd_borders_release(nd_borders *borders, const nd_allocator *allocator);

/* --- which line of a document a byte stands in --- */

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

enum { ND_LINE_BLOCK = 64 };

/* Replaces the content by the lines of bytes[0..len_bytes), which is borrowed; len_bytes < 2^32. */
ND_NODISCARD nd_status nd_line_index_set(nd_line_index *index, const nd_allocator *allocator,
                                         const char *bytes, size_t len_bytes);

/* Line, from 1, of the byte at `offset` < len_bytes; a line feed belongs to the line it ends. */
uint64_t nd_line_index_line(const nd_line_index *index, uint64_t offset);

void nd_line_index_release(nd_line_index *index, const nd_allocator *allocator);

#endif
