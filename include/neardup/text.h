/* From bytes to tokens: UTF-8 decoding, NFKC case folding, words. */
#ifndef NEARDUP_TEXT_H
#define NEARDUP_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* One document as tokens; exclusive (one thread at a time), meant to be set again and again.
 *
 * The bytes are read as UTF-8; each maximal invalid part stands for one U+FFFD, and its bytes are
 * counted. The code points are brought to NFKC_Casefold (Unicode Standard Annex #15, section 1.4
 * and chapter 3.13: compatibility composition, full case folding, default-ignorable code points
 * dropped). A token is then either
 *   - a word: a maximal run of letters, marks and digits (general categories L, M, N), or
 *   - one character, with the marks that follow it, of a script written without spaces (Han,
 *     Hiragana, Katakana, Bopomofo, Thai, Lao, Khmer, Myanmar, Tai scripts, Yi, Javanese,
 *     Balinese).
 * A run of more than 30 combining marks is normalised in pieces (Stream-Safe Text Format, UAX #15,
 * section 13). Everything else, U+FFFD and NUL included, separates.
 *
 * The normalised text is the tokens, each followed by one space. */
typedef struct nd_text nd_text;

/* Longest document, in bytes: offsets are held in 32 bits, and NFKC can make a text longer.
 * The normalised text has the limit 2^32 - 1. */
#define ND_TEXT_MAX_BYTES ((size_t)0xfffffffeu)

/* Whether tokens remember where they stood in the original bytes. */
typedef enum nd_text_offsets {
    ND_TEXT_NO_OFFSETS = 0,
    ND_TEXT_WITH_OFFSETS,
} nd_text_offsets;

typedef struct nd_token {
    const char *normalised; /* not terminated; owned by the nd_text */
    size_t len_bytes;
    uint64_t start, end; /* original bytes [start, end); 0 and 0 without offsets */
} nd_token;

/* Makes an empty text. Free it with nd_text_free. */
ND_API ND_NODISCARD nd_status nd_text_new(const nd_allocator *allocator, nd_text **out);

/* Replaces the content by the document `bytes[0..len_bytes)`, which is not kept. Memory grows to
 * about 2 times the longest document seen (4 times with offsets; 4 and 10 for one of one-letter
 * words; more where single characters become phrases, as ligatures of Arabic do, which become 11
 * times as long) and is reused. On failure the text is empty. ND_ERR_LIMIT: longer than
 * ND_TEXT_MAX_BYTES, before or after normalisation. */
ND_API ND_NODISCARD nd_status nd_text_set(nd_text *text, const char *bytes, size_t len_bytes,
                                          nd_text_offsets offsets);

ND_API size_t nd_text_num_tokens(const nd_text *text);

/* Token `index` < nd_text_num_tokens; valid until the next nd_text_set. O(1). */
ND_API nd_token nd_text_token(const nd_text *text, size_t index);

/* The normalised text: every token followed by one space, so *len_bytes is 0 or ends in a space.
 * Valid until the next nd_text_set. */
ND_API const char *nd_text_normalised(const nd_text *text, size_t *len_bytes);

/* Bytes of the document that were not valid UTF-8. */
ND_API uint64_t nd_text_num_invalid_bytes(const nd_text *text);

ND_API void nd_text_free(nd_text *text);

ND_END_DECLS

#endif
