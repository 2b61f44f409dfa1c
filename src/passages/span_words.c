#include "passages/span_words.h"

#include "passages/token_bytes.h"
#include "text/tokenise/char_class.h"
#include "text/utf8.h"

/* U+0E00, Thai, is the first character of a script without spaces. */
enum { FIRST_NO_SPACE_BYTE = 0xE0 };

/* Half words that a token counts for. */
static uint64_t weigh_token(const nd_text *text, uint32_t token)
{
    const uint32_t start = text->token_start[token];
    const char *const word = text->normalised + start;
    if ((unsigned char)word[0] < FIRST_NO_SPACE_BYTE)
        return 2;
    const nd_utf8_char first = nd_utf8_decode(word, text->token_start[token + 1] - start - 1);
    return nd_char_class_of(first.code_point) == ND_CHAR_ALONE ? 1 : 2;
}

/* The bytes are taken as a block of one length, which the compiler does many at a time. */
static bool has_no_space_byte(const unsigned char *bytes, size_t len_bytes)
{
    unsigned char most = 0;
    for (size_t i = 0; i < len_bytes; i++)
        most = bytes[i] > most ? bytes[i] : most;
    return most >= FIRST_NO_SPACE_BYTE;
}

bool nd_text_has_half_words(const nd_text *text)
{
    enum { BLOCK = 256 };
    size_t left;
    const unsigned char *at = (const unsigned char *)nd_text_normalised(text, &left);
    for (; left >= BLOCK; left -= BLOCK, at += BLOCK)
        if (has_no_space_byte(at, BLOCK))
            return true;
    return has_no_space_byte(at, left);
}

bool nd_span_has_words(const nd_text *text, nd_span span, uint32_t num_words)
{
    const uint64_t wanted = (uint64_t)num_words * 2;
    uint64_t weight = 0;
    if (nd_span_len(span) < num_words)
        return false;
    for (uint32_t t = span.start; t < span.end && weight < wanted; t++)
        weight += weigh_token(text, t);
    return weight >= wanted;
}

/* A token by its first eight bytes and its length: enough to tell most of them apart. */
typedef struct token_head {
    uint64_t eight;
    uint32_t len, token;
} token_head;

static token_head head_of(const nd_text *text, uint32_t token)
{
    const uint32_t start = text->token_start[token];
    const uint32_t len = text->token_start[token + 1] - start - 1;
    const uint32_t up_to = len < ND_TOKEN_SHORT ? len : ND_TOKEN_SHORT;
    return (token_head){nd_token_eight(text->normalised + start, up_to, 0), len, token};
}

static bool is_among(const nd_text *text, const token_head *seen, uint32_t num, token_head head)
{
    for (uint32_t i = 0; i < num; i++)
        if (seen[i].eight == head.eight && seen[i].len == head.len &&
            (head.len <= 8 || nd_token_equals(text, seen[i].token, head.token)))
            return true;
    return false;
}

bool nd_span_has_variety(const nd_text *text, nd_span span, uint32_t num_words)
{
    token_head seen[ND_SPAN_VARIETY];
    const uint32_t wanted = num_words < ND_SPAN_VARIETY ? num_words : ND_SPAN_VARIETY;
    uint32_t num = 0;
    for (uint32_t t = span.start; t < span.end && num < wanted; t++) {
        const token_head head = head_of(text, t);
        if (!is_among(text, seen, num, head))
            seen[num++] = head;
    }
    return num >= wanted;
}
