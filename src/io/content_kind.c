#include "io/content_kind.h"

#include <stdbool.h>
#include <string.h>

#include "io/foreign_kind.h"
#include "io/json_string.h"
#include "io/shown_path.h"
#include "util/error.h"

enum { HEAD_BYTES = 8192, LINES_TRIED = 8 };

static size_t byte_order_mark(const nd_byte_vec *bytes)
{
    return bytes->len >= 3 && memcmp(bytes->items, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* A line that is not blank: where it begins, and its length without its end. */
typedef struct head_line {
    size_t start, len;
} head_line;

/* Finds the next such line from line->start + line->len on; len 0: there is none. One that begins
 * with a brace is looked at to its end; of others, what was looked at already is enough. A line
 * longer than a document may be is none of JSON Lines. */
static nd_status next_line(nd_content *content, head_line *line, nd_error *error)
{
    nd_byte_vec *const ahead = &content->ahead;
    size_t at = line->start + line->len, scanned = 0;
    line->len = 0;
    for (;;) {
        while (at < ahead->len && nd_json_is_space(ahead->items[at]))
            at++;
        const size_t from = scanned > at ? scanned : at;
        const char *const newline =
            from < ahead->len ? memchr(ahead->items + from, '\n', ahead->len - from) : NULL;
        if (newline || content->is_ended) {
            line->start = at;
            line->len =
                (size_t)((newline ? newline : ahead->items + ahead->len) - ahead->items) - at;
            return ND_OK;
        }
        scanned = ahead->len;
        if (ahead->len > content->max_bytes || (at < ahead->len && ahead->items[at] != '{'))
            return ND_OK;
        const nd_status status = nd_content_look(content, ahead->len * 2, error);
        if (status != ND_OK)
            return status;
    }
}

/* By the first line, if that is an object. Otherwise a bad line may stand before good ones: then at
 * least half of the first few must be objects with the text field. */
static nd_status find_by_line(nd_content *content, nd_json_documents *documents,
                              nd_content_kind *kind, nd_error *error)
{
    head_line line = {.start = byte_order_mark(&content->ahead)};
    const nd_json_line_kind wanted =
        content->is_named ? ND_JSON_LINE_OBJECT : ND_JSON_LINE_WITH_TEXT;
    size_t num = 0, num_with_text = 0;
    for (; num < LINES_TRIED; num++) {
        nd_json_line_kind found = ND_JSON_LINE_OTHER;
        nd_status status = next_line(content, &line, error);
        if (status != ND_OK)
            return status;
        if (!line.len)
            break;
        if (content->ahead.items[line.start] == '{')
            status = nd_json_documents_line_kind(documents, content->ahead.items + line.start,
                                                 line.len, &found);
        if (status != ND_OK)
            return nd_byte_reader_error(&content->reader, status, content->path.items, error);
        if (num == 0 && found >= wanted) {
            *kind = ND_CONTENT_LINES;
            return ND_OK;
        }
        num_with_text += found == ND_JSON_LINE_WITH_TEXT;
    }
    *kind = num_with_text > 0 && num_with_text * 2 >= num ? ND_CONTENT_LINES : ND_CONTENT_TEXT;
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
        return nd_error_set(error, ND_ERR_FORMAT, "'%s' %s", nd_show_path(content->path.items).text,
                            foreign);
    if (format == ND_INPUT_AUTO)
        status = find_by_line(content, documents, kind, error);
    if (status == ND_OK && *kind == ND_CONTENT_LINES)
        nd_content_drop(content, byte_order_mark(ahead));
    return status;
}
