/* The tokeniser's definition, as plain and slow as it can be said: what its kernels are held to. */
#ifndef TESTS_REFERENCE_TEXT_H
#define TESTS_REFERENCE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Laid out as struct nd_text (see text/tokenise/tokeniser.h). */
typedef struct reference_text {
    char *normalised;
    uint32_t *token_start;
    uint32_t *source_start;
    uint32_t *source_end;
    size_t num_tokens;
    uint64_t invalid_bytes;
} reference_text;

/* Tokens of bytes[0..len_bytes), with offsets. Aborts when out of memory. */
void reference_text_init(reference_text *text, const char *bytes, size_t len_bytes);

/* The same from the NFKC_Casefold form of the whole text at once, without the limit of 30 marks;
 * source_start and source_end stay NULL. */
void reference_text_init_whole(reference_text *text, const char *bytes, size_t len_bytes);

void reference_text_release(reference_text *text);

#endif
