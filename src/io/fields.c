#include "io/fields.h"

#include <stdint.h>
#include <string.h>

#include "util/error.h"

/* Ends the part that is being copied. False: there is no room for another. */
static bool end_part(nd_field *field, const char *begin, const char *end)
{
    if (field->num_parts == ND_FIELD_MAX_PARTS)
        return false;
    field->parts[field->num_parts++] = (nd_field_part){begin, (size_t)(end - begin)};
    return true;
}

/* Copies one name to *copy, with its end, and steps over it in *list. A comma ends it if that is
 * `separator`. */
static bool add_name(nd_field *field, char separator, const char **list, char **copy)
{
    char *to = *copy;
    const char *part = to, *from = *list;
    *field = (nd_field){.name = to};
    for (; *from && *from != separator; from++) {
        if (*from == '\\' && (from[1] == ',' || from[1] == '.'))
            from++;
        else if (*from == '.') {
            if (!end_part(field, part, to))
                return false;
            part = to + 1;
        }
        *to++ = *from;
    }
    if (!end_part(field, part, to))
        return false;
    field->name_len_bytes = (size_t)(to - field->name);
    *to = '\0';
    *list = from;
    *copy = to + 1;
    return true;
}

nd_status nd_fields_add(nd_fields *fields, const char *list, size_t most, char *copy, size_t *num,
                        nd_error *error)
{
    const char *const whole = list;
    *num = 0;
    for (;; list++) {
        if (*num == most || fields->num == ND_MAX_FIELDS)
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' names more than %zu fields",
                                whole, most);
        if (!add_name(&fields->items[fields->num], most > 1 ? ',' : '\0', &list, &copy))
            return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                                "'%s' names a field inside more than %d others", whole,
                                ND_FIELD_MAX_PARTS - 1);
        fields->num++;
        ++*num;
        if (!*list)
            return ND_OK;
    }
}

/* --- rows of a table --- */

nd_table_row nd_row_begin(const char *p, size_t len_bytes, char delimiter)
{
    if (len_bytes && p[len_bytes - 1] == '\n')
        len_bytes--;
    if (len_bytes && p[len_bytes - 1] == '\r')
        len_bytes--;
    return (nd_table_row){p, p + len_bytes, delimiter, true};
}

/* Where the quoted text that begins at p ends: its closing quote, or `end`. */
static const char *closing_quote(const char *p, const char *end)
{
    while ((p = memchr(p, '"', (size_t)(end - p)))) {
        if (p + 1 == end || p[1] != '"')
            return p;
        p += 2;
    }
    return end;
}

bool nd_row_next(nd_table_row *row, nd_cell *cell)
{
    if (!row->has_more)
        return false;
    const bool is_quoted = row->p < row->end && *row->p == '"';
    const char *const begin = row->p + is_quoted;
    const char *const quote = is_quoted ? closing_quote(begin, row->end) : begin;
    const char *const after = is_quoted && quote < row->end ? quote + 1 : quote;
    const char *const delimiter = memchr(after, row->delimiter, (size_t)(row->end - after));
    const char *const stop = delimiter ? delimiter : row->end;
    *cell = (nd_cell){.p = begin,
                      .len_bytes = (size_t)((is_quoted ? quote : stop) - begin),
                      .is_quoted = is_quoted,
                      .is_closed = !is_quoted || (quote < row->end && after == stop)};
    row->has_more = delimiter != NULL;
    row->p = delimiter ? delimiter + 1 : row->end;
    return true;
}

nd_status nd_cell_append(const nd_allocator *allocator, nd_byte_vec *out, const char *p,
                         size_t len_bytes)
{
    const char *const end = p + len_bytes;
    nd_status status = ND_OK;
    while (status == ND_OK && p < end) {
        const char *const quote = memchr(p, '"', (size_t)(end - p));
        const char *const stop = quote ? quote + 1 : end;
        status = nd_bytes_append(allocator, out, p, (size_t)(stop - p));
        p = quote && stop < end ? stop + 1 : stop; /* the second of the pair */
    }
    return status;
}

nd_status nd_columns_find(const nd_allocator *allocator, const nd_fields *fields, const char *p,
                          size_t len_bytes, char delimiter, nd_columns *columns)
{
    nd_table_row row = nd_row_begin(p, len_bytes, delimiter);
    nd_cell cell;
    nd_byte_vec name = {0};
    nd_status status = ND_OK;
    *columns = (nd_columns){.delimiter = delimiter};
    for (size_t i = 0; i < fields->num; i++)
        columns->of_field[i] = SIZE_MAX;
    for (; status == ND_OK && nd_row_next(&row, &cell); columns->num++) {
        name.len = 0;
        status = cell.is_quoted ? nd_cell_append(allocator, &name, cell.p, cell.len_bytes)
                                : nd_bytes_append(allocator, &name, cell.p, cell.len_bytes);
        for (size_t i = 0; status == ND_OK && i < fields->num; i++)
            if (columns->of_field[i] == SIZE_MAX && fields->items[i].name_len_bytes == name.len &&
                (!name.len || memcmp(fields->items[i].name, name.items, name.len) == 0))
                columns->of_field[i] = columns->num;
    }
    ND_VEC_RELEASE(allocator, &name);
    return status;
}

bool nd_columns_have_text(const nd_columns *columns, size_t num_texts)
{
    for (size_t i = 0; i < num_texts; i++)
        if (columns->of_field[i] != SIZE_MAX)
            return true;
    return false;
}
