#include "io/content.h"

#include <string.h>

#include "io/json.h"

/* Where in a record a cutter is; 0 is its start. */
enum {
    AT_START = 0,
    /* a JSON value */
    IN_VALUE,     /* between the tokens of an object */
    IN_STRING,    /* of it */
    AFTER_ESCAPE, /* the backslash was the last byte seen */
    IN_OTHER,     /* no object: a number, a word, or no JSON */
    AFTER_VALUE,
    /* a row; AT_START is the start of a field */
    IN_PLAIN,
    IN_QUOTES,
    AFTER_QUOTE, /* the end of a quoted field, or the first of a pair of quotes */
    AFTER_CR,
};

void nd_cutter_restart(nd_cutter *cutter)
{
    cutter->state = AT_START;
    cutter->depth = 0;
}

/* ---- JSON values ---- */

/* Steps over a string, from inside it, to what follows its closing quote, and returns how far it
 * came. A raw newline, which no string may hold, ends the record: so a quote that is missing does
 * not spoil the rest of the file. */
static size_t pass_string(nd_cutter *cutter, const char *p, size_t len)
{
    size_t at = cutter->state == AFTER_ESCAPE && len ? 1 : 0;
    const char *stop = NULL; /* the next quote or newline from `at` on */
    cutter->state = IN_STRING;
    while (at < len) {
        if (!stop || stop < p + at) {
            const char *const quote = memchr(p + at, '"', len - at);
            const size_t most = quote ? (size_t)(quote - p) - at : len - at;
            const char *const newline = memchr(p + at, '\n', most);
            stop = newline ? newline : quote ? quote : p + len;
        }
        const char *const escape = memchr(p + at, '\\', (size_t)(stop - p) - at);
        if (escape) {
            at = (size_t)(escape - p) + 2;
            continue;
        }
        at = (size_t)(stop - p);
        if (at < len) {
            cutter->state = *stop == '"' ? IN_VALUE : AFTER_VALUE;
            return *stop == '"' ? at + 1 : at;
        }
    }
    if (at > len)
        cutter->state = AFTER_ESCAPE;
    return len;
}

/* Steps over tokens to a string or to the end of the object. */
static size_t pass_tokens(nd_cutter *cutter, const char *p, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        switch (p[at]) {
        case '"':
            cutter->state = IN_STRING;
            return at + 1;
        case '{':
        case '[':
            cutter->depth++;
            break;
        case '}':
        case ']':
            if (--cutter->depth == 0) {
                cutter->state = AFTER_VALUE;
                return at + 1;
            }
            break;
        default:
            break;
        }
    }
    return len;
}

static void begin_value(nd_cutter *cutter, char c)
{
    if (nd_json_is_between(c))
        return;
    cutter->depth = c == '{';
    cutter->state = c == '{' ? IN_VALUE : IN_OTHER;
}

/* Steps over what is no object, to an object or the end of the line. */
static size_t pass_other(nd_cutter *cutter, const char *p, size_t len)
{
    for (size_t at = 0; at < len; at++)
        if (p[at] == '{' || p[at] == '\n') {
            cutter->state = AFTER_VALUE;
            return at;
        }
    return len;
}

static bool find_value(nd_cutter *cutter, const char *p, size_t len, size_t *used)
{
    size_t at = 0;
    while (at < len) {
        switch (cutter->state) {
        case AT_START:
            begin_value(cutter, p[at++]);
            break;
        case IN_VALUE:
            at += pass_tokens(cutter, p + at, len - at);
            break;
        case IN_OTHER:
            at += pass_other(cutter, p + at, len - at);
            break;
        case AFTER_VALUE:
            if (p[at] == ' ' || p[at] == '\t' || p[at] == '\r') {
                at++;
                break;
            }
            *used = at + (p[at] == '\n');
            nd_cutter_restart(cutter);
            return true;
        default:
            at += pass_string(cutter, p + at, len - at);
            break;
        }
    }
    *used = len;
    return false;
}

/* ---- rows ---- */

/* Steps over a field without quotes to what ends it. */
static size_t pass_plain(const nd_cutter *cutter, const char *p, size_t len)
{
    size_t at = 0;
    while (at < len && p[at] != cutter->delimiter && p[at] != '\n' && p[at] != '\r')
        at++;
    return at;
}

static bool find_row(nd_cutter *cutter, const char *p, size_t len, size_t *used)
{
    size_t at = 0;
    while (at < len) {
        if (cutter->state == IN_QUOTES) {
            const char *const quote = memchr(p + at, '"', len - at);
            at = quote ? (size_t)(quote - p) + 1 : len;
            if (quote)
                cutter->state = AFTER_QUOTE;
            continue;
        }
        const char c = p[at];
        if (cutter->state == AFTER_CR || c == '\n') {
            *used = at + (c == '\n');
            nd_cutter_restart(cutter);
            return true;
        }
        at++;
        if (c == '\r') {
            cutter->state = AFTER_CR;
        } else if (c == '"' && (cutter->state == AT_START || cutter->state == AFTER_QUOTE)) {
            cutter->state = IN_QUOTES;
        } else if (c == cutter->delimiter) {
            cutter->state = AT_START;
        } else {
            cutter->state = IN_PLAIN;
            at += pass_plain(cutter, p + at, len - at);
        }
    }
    *used = len;
    return false;
}

/* ---- all of them ---- */

bool nd_cutter_find(nd_cutter *cutter, const char *p, size_t len_bytes, size_t *used)
{
    if (cutter->framing == ND_FRAMING_VALUES)
        return find_value(cutter, p, len_bytes, used);
    if (cutter->framing == ND_FRAMING_ROWS)
        return find_row(cutter, p, len_bytes, used);
    const char *const newline = len_bytes ? memchr(p, '\n', len_bytes) : NULL;
    *used = newline ? (size_t)(newline - p) + 1 : len_bytes;
    return newline != NULL;
}

nd_status nd_record_block_cut(const nd_allocator *allocator, nd_record_block *block,
                              nd_cutter *cutter, size_t from)
{
    const size_t len = block->bytes.len;
    size_t used;
    while (from < len && nd_cutter_find(cutter, block->bytes.items + from, len - from, &used)) {
        from += used;
        if (block->ends.len == block->ends.capacity) {
            const nd_status status = ND_VEC_RESERVE(allocator, &block->ends, 1);
            if (status != ND_OK)
                return status;
        }
        block->ends.items[block->ends.len++] = from;
    }
    return ND_OK;
}

nd_status nd_record_block_end(const nd_allocator *allocator, nd_record_block *block)
{
    const size_t num = block->ends.len;
    if (block->bytes.len == (num ? block->ends.items[num - 1] : 0))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(allocator, &block->ends, 1);
    if (status == ND_OK)
        block->ends.items[block->ends.len++] = block->bytes.len;
    return status;
}

nd_status nd_record_block_reserve(const nd_allocator *allocator, nd_record_block *block,
                                  size_t more)
{
    return ND_VEC_RESERVE(allocator, &block->bytes, more + ND_RECORD_PADDING);
}

void nd_record_block_trim(const nd_allocator *allocator, nd_record_block *block, size_t keep_bytes)
{
    nd_bytes_trim(allocator, &block->bytes, keep_bytes);
    block->ends.len = 0;
    if (block->ends.capacity > keep_bytes / sizeof *block->ends.items)
        ND_VEC_RELEASE(allocator, &block->ends);
}

void nd_record_block_release(const nd_allocator *allocator, nd_record_block *block)
{
    ND_VEC_RELEASE(allocator, &block->bytes);
    ND_VEC_RELEASE(allocator, &block->ends);
}
