/* Tokens of any characters, one at a time: what the vectorised kernels leave over. */
#include <string.h>

#include "text/characters.h"
#include "text/tokenise/char_table.h"
#include "text/tokenise/tokeniser.h"

/* Rare paths stay out of the loop, whose state then fits the registers. */
#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

/* Bytes of a character that `easy` takes (it stops at the one before a hard one), of two characters
 * of the common lengths, and of a stretch without a hard character that makes it worth to go back
 * to a kernel. */
enum { MAX_EASY_BYTES = 3, LOOK_AHEAD = 6, EASY_STRETCH = 16 };

/* A character of the source and what is known of it. */
typedef struct source_char {
    nd_char_entry entry;
    uint32_t len_bytes;
} source_char;

/* What a character does to the token before it, by the state and the class of the character:
 *
 *               separator   word        mark        alone
 *   closed      -           open word   open word   open alone
 *   word        close       -           -           close, open alone
 *   alone       close       close,      -           close, open alone
 *                           open word
 *
 * An action holds the state it leads to in the bits that choose the row of the next one. */
enum {
    CLOSES = 1,
    OPENS = 2,
    CLOSED = 0 << 2,
    WORD_OPEN = 1 << 2,
    ALONE_OPEN = 2 << 2,
    STATE = 3 << 2,
};

static const uint8_t actions[] = {
    [CLOSED | ND_CHAR_SEPARATOR] = CLOSED,
    [CLOSED | ND_CHAR_WORD] = OPENS | WORD_OPEN,
    [CLOSED | ND_CHAR_MARK] = OPENS | WORD_OPEN,
    [CLOSED | ND_CHAR_ALONE] = OPENS | ALONE_OPEN,
    [WORD_OPEN | ND_CHAR_SEPARATOR] = CLOSES | CLOSED,
    [WORD_OPEN | ND_CHAR_WORD] = WORD_OPEN,
    [WORD_OPEN | ND_CHAR_MARK] = WORD_OPEN,
    [WORD_OPEN | ND_CHAR_ALONE] = CLOSES | OPENS | ALONE_OPEN,
    [ALONE_OPEN | ND_CHAR_SEPARATOR] = CLOSES | CLOSED,
    [ALONE_OPEN | ND_CHAR_WORD] = CLOSES | OPENS | WORD_OPEN,
    [ALONE_OPEN | ND_CHAR_MARK] = ALONE_OPEN,
    [ALONE_OPEN | ND_CHAR_ALONE] = CLOSES | OPENS | ALONE_OPEN,
};

/* Where the tokens being written stand. */
typedef struct writer {
    uint8_t *out;
    uint32_t *starts, *ends; /* NULL without offsets */
    size_t token_end;        /* in the source, of the open token */
    size_t leave_from;       /* in the source: the hard character has been taken there */
    unsigned action;         /* the last one taken: its STATE holds */
} writer;

/* A starter with what may combine with it: normalised on its own. Stands at [start, end) in the
 * source; characters that become nothing are left out of chars, but for the first. */
typedef struct chunk {
    size_t start, end;
    size_t num;
    nd_char_entry chars[ND_CHUNK_CHARS];
} chunk;

/* The character at p where it takes one to three bytes, with an entry only if that is known yet;
 * length 0 where it is another, or p is not UTF-8. p[0..3) can be read. */
INLINE source_char read_common(const uint8_t *p)
{
    if (p[0] < 0x80)
        return (source_char){nd_char_peek(p[0]), 1};
    const bool is_two = (p[1] & 0xC0) == 0x80;
    if (p[0] >= 0xC2 && p[0] < 0xE0 && is_two)
        return (source_char){nd_char_peek((p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu)), 2};
    if (p[0] >= 0xE0 && p[0] < 0xF0 && is_two && (p[2] & 0xC0) == 0x80) {
        const uint32_t c = (p[0] & 0xFu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        const bool is_overlong = c < 0x800, is_surrogate = c >> 11 == 0xD800 >> 11;
        if (!is_overlong && !is_surrogate)
            return (source_char){nd_char_peek(c), 3};
    }
    return (source_char){0, 0};
}

/* What read_char does not find at once. */
static NOINLINE source_char read_rare(const nd_tokeniser *t, size_t at)
{
    if (at == t->len_bytes)
        return (source_char){nd_char_entry_get(' '), 0};
    const nd_utf8_char c = nd_utf8_decode((const char *)t->bytes + at, t->len_bytes - at);
    const nd_char_entry invalid = c.invalid ? (uint64_t)ND_CHAR_INVALID << 56 : 0;
    return (source_char){nd_char_entry_get(c.code_point) | invalid, c.len_bytes};
}

/* The character at `at`; at the end a space, which is a boundary as the end is. */
INLINE source_char read_char(const nd_tokeniser *t, size_t at)
{
    if (t->len_bytes - at >= 3) {
        const source_char common = read_common(t->bytes + at);
        if (common.entry)
            return common;
    }
    return read_rare(t, at);
}

/* Writes characters of one token, which stand at [start, end) in the source. Without branches:
 * where words end cannot be predicted. */
INLINE void put(writer *w, nd_char_entry entry, size_t start, size_t end, nd_text_offsets offsets)
{
    const unsigned class = nd_char_class_in(entry);
    const unsigned action = actions[(w->action & STATE) | class];
    const unsigned closes = action & CLOSES;
    if (offsets == ND_TEXT_WITH_OFFSETS) {
        *w->ends = (uint32_t)w->token_end;
        w->ends += closes;
        *w->starts = (uint32_t)start;
        w->starts += (action & OPENS) / OPENS;
        w->token_end = class == ND_CHAR_SEPARATOR ? w->token_end : end;
    }
    const uint32_t utf8 = nd_char_utf8(entry);
    *w->out = ' ';
    w->out += closes;
    memcpy(w->out, &utf8, sizeof utf8);
    w->out += nd_char_len_bytes(entry);
    w->action = action;
}

static void put_in_chunk(writer *w, nd_char_entry entry, const chunk *c)
{
    put(w, entry, c->start, c->end, w->starts ? ND_TEXT_WITH_OFFSETS : ND_TEXT_NO_OFFSETS);
}

static size_t decode_chunk(const nd_tokeniser *t, const chunk *c, uint32_t chars[ND_CHUNK_CHARS])
{
    size_t num = 0;
    for (size_t at = c->start; at < c->end;) {
        const nd_utf8_char ch = nd_utf8_decode((const char *)t->bytes + at, t->len_bytes - at);
        chars[num++] = ch.code_point;
        at += ch.len_bytes;
    }
    return num;
}

static void put_normalised(writer *w, const nd_tokeniser *t, const chunk *c)
{
    uint32_t chars[ND_CHUNK_CHARS];
    int32_t parts[ND_CHUNK_DECOMPOSED];
    const size_t num = nd_chunk_normalise(chars, decode_chunk(t, c, chars), parts);
    for (size_t i = 0; i < num; i++)
        put_in_chunk(w, nd_char_normalised((uint32_t)parts[i]), c);
}

/* Whether the chunk is a starter and marks or jamo that normalisation may move or compose, but not
 * change otherwise; *changes tells whether it does. (The quick check of UAX #15, section 9, with
 * the pairs looked up instead of "maybe".) */
static bool is_plain(const chunk *c, bool *changes)
{
    if (!nd_char_is(c->chars[0], ND_CHAR_SIMPLE) || !nd_char_is(c->chars[0], ND_CHAR_SINGLE))
        return false;
    nd_char_entry starter = c->chars[0];
    unsigned last_class = 0;
    *changes = false;
    for (size_t i = 1; i < c->num; i++) {
        const nd_char_entry mark = c->chars[i];
        const unsigned class = nd_char_combining_class(mark);
        if (!nd_char_is(mark, ND_CHAR_FOLLOWS))
            return false;
        if (class != 0 && class < last_class)
            *changes = true;
        if (nd_char_is(mark, ND_CHAR_COMPOSES) &&
            (!nd_char_is(starter, ND_CHAR_ATOMIC) || nd_char_compose(starter, mark)))
            *changes = true;
        last_class = class;
        if (last_class == 0)
            starter = mark;
    }
    return true;
}

/* Canonical ordering: marks by class, between those of class 0. Chunks are short. */
static void order_marks(chunk *c)
{
    for (size_t i = 2; i < c->num; i++) {
        const nd_char_entry mark = c->chars[i];
        const unsigned class = nd_char_combining_class(mark);
        size_t to = i;
        while (to > 1 && class != 0 && nd_char_combining_class(c->chars[to - 1]) > class) {
            c->chars[to] = c->chars[to - 1];
            to--;
        }
        c->chars[to] = mark;
    }
}

/* Canonical composition (Unicode Standard, section 3.11, D117) of a starter that cannot be taken
 * apart and what follows it. */
static void compose_marks(chunk *c)
{
    size_t starter = 0, num = 1;
    unsigned last_class = 0;
    for (size_t i = 1; i < c->num; i++) {
        const nd_char_entry mark = c->chars[i];
        const unsigned class = nd_char_combining_class(mark);
        const bool is_blocked = num > starter + 1 && last_class >= class;
        const nd_char_entry composite = is_blocked ? 0 : nd_char_compose(c->chars[starter], mark);
        if (composite) {
            c->chars[starter] = composite;
            continue;
        }
        last_class = class;
        if (class == 0)
            starter = num;
        c->chars[num++] = mark;
    }
    c->num = num;
}

static void put_chunk(writer *w, const nd_tokeniser *t, chunk *c)
{
    bool changes;
    if (!is_plain(c, &changes) || (changes && !nd_char_is(c->chars[0], ND_CHAR_ATOMIC))) {
        put_normalised(w, t, c);
        return;
    }
    if (changes) {
        order_marks(c);
        compose_marks(c);
    }
    for (size_t i = 0; i < c->num; i++)
        put_in_chunk(w, c->chars[i], c);
}

/* Writes the chunk that begins at t->at, and moves t->at behind it. */
static NOINLINE void take_chunk(writer *w, nd_tokeniser *t)
{
    chunk c;
    c.num = 0;
    c.start = c.end = t->at;
    source_char next = read_char(t, t->at);
    for (unsigned taken = 0; taken < ND_CHUNK_CHARS; taken++) {
        c.end += next.len_bytes;
        if (taken == 0 || !nd_char_is(next.entry, ND_CHAR_DROPPED))
            c.chars[c.num++] = next.entry;
        if (nd_char_is(next.entry, ND_CHAR_INVALID))
            t->invalid_bytes += next.len_bytes;
        next = read_char(t, c.end);
        if (nd_char_is(next.entry, ND_CHAR_BOUNDARY))
            break;
    }
    put_chunk(w, t, &c);
    t->at = c.end;
}

/* Whether `easy` would take a stretch from p on, where a character begins: as far as the first
 * bytes of the characters tell. */
INLINE bool is_easy_stretch(const uint8_t *p, uint64_t easy_leads)
{
    for (int i = 0; i < EASY_STRETCH; i++)
        if (p[i] >= 0xC0 && !(easy_leads >> (p[i] - 0xC0) & 1))
            return false;
    return true;
}

/* Writes the characters from t->at on that stand for themselves, up to one that needs a closer
 * look: it, or the one after it, is rare, or may combine with what stands before it. Stops as well
 * where take_characters does. */
INLINE void take_simple(nd_tokeniser *t, writer *shared, nd_text_offsets offsets)
{
    const uint8_t *const bytes = t->bytes, *const stop = t->out + t->out_stop;
    if (t->len_bytes - t->at < LOOK_AHEAD)
        return;
    const uint8_t *const end = bytes + t->len_bytes, *const last = end - LOOK_AHEAD;
    const uint8_t *const leave_from = bytes + shared->leave_from;
    const uint8_t *const last_stretch = t->len_bytes < EASY_STRETCH ? bytes : end - EASY_STRETCH;
    const uint8_t *p = bytes + t->at;
    writer w = *shared; /* its address is not taken, so that it can stay in registers */
    source_char c = read_common(p);
    while (p <= last && w.out < stop) {
        const source_char next = read_common(p + c.len_bytes);
        if (!nd_char_is(c.entry, ND_CHAR_SIMPLE) || !nd_char_is(next.entry, ND_CHAR_BOUNDARY))
            break;
        const size_t at = (size_t)(p - bytes);
        put(&w, c.entry, at, at + c.len_bytes, offsets);
        p += c.len_bytes;
        c = next;
        if (*p == ' ' && p >= leave_from && p <= last_stretch && is_easy_stretch(p, t->easy_leads))
            break;
    }
    *shared = w;
    t->at = (size_t)(p - bytes);
}

/* Whether `easy` may go on at t->at, and does better: no mark comes, and no token is open that its
 * contract excludes. */
static bool can_leave(const nd_tokeniser *t, const writer *w)
{
    const uint8_t *const p = t->bytes + t->at;
    return t->at >= w->leave_from && t->len_bytes - t->at >= EASY_STRETCH && *p < 0x80 &&
           is_easy_stretch(p, t->easy_leads) &&
           ((w->action & STATE) == CLOSED || w->token_end == t->at || !w->starts);
}

static void take_characters(nd_tokeniser *t, writer *w)
{
    for (;;) {
        if (w->starts)
            take_simple(t, w, ND_TEXT_WITH_OFFSETS);
        else
            take_simple(t, w, ND_TEXT_NO_OFFSETS);
        if (t->at == t->len_bytes || w->out >= t->out + t->out_stop || can_leave(t, w))
            return;
        take_chunk(w, t);
    }
}

static writer resume(const nd_tokeniser *t)
{
    writer w = {.out = t->out + t->out_len,
                .token_end = t->token_end,
                .leave_from = t->at + MAX_EASY_BYTES + 1,
                .action = t->is_alone  ? ALONE_OPEN
                          : t->is_open ? WORD_OPEN
                                       : CLOSED};
    if (t->source_start) {
        w.starts = t->source_start + t->num_starts;
        w.ends = t->source_end + t->num_ends;
    }
    return w;
}

static void leave(nd_tokeniser *t, const writer *w)
{
    t->in_hard = t->at < t->len_bytes && w->out >= t->out + t->out_stop;
    t->out_len = (size_t)(w->out - t->out);
    t->token_end = w->token_end;
    t->is_open = (w->action & STATE) != CLOSED;
    t->is_alone = (w->action & STATE) == ALONE_OPEN;
    if (t->source_start) {
        t->num_starts = (size_t)(w->starts - t->source_start);
        t->num_ends = (size_t)(w->ends - t->source_end);
    }
    if (!t->in_hard && t->is_alone)
        nd_tokeniser_close(t); /* what comes is ASCII or the end: no mark */
}

void nd_tokenise_hard(nd_tokeniser *t)
{
    writer w = resume(t);
    take_characters(t, &w);
    leave(t, &w);
}
