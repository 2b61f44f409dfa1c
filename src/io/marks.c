#include "io/marks.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/format.h"
#include "io/place.h"
#include "util/error.h"

static nd_status add_file(const nd_allocator *allocator, nd_marks *marks, const char *path,
                          uint64_t number, uint64_t size)
{
    const nd_marked_file file = {.path = marks->paths.len, .number = number, .size = size};
    nd_status status = ND_VEC_RESERVE(allocator, &marks->files, 1);
    if (status == ND_OK)
        status = nd_bytes_append(allocator, &marks->paths, path, strlen(path) + 1);
    if (status == ND_OK)
        marks->files.items[marks->files.len++] = file;
    return status;
}

/* Adds a mark in the file added last. */
static nd_status add_mark(const nd_allocator *allocator, nd_marks *marks, nd_mark mark)
{
    const nd_status status = ND_VEC_RESERVE(allocator, &marks->items, 1);
    if (status != ND_OK)
        return status;
    mark.file = marks->files.len - 1;
    marks->items.items[marks->items.len++] = mark;
    return ND_OK;
}

nd_status nd_marks_add_file(const nd_allocator *allocator, nd_marks *marks,
                            const nd_path_entry *entry)
{
    const nd_status status = add_file(allocator, marks, entry->path, entry->file, entry->size);
    return status == ND_OK ? add_mark(allocator, marks,
                                      (nd_mark){.tag = nd_input_tag(entry->file, 0), .line = 1})
                           : status;
}

static bool is_new_file(const nd_marks *marks, const nd_batch *batch)
{
    return !marks->files.len || marks->files.items[marks->files.len - 1].number != batch->file;
}

static nd_status add_layout(const nd_allocator *allocator, nd_marks *marks, const nd_batch *batch)
{
    const nd_status status = ND_VEC_RESERVE(allocator, &marks->layouts, 1);
    if (status != ND_OK)
        return status;
    marks->files.items[marks->files.len - 1].layout = marks->layouts.len;
    marks->layouts.items[marks->layouts.len++] = (nd_layout){batch->format, batch->columns};
    return ND_OK;
}

nd_status nd_marks_add_batch(const nd_allocator *allocator, nd_marks *marks, const nd_batch *batch)
{
    nd_status status = ND_OK;
    if (is_new_file(marks, batch)) {
        status = add_file(allocator, marks, batch->path, batch->file, 0);
        if (status == ND_OK)
            status = add_layout(allocator, marks, batch);
    }
    if (status != ND_OK)
        return status;
    return add_mark(allocator, marks,
                    (nd_mark){.tag = nd_input_tag(batch->file, batch->record),
                              .begin = batch->offset,
                              .len_bytes = batch->block->bytes.len,
                              .line = batch->line,
                              .column = batch->column});
}

const char *nd_mark_path(const nd_marks *marks, const nd_mark *mark)
{
    return marks->paths.items + marks->files.items[mark->file].path;
}

nd_status nd_mark_fail(const char *path, nd_error *error)
{
    return nd_error_set(error, ND_ERR_IO, "'%s' changed, or went, while it was read",
                        nd_show_path(path).text);
}

/* Reads all bytes of the mark. */
static nd_status read_bytes(const nd_mark *mark, int fd, const char *path, nd_record_block *block,
                            nd_error *error)
{
    for (uint64_t got = 0; got < mark->len_bytes;) {
        const ssize_t num = pread(fd, block->bytes.items + got, (size_t)(mark->len_bytes - got),
                                  (off_t)(mark->begin + got));
        if (num < 0 && errno == EINTR)
            continue;
        if (num < 0)
            return nd_error_set(error, ND_ERR_IO, "cannot read '%s': %s", nd_show_path(path).text,
                                strerror(errno));
        if (num == 0)
            return nd_mark_fail(path, error);
        got += (uint64_t)num;
    }
    block->bytes.len = (size_t)mark->len_bytes;
    return ND_OK;
}

nd_status nd_mark_read(const nd_allocator *allocator, const nd_marks *marks, const nd_mark *mark,
                       nd_record_block *block, nd_batch *batch, nd_error *error)
{
    const nd_marked_file *const file = &marks->files.items[mark->file];
    const nd_layout *const layout = &marks->layouts.items[file->layout];
    const char *const path = nd_mark_path(marks, mark);
    int fd;
    block->bytes.len = block->ends.len = 0;
    nd_status status = nd_record_block_reserve(allocator, block, (size_t)mark->len_bytes);
    if (status != ND_OK)
        return status;
    status = nd_path_open(path, &fd, error);
    if (status != ND_OK)
        return status;
    status = read_bytes(mark, fd, path, block, error);
    close(fd);
    nd_cutter cutter = nd_format_cutter(layout->format, &layout->columns);
    if (status == ND_OK)
        status = nd_record_block_cut(allocator, block, &cutter, 0);
    if (status == ND_OK)
        status = nd_record_block_end(allocator, block);
    *batch = (nd_batch){.block = block,
                        .path = path,
                        .format = layout->format,
                        .columns = layout->columns,
                        .file = file->number,
                        .record = mark->tag & (((uint64_t)1 << ND_INPUT_TAG_RECORD_BITS) - 1),
                        .offset = mark->begin,
                        .line = mark->line,
                        .column = mark->column,
                        .is_lasting = true};
    return status;
}

void nd_marks_release(const nd_allocator *allocator, nd_marks *marks)
{
    ND_VEC_RELEASE(allocator, &marks->paths);
    ND_VEC_RELEASE(allocator, &marks->files);
    ND_VEC_RELEASE(allocator, &marks->layouts);
    ND_VEC_RELEASE(allocator, &marks->items);
}
