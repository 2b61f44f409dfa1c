/* What a code point is to the tokeniser. */
#ifndef TEXT_TOKENISE_CHAR_CLASS_H
#define TEXT_TOKENISE_CHAR_CLASS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum nd_char_class {
    ND_CHAR_SEPARATOR = 0,
    ND_CHAR_WORD, /* letter or digit of a word */
    ND_CHAR_MARK, /* combining mark: belongs to the token before it */
    ND_CHAR_ALONE /* letter of a script written without spaces */
} nd_char_class;

/* Class of a normalised code point (general category from utf8proc, script by range). */
nd_char_class nd_char_class_of(uint32_t code_point);

/* Whether a normalisation can be cut before this original code point: nothing it becomes composes
 * with, or is reordered before, what stands in front of it. */
bool nd_char_is_boundary(uint32_t code_point);

#endif
