/* Any bytes to tokens: every kernel gives what the scalar one does, and what it gives is whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "neardup/kernel.h"
#include "text/tokenise/tokeniser.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

static nd_text *tokens_by(nd_kernel kernel, const char *bytes, size_t len, nd_text_offsets offsets)
{
    nd_text *text;
    require(nd_kernel_select(kernel) == ND_OK);
    require(nd_text_new(NULL, &text) == ND_OK);
    require(nd_text_set(text, bytes, len, offsets) == ND_OK);
    return text;
}

static void require_whole(const nd_text *text, size_t len)
{
    require(text->token_start[0] == 0 && text->invalid_bytes <= len);
    size_t covered = 0;
    for (size_t i = 0; i < text->num_tokens; i++) {
        const nd_token token = nd_text_token(text, i);
        require(token.len_bytes > 0 && !memchr(token.normalised, ' ', token.len_bytes));
        require(token.normalised[token.len_bytes] == ' ');
        if (text->offsets == ND_TEXT_WITH_OFFSETS) {
            require(token.start < token.end && token.end <= len);
            require(i == 0 || token.start >= text->source_start[i - 1]);
        }
        covered += token.len_bytes + 1;
    }
    require(text->token_start[text->num_tokens] == covered);
}

static void require_same(const nd_text *a, const nd_text *b)
{
    require(a->num_tokens == b->num_tokens && a->invalid_bytes == b->invalid_bytes);
    const size_t num = a->num_tokens;
    require(!memcmp(a->token_start, b->token_start, (num + 1) * sizeof *a->token_start));
    require(num == 0 || !memcmp(a->normalised, b->normalised, a->token_start[num]));
    if (num == 0 || a->offsets == ND_TEXT_NO_OFFSETS || b->offsets == ND_TEXT_NO_OFFSETS)
        return;
    require(!memcmp(a->source_start, b->source_start, num * sizeof *a->source_start));
    require(!memcmp(a->source_end, b->source_end, num * sizeof *a->source_end));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const bytes = (const char *)data;
    nd_text *const reference = tokens_by(ND_KERNEL_SCALAR, bytes, size, ND_TEXT_WITH_OFFSETS);
    require_whole(reference, size);
    for (int kernel = ND_KERNEL_SCALAR; kernel <= ND_KERNEL_NEON; kernel++) {
        if (nd_kernel_select((nd_kernel)kernel) != ND_OK)
            continue;
        for (int offsets = ND_TEXT_NO_OFFSETS; offsets <= ND_TEXT_WITH_OFFSETS; offsets++) {
            nd_text *const text =
                tokens_by((nd_kernel)kernel, bytes, size, (nd_text_offsets)offsets);
            require_same(reference, text);
            nd_text_free(text);
        }
    }
    nd_text_free(reference);
    return 0;
}
