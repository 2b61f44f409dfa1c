/* By content first: what begins as a page, as an object, or with a header that names the text
 * field. The name decides where the content leaves it open: a file called .jsonl is JSON Lines,
 * also where no line of it is JSON, so that these are counted and not taken for one text. */
#include "io/stream.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "io/json.h"
#include "io/place.h"
#include "util/error.h"

enum {
    HEAD_BYTES = 8192,
    LINES_TRIED = 8,
    HEADER_BYTES = 1 << 20, /* most of a table's header */
};

/* ---- what is not read ---- */

typedef struct magic {
    size_t at, len_bytes;
    const char *bytes;
    const char *message;
} magic;

#define MAGIC(at, bytes, message)                                                                  \
    {                                                                                              \
        (at), sizeof(bytes) - 1, (bytes), (message)                                                \
    }

#define UNPACK ": unpack it and name the folder"

static const magic magics[] = {
    /* A zip archive that nd_archive_find knows is asked for before. */
    MAGIC(0, "PK\3\4", "is a document made of a zip archive: extract its text first"),
    MAGIC(0, "7z\xbc\xaf\x27\x1c", "is a 7z archive" UNPACK),
    MAGIC(0, "Rar!\x1a\x07", "is a rar archive" UNPACK),
    MAGIC(0, "%PDF-", "is a PDF file: extract its text first"),
    MAGIC(0, "PAR1", "is a Parquet file: convert it to JSON Lines"),
};

const char *nd_foreign_kind(const char *p, size_t len_bytes)
{
    if (nd_archive_find(p, len_bytes) != ND_ARCHIVE_NONE)
        return NULL;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const magic *const m = &magics[i];
        if (len_bytes >= m->at + m->len_bytes && memcmp(p + m->at, m->bytes, m->len_bytes) == 0)
            return m->message;
    }
    return NULL;
}

/* ---- the name ---- */

/* The length of the path without an ending such as ".gz". */
static size_t without_compression(const char *path, size_t len)
{
    static const char *const endings[] = {".gz", ".zst", ".xz", ".bz2", ".lz4"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t n = strlen(endings[i]);
        if (len > n && strncasecmp(path + len - n, endings[i], n) == 0)
            return len - n;
    }
    return len;
}

nd_input_format nd_input_format_of_name(const char *path)
{
    static const struct {
        const char *ending;
        nd_input_format format;
    } endings[] = {
        {".jsonl", ND_INPUT_JSONL}, {".ndjson", ND_INPUT_JSONL}, {".jsonlines", ND_INPUT_JSONL},
        {".json", ND_INPUT_JSON},   {".csv", ND_INPUT_CSV},      {".tsv", ND_INPUT_TSV},
        {".html", ND_INPUT_HTML},   {".htm", ND_INPUT_HTML},     {".xhtml", ND_INPUT_HTML},
    };
    const size_t len = without_compression(path, strlen(path));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t n = strlen(endings[i].ending);
        if (len > n && strncasecmp(path + len - n, endings[i].ending, n) == 0)
            return endings[i].format;
    }
    return ND_INPUT_AUTO;
}

nd_archive_kind nd_archive_kind_of_name(const char *path)
{
    static const struct {
        const char *ending;
        nd_archive_kind kind;
    } endings[] = {
        {".tar", ND_ARCHIVE_TAR},   {".tgz", ND_ARCHIVE_TAR},  {".tzst", ND_ARCHIVE_TAR},
        {".txz", ND_ARCHIVE_TAR},   {".tbz2", ND_ARCHIVE_TAR}, {".zip", ND_ARCHIVE_ZIP},
        {".warc", ND_ARCHIVE_WARC},
    };
    const size_t len = without_compression(path, strlen(path));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t n = strlen(endings[i].ending);
        if (len > n && strncasecmp(path + len - n, endings[i].ending, n) == 0)
            return endings[i].kind;
    }
    return ND_ARCHIVE_NONE;
}

/* ---- the first record ---- */

/* Reads on, until the record that begins `from` bytes ahead is ahead to its end, or `most` bytes of
 * it. *len: of the record, or of what there is of it. */
static nd_status look_at_record(nd_content *content, nd_cutter cutter, size_t from, size_t most,
                                size_t *len, nd_error *error)
{
    *len = 0;
    content->is_short_of_memory = false;
    for (;;) {
        const size_t num = nd_content_num_ahead(content) - from;
        size_t used;
        const bool is_whole =
            nd_cutter_find(&cutter, nd_content_ahead(content) + from + *len, num - *len, &used);
        *len += used;
        if (is_whole || content->is_ended || num > most)
            return ND_OK;
        const nd_status status = nd_content_look(content, (num + from) * 2, error);
        content->is_short_of_memory = status == ND_ERR_NO_MEMORY && num >= ND_LARGE_BYTES;
        if (content->is_short_of_memory)
            return ND_OK; /* it is counted when it is taken */
        if (status != ND_OK)
            return status;
    }
}

/* The first byte from `at` on that is no white space, as far as there is one ahead. */
static size_t skip_space(const nd_content *content, size_t at)
{
    while (at < nd_content_num_ahead(content) && nd_json_is_space(nd_content_ahead(content)[at]))
        at++;
    return at;
}

static char byte_ahead(const nd_content *content, size_t at)
{
    return at < nd_content_num_ahead(content) ? nd_content_ahead(content)[at] : '\0';
}

/* ---- JSON ---- */

/* {" or {' at the begin, } at the end. */
static bool looks_like_object(const char *p, size_t len)
{
    size_t at = 1;
    while (len && nd_json_is_space(p[len - 1]))
        len--;
    while (at < len && nd_json_is_space(p[at]))
        at++;
    return len > 2 && p[0] == '{' && (p[at] == '"' || p[at] == '\'') && p[len - 1] == '}';
}

/* What the first few lines are. */
typedef struct head_lines {
    size_t num, objects, with_text, look_alikes; /* lines that are not blank */
    bool begins_with_object;
} head_lines;

/* Finds out what the record of `len` bytes is that begins `at` bytes ahead, with a brace. One that
 * there is no memory for is taken for an object, which is counted when it is taken. */
static nd_status find_kind(nd_content *content, nd_documents *documents, size_t at, size_t len,
                           nd_record_kind *kind, nd_error *error)
{
    nd_status status = ND_ERR_NO_MEMORY;
    if (!content->is_short_of_memory)
        status = nd_documents_kind(documents, nd_content_ahead(content) + at, len, kind);
    if (status == ND_ERR_NO_MEMORY && len >= ND_LARGE_BYTES) {
        *kind = ND_RECORD_OBJECT;
        return ND_OK;
    }
    if (status == ND_OK)
        return ND_OK;
    return nd_byte_reader_error(&content->reader, status, content->path.items, error);
}

static nd_status look_at_line(nd_content *content, nd_documents *documents, size_t at, size_t len,
                              head_lines *lines, nd_error *error)
{
    const char *const p = nd_content_ahead(content) + at;
    nd_record_kind kind = ND_RECORD_OTHER;
    nd_status status = ND_OK;
    if (*p == '{')
        status = find_kind(content, documents, at, len, &kind, error);
    if (status != ND_OK)
        return status;
    lines->begins_with_object |= lines->num == 0 && kind != ND_RECORD_OTHER;
    lines->num++;
    lines->objects += kind != ND_RECORD_OTHER;
    lines->with_text += kind == ND_RECORD_WITH_TEXT;
    lines->look_alikes += looks_like_object(p, len);
    return ND_OK;
}

/* Looks at the first lines: at the whole of the first, and of others that begin with a brace; of
 * the rest what is ahead is enough. Ends after the first if that is an object. */
static nd_status look_at_lines(nd_content *content, nd_documents *documents, head_lines *lines,
                               nd_error *error)
{
    size_t at = nd_content_mark(content);
    *lines = (head_lines){0};
    while (lines->num < LINES_TRIED && !lines->begins_with_object) {
        size_t len;
        at = skip_space(content, at);
        nd_status status = ND_OK;
        if (byte_ahead(content, at) == '{') {
            status = look_at_record(content, (nd_cutter){.framing = ND_FRAMING_LINES}, at,
                                    content->max_bytes, &len, error);
        } else {
            const size_t num = nd_content_num_ahead(content) - at;
            const char *const p = nd_content_ahead(content) + at;
            const char *const newline = num ? memchr(p, '\n', num) : NULL;
            len = newline ? (size_t)(newline - p) + 1 : content->is_ended ? num : 0;
        }
        if (status != ND_OK || !len)
            return status;
        status = look_at_line(content, documents, at, len, lines, error);
        if (status != ND_OK)
            return status;
        at += len;
    }
    return ND_OK;
}

/* Whether the content begins with one JSON object, which may be the first element of an array, may
 * go over several lines, and may have another behind it. */
static nd_status begins_with_value(nd_content *content, nd_documents *documents, bool *is_found,
                                   nd_error *error)
{
    size_t at = skip_space(content, nd_content_mark(content)), len;
    const bool is_array = byte_ahead(content, at) == '[';
    *is_found = false;
    if (is_array)
        at = skip_space(content, at + 1);
    if (is_array && byte_ahead(content, at) == ']') {
        *is_found = skip_space(content, at + 1) == nd_content_num_ahead(content);
        return ND_OK;
    }
    if (byte_ahead(content, at) != '{')
        return ND_OK;
    const char inside = byte_ahead(content, skip_space(content, at + 1));
    if (inside != '"' && inside != '}')
        return ND_OK;
    nd_status status = look_at_record(content, (nd_cutter){.framing = ND_FRAMING_VALUES}, at,
                                      content->max_bytes, &len, error);
    nd_record_kind kind = ND_RECORD_OTHER;
    if (status != ND_OK)
        return status;
    status = find_kind(content, documents, at, len, &kind, error);
    *is_found = status == ND_OK && kind != ND_RECORD_OTHER;
    return status;
}

/* JSON Lines if the first line is an object, or at least half of the first few are documents (a bad
 * line before good ones), or all look like objects (of another language). Otherwise values, if the
 * content begins with one. */
static nd_status find_json(nd_content *content, nd_documents *documents, nd_input_format by_name,
                           nd_input_format *format, nd_error *error)
{
    const char first = byte_ahead(content, skip_space(content, nd_content_mark(content)));
    head_lines lines = {0};
    bool is_value = false;
    nd_status status = look_at_lines(content, documents, &lines, error);
    if (status == ND_OK && !lines.begins_with_object && (first == '{' || first == '['))
        status = begins_with_value(content, documents, &is_value, error);
    if (status != ND_OK)
        return status;
    const bool are_lines = (lines.with_text && lines.with_text * 2 >= lines.num) ||
                           (lines.num > 1 && lines.look_alikes == lines.num);
    if (lines.begins_with_object || (are_lines && !is_value))
        *format = ND_INPUT_JSONL;
    else if (is_value)
        *format = ND_INPUT_JSON;
    else if (by_name == ND_INPUT_JSONL || by_name == ND_INPUT_JSON)
        *format = by_name;
    return ND_OK;
}

/* ---- tables ---- */

static size_t num_cells(const char *p, size_t len, char delimiter)
{
    nd_table_row row = nd_row_begin(p, len, delimiter);
    nd_cell cell;
    size_t num = 0;
    while (nd_row_next(&row, &cell))
        num++;
    return num;
}

/* The delimiter that cuts the header in most cells; of equal ones the first here. */
static char find_delimiter(const char *header, size_t len, nd_input_format format)
{
    static const char delimiters[] = ",;\t";
    char best = ',';
    size_t most = 1;
    if (format == ND_INPUT_TSV)
        return '\t';
    for (const char *d = delimiters; *d; d++) {
        const size_t num = num_cells(header, len, *d);
        if (num > most) {
            most = num;
            best = *d;
        }
    }
    return best;
}

/* Finds the fields in the first row that is not blank, and not longer than `most`. *len: of what
 * comes before the second. */
static nd_status read_header(nd_content *content, nd_documents *documents, nd_input_format format,
                             size_t most, nd_columns *columns, size_t *len, nd_error *error)
{
    size_t from = nd_content_mark(content), line_len;
    while (byte_ahead(content, from) == '\n' || byte_ahead(content, from) == '\r')
        from++;
    nd_cutter cutter = {.framing = ND_FRAMING_LINES};
    nd_status status = look_at_record(content, cutter, from, most, &line_len, error);
    if (status != ND_OK)
        return status;
    const char delimiter = find_delimiter(nd_content_ahead(content) + from, line_len, format);
    cutter = (nd_cutter){.framing = ND_FRAMING_ROWS, .delimiter = delimiter};
    status = look_at_record(content, cutter, from, most, len, error);
    if (status == ND_OK) {
        status = nd_columns_find(&documents->allocator, &documents->reading->fields,
                                 nd_content_ahead(content) + from, *len, delimiter, columns);
        if (status != ND_OK)
            return nd_byte_reader_error(&content->reader, status, content->path.items, error);
    }
    *len += from;
    return status;
}

/* Without a name that says so: a table has a column called as the text field is, another one, and a
 * first row with as many cells. */
static nd_status find_table(nd_content *content, nd_documents *documents, nd_input_format *format,
                            nd_error *error)
{
    nd_columns columns;
    size_t header, len;
    nd_status status =
        read_header(content, documents, ND_INPUT_AUTO, HEAD_BYTES, &columns, &header, error);
    if (status != ND_OK || columns.num < 2 ||
        !nd_columns_have_text(&columns, documents->reading->num_texts))
        return status;
    const nd_cutter cutter = {.framing = ND_FRAMING_ROWS, .delimiter = columns.delimiter};
    status = look_at_record(content, cutter, header, HEADER_BYTES, &len, error);
    if (status == ND_OK && len &&
        num_cells(nd_content_ahead(content) + header, len, columns.delimiter) == columns.num)
        *format = columns.delimiter == '\t' ? ND_INPUT_TSV : ND_INPUT_CSV;
    return status;
}

/* ---- all of them ---- */

/* Finds the format by the content's begin, which is ahead, and by its name. */
static nd_status find_by_content(nd_content *content, nd_documents *documents,
                                 nd_input_format *format, nd_error *error)
{
    const nd_input_format by_name = nd_input_format_of_name(content->path.items);
    *format = ND_INPUT_TEXT;
    if (by_name == ND_INPUT_HTML || by_name == ND_INPUT_CSV || by_name == ND_INPUT_TSV) {
        *format = by_name;
        return ND_OK;
    }
    if (by_name == ND_INPUT_AUTO &&
        nd_page_begins(nd_content_ahead(content), nd_content_num_ahead(content))) {
        *format = ND_INPUT_HTML;
        return ND_OK;
    }
    nd_status status = find_json(content, documents, by_name, format, error);
    if (status == ND_OK && *format == ND_INPUT_TEXT)
        status = find_table(content, documents, format, error);
    return status;
}

static nd_framing framing_of(nd_input_format format)
{
    switch (format) {
    case ND_INPUT_JSON:
        return ND_FRAMING_VALUES;
    case ND_INPUT_CSV:
    case ND_INPUT_TSV:
        return ND_FRAMING_ROWS;
    default:
        return ND_FRAMING_LINES;
    }
}

nd_cutter nd_format_cutter(nd_input_format format, const nd_columns *columns)
{
    return (nd_cutter){.framing = framing_of(format), .delimiter = columns->delimiter};
}

/* NULs, or a byte order mark of UTF-16 before what is none. */
static bool looks_binary(const nd_content *content)
{
    const size_t num = nd_content_num_ahead(content);
    return memchr(nd_content_ahead(content), 0, num < HEAD_BYTES ? num : HEAD_BYTES) != NULL ||
           nd_byte_reader_num_invalid(&content->reader) > num / 8;
}

/* Makes the content ready for taking records. */
static nd_status prepare(nd_content *content, nd_documents *documents, nd_format *format,
                         nd_error *error)
{
    content->cutter = nd_format_cutter(format->format, &format->columns);
    if (format->format == ND_INPUT_TEXT)
        return ND_OK;
    nd_content_drop(content, nd_content_mark(content));
    if (content->cutter.framing != ND_FRAMING_ROWS)
        return ND_OK;
    size_t len;
    const nd_status status = read_header(content, documents, format->format, HEADER_BYTES,
                                         &format->columns, &len, error);
    if (status == ND_OK)
        nd_content_pass(content, len);
    content->cutter.delimiter = format->columns.delimiter;
    return status;
}

nd_status nd_format_find(nd_content *content, nd_documents *documents, nd_input_format said,
                         nd_format *format, nd_error *error)
{
    *format = (nd_format){.format = said};
    nd_status status = nd_content_look(content, HEAD_BYTES, error);
    if (status != ND_OK)
        return status;
    const char *const head = nd_content_ahead(content);
    const size_t num = nd_content_num_ahead(content);
    format->archive = nd_archive_find(head, num);
    if (format->archive != ND_ARCHIVE_NONE)
        return ND_OK;
    const char *const foreign =
        content->is_named && format->format == ND_INPUT_TEXT ? NULL : nd_foreign_kind(head, num);
    if (foreign && content->is_named)
        return nd_error_set(error, ND_ERR_FORMAT, "'%s' %s", nd_show_path(content->path.items).text,
                            foreign);
    format->is_binary = !content->is_named && (foreign || looks_binary(content));
    format->why = foreign ? foreign : "is a binary file";
    if (format->is_binary)
        return ND_OK;
    if (format->format == ND_INPUT_AUTO)
        status = find_by_content(content, documents, &format->format, error);
    return status == ND_OK ? prepare(content, documents, format, error) : status;
}
