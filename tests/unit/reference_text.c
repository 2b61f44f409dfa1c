#include "reference_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "text/characters.h"
#include "text/tokenise/char_table.h"

enum {
    CHUNK_CHARS = 31,
    OPTIONS =
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
};

/* Table 3-7 of the Unicode Standard: well-formed UTF-8 byte sequences. */
static const struct {
    uint8_t num, low[4], high[4];
} well_formed[] = {
    {1, {0x00}, {0x7F}},
    {2, {0xC2, 0x80}, {0xDF, 0xBF}},
    {3, {0xE0, 0xA0, 0x80}, {0xE0, 0xBF, 0xBF}},
    {3, {0xE1, 0x80, 0x80}, {0xEC, 0xBF, 0xBF}},
    {3, {0xED, 0x80, 0x80}, {0xED, 0x9F, 0xBF}},
    {3, {0xEE, 0x80, 0x80}, {0xEF, 0xBF, 0xBF}},
    {4, {0xF0, 0x90, 0x80, 0x80}, {0xF0, 0xBF, 0xBF, 0xBF}},
    {4, {0xF1, 0x80, 0x80, 0x80}, {0xF3, 0xBF, 0xBF, 0xBF}},
    {4, {0xF4, 0x80, 0x80, 0x80}, {0xF4, 0x8F, 0xBF, 0xBF}},
};

typedef struct source_char {
    utf8proc_int32_t code_point;
    size_t start, end;
    bool invalid;
} source_char;

static void *allocate(size_t num, size_t size)
{
    void *const block = calloc(num + 1, size);
    if (!block)
        abort();
    return block;
}

static source_char decode(const uint8_t *bytes, size_t len, size_t at)
{
    size_t longest = 1;
    for (size_t row = 0; row < sizeof well_formed / sizeof *well_formed; row++) {
        size_t num = 0;
        while (num < well_formed[row].num && at + num < len &&
               bytes[at + num] >= well_formed[row].low[num] &&
               bytes[at + num] <= well_formed[row].high[num])
            num++;
        if (num == well_formed[row].num) {
            utf8proc_int32_t code_point = bytes[at];
            if (num > 1)
                utf8proc_iterate(bytes + at, (utf8proc_ssize_t)num, &code_point);
            return (source_char){code_point, at, at + num, false};
        }
        if (num > longest)
            longest = num;
    }
    return (source_char){0xFFFD, at, at + longest, true};
}

static source_char *decode_all(reference_text *text, const uint8_t *bytes, size_t len, size_t *num)
{
    source_char *const chars = allocate(len, sizeof *chars);
    *num = 0;
    for (size_t at = 0; at < len; at = chars[(*num)++].end) {
        chars[*num] = decode(bytes, len, at);
        if (chars[*num].invalid)
            text->invalid_bytes += chars[*num].end - at;
    }
    return chars;
}

/* The NFKC_Casefold form of some characters. */
static utf8proc_int32_t *normalise(const source_char *chars, size_t num, size_t *num_out)
{
    uint8_t *const utf8 = allocate(num, 4);
    size_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += (size_t)utf8proc_encode_char(chars[i].code_point, utf8 + len);
    utf8proc_int32_t *const out = allocate(num * 18, sizeof *out);
    utf8proc_ssize_t got = utf8proc_decompose(
        utf8, (utf8proc_ssize_t)len, out, (utf8proc_ssize_t)num * 18, (utf8proc_option_t)OPTIONS);
    if (got > 0)
        got = utf8proc_normalize_utf32(out, got, (utf8proc_option_t)OPTIONS);
    if (got < 0)
        abort();
    free(utf8);
    *num_out = (size_t)got;
    return out;
}

typedef struct writer {
    reference_text *text;
    size_t len, capacity;
    bool is_open, is_alone;
} writer;

static void *grow(void *block, size_t num, size_t size)
{
    void *const grown = realloc(block, num * size);
    if (!grown)
        abort();
    return grown;
}

static void make_room(writer *w)
{
    if (w->len + 8 <= w->capacity)
        return;
    w->capacity = w->capacity * 2 + 64;
    reference_text *const t = w->text;
    t->normalised = grow(t->normalised, w->capacity, 1);
    t->token_start = grow(t->token_start, w->capacity, sizeof *t->token_start);
    t->source_start = grow(t->source_start, w->capacity, sizeof *t->source_start);
    t->source_end = grow(t->source_end, w->capacity, sizeof *t->source_end);
    t->token_start[0] = 0;
}

static void close_token(writer *w)
{
    if (!w->is_open)
        return;
    w->text->normalised[w->len++] = ' ';
    w->text->token_start[++w->text->num_tokens] = (uint32_t)w->len;
    w->is_open = false;
}

static void put_char(writer *w, utf8proc_int32_t code_point, size_t start, size_t end)
{
    make_room(w);
    const nd_char_class class = nd_char_class_of((uint32_t)code_point);
    const bool continues =
        w->is_open && (class == ND_CHAR_MARK || (class == ND_CHAR_WORD && !w->is_alone));
    if (!continues)
        close_token(w);
    if (class == ND_CHAR_SEPARATOR)
        return;
    if (!w->is_open) {
        w->is_open = true;
        w->is_alone = class == ND_CHAR_ALONE;
        w->text->source_start[w->text->num_tokens] = (uint32_t)start;
    }
    w->text->source_end[w->text->num_tokens] = (uint32_t)end;
    w->len +=
        (size_t)utf8proc_encode_char(code_point, (utf8proc_uint8_t *)w->text->normalised + w->len);
}

static void put_chunk(writer *w, const source_char *chars, size_t num)
{
    size_t num_out;
    utf8proc_int32_t *const out = normalise(chars, num, &num_out);
    for (size_t i = 0; i < num_out; i++)
        put_char(w, out[i], chars[0].start, chars[num - 1].end);
    free(out);
}

static void tokenise(reference_text *text, const char *bytes, size_t len_bytes, size_t chunk_limit,
                     bool (*is_boundary)(uint32_t))
{
    *text = (reference_text){0};
    writer w = {.text = text};
    make_room(&w);
    size_t num_chars;
    source_char *const chars = decode_all(text, (const uint8_t *)bytes, len_bytes, &num_chars);
    for (size_t first = 0, i = 1; first < num_chars; i++) {
        const bool is_cut = i == num_chars || i - first == chunk_limit ||
                            is_boundary((uint32_t)chars[i].code_point);
        if (!is_cut)
            continue;
        put_chunk(&w, chars + first, i - first);
        first = i;
    }
    close_token(&w);
    free(chars);
}

void reference_text_init(reference_text *text, const char *bytes, size_t len_bytes)
{
    tokenise(text, bytes, len_bytes, CHUNK_CHARS, nd_char_is_boundary);
}

static bool never(uint32_t code_point)
{
    (void)code_point;
    return false;
}

void reference_text_init_whole(reference_text *text, const char *bytes, size_t len_bytes)
{
    tokenise(text, bytes, len_bytes, SIZE_MAX, never);
    free(text->source_start);
    free(text->source_end);
    text->source_start = text->source_end = NULL;
}

void reference_text_release(reference_text *text)
{
    free(text->normalised);
    free(text->token_start);
    free(text->source_start);
    free(text->source_end);
}
