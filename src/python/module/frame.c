/* Frames: columns grow row by row; a batch is closed after ROWS_A_BATCH rows, or before its 32-bit
 * offsets run out, so rows are found by division unless a batch was closed early. */
#include "python/module/frame.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "neardup/scan.h"
#include "python/module/utf8_repair.h"

enum { ROWS_A_BATCH = 65536, FULL_BYTES = 1 << 30 };

struct nd_frame {
    const nd_field *fields;
    unsigned flags;
    _Atomic size_t references;
    nd_column *batches;
    size_t *first_rows; /* [num_batches] */
    size_t num_batches, batches_capacity;
    size_t num_rows;
    bool is_full; /* the last batch takes no more */
};

static nd_status reserve(void **block, size_t *capacity_bytes, size_t wanted_bytes)
{
    if (wanted_bytes <= *capacity_bytes && *block)
        return ND_OK;
    size_t capacity = *capacity_bytes ? *capacity_bytes : 64;
    while (capacity < wanted_bytes)
        capacity += capacity / 2;
    void *const grown = realloc(*block, capacity);
    if (!grown)
        return ND_ERR_NO_MEMORY;
    *block = grown;
    *capacity_bytes = capacity;
    return ND_OK;
}

static void column_release(nd_column *column)
{
    for (size_t i = 0; column->children && i < column->num_children; i++)
        column_release(&column->children[i]);
    free(column->children);
    free(column->data);
    free(column->offsets);
}

static const char *format_of(nd_cell cell, unsigned flags)
{
    switch (cell) {
    case ND_CELL_ID:
        return flags & ND_FRAME_ROW_IDS ? "l" : "u";
    case ND_CELL_COUNT:
        return "l";
    case ND_CELL_RATIO:
        return "g";
    case ND_CELL_KIND:
        return "u";
    case ND_CELL_LIST:
        return "+l";
    default:
        return "+s";
    }
}

/* Arrow wants buffers even where there are no rows, and the first offset, which is 0. */
static nd_status make_buffers(nd_column *column)
{
    nd_status status = ND_OK;
    if (column->format[0] != '+')
        status = reserve((void **)&column->data, &column->capacity_bytes, 64);
    if (status == ND_OK && (column->format[0] == 'u' || strcmp(column->format, "+l") == 0)) {
        status = reserve((void **)&column->offsets, &column->offsets_capacity_bytes, 64);
        if (status == ND_OK)
            column->offsets[0] = 0;
    }
    return status;
}

/* A struct of those of the fields that the flags do not leave out. */
static nd_status struct_init(nd_column *column, const nd_field *fields, unsigned flags)
{
    size_t num = 0;
    column->format = "+s";
    while (fields[num].name)
        num++;
    column->children = calloc(num + 1, sizeof *column->children);
    nd_status status = column->children ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        const nd_field *const field = &fields[i];
        if ((field->when & flags) != field->when)
            continue;
        nd_column *const child = &column->children[column->num_children++];
        child->field = field;
        child->format = format_of(field->cell, flags);
        status = make_buffers(child);
        if (status == ND_OK && field->cell == ND_CELL_OBJECT)
            status = struct_init(child, field->fields, flags);
        if (status == ND_OK && field->cell == ND_CELL_LIST) {
            child->children = calloc(1, sizeof *child->children);
            child->num_children = child->children ? 1 : 0;
            status = child->children ? struct_init(child->children, field->fields, flags)
                                     : ND_ERR_NO_MEMORY;
        }
    }
    return status;
}

static nd_status frame_open_batch(nd_frame *frame)
{
    if (frame->num_batches == frame->batches_capacity) {
        const size_t capacity = frame->batches_capacity ? frame->batches_capacity * 2 : 4;
        nd_column *const batches = realloc(frame->batches, capacity * sizeof *batches);
        if (!batches)
            return ND_ERR_NO_MEMORY;
        frame->batches = batches;
        size_t *const first_rows = realloc(frame->first_rows, capacity * sizeof *first_rows);
        if (!first_rows)
            return ND_ERR_NO_MEMORY;
        frame->first_rows = first_rows;
        frame->batches_capacity = capacity;
    }
    nd_column *const batch = &frame->batches[frame->num_batches];
    *batch = (nd_column){0};
    const nd_status status = struct_init(batch, frame->fields, frame->flags);
    if (status != ND_OK) {
        column_release(batch);
        return status;
    }
    frame->first_rows[frame->num_batches++] = frame->num_rows;
    frame->is_full = false;
    return ND_OK;
}

nd_frame *nd_frame_new(const nd_field *fields, unsigned flags)
{
    nd_frame *const frame = calloc(1, sizeof *frame);
    if (!frame)
        return NULL;
    frame->fields = fields;
    frame->flags = flags;
    atomic_init(&frame->references, 1);
    if (frame_open_batch(frame) != ND_OK) { /* one at least: it tells the schema */
        nd_frame_drop(frame);
        return NULL;
    }
    return frame;
}

nd_frame *nd_frame_hold(nd_frame *frame)
{
    atomic_fetch_add(&frame->references, 1);
    return frame;
}

void nd_frame_drop(nd_frame *frame)
{
    if (!frame || atomic_fetch_sub(&frame->references, 1) > 1)
        return;
    for (size_t i = 0; i < frame->num_batches; i++)
        column_release(&frame->batches[i]);
    free(frame->batches);
    free(frame->first_rows);
    free(frame);
}

/* --- adding --- */

static nd_status add_offset(nd_column *column, size_t end, bool *is_full)
{
    if (end > INT32_MAX)
        return ND_ERR_LIMIT;
    *is_full |= end >= FULL_BYTES;
    const nd_status status = reserve((void **)&column->offsets, &column->offsets_capacity_bytes,
                                     (column->num_rows + 2) * sizeof *column->offsets);
    if (status == ND_OK)
        column->offsets[column->num_rows + 1] = (int32_t)end;
    return status;
}

static nd_status add_utf8(nd_column *column, const char *p, size_t len, bool *is_full)
{
    const size_t repaired_len = nd_utf8_repaired_len(p, len);
    nd_status status = add_offset(column, column->len_bytes + repaired_len, is_full);
    if (status == ND_OK)
        status = reserve((void **)&column->data, &column->capacity_bytes,
                         column->len_bytes + repaired_len);
    if (status != ND_OK)
        return status;
    nd_utf8_repair(p, len, (char *)column->data + column->len_bytes);
    column->len_bytes += repaired_len;
    return ND_OK;
}

static nd_status add_8_bytes(nd_column *column, const void *value)
{
    const nd_status status =
        reserve((void **)&column->data, &column->capacity_bytes, column->len_bytes + 8);
    if (status != ND_OK)
        return status;
    memcpy(column->data + column->len_bytes, value, 8);
    column->len_bytes += 8;
    return ND_OK;
}

static nd_status add_row(nd_column *column, const void *row, bool *is_full);

static nd_status add_items(nd_column *column, const nd_row_list *list, bool *is_full)
{
    nd_column *const items = column->children;
    nd_status status = ND_OK;
    for (size_t i = 0; i < list->num && status == ND_OK; i++) {
        status = add_row(items, (const char *)list->items + i * list->stride, is_full);
        items->num_rows++;
    }
    return status == ND_OK ? add_offset(column, items->num_rows, is_full) : status;
}

static nd_status add_cell(nd_column *column, const void *cell, bool *is_full)
{
    switch (column->field->cell) {
    case ND_CELL_ID: {
        const nd_id *const id = cell;
        if (column->format[0] == 'l')
            return add_8_bytes(column, &id->tag);
        return add_utf8(column, id->p, id->len_bytes, is_full);
    }
    case ND_CELL_KIND: {
        const char *const name = nd_match_kind_name(*(const nd_match_kind *)cell);
        return add_utf8(column, name, strlen(name), is_full);
    }
    case ND_CELL_LIST:
        return add_items(column, cell, is_full);
    case ND_CELL_OBJECT:
        return add_row(column, cell, is_full);
    default:
        return add_8_bytes(column, cell);
    }
}

/* The caller counts the row. */
static nd_status add_row(nd_column *column, const void *row, bool *is_full)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < column->num_children && status == ND_OK; i++) {
        nd_column *const child = &column->children[i];
        assert(child->field);
        status = add_cell(child, (const char *)row + child->field->offset, is_full);
        child->num_rows++;
    }
    return status;
}

nd_status nd_frame_add(nd_frame *frame, const void *row)
{
    nd_column *batch = &frame->batches[frame->num_batches - 1];
    if (frame->is_full || batch->num_rows == ROWS_A_BATCH) {
        const nd_status status = frame_open_batch(frame);
        if (status != ND_OK)
            return status;
        batch = &frame->batches[frame->num_batches - 1];
    }
    frame->num_rows++;
    batch->num_rows++;
    return add_row(batch, row, &frame->is_full);
}

/* --- looking --- */

size_t nd_frame_num_rows(const nd_frame *frame)
{
    return frame->num_rows;
}

size_t nd_frame_num_batches(const nd_frame *frame)
{
    return frame->num_batches;
}

const nd_column *nd_frame_batch(const nd_frame *frame, size_t index)
{
    return &frame->batches[index];
}

const nd_column *nd_frame_find(const nd_frame *frame, size_t *row)
{
    size_t index = *row / ROWS_A_BATCH; /* not after it: batches may be shorter */
    while (index + 1 < frame->num_batches && frame->first_rows[index + 1] <= *row)
        index++;
    *row -= frame->first_rows[index];
    return &frame->batches[index];
}
