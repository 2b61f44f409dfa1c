/* Tokens by eight bytes at a time. */
#ifndef PASSAGES_TOKEN_BYTES_H
#define PASSAGES_TOKEN_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "text/tokenise/token_buffer.h"

enum { ND_TOKEN_SHORT = 16 };

/* Bytes 8 * part .. 8 * part + 7 of a token of at most ND_TOKEN_SHORT bytes at p, 0 behind its end,
 * without a branch for the length: `kept` has as many FFs from where it is read as the token has
 * bytes left. The normalised text may be read for 63 bytes behind its end, see tokeniser.h. */
static inline uint64_t nd_token_eight(const char *p, uint32_t len_bytes, size_t part)
{
    static const uint8_t kept[2 * ND_TOKEN_SHORT] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                     0xFF, 0xFF, 0xFF, 0xFF};
    uint64_t eight, mask;
    memcpy(&eight, p + 8 * part, 8);
    memcpy(&mask, kept + ND_TOKEN_SHORT - len_bytes + 8 * part, 8);
    return eight & mask;
}

/* Whether tokens a and b are the same. */
static inline bool nd_token_equals(const nd_text *text, uint32_t a, uint32_t b)
{
    const uint32_t *const start = text->token_start;
    const uint32_t len = start[a + 1] - start[a] - 1;
    const char *const p = text->normalised + start[a], *const q = text->normalised + start[b];
    if (len != start[b + 1] - start[b] - 1)
        return false;
    if (len > ND_TOKEN_SHORT)
        return memcmp(p, q, len) == 0;
    return nd_token_eight(p, len, 0) == nd_token_eight(q, len, 0) &&
           nd_token_eight(p, len, 1) == nd_token_eight(q, len, 1);
}

#endif
