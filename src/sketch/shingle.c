#include "neardup/shingle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text/token_buffer.h"
#include "util/xxh.h"

/* Continuation bytes do not begin a character; neither does the space after a token. */
static bool begins_char(char byte)
{
    return byte != ' ' && ((unsigned char)byte & 0xC0) != 0x80;
}

static size_t num_chars(const nd_text *text)
{
    size_t num = 0;
    for (size_t i = 0; i < text->token_start[text->num_tokens]; i++)
        num += begins_char(text->normalised[i]);
    return num;
}

size_t nd_shingle_count(const nd_text *text, nd_shingle_spec spec)
{
    const size_t units = spec.kind == ND_SHINGLE_WORD ? text->num_tokens : num_chars(text);
    if (units == 0)
        return 0;
    return units < spec.width ? 1 : units - spec.width + 1;
}

static void hash_words(const nd_text *text, uint32_t width, uint64_t *hashes)
{
    const uint32_t *const start = text->token_start;
    const size_t span = text->num_tokens < width ? text->num_tokens : width;
    for (size_t i = 0; i + span <= text->num_tokens; i++)
        hashes[i] = XXH3_64bits(text->normalised + start[i], start[i + span] - start[i] - 1);
}

/* Slides a window of `width` characters over the tokens joined by nothing. The window is kept as a
 * ring of character starts over a flat copy twice the size of the largest window, moved back to the
 * front when full, so that each shingle is contiguous and each byte is copied about twice. */
static void hash_chars(const nd_text *text, uint32_t width, uint64_t *hashes)
{
    enum { ROOM = ND_SHINGLE_WIDTH_MAX * 4 * 4 };
    char flat[ROOM];
    uint32_t starts[ND_SHINGLE_WIDTH_MAX]; /* of the last `width` characters, as a ring */
    size_t len = 0, seen = 0, num = 0;
    const size_t end = text->token_start[text->num_tokens];
    for (size_t at = 0; at < end;) {
        if (text->normalised[at] == ' ') {
            at++;
            continue;
        }
        if (len + 4 > ROOM) {
            const uint32_t oldest = starts[(seen < width ? 0 : seen) % width];
            memmove(flat, flat + oldest, len - oldest);
            len -= oldest;
            for (uint32_t i = 0; i < width; i++)
                starts[i] -= oldest;
        }
        starts[seen % width] = (uint32_t)len;
        do
            flat[len++] = text->normalised[at++];
        while (at < end && ((unsigned char)text->normalised[at] & 0xC0) == 0x80);
        seen++;
        if (seen >= width) {
            const uint32_t first = starts[seen % width];
            hashes[num++] = XXH3_64bits(flat + first, len - first);
        }
    }
    if (seen > 0 && seen < width)
        hashes[0] = XXH3_64bits(flat, len);
}

nd_status nd_shingle_hashes(const nd_text *text, nd_shingle_spec spec, uint64_t *hashes)
{
    if (spec.width < 1 || spec.width > ND_SHINGLE_WIDTH_MAX)
        return ND_ERR_INVALID_ARGUMENT;
    switch (spec.kind) {
    case ND_SHINGLE_WORD:
        if (text->num_tokens > 0)
            hash_words(text, spec.width, hashes);
        return ND_OK;
    case ND_SHINGLE_CHAR:
        hash_chars(text, spec.width, hashes);
        return ND_OK;
    }
    return ND_ERR_INVALID_ARGUMENT;
}

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

size_t nd_shingle_set(uint64_t *hashes, size_t num, uint64_t *scratch)
{
    (void)scratch;
    qsort(hashes, num, sizeof *hashes, compare_hashes);
    size_t kept = 0;
    for (size_t i = 0; i < num; i++)
        if (i == 0 || hashes[i] != hashes[i - 1])
            hashes[kept++] = hashes[i];
    return kept;
}
