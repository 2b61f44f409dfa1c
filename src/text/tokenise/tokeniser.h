/* What an nd_text holds, which shingles are hashed straight from; the state of one nd_text_set, and
 * the kernels that share its work. */
#ifndef TEXT_TOKENISE_TOKENISER_H
#define TEXT_TOKENISE_TOKENISER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/kernel.h"
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

/* --- the work of one nd_text_set --- */

/* Bytes a kernel may write past out_stop: a stretch of ASCII, or the normalised form of a chunk (31
 * code points that become at most 18 each, see text/characters.h, of four bytes and a space). That
 * is 2,790 bytes at most, so the 63 bytes behind a text's end are there to be read, whatever they
 * hold. */
#define ND_TOKENISER_OUT_SLACK ((size_t)4096)

/* Entries a kernel may write past the last source_start, source_end or token_start. */
#define ND_TOKENISER_TOKEN_SLACK ((size_t)64)

/* How far the text is done. Two parties take turns: a kernel's `easy` for all but the hard
 * characters, and nd_tokenise_hard for a hard one and its neighbourhood.
 *
 *   bytes:  T h e   c a f é   " < hard > < hard >   o p e n s
 *           |--------- easy ----|------- hard ------|- easy -|
 *                                ^at                ^at
 *
 * When `easy` begins, `at` is a boundary of normalisation (see char_table.h), and an open token is
 * a word whose last source byte is the one before `at`. */
typedef struct nd_tokeniser {
    const uint8_t *bytes;
    size_t len_bytes, at;
    uint8_t *out; /* the normalised text; room for out_stop + ND_TOKENISER_OUT_SLACK */
    size_t out_len, out_stop;
    uint32_t *source_start, *source_end; /* NULL without offsets */
    size_t num_starts, num_ends;
    uint64_t invalid_bytes;
    uint64_t easy_leads; /* of the kernel */
    size_t token_end;    /* of the open token, in the source */
    bool is_open;        /* a token's space and source_end are not written yet */
    bool is_alone;       /* the open token is one character of a script without spaces */
    bool in_hard;        /* nd_tokenise_hard stopped for want of room and must go on first */
} nd_tokeniser;

/* Ends the open token, if there is one. */
static inline void nd_tokeniser_close(nd_tokeniser *t)
{
    if (!t->is_open)
        return;
    t->out[t->out_len++] = ' ';
    if (t->source_end)
        t->source_end[t->num_ends++] = (uint32_t)t->token_end;
    t->is_open = t->is_alone = false;
}

/* One instruction set's inner loops. All give the same bytes. */
typedef struct nd_tokenise_kernel {
    /* Goes on from `at` until the text ends, or out_len reaches out_stop, or a hard character
     * comes: then `at` stays at the last boundary before it. */
    void (*easy)(nd_tokeniser *t);
    /* Writes 1 + the position of each space in out[from..to) to starts, returns how many. Reads up
     * to out[to + 63]. */
    size_t (*token_starts)(const uint8_t *out, size_t from, size_t to, uint32_t *starts);
    /* Bit i: most characters that begin with the byte C0 + i are no hard ones. */
    uint64_t easy_leads;
} nd_tokenise_kernel;

extern const nd_tokenise_kernel nd_tokenise_kernel_scalar; /* any machine */
extern const nd_tokenise_kernel nd_tokenise_kernel_avx2;   /* x86-64 */
extern const nd_tokenise_kernel nd_tokenise_kernel_avx512; /* x86-64 */
extern const nd_tokenise_kernel nd_tokenise_kernel_neon;   /* AArch64 */

/* The kernel for this instruction set; the scalar one where the build has none. */
const nd_tokenise_kernel *nd_tokenise_kernel_of(nd_kernel kernel);

/* Takes at least one character of any kind, and goes on until the text ends, out_len reaches
 * out_stop, or a stretch of ASCII comes. */
void nd_tokenise_hard(nd_tokeniser *t);

/* nd_text_set by a given kernel. */
ND_NODISCARD nd_status nd_text_set_by(const nd_tokenise_kernel *kernel, nd_text *text,
                                      const char *bytes, size_t len_bytes, nd_text_offsets offsets);

/* Takes a normalised text back as it was: bytes[0..len_bytes), which nd_text_normalised gave, are
 * copied, and only the tokens' places looked for. */
ND_NODISCARD nd_status nd_text_set_normalised(nd_text *text, const char *bytes, size_t len_bytes);

#endif
