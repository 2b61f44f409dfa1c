#include "io/content_kind.h"

#include <stdbool.h>
#include <string.h>

#include "io/foreign_kind.h"
#include "io/json_string.h"
#include "util/error.h"

enum { HEAD_BYTES = 8192 };

static size_t byte_order_mark(const nd_byte_vec *bytes)
{
    return bytes->len >= 3 && memcmp(bytes->items, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Looks on until the first line that is not blank is there as a whole, if it begins with a brace.
 * Sets where it begins and its length, 0 where it begins otherwise. A line longer than a document
 * may be is none of JSON Lines. */
static nd_status look_at_object(nd_content *content, size_t *start, size_t *len, nd_error *error)
{
    nd_byte_vec *const ahead = &content->ahead;
    size_t at = byte_order_mark(ahead), scanned = 0;
    *len = 0;
    for (;;) {
        while (at < ahead->len && nd_json_is_space(ahead->items[at]))
            at++;
        if (at < ahead->len && ahead->items[at] != '{')
            return ND_OK;
        const size_t from = scanned > at ? scanned : at;
        const char *const newline =
            from < ahead->len ? memchr(ahead->items + from, '\n', ahead->len - from) : NULL;
        if (newline || content->is_ended) {
            *start = at;
            *len = (size_t)((newline ? newline : ahead->items + ahead->len) - ahead->items) - at;
            return ND_OK;
        }
        scanned = ahead->len;
        if (ahead->len > content->max_bytes)
            return ND_OK;
        const nd_status status = nd_content_look(content, ahead->len * 2, error);
        if (status != ND_OK)
            return status;
    }
}

static nd_status find_by_line(nd_content *content, nd_json_documents *documents,
                              nd_content_kind *kind, nd_error *error)
{
    size_t start, len;
    nd_json_line_kind line = ND_JSON_LINE_OTHER;
    nd_status status = look_at_object(content, &start, &len, error);
    if (status != ND_OK)
        return status;
    if (len) {
        status = nd_json_documents_line_kind(documents, content->ahead.items + start, len, &line);
        if (status != ND_OK)
            return nd_byte_reader_error(&content->reader, status, content->path.items, error);
    }
    const nd_json_line_kind wanted =
        content->is_named ? ND_JSON_LINE_OBJECT : ND_JSON_LINE_WITH_TEXT;
    *kind = line >= wanted ? ND_CONTENT_LINES : ND_CONTENT_TEXT;
    return ND_OK;
}

nd_status nd_content_kind_find(nd_content *content, nd_json_documents *documents,
                               nd_content_kind *kind, nd_error *error)
{
    const nd_input_format format = documents->options->format;
    nd_byte_vec *const ahead = &content->ahead;
    *kind = format == ND_INPUT_JSONL ? ND_CONTENT_LINES : ND_CONTENT_TEXT;
    nd_status status = nd_content_look(content, HEAD_BYTES, error);
    if (status != ND_OK || !ahead->len)
        return status;
    const size_t head = ahead->len < HEAD_BYTES ? ahead->len : HEAD_BYTES;
    if (!content->is_named && memchr(ahead->items, 0, head)) {
        *kind = ND_CONTENT_BINARY;
        return ND_OK;
    }
    const char *const foreign = content->is_named && format != ND_INPUT_TEXT
                                    ? nd_foreign_kind(ahead->items, ahead->len)
                                    : NULL;
    if (foreign)
        return nd_error_set(error, ND_ERR_FORMAT, "'%s' %s", content->path.items, foreign);
    if (format == ND_INPUT_AUTO)
        status = find_by_line(content, documents, kind, error);
    if (status == ND_OK && *kind == ND_CONTENT_LINES)
        nd_content_drop(content, byte_order_mark(ahead));
    return status;
}
