/* What an nd_text holds; shingles are hashed straight from it. */
#ifndef TEXT_TOKENISE_TOKEN_BUFFER_H
#define TEXT_TOKENISE_TOKEN_BUFFER_H

#include <stdint.h>

#include "neardup/text.h"

/*  normalised:   w o r d ␣ a n o t h e r ␣
 *                ^         ^               ^
 *  token_start:  0         5               13      num_tokens + 1 entries
 *
 * Token i is normalised[token_start[i] .. token_start[i + 1] - 1), without its space; tokens i to j
 * joined by one space are normalised[token_start[i] .. token_start[j + 1] - 1).
 * source_start and source_end are NULL until a text with offsets is set. */
struct nd_text {
    nd_allocator allocator;
    char *normalised;
    uint32_t *token_start;
    uint32_t *source_start;
    uint32_t *source_end;
    size_t num_tokens;
    size_t normalised_capacity, start_capacity, source_start_capacity, source_end_capacity;
    uint64_t invalid_bytes;
    nd_text_offsets offsets;
};

#endif
