#include "match/span_words.h"

#include <string.h>

#include "text/char_class.h"
#include "text/utf8.h"

/* Half words that a token counts for. */
static uint64_t weigh_token(nd_token token)
{
    enum { FIRST_NO_SPACE_BYTE = 0xE0 }; /* U+0E00, Thai, is the first such character */
    if ((unsigned char)token.normalised[0] < FIRST_NO_SPACE_BYTE)
        return 2;
    const nd_utf8_char first = nd_utf8_decode(token.normalised, token.len_bytes);
    return nd_char_class_of(first.code_point) == ND_CHAR_ALONE ? 1 : 2;
}

bool nd_span_has_words(const nd_text *text, nd_span span, uint32_t num_words)
{
    const uint64_t wanted = (uint64_t)num_words * 2;
    uint64_t weight = 0;
    if (nd_span_len(span) < num_words)
        return false;
    for (uint32_t t = span.start; t < span.end && weight < wanted; t++)
        weight += weigh_token(nd_text_token(text, t));
    return weight >= wanted;
}

static bool is_among(const nd_token *seen, uint32_t num, nd_token token)
{
    for (uint32_t i = 0; i < num; i++)
        if (seen[i].len_bytes == token.len_bytes &&
            memcmp(seen[i].normalised, token.normalised, token.len_bytes) == 0)
            return true;
    return false;
}

bool nd_span_has_variety(const nd_text *text, nd_span span, uint32_t num_words)
{
    nd_token seen[ND_SPAN_VARIETY];
    const uint32_t wanted = num_words < ND_SPAN_VARIETY ? num_words : ND_SPAN_VARIETY;
    uint32_t num = 0;
    for (uint32_t t = span.start; t < span.end && num < wanted; t++) {
        const nd_token token = nd_text_token(text, t);
        if (!is_among(seen, num, token))
            seen[num++] = token;
    }
    return num >= wanted;
}
