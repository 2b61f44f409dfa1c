/*   text      One two. | Three four. | One two. | Five.       tokens, and borders between them
 *   repeats                             [-------]             words that stood before, wherever
 * they end stretch                            [---------]            from border to border: cut out
 *   record    {"text":"One two. Three four. Five."}           mapped back through the escapes
 *
 * Stretches begin and end between two words, where a line or a sentence does. What follows the last
 * word of one sentence and what comes before the first of the next is divided at every border in
 * the same way, so that quotation marks and bullets stay in pairs. */
#include "io/record_edit.h"

#include <stdlib.h>
#include <string.h>

#include "io/json.h"
#include "io/place.h"
#include "text/characters.h"
#include "text/tokenise/tokeniser.h"
#include "util/error.h"

nd_status nd_cutting_init(nd_cutting *cutting, const nd_allocator *allocator, nd_repeat_cuts *cuts)
{
    *cutting = (nd_cutting){.allocator = *allocator, .cuts = cuts};
    const nd_status status = nd_json_parser_new(allocator, &cutting->parser);
    return status == ND_OK ? nd_text_new(allocator, &cutting->text) : status;
}

nd_status nd_cutting_begin(nd_cutting *cutting, const nd_visited_file *file, nd_error *error)
{
    cutting->format = file->format;
    cutting->columns = file->columns;
    cutting->fields = file->reading->fields;
    cutting->fields.num = file->reading->num_texts;
    cutting->max_bytes = file->reading->max_bytes;
    const char *const why_not =
        file->format == ND_INPUT_HTML ? "it is a page, which holds more than its text"
        : file->is_converted          ? "it is UTF-16 or UTF-32: convert it to UTF-8 first"
                                      : NULL;
    if (!why_not)
        return ND_OK;
    return nd_error_set(error, ND_ERR_UNSUPPORTED, "cannot cut repeated passages out of '%s': %s",
                        nd_show_path(file->path).text, why_not);
}

/* ---- from repeats to stretches ---- */

static bool is_line_break(uint32_t code_point)
{
    return code_point == '\n' || code_point == '\r' || code_point == '\f' || code_point == 0x85 ||
           code_point == 0x2028 || code_point == 0x2029;
}

static bool is_blank(uint32_t code_point)
{
    return code_point == ' ' || code_point == '\t' || code_point == 0xA0 || code_point == 0x3000;
}

/* Where the next line or sentence begins among the separators before `token`, at whose border it
 * stands: behind the last line break, or the last white space. */
static uint64_t begin_of(nd_cutting *cutting, const char *bytes, size_t len, uint32_t token)
{
    const nd_text *const text = cutting->text;
    if (token == text->num_tokens)
        return len;
    const bool is_line = nd_border_before(&cutting->borders, token) == ND_BORDER_LINE;
    const uint64_t to = text->source_start[token];
    uint64_t begin = to;
    for (uint64_t at = text->source_end[token - 1]; at < to;) {
        const nd_utf8_char c = nd_utf8_decode(bytes + at, to - at);
        at += c.len_bytes;
        if (is_line_break(c.code_point) || (!is_line && is_blank(c.code_point)))
            begin = at;
    }
    return begin;
}

/* Where a stretch ends that begins inside a line: the end of the line stays, as part of the line is
 * left. */
static uint64_t end_in_line(nd_cutting *cutting, const char *bytes, size_t len, uint32_t token)
{
    const nd_text *const text = cutting->text;
    const uint64_t to = token < text->num_tokens ? text->source_start[token] : len;
    for (uint64_t at = text->source_end[token - 1]; at < to;) {
        const nd_utf8_char c = nd_utf8_decode(bytes + at, to - at);
        if (is_line_break(c.code_point))
            return at;
        at += c.len_bytes;
    }
    return begin_of(cutting, bytes, len, token);
}

/* The first token that begins at `byte` or behind it. */
static uint32_t token_from(const nd_text *text, uint64_t byte)
{
    size_t low = 0, high = text->num_tokens;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (text->source_start[middle] < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

/* Whether something of [start, end) is cut out so far. */
static bool is_cut(const nd_cutting *cutting, uint64_t start, uint64_t end)
{
    size_t low = 0, high = cutting->stretches.len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cutting->stretches.items[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < cutting->stretches.len && cutting->stretches.items[low].start < end;
}

/* Adds the whole lines and sentences of a repeat, if they have enough words. What it repeats stays:
 * repeats come in the order of their places, so that it is known by now. */
static nd_status add_stretch(nd_cutting *cutting, const char *bytes, size_t len,
                             const nd_text_repeat *repeat, uint32_t *next)
{
    uint32_t first = token_from(cutting->text, repeat->start);
    uint32_t end = token_from(cutting->text, repeat->end);
    if (first < *next)
        first = *next;
    while (first < end && nd_border_before(&cutting->borders, first) == ND_BORDER_NONE)
        first++;
    while (first < end && nd_border_before(&cutting->borders, end) == ND_BORDER_NONE)
        end--;
    if (end <= first || end - first < cutting->cuts->min_words ||
        is_cut(cutting, repeat->first_start, repeat->first_end))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(&cutting->allocator, &cutting->stretches, 1);
    if (status != ND_OK)
        return status;
    const bool is_inside = nd_border_before(&cutting->borders, first) == ND_BORDER_SENTENCE;
    cutting->stretches.items[cutting->stretches.len++] = (nd_text_stretch){
        .start = begin_of(cutting, bytes, len, first),
        .end =
            is_inside ? end_in_line(cutting, bytes, len, end) : begin_of(cutting, bytes, len, end),
    };
    *next = end;
    return ND_OK;
}

static nd_status find_stretches(nd_cutting *cutting, const char *bytes, size_t len)
{
    const nd_text_repeat *repeats;
    size_t num;
    uint32_t next = 1; /* what stands first repeats nothing */
    cutting->stretches.len = 0;
    nd_status status = cutting->cuts->find(cutting->cuts->ctx, bytes, len, &repeats, &num);
    if (status != ND_OK || num == 0)
        return status;
    status = nd_text_set(cutting->text, bytes, len, ND_TEXT_WITH_OFFSETS);
    if (status == ND_OK)
        status = nd_borders_begin(&cutting->borders, &cutting->allocator, cutting->text, bytes);
    for (size_t i = 0; status == ND_OK && i < num; i++)
        status = add_stretch(cutting, bytes, len, &repeats[i], &next);
    return status;
}

/* ---- from the text to the record ---- */

static unsigned hex_of(const char *p)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return value;
}

/* The bytes of the next character as it is written, `*plain` of it with its escape undone; as
 * nd_json_unescape does, which has seen that all is well. */
static size_t written_bytes(bool is_table, const char *p, size_t left, size_t *plain)
{
    *plain = 1;
    if (is_table)
        return *p == '"' && left > 1 ? 2 : 1;
    if (*p != '\\')
        return 1;
    if (p[1] != 'u')
        return 2;
    const unsigned unit = hex_of(p + 2);
    const bool is_pair = unit >= 0xD800 && unit < 0xDC00 && left >= 12 && p[6] == '\\' &&
                         p[7] == 'u' && hex_of(p + 8) >= 0xDC00 && hex_of(p + 8) < 0xE000;
    *plain = is_pair ? 4 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    return is_pair ? 12 : 6;
}

/* Makes the stretches those of the value as it is written. */
static void map_stretches(nd_cutting *cutting, bool is_table, const nd_field_value *value)
{
    size_t at = 0, plain_at = 0;
    for (size_t i = 0; i < 2 * cutting->stretches.len; i++) {
        nd_text_stretch *const stretch = &cutting->stretches.items[i / 2];
        uint64_t *const end = i % 2 ? &stretch->end : &stretch->start;
        while (plain_at < *end && at < value->len_bytes) {
            size_t plain;
            at += written_bytes(is_table, value->p + at, value->len_bytes - at, &plain);
            plain_at += plain;
        }
        *end = at;
    }
}

/* Sets the stretches of a value to be cut out. */
static nd_status cut_value(nd_cutting *cutting, bool is_table, const nd_field_value *value)
{
    const char escape = is_table ? '"' : '\\';
    const char *p = value->p;
    size_t len = value->len_bytes;
    nd_status status = ND_OK;
    const bool has_escapes = value->is_raw && len && memchr(p, escape, len);
    if (has_escapes) {
        uint64_t num_invalid = 0;
        cutting->plain.len = 0;
        status = ND_VEC_RESERVE(&cutting->allocator, &cutting->plain, len + ND_JSON_UNESCAPE_SLACK);
        if (status == ND_OK && is_table)
            status = nd_cell_append(&cutting->allocator, &cutting->plain, p, len);
        else if (status == ND_OK)
            cutting->plain.len = nd_json_unescape(p, len, cutting->plain.items, &num_invalid);
        len = cutting->plain.len;
        p = cutting->plain.items;
    }
    cutting->stretches.len = 0;
    if (status != ND_OK || len == ND_JSON_BAD_ESCAPE)
        return status;
    status = find_stretches(cutting, p, len);
    if (status == ND_OK && has_escapes)
        map_stretches(cutting, is_table, value);
    return status;
}

static nd_status keep(nd_cutting *cutting, const char *from, const char *to)
{
    return nd_bytes_append(&cutting->allocator, &cutting->out, from, (size_t)(to - from));
}

static int compare_places(const void *a, const void *b)
{
    const char *const x = ((const nd_field_value *)a)->p, *const y = ((const nd_field_value *)b)->p;
    return (x > y) - (x < y);
}

/* Cuts the values, which are texts of the record, and puts what is left together in `out`. */
static nd_status cut_values(nd_cutting *cutting, bool is_table, nd_field_value *values, size_t num,
                            const char **p, size_t *len)
{
    const char *done = *p, *const end = *p + *len;
    nd_status status = ND_OK;
    cutting->out.len = 0;
    qsort(values, num, sizeof *values, compare_places);
    for (size_t i = 0; status == ND_OK && i < num; i++) {
        if (values[i].p < done) /* a field that is named twice */
            continue;
        status = cut_value(cutting, is_table, &values[i]);
        for (size_t k = 0; status == ND_OK && k < cutting->stretches.len; k++) {
            const nd_text_stretch *const stretch = &cutting->stretches.items[k];
            status = keep(cutting, done, values[i].p + stretch->start);
            done = values[i].p + stretch->end;
            cutting->cuts->bytes += stretch->end - stretch->start;
        }
    }
    if (status != ND_OK || done == *p)
        return status;
    status = keep(cutting, done, end);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&cutting->allocator, &cutting->out, ND_JSON_PADDING);
    cutting->cuts->documents++;
    *p = cutting->out.items;
    *len = cutting->out.len;
    return status;
}

/* ---- the formats ---- */

static nd_status cut_object(nd_cutting *cutting, const char **p, size_t *len)
{
    nd_field_value values[ND_MAX_FIELDS];
    nd_json_fault fault;
    size_t num = 0, end = *len;
    while (end && nd_json_is_space((*p)[end - 1]))
        end--;
    const nd_json_verdict verdict =
        end ? nd_json_object_read(cutting->parser, *p, end, &cutting->fields, values, &fault)
            : ND_JSON_NOT_AN_OBJECT;
    if (verdict == ND_JSON_NO_MEMORY)
        return ND_ERR_NO_MEMORY;
    cutting->cuts->not_utf8 += verdict == ND_JSON_NOT_UTF8;
    if (verdict != ND_JSON_OBJECT)
        return ND_OK;
    for (size_t i = 0; i < cutting->fields.num; i++)
        if (values[i].type == ND_FIELD_STRING)
            values[num++] = values[i];
    return cut_values(cutting, false, values, num, p, len);
}

static nd_status cut_row(nd_cutting *cutting, const char **p, size_t *len)
{
    nd_field_value values[ND_MAX_FIELDS];
    nd_table_row row = nd_row_begin(*p, *len, cutting->columns.delimiter);
    nd_cell cell;
    size_t column = 0, num = 0;
    for (; nd_row_next(&row, &cell); column++) {
        if (!cell.is_closed || column == cutting->columns.num)
            return ND_OK;
        for (size_t i = 0; i < cutting->fields.num; i++)
            if (cutting->columns.of_field[i] == column && num < ND_MAX_FIELDS)
                values[num++] =
                    (nd_field_value){ND_FIELD_STRING, cell.is_quoted, cell.p, cell.len_bytes};
    }
    return cut_values(cutting, true, values, num, p, len);
}

/* A text, or a line of one without what ends it. */
static nd_status cut_line(nd_cutting *cutting, const char **p, size_t *len)
{
    nd_field_value value = {ND_FIELD_STRING, false, *p, *len};
    while (value.len_bytes && nd_json_is_space(value.p[value.len_bytes - 1]))
        value.len_bytes--;
    return value.len_bytes ? cut_values(cutting, false, &value, 1, p, len) : ND_OK;
}

nd_status nd_cutting_record(nd_cutting *cutting, const char **p, size_t *len_bytes)
{
    if (*len_bytes > cutting->max_bytes)
        return ND_OK;
    if (cutting->format == ND_INPUT_LINES || cutting->format == ND_INPUT_TEXT)
        return cut_line(cutting, p, len_bytes);
    if (cutting->format == ND_INPUT_CSV || cutting->format == ND_INPUT_TSV)
        return cut_row(cutting, p, len_bytes);
    return cut_object(cutting, p, len_bytes);
}

void nd_cutting_release(nd_cutting *cutting)
{
    nd_json_parser_free(cutting->parser);
    nd_text_free(cutting->text);
    nd_borders_release(&cutting->borders, &cutting->allocator);
    ND_VEC_RELEASE(&cutting->allocator, &cutting->plain);
    ND_VEC_RELEASE(&cutting->allocator, &cutting->stretches);
    ND_VEC_RELEASE(&cutting->allocator, &cutting->out);
    *cutting = (nd_cutting){.allocator = cutting->allocator};
}
