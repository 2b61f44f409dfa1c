/* Where lines and sentences of a document begin and end, in tokens. */
#ifndef TEXT_BORDER_H
#define TEXT_BORDER_H

#include <stdint.h>

#include "neardup/text.h"

typedef enum nd_border {
    ND_BORDER_NONE = 0,
    ND_BORDER_SENTENCE, /* a sentence ends before this token */
    ND_BORDER_LINE,     /* a line ends before this token */
} nd_border;

/* Writes borders[t], an nd_border, for the gap before each token t and for the end of the text, so
 * for nd_text_num_tokens + 1 entries; both ends of the text are lines. `text` was set from `bytes`
 * with offsets. A sentence ends with a full stop, question or exclamation mark and white space, or
 * with one of the full-width or non-Latin ones alone; not with the full stop of an initial or of a
 * short title ("J. ", "Mr. "). */
void nd_text_borders(const nd_text *text, const char *bytes, size_t len_bytes, uint8_t *borders);

#endif
