/* Which bits of a byte are set. */
#ifndef TEXT_TOKENISE_BYTE_POSITIONS_H
#define TEXT_TOKENISE_BYTE_POSITIONS_H

#include <stdint.h>

/* Byte k of nd_byte_positions[mask] is the position of the k-th set bit of mask; unused bytes are
 * 0. As a byte shuffle it moves the bytes named by the mask to the front. */
extern const uint64_t nd_byte_positions[256];

#endif
