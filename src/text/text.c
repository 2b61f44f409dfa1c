#include "neardup/text.h"

#include <string.h>
#include <utf8proc.h>

#include "text/char_class.h"
#include "text/token_buffer.h"
#include "text/utf8.h"
#include "util/alloc.h"

enum {
    /* A starter and 30 marks (Stream-Safe Text Format): bounds the work of canonical ordering. */
    CHUNK_CHARS = 31,
    /* Longest NFKC_Casefold form of one code point, in code points: 18 (U+FDFA). */
    CHUNK_DECOMPOSED = CHUNK_CHARS * 18,
    CHUNK_UTF8_BYTES = CHUNK_DECOMPOSED * 4,
    NORMALISE_OPTIONS =
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
};

/* A starter with what may combine with it: normalised on its own. */
typedef struct chunk {
    char bytes[CHUNK_CHARS * 4];
    size_t len_bytes, num_chars;
    size_t start, end; /* where it stands in the source */
} chunk;

/* The tokens being written. */
typedef struct token_writer {
    nd_text *text;
    size_t len; /* bytes of the normalised text */
    bool is_open;
    bool is_alone; /* the open token is a single character */
} token_writer;

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

static nd_status reserve_for_chunk(nd_text *text, size_t len)
{
    const nd_allocator *const a = &text->allocator;
    const size_t tokens = text->num_tokens + CHUNK_DECOMPOSED + 2;
    if (len + CHUNK_UTF8_BYTES * 2 > UINT32_MAX)
        return ND_ERR_LIMIT;
    nd_status status = nd_reserve(a, (void **)&text->normalised, &text->normalised_capacity,
                                  len + CHUNK_UTF8_BYTES * 2, 1);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&text->token_start, &text->start_capacity, tokens,
                            sizeof *text->token_start);
    if (status != ND_OK || text->offsets == ND_TEXT_NO_OFFSETS)
        return status;
    status = nd_reserve(a, (void **)&text->source_start, &text->source_start_capacity, tokens,
                        sizeof *text->source_start);
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&text->source_end, &text->source_end_capacity, tokens,
                            sizeof *text->source_end);
    return status;
}

static void close_token(token_writer *w)
{
    if (!w->is_open)
        return;
    w->text->normalised[w->len++] = ' ';
    w->text->num_tokens++;
    w->text->token_start[w->text->num_tokens] = (uint32_t)w->len;
    w->is_open = false;
}

static void put_char(token_writer *w, uint32_t code_point, const chunk *source)
{
    const nd_char_class class = nd_char_class_of(code_point);
    const bool continues =
        w->is_open && (class == ND_CHAR_MARK || (class == ND_CHAR_WORD && !w->is_alone));
    if (!continues)
        close_token(w);
    if (class == ND_CHAR_SEPARATOR)
        return;
    nd_text *const text = w->text;
    if (!w->is_open) {
        w->is_open = true;
        w->is_alone = class == ND_CHAR_ALONE;
        if (text->offsets == ND_TEXT_WITH_OFFSETS)
            text->source_start[text->num_tokens] = (uint32_t)source->start;
    }
    if (text->offsets == ND_TEXT_WITH_OFFSETS)
        text->source_end[text->num_tokens] = (uint32_t)source->end;
    w->len += nd_utf8_encode(code_point, text->normalised + w->len);
}

/* Normalises the chunk, writes its tokens, and empties it. */
static nd_status flush_chunk(token_writer *w, chunk *c)
{
    if (c->num_chars == 0)
        return ND_OK;
    nd_status status = reserve_for_chunk(w->text, w->len);
    if (status != ND_OK)
        return status;
    utf8proc_int32_t buffer[CHUNK_DECOMPOSED];
    utf8proc_ssize_t num =
        utf8proc_decompose((const utf8proc_uint8_t *)c->bytes, (utf8proc_ssize_t)c->len_bytes,
                           buffer, CHUNK_DECOMPOSED, (utf8proc_option_t)NORMALISE_OPTIONS);
    if (num > 0)
        num = utf8proc_normalize_utf32(buffer, num, (utf8proc_option_t)NORMALISE_OPTIONS);
    for (utf8proc_ssize_t i = 0; i < num; i++)
        put_char(w, (uint32_t)buffer[i], c);
    c->num_chars = c->len_bytes = 0;
    return ND_OK;
}

static nd_status tokenise(token_writer *w, const char *bytes, size_t len_bytes)
{
    chunk c = {.num_chars = 0};
    for (size_t at = 0; at < len_bytes;) {
        const nd_utf8_char ch = nd_utf8_decode(bytes + at, len_bytes - at);
        if (c.num_chars == CHUNK_CHARS || nd_char_is_boundary(ch.code_point)) {
            const nd_status status = flush_chunk(w, &c);
            if (status != ND_OK)
                return status;
        }
        if (c.num_chars == 0)
            c.start = at;
        at += ch.len_bytes;
        c.end = at;
        c.len_bytes += nd_utf8_encode(ch.code_point, c.bytes + c.len_bytes);
        c.num_chars++;
        w->text->invalid_bytes += ch.invalid ? ch.len_bytes : 0;
    }
    return flush_chunk(w, &c);
}

nd_status nd_text_set(nd_text *text, const char *bytes, size_t len_bytes, nd_text_offsets offsets)
{
    text->num_tokens = 0;
    text->invalid_bytes = 0;
    text->offsets = offsets;
    text->token_start[0] = 0;
    if (len_bytes > ND_TEXT_MAX_BYTES)
        return ND_ERR_LIMIT;
    token_writer w = {.text = text};
    const nd_status status = tokenise(&w, bytes, len_bytes);
    if (status != ND_OK) {
        text->num_tokens = 0;
        return status;
    }
    close_token(&w);
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
