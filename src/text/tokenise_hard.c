/* Tokens of any characters, one at a time: what the vectorised kernels leave over. */
#include <string.h>

#include "text/char_class.h"
#include "text/char_table.h"
#include "text/chunk.h"
#include "text/tokeniser.h"
#include "text/utf8.h"

/* A character of the source and what is known of it. */
typedef struct source_char {
    nd_char_entry entry;
    uint32_t code_point;
    uint32_t len_bytes;
    uint32_t num_invalid; /* bytes of it that are not UTF-8 */
} source_char;

/* The token being written. Bytes of the source that characters come from are [start, end). */
typedef struct writer {
    nd_tokeniser *t;
    const nd_char_entry *table; /* of plane 0 */
    uint8_t *out;
    size_t len;
    size_t token_end; /* in the source, of the open token */
    bool is_open, is_alone;
} writer;

/* A starter with what may combine with it: normalised on its own. */
typedef struct chunk {
    size_t num, start, end;
    source_char chars[ND_CHUNK_CHARS];
} chunk;

static nd_char_entry entry_of(const nd_char_entry *table, uint32_t code_point)
{
    if (code_point < ND_CHAR_PLANE_SIZE)
        return table[code_point];
    if (code_point < ND_CHAR_PLANES * ND_CHAR_PLANE_SIZE)
        return nd_char_plane(code_point / ND_CHAR_PLANE_SIZE)[code_point % ND_CHAR_PLANE_SIZE];
    return nd_char_describe(code_point);
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

static source_char read_any(const writer *w, size_t at)
{
    const nd_utf8_char c = nd_utf8_decode((const char *)w->t->bytes + at, w->t->len_bytes - at);
    return (source_char){entry_of(w->table, c.code_point), c.code_point, c.len_bytes,
                         c.invalid ? c.len_bytes : 0};
}

/* The character at `at`; past the end a space, which is a boundary like the end. */
static inline source_char read_char(const writer *w, size_t at)
{
    const uint8_t *const p = w->t->bytes + at;
    const size_t left = w->t->len_bytes - at;
    if (left < 3)
        return left ? read_any(w, at) : (source_char){w->table[' '], ' ', 0, 0};
    if (p[0] < 0x80)
        return (source_char){w->table[p[0]], p[0], 1, 0};
    if (p[0] >= 0xC2 && p[0] < 0xE0 && is_continuation(p[1])) {
        const uint32_t c = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
        return (source_char){w->table[c], c, 2, 0};
    }
    if (p[0] >= 0xE0 && p[0] < 0xF0 && is_continuation(p[1]) && is_continuation(p[2])) {
        const uint32_t c = (p[0] & 0xFu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        const bool is_overlong = c < 0x800, is_surrogate = c >> 11 == 0xD800 >> 11;
        if (!is_overlong && !is_surrogate)
            return (source_char){w->table[c], c, 3, 0};
    }
    return read_any(w, at);
}

static inline void close_token(writer *w)
{
    if (!w->is_open)
        return;
    w->out[w->len++] = ' ';
    if (w->t->source_end)
        w->t->source_end[w->t->num_ends++] = (uint32_t)w->token_end;
    w->is_open = false;
}

/* Writes characters of one token, which stand at [start, end) in the source. */
static inline void put(writer *w, const nd_char_entry *entry, size_t start, size_t end)
{
    const uint8_t class = entry->char_class;
    const bool continues =
        w->is_open && (class == ND_CHAR_MARK || (class == ND_CHAR_WORD && !w->is_alone));
    if (!continues)
        close_token(w);
    if (class == ND_CHAR_SEPARATOR)
        return;
    if (!continues) {
        w->is_open = true;
        w->is_alone = class == ND_CHAR_ALONE;
        if (w->t->source_start)
            w->t->source_start[w->t->num_starts++] = (uint32_t)start;
    }
    memcpy(w->out + w->len, &entry->utf8, sizeof entry->utf8);
    w->len += entry->len_bytes;
    w->token_end = end;
}

static void put_normalised(writer *w, const chunk *c)
{
    uint32_t chars[ND_CHUNK_CHARS];
    for (size_t i = 0; i < c->num; i++)
        chars[i] = c->chars[i].code_point;
    int32_t parts[ND_CHUNK_DECOMPOSED];
    const size_t num = nd_chunk_normalise(chars, c->num, parts);
    for (size_t i = 0; i < num; i++) {
        const uint32_t part = (uint32_t)parts[i];
        char bytes[4] = {0};
        nd_char_entry entry = {.len_bytes = (uint8_t)nd_utf8_encode(part, bytes),
                               .char_class = (uint8_t)nd_char_class_of(part)};
        memcpy(&entry.utf8, bytes, sizeof bytes);
        put(w, &entry, c->start, c->end);
    }
}

/* Whether the chunk is normalised when each of its characters is: nothing in it composes, and the
 * marks stand in canonical order. (The quick check of UAX #15, section 9, with the pairs looked up
 * instead of "maybe".) */
static bool is_settled(const chunk *c)
{
    const nd_char_entry *starter = &c->chars[0].entry;
    if (!(starter->flags & ND_CHAR_SIMPLE) || !(starter->flags & ND_CHAR_SINGLE))
        return false;
    unsigned last_class = 0;
    for (size_t i = 1; i < c->num; i++) {
        const nd_char_entry *const mark = &c->chars[i].entry;
        const unsigned class = mark->combining_class;
        if (!(mark->flags & ND_CHAR_PLAIN_MARK) || (class != 0 && class < last_class))
            return false;
        if ((mark->flags & ND_CHAR_COMPOSES) &&
            (!(starter->flags & ND_CHAR_ATOMIC) || nd_char_pair_composes(starter, mark)))
            return false;
        last_class = class;
        if (class == 0)
            starter = mark;
    }
    return true;
}

static void put_chunk(writer *w, const chunk *c)
{
    if (!is_settled(c)) {
        put_normalised(w, c);
        return;
    }
    for (size_t i = 0; i < c->num; i++)
        put(w, &c->chars[i].entry, c->start, c->end);
}

/* Writes the chunk that begins with `first` at `at`; returns the character after it. */
static source_char take_chunk(writer *w, source_char first, size_t *at)
{
    chunk c = {.num = 0};
    c.start = *at;
    source_char next = first;
    do {
        w->t->invalid_bytes += next.num_invalid;
        *at += next.len_bytes;
        c.chars[c.num++] = next;
        next = read_char(w, *at);
    } while (c.num < ND_CHUNK_CHARS && !(next.entry.flags & ND_CHAR_BOUNDARY));
    c.end = *at;
    put_chunk(w, &c);
    return next;
}

/* Whether `easy` may go on before the character c, and does better: some ASCII comes, and no token
 * is open that its contract excludes. */
static inline bool can_leave(const writer *w, size_t at)
{
    enum { ASCII_STRETCH = 16 };
    const nd_tokeniser *const t = w->t;
    if (t->bytes[at] >= 0x80 || t->len_bytes - at < ASCII_STRETCH)
        return false;
    uint64_t words[ASCII_STRETCH / 8];
    memcpy(words, t->bytes + at, sizeof words);
    const bool is_ascii = ((words[0] | words[1]) & 0x8080808080808080u) == 0;
    return is_ascii && (!w->is_open || w->token_end == at);
}

static void leave(writer *w, size_t at)
{
    nd_tokeniser *const t = w->t;
    t->in_hard = at < t->len_bytes && w->len >= t->out_stop;
    if (!t->in_hard && w->is_alone)
        close_token(w); /* what comes is ASCII or the end: no mark */
    t->at = at;
    t->out_len = w->len;
    t->token_end = w->token_end;
    t->is_open = w->is_open;
    t->is_alone = w->is_open && w->is_alone;
}

void nd_tokenise_hard(nd_tokeniser *t)
{
    writer w = {.t = t,
                .table = nd_char_plane(0),
                .out = t->out,
                .len = t->out_len,
                .token_end = t->token_end,
                .is_open = t->is_open,
                .is_alone = t->is_alone};
    size_t at = t->at;
    source_char c = read_char(&w, at);
    do {
        const source_char next = read_char(&w, at + c.len_bytes);
        if ((c.entry.flags & ND_CHAR_SIMPLE) && (next.entry.flags & ND_CHAR_BOUNDARY)) {
            put(&w, &c.entry, at, at + c.len_bytes);
            t->invalid_bytes += c.num_invalid;
            at += c.len_bytes;
            c = next;
        } else {
            c = take_chunk(&w, c, &at);
        }
    } while (at < t->len_bytes && w.len < t->out_stop && !can_leave(&w, at));
    leave(&w, at);
}
