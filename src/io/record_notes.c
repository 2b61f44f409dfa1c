/* In JSON the fields come last in the object, in a table they are its last columns: the bytes that
 * were there stay what they are. */
#include "io/record_edit.h"

#include <string.h>

#include "io/json.h"
#include "io/place.h"
#include "util/error.h"

nd_status nd_noting_init(nd_noting *noting, const nd_allocator *allocator,
                         const nd_record_notes *notes)
{
    size_t num;
    *noting = (nd_noting){.allocator = *allocator, .notes = notes};
    nd_status status = ND_VEC_RESERVE(allocator, &noting->names, strlen(notes->names) + 1);
    if (status == ND_OK)
        status = nd_fields_add(&noting->fields, notes->names, ND_MAX_FIELDS, noting->names.items,
                               &num, NULL);
    return status == ND_OK ? nd_json_parser_new(allocator, &noting->parser) : status;
}

static nd_status refuse_field(const nd_noting *noting, size_t field, nd_error *error)
{
    return nd_error_set(error, ND_ERR_UNSUPPORTED,
                        "cannot annotate '%s': it has a field '%s' already",
                        nd_show_path(noting->path).text, noting->fields.items[field].name);
}

/* Where what ends a line begins. */
static size_t end_of_row(const char *p, size_t len)
{
    len -= len && p[len - 1] == '\n';
    len -= len && p[len - 1] == '\r';
    return len;
}

/* ---- tables ---- */

static nd_status begin_table(nd_noting *noting, const nd_visited_file *file, size_t *at,
                             nd_error *error)
{
    nd_columns columns;
    const char *p = file->head;
    size_t len = file->head_len_bytes;
    noting->columns = file->columns;
    noting->first_text = SIZE_MAX;
    for (size_t i = 0; i < file->reading->num_texts; i++)
        if (file->columns.of_field[i] < noting->first_text)
            noting->first_text = file->columns.of_field[i];
    *at = end_of_row(p, len);
    if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
        len -= 3;
    }
    for (; len && (*p == '\n' || *p == '\r'); p++)
        len--;
    nd_status status = nd_columns_find(&noting->allocator, &noting->fields, p, len,
                                       file->columns.delimiter, &columns);
    for (size_t i = 0; status == ND_OK && i < noting->fields.num; i++)
        if (columns.of_field[i] != SIZE_MAX)
            return refuse_field(noting, i, error);
    if (status == ND_OK)
        status = noting->notes->add(noting->notes->ctx, ND_NOTE_NAMES, 0, file->columns.delimiter,
                                    &noting->added);
    return status;
}

/* A row with fewer cells than there are columns gets the missing ones first. One without a text is
 * left alone: with them it would have an empty one. */
static nd_status note_row(nd_noting *noting, uint64_t tag, const char *p, size_t len, size_t *at)
{
    const char delimiter = noting->columns.delimiter;
    nd_table_row row = nd_row_begin(p, len, delimiter);
    nd_cell cell;
    size_t num = 0;
    nd_status status = ND_OK;
    *at = end_of_row(p, len);
    for (; nd_row_next(&row, &cell); num++)
        if (!cell.is_closed)
            return ND_OK;
    if (*at == 0 || strspn(p, "\r\n") >= *at || num > noting->columns.num ||
        num <= noting->first_text)
        return ND_OK;
    for (; status == ND_OK && num < noting->columns.num; num++)
        status = nd_bytes_append(&noting->allocator, &noting->added, &delimiter, 1);
    return status == ND_OK ? noting->notes->add(noting->notes->ctx, ND_NOTE_CELLS, tag, delimiter,
                                                &noting->added)
                           : status;
}

/* ---- JSON ---- */

/* Reads the object; one that is not UTF-8 is repaired for that. */
static nd_status read_object(nd_noting *noting, const char *p, size_t len, nd_field_value *values,
                             nd_json_verdict *verdict)
{
    nd_json_fault fault;
    uint64_t num_invalid = 0;
    *verdict = nd_json_object_read(noting->parser, p, len, &noting->fields, values, &fault);
    if (*verdict != ND_JSON_NOT_UTF8)
        return *verdict == ND_JSON_NO_MEMORY ? ND_ERR_NO_MEMORY : ND_OK;
    noting->repaired.len = 0;
    nd_status status = nd_utf8_repair(&noting->allocator, &noting->repaired, p, len, &num_invalid);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&noting->allocator, &noting->repaired, ND_JSON_PADDING);
    if (status != ND_OK)
        return status;
    *verdict = nd_json_object_read(noting->parser, noting->repaired.items, noting->repaired.len,
                                   &noting->fields, values, &fault);
    return *verdict == ND_JSON_NO_MEMORY ? ND_ERR_NO_MEMORY : ND_OK;
}

static nd_status note_object(nd_noting *noting, uint64_t tag, const char *p, size_t len, size_t *at,
                             nd_error *error)
{
    nd_field_value values[ND_MAX_FIELDS];
    nd_json_verdict verdict;
    while (len && nd_json_is_space(p[len - 1]))
        len--;
    nd_status status = len ? read_object(noting, p, len, values, &verdict) : ND_OK;
    if (status != ND_OK || !len || verdict != ND_JSON_OBJECT)
        return status;
    for (size_t i = 0; i < noting->fields.num; i++)
        if (values[i].type != ND_FIELD_ABSENT)
            return refuse_field(noting, i, error);
    *at = len - 1; /* the brace */
    size_t last = *at - 1;
    while (nd_json_is_space(p[last]))
        last--;
    if (p[last] != '{')
        status = nd_bytes_append(&noting->allocator, &noting->added, ",", 1);
    return status == ND_OK
               ? noting->notes->add(noting->notes->ctx, ND_NOTE_MEMBERS, tag, 0, &noting->added)
               : status;
}

/* ---- each file and record ---- */

nd_status nd_noting_begin(nd_noting *noting, const nd_visited_file *file, size_t *at,
                          nd_error *error)
{
    noting->path = file->path;
    noting->is_table = file->format == ND_INPUT_CSV || file->format == ND_INPUT_TSV;
    noting->added.len = *at = 0;
    if (noting->is_table)
        return begin_table(noting, file, at, error);
    if (file->format == ND_INPUT_JSONL || file->format == ND_INPUT_JSON)
        return ND_OK;
    return nd_error_set(error, ND_ERR_UNSUPPORTED, "cannot annotate '%s': %s",
                        nd_show_path(file->path).text,
                        file->format == ND_INPUT_LINES ? "lines have no fields"
                                                       : "a file that is one text has no fields");
}

nd_status nd_noting_record(nd_noting *noting, uint64_t tag, const char *p, size_t len_bytes,
                           size_t *at, nd_error *error)
{
    noting->added.len = *at = 0;
    return noting->is_table ? note_row(noting, tag, p, len_bytes, at)
                            : note_object(noting, tag, p, len_bytes, at, error);
}

void nd_noting_release(nd_noting *noting)
{
    nd_json_parser_free(noting->parser);
    ND_VEC_RELEASE(&noting->allocator, &noting->names);
    ND_VEC_RELEASE(&noting->allocator, &noting->added);
    ND_VEC_RELEASE(&noting->allocator, &noting->repaired);
    *noting = (nd_noting){.allocator = noting->allocator};
}
