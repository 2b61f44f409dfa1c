/* Words as 32-bit codes.
 *
 * Most words are ASCII of up to 16 bytes: these are looked at in two registers. Little-endian, as
 * the rest of the library. */
#include <string.h>

#include "coverage/verdict.h"
#include "text/characters.h"
#include "text/tokenise/tokeniser.h"
#include "util/xxh.h"

enum {
    WORD_MAX_LENGTH = 15,
    HASH_BITS_OF_WORD = 21,
    HASH_BITS_OF_NUMBER = 26,
    FIRST_OTHER_DIGIT = 0x0660,
    FIRST_ALONE = 0x0E00, /* Thai */
};

static const uint32_t NUMBER_FACTOR = 1000003; /* odd: no two numbers of one length are equal */

/* Bytes of 0x80 where x has an ASCII digit; x has no byte from 0x80 on. */
static inline uint64_t digits_of(uint64_t x)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    return ~((x ^ 0x30 * each) + 0x76 * each) & 0x80 * each;
}

/* Three bits of a character: of its last byte, which tells letters of one script apart. */
static inline uint32_t letter_bits(unsigned char last_byte)
{
    return last_byte * 0x9Du >> 3 & 7;
}

static nd_word_code number_code(const char *p, size_t len_bytes, uint32_t num_chars)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < len_bytes; i++)
        hash = hash * NUMBER_FACTOR + (unsigned char)p[i] + 1;
    const uint32_t length = num_chars < ND_NUMBER_MAX_LENGTH ? num_chars : ND_NUMBER_MAX_LENGTH;
    return UINT32_C(1) << 31 | length << HASH_BITS_OF_NUMBER |
           (hash & ((UINT32_C(1) << HASH_BITS_OF_NUMBER) - 1));
}

static inline nd_word_code word_code(uint64_t hash, uint32_t length, unsigned char first,
                                     unsigned char last)
{
    return length << 27 | (uint32_t)(hash >> (64 - HASH_BITS_OF_WORD)) << 6 |
           letter_bits(first) << 3 | letter_bits(last);
}

/* The letters of most scripts are told apart from digits by where they stand: no decimal digit but
 * those of ASCII stands before U+0660. */
static bool is_digit(uint32_t c)
{
    return c < FIRST_OTHER_DIGIT ? c >= '0' && c <= '9' : nd_char_is_digit(c);
}

/* Of any token, character by character. */
static nd_word_code code_of_chars(const char *p, size_t len_bytes)
{
    uint32_t num_chars = 0;
    size_t first_end = 0;
    bool has_digit = false, is_alone = false;
    for (size_t at = 0; at < len_bytes;) {
        const nd_utf8_char c = nd_utf8_decode(p + at, len_bytes - at);
        has_digit |= is_digit(c.code_point);
        at += c.len_bytes;
        if (num_chars++ == 0) {
            first_end = at;
            is_alone =
                c.code_point >= FIRST_ALONE && nd_char_class_of(c.code_point) == ND_CHAR_ALONE;
        }
    }
    if (has_digit)
        return number_code(p, len_bytes, num_chars);
    const uint32_t length = is_alone                      ? 0
                            : num_chars < WORD_MAX_LENGTH ? num_chars
                                                          : WORD_MAX_LENGTH;
    return word_code(XXH3_64bits(p, len_bytes), length, (unsigned char)p[first_end - 1],
                     (unsigned char)p[len_bytes - 1]);
}

/* What is seen of a token's bytes, eight at a time. */
typedef struct seen_bytes {
    uint64_t others;        /* not 0: there is a character from U+0640 on */
    uint64_t digits;        /* not 0: there is a digit of ASCII */
    uint32_t num_continued; /* bytes that go on with a character */
} seen_bytes;

/* Adds eight bytes, or fewer and zeros. A byte of 0xD9 and up begins a character from U+0640 on. */
static inline void see_bytes(seen_bytes *seen, uint64_t x)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = 0x80 * each, low = x & ~high;
    const uint64_t is_continued = x & ~(x << 1) & high;
    seen->others |= (low + 0x27 * each) & x & high;
    seen->digits |= digits_of(low) & ~x;
    seen->num_continued += (uint32_t)((is_continued >> 7) * each >> 56);
}

/* Of a token of which that was seen. Before U+0640 no character is a digit but those of ASCII, nor
 * alone, and none has more than two bytes. */
static inline nd_word_code code_of_seen(const char *p, size_t len_bytes, const seen_bytes *seen)
{
    const uint32_t num_chars = (uint32_t)len_bytes - seen->num_continued;
    if (seen->others)
        return code_of_chars(p, len_bytes);
    if (seen->digits)
        return number_code(p, len_bytes, num_chars);
    const size_t first_bytes = (unsigned char)p[0] < 0x80 ? 1 : 2;
    return word_code(XXH3_64bits(p, len_bytes),
                     num_chars < WORD_MAX_LENGTH ? num_chars : WORD_MAX_LENGTH,
                     (unsigned char)p[first_bytes - 1], (unsigned char)p[len_bytes - 1]);
}

/* Of a token of more than 16 bytes. */
static nd_word_code code_of_long(const char *p, size_t len_bytes)
{
    seen_bytes seen = {0};
    const size_t rest = len_bytes % 8;
    uint64_t x;
    for (size_t at = 0; at + 8 <= len_bytes; at += 8) {
        memcpy(&x, p + at, sizeof x);
        see_bytes(&seen, x);
    }
    memcpy(&x, p + len_bytes - 8, sizeof x);
    see_bytes(&seen, rest ? x >> (64 - 8 * rest) : 0);
    return code_of_seen(p, len_bytes, &seen);
}

/* Two rounds of multiplication: the high bits depend on all of x. */
static inline uint64_t mix_twice(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}

/* Of a token of up to 16 bytes: x holds the first eight of them, or all, and y the last eight of a
 * longer one, or 0. */
static inline nd_word_code code_of_short(const char *p, uint64_t x, uint64_t y, size_t len_bytes)
{
    if ((x | y) & UINT64_C(0x8080808080808080)) {
        seen_bytes seen = {0};
        see_bytes(&seen, x);
        see_bytes(&seen, len_bytes > 8 ? y >> (128 - 8 * len_bytes) : 0);
        return code_of_seen(p, len_bytes, &seen);
    }
    if (digits_of(x) | digits_of(y))
        return number_code(p, len_bytes, (uint32_t)len_bytes);
    const uint32_t length = len_bytes < WORD_MAX_LENGTH ? (uint32_t)len_bytes : WORD_MAX_LENGTH;
    return word_code(mix_twice(x ^ mix_twice(y)), length, (unsigned char)p[0],
                     (unsigned char)p[len_bytes - 1]);
}

/* Of a token with at least 16 bytes of text from its beginning on. Whether it has more than eight
 * bytes is computed, not asked: that differs from word to word. */
static inline nd_word_code code_before_others(const char *p, size_t len_bytes)
{
    const size_t first = len_bytes < 8 ? len_bytes : 8;
    uint64_t x, y;
    memcpy(&x, p, sizeof x);
    memcpy(&y, p + (len_bytes - first), sizeof y);
    return code_of_short(p, x & UINT64_MAX >> (64 - 8 * first),
                         y & (UINT64_C(0) - (uint64_t)(len_bytes > 8)), len_bytes);
}

void nd_word_codes(const nd_text *text, nd_word_code *codes)
{
    const uint32_t *const start = text->token_start;
    const size_t end = start[text->num_tokens];
    for (size_t i = 0; i < text->num_tokens; i++) {
        const char *const p = text->normalised + start[i];
        const size_t len_bytes = start[i + 1] - start[i] - 1;
        if (len_bytes > 16) {
            codes[i] = code_of_long(p, len_bytes);
        } else if (start[i] + 16 <= end) {
            codes[i] = code_before_others(p, len_bytes);
        } else {
            char last[24] = {0};
            memcpy(last, p, len_bytes);
            codes[i] = code_before_others(last, len_bytes);
        }
    }
}

/* The factor of the second one's length puts the first one's hash in front of it. A number of more
 * bytes than characters, or of more than the length says, is not joined by value: it still gives
 * one code for one text. */
nd_word_code nd_number_join(nd_word_code first, nd_word_code second)
{
    const uint32_t mask = (UINT32_C(1) << HASH_BITS_OF_NUMBER) - 1;
    uint32_t hash = first & mask, length = nd_word_length(first) + nd_word_length(second);
    for (uint32_t i = 0; i < nd_word_length(second); i++)
        hash *= NUMBER_FACTOR;
    if (length > ND_NUMBER_MAX_LENGTH)
        length = ND_NUMBER_MAX_LENGTH;
    return UINT32_C(1) << 31 | length << HASH_BITS_OF_NUMBER | ((hash + (second & mask)) & mask);
}
