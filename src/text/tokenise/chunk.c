#include "text/tokenise/chunk.h"

#include <utf8proc.h>

#include "text/utf8.h"

enum {
    NORMALISE_OPTIONS =
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
};

size_t nd_chunk_normalise(const uint32_t *chars, size_t num, int32_t out[ND_CHUNK_DECOMPOSED])
{
    char utf8[ND_CHUNK_CHARS * 4];
    size_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += nd_utf8_encode(chars[i], utf8 + len);
    utf8proc_ssize_t got =
        utf8proc_decompose((const utf8proc_uint8_t *)utf8, (utf8proc_ssize_t)len, out,
                           ND_CHUNK_DECOMPOSED, (utf8proc_option_t)NORMALISE_OPTIONS);
    if (got > 0)
        got = utf8proc_normalize_utf32(out, got, (utf8proc_option_t)NORMALISE_OPTIONS);
    return got > 0 ? (size_t)got : 0;
}
