#include "neardup/text.h"

#include <string.h>
#include <utf8proc.h>

#include "neardup/version.h"
#include "text/tokenise/tokeniser.h"
#include "util/alloc.h"

/* Normalised bytes made at a time, before their token starts are looked for: they are still in the
 * first-level cache then. */
enum { PIECE_BYTES = 16 * 1024 };

const nd_tokenise_kernel *nd_tokenise_kernel_of(nd_kernel kernel)
{
    switch (kernel) {
#if defined(__x86_64__)
    case ND_KERNEL_AVX512:
        return &nd_tokenise_kernel_avx512;
    case ND_KERNEL_AVX2:
        return &nd_tokenise_kernel_avx2;
#elif defined(__aarch64__)
    case ND_KERNEL_NEON:
        return &nd_tokenise_kernel_neon;
#endif
    default:
        return &nd_tokenise_kernel_scalar;
    }
}

nd_status nd_text_new(const nd_allocator *allocator, nd_text **out)
{
    *out = NULL;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_text *const text = nd_alloc_zeroed(&a, 1, sizeof *text);
    if (!text)
        return ND_ERR_NO_MEMORY;
    text->allocator = a;
    text->token_start = nd_alloc_zeroed(&a, 16, sizeof *text->token_start);
    if (!text->token_start) {
        nd_release(&a, text);
        return ND_ERR_NO_MEMORY;
    }
    text->start_capacity = 16;
    *out = text;
    return ND_OK;
}

static nd_status reserve_entries(const nd_text *text, uint32_t **entries, size_t *capacity,
                                 size_t need)
{
    return nd_reserve(&text->allocator, (void **)entries, capacity, need, sizeof **entries);
}

/* Makes room for the next piece, and in the normalised text for all of an ASCII document at once.
 * A token takes two bytes of normalised text at least, but for one that is open already. */
static nd_status reserve_piece(nd_text *text, nd_tokeniser *t)
{
    const size_t left = t->len_bytes - t->at + 1;
    const size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    const size_t tokens =
        text->num_tokens + 2 + ND_TOKENISER_TOKEN_SLACK + (piece + ND_TOKENISER_OUT_SLACK) / 2;
    nd_status status =
        nd_reserve(&text->allocator, (void **)&text->normalised, &text->normalised_capacity,
                   t->out_len + left + ND_TOKENISER_OUT_SLACK, 1);
    if (status == ND_OK)
        status = reserve_entries(text, &text->token_start, &text->start_capacity, tokens);
    if (status == ND_OK && text->offsets == ND_TEXT_WITH_OFFSETS)
        status = reserve_entries(text, &text->source_start, &text->source_start_capacity, tokens);
    if (status == ND_OK && text->offsets == ND_TEXT_WITH_OFFSETS)
        status = reserve_entries(text, &text->source_end, &text->source_end_capacity, tokens);
    if (status != ND_OK)
        return status;
    t->out = (uint8_t *)text->normalised;
    t->out_stop = t->out_len + piece;
    if (text->offsets == ND_TEXT_WITH_OFFSETS) {
        t->source_start = text->source_start;
        t->source_end = text->source_end;
    }
    return ND_OK;
}

/* Tokenises the next piece, and the end of the text where it is reached. */
static nd_status take_piece(const nd_tokenise_kernel *kernel, nd_text *text, nd_tokeniser *t)
{
    const nd_status status = reserve_piece(text, t);
    if (status != ND_OK)
        return status;
    const size_t piece_start = t->out_len; /* an open token, however long, has no space before it */
    while (t->at < t->len_bytes && t->out_len < t->out_stop) {
        if (!t->in_hard)
            kernel->easy(t);
        if (t->at < t->len_bytes && t->out_len < t->out_stop)
            nd_tokenise_hard(t);
    }
    if (t->at == t->len_bytes)
        nd_tokeniser_close(t);
    if (t->out_len > UINT32_MAX)
        return ND_ERR_LIMIT;
    text->num_tokens += kernel->token_starts(t->out, piece_start, t->out_len,
                                             text->token_start + text->num_tokens + 1);
    return ND_OK;
}

nd_status nd_text_set_by(const nd_tokenise_kernel *kernel, nd_text *text, const char *bytes,
                         size_t len_bytes, nd_text_offsets offsets)
{
    text->num_tokens = 0;
    text->invalid_bytes = 0;
    text->offsets = offsets;
    text->token_start[0] = 0;
    if (len_bytes > ND_TEXT_MAX_BYTES)
        return ND_ERR_LIMIT;
    nd_tokeniser t = {
        .bytes = (const uint8_t *)bytes, .len_bytes = len_bytes, .easy_leads = kernel->easy_leads};
    while (t.at < len_bytes) {
        const nd_status status = take_piece(kernel, text, &t);
        if (status != ND_OK) {
            text->num_tokens = 0;
            return status;
        }
    }
    text->invalid_bytes = t.invalid_bytes;
    return ND_OK;
}

nd_status nd_text_set(nd_text *text, const char *bytes, size_t len_bytes, nd_text_offsets offsets)
{
    return nd_text_set_by(nd_tokenise_kernel_of(nd_kernel_current()), text, bytes, len_bytes,
                          offsets);
}

nd_status nd_text_set_normalised(nd_text *text, const char *bytes, size_t len_bytes)
{
    const nd_tokenise_kernel *const kernel = nd_tokenise_kernel_of(nd_kernel_current());
    text->num_tokens = 0;
    text->invalid_bytes = 0;
    text->offsets = ND_TEXT_NO_OFFSETS;
    text->token_start[0] = 0;
    if (len_bytes > UINT32_MAX)
        return ND_ERR_LIMIT;
    nd_status status =
        nd_reserve(&text->allocator, (void **)&text->normalised, &text->normalised_capacity,
                   len_bytes + ND_TOKENISER_OUT_SLACK, 1);
    if (status == ND_OK) /* in whatever bytes: one start more than bytes at most */
        status = reserve_entries(text, &text->token_start, &text->start_capacity,
                                 len_bytes + 2 + ND_TOKENISER_TOKEN_SLACK);
    if (status != ND_OK || len_bytes == 0)
        return status;
    memcpy(text->normalised, bytes, len_bytes);
    text->num_tokens = kernel->token_starts((const uint8_t *)text->normalised, 0, len_bytes,
                                            text->token_start + 1);
    return ND_OK;
}

size_t nd_text_num_tokens(const nd_text *text)
{
    return text->num_tokens;
}

nd_token nd_text_token(const nd_text *text, size_t index)
{
    const uint32_t start = text->token_start[index];
    nd_token token = {
        .normalised = text->normalised + start,
        .len_bytes = text->token_start[index + 1] - start - 1,
    };
    if (text->offsets == ND_TEXT_WITH_OFFSETS) {
        token.start = text->source_start[index];
        token.end = text->source_end[index];
    }
    return token;
}

const char *nd_text_normalised(const nd_text *text, size_t *len_bytes)
{
    *len_bytes = text->token_start[text->num_tokens];
    return text->normalised;
}

uint64_t nd_text_num_invalid_bytes(const nd_text *text)
{
    return text->invalid_bytes;
}

void nd_text_free(nd_text *text)
{
    if (!text)
        return;
    const nd_allocator a = text->allocator;
    nd_release(&a, text->normalised);
    nd_release(&a, text->token_start);
    nd_release(&a, text->source_start);
    nd_release(&a, text->source_end);
    nd_release(&a, text);
}

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)

const char *nd_version(void)
{
    return STRING(ND_VERSION_MAJOR) "." STRING(ND_VERSION_MINOR) "." STRING(ND_VERSION_PATCH);
}

int nd_hash_spec_version(void)
{
    return ND_HASH_SPEC_VERSION;
}

const char *nd_unicode_version(void)
{
    return utf8proc_unicode_version();
}
