#include "io/record_visit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "io/place.h"
#include "io/stream.h"
#include "util/error.h"

/* --- all records once more --- */

enum { BLOCK_BYTES = 1 << 18 };

/* ---- the list ---- */

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

static int stat_path(const char *path, struct stat *info)
{
    return is_stdin(path) ? fstat(STDIN_FILENO, info) : stat(path, info);
}

nd_status nd_file_list_add(const nd_allocator *allocator, nd_file_list *list,
                           const nd_path_entry *entry, nd_error *error)
{
    struct stat info;
    if (stat_path(entry->path, &info) != 0)
        return nd_mark_fail(entry->path, error);
    if (!S_ISREG(info.st_mode))
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "cannot read '%s' a second time: write it to a file first",
                            nd_show_path(entry->path).text);
    const nd_listed_file file = {.path = list->paths.len,
                                 .name_at = entry->name_at,
                                 .number = entry->file,
                                 .is_named = entry->is_named,
                                 .device = info.st_dev,
                                 .inode = info.st_ino,
                                 .size = info.st_size,
                                 .changed_at = info.st_mtim,
                                 .status_changed_at = info.st_ctim};
    nd_status status = ND_VEC_RESERVE(allocator, &list->items, 1);
    if (status == ND_OK)
        status = nd_bytes_append(allocator, &list->paths, entry->path, strlen(entry->path) + 1);
    if (status == ND_OK)
        list->items.items[list->items.len++] = file;
    return status;
}

nd_path_entry nd_file_list_entry(const nd_file_list *list, size_t index)
{
    const nd_listed_file *const file = &list->items.items[index];
    const char *const path = list->paths.items + file->path;
    return (nd_path_entry){.path = path,
                           .name_at = file->name_at,
                           .kind = is_stdin(path) ? ND_PATH_STREAM : ND_PATH_FILE,
                           .size = (uint64_t)file->size,
                           .file = file->number,
                           .is_named = file->is_named};
}

void nd_file_list_release(const nd_allocator *allocator, nd_file_list *list)
{
    ND_VEC_RELEASE(allocator, &list->paths);
    ND_VEC_RELEASE(allocator, &list->items);
}

static bool is_as_listed(const nd_listed_file *file, const char *path)
{
    struct stat info;
    return stat_path(path, &info) == 0 && info.st_dev == file->device &&
           info.st_ino == file->inode && info.st_size == file->size &&
           info.st_mtim.tv_sec == file->changed_at.tv_sec &&
           info.st_mtim.tv_nsec == file->changed_at.tv_nsec;
}

/* ---- the visit ---- */

typedef struct visit {
    nd_allocator allocator;
    const nd_record_visitor *visitor;
    nd_stream stream;
    nd_documents documents; /* for their parsers, which find formats */
    nd_tally tally;
    nd_record_block block;
    nd_byte_vec head;
    nd_entry_watch watch;
    bool is_new_entry; /* nothing of it was visited yet */
} visit;

/* Reads the first `len` bytes of the file again, which the stream has dropped. */
static nd_status read_head(visit *v, const char *path, size_t len, nd_error *error)
{
    nd_byte_reader reader;
    int fd;
    size_t got = 1;
    v->head.len = 0;
    if (!len)
        return ND_OK;
    nd_status status = ND_VEC_RESERVE(&v->allocator, &v->head, len);
    if (status == ND_OK)
        status = nd_path_open(path, &fd, error);
    if (status != ND_OK)
        return status;
    nd_byte_reader_init(&reader, &v->allocator, NULL);
    status = nd_byte_reader_open(&reader, fd, path, error);
    while (status == ND_OK && v->head.len < len && got) {
        status = nd_byte_reader_read(&reader, v->head.items + v->head.len, len - v->head.len, &got);
        if (status != ND_OK)
            nd_byte_reader_error(&reader, status, path, error);
        v->head.len += got;
    }
    nd_byte_reader_release(&reader);
    return status == ND_OK && v->head.len < len ? nd_mark_fail(path, error) : status;
}

static nd_status visit_block(visit *v, uint64_t file, uint64_t record, nd_error *error)
{
    const nd_record_visitor *const to = v->visitor;
    nd_status status = ND_OK;
    size_t start = 0;
    for (size_t i = 0; status == ND_OK && i < v->block.ends.len; i++) {
        const size_t end = v->block.ends.items[i];
        status = to->record(to->ctx, nd_input_tag(file, record + i), v->block.bytes.items + start,
                            end - start, error);
        start = end;
    }
    return status;
}

static nd_status visit_blocks(visit *v, const char *path, nd_error *error)
{
    nd_content *const content = &v->stream.levels[0].content;
    nd_status status = ND_OK;
    bool is_first = true;
    for (; status == ND_OK && (is_first || !v->visitor->is_brief); is_first = false) {
        const uint64_t record = content->record;
        status = nd_content_take_records(content, v->visitor->is_brief ? 1 : BLOCK_BYTES, &v->block,
                                         error);
        if (status == ND_ERR_LIMIT)
            status = nd_error_set(error, ND_ERR_NO_MEMORY, "'%s':%" PRIu64 ": out of memory",
                                  nd_show_path(path).text, content->line);
        if (status != ND_OK || !v->block.ends.len)
            break;
        status = visit_block(v, content->file, record, error);
    }
    return status;
}

/* ---- archives ---- */

/* The nd_entry_watch.step. */
static nd_status step_to_entry(void *ctx, const nd_archive_entry *entry, uint64_t begin,
                               nd_error *error)
{
    visit *const v = ctx;
    v->is_new_entry = true;
    return v->visitor->step(v->visitor->ctx, entry, begin, error);
}

/* Begins the entry that the batch comes from. */
static nd_status begin_entry(visit *v, const nd_visited_file *archive, const nd_batch *batch,
                             nd_error *error)
{
    const nd_content *const content = &v->stream.levels[1].content;
    nd_visited_file entry = *archive;
    v->is_new_entry = false;
    entry.archive = ND_ARCHIVE_NONE;
    entry.path = batch->path;
    entry.name = batch->path + (archive->name - archive->path);
    entry.format = batch->format;
    entry.columns = batch->columns;
    entry.head = content->head.items;
    entry.head_len_bytes = content->head.len;
    entry.first_tag = nd_input_tag(batch->file, batch->record);
    entry.is_converted = content->reader.charset != NULL;
    return v->visitor->begin(v->visitor->ctx, &entry, error);
}

/* Visits the entries of the archive that the stream is open on. */
static nd_status visit_entries(visit *v, nd_visited_file *archive, nd_error *error)
{
    nd_batch batch;
    bool goes_on = !v->visitor->is_brief || v->visitor->looks_into_archives;
    archive->archive = v->stream.levels[0].format.archive;
    nd_status status = v->visitor->begin_archive(v->visitor->ctx, archive, error);
    for (; status == ND_OK && goes_on; goes_on = !v->visitor->is_brief) {
        status = nd_stream_next(&v->stream, BLOCK_BYTES, &v->documents, &v->block, &batch,
                                &v->tally, error);
        if (status != ND_OK || !v->block.ends.len)
            break;
        if (v->is_new_entry)
            status = begin_entry(v, archive, &batch, error);
        if (status == ND_OK)
            status = visit_block(v, batch.file, batch.record, error);
    }
    if (status == ND_OK && v->visitor->end)
        status = v->visitor->end(v->visitor->ctx, error);
    return status;
}

/* Takes all of a file that is one text; its head is among its bytes. */
static nd_status visit_text(visit *v, nd_visited_file *visited, nd_error *error)
{
    nd_content *const content = &v->stream.levels[0].content;
    const size_t most = content->max_bytes;
    content->max_bytes = visited->reading->max_bytes;
    nd_status status = nd_content_take_all(content, &v->block, error);
    content->max_bytes = most;
    if (status == ND_ERR_LIMIT)
        return v->visitor->skip ? v->visitor->skip(v->visitor->ctx, visited, error) : ND_OK;
    if (status == ND_OK)
        status = v->visitor->begin(v->visitor->ctx, visited, error);
    if (status == ND_OK)
        status = visit_block(v, content->file, 0, error);
    if (status == ND_OK && v->visitor->end)
        status = v->visitor->end(v->visitor->ctx, error);
    return status;
}

/* Visits the file that the stream is open on. */
static nd_status visit_opened(visit *v, nd_visited_file *visited, nd_error *error)
{
    const nd_stream_level *const level = &v->stream.levels[0];
    const bool has_records = nd_stream_is_cut(&v->stream);
    nd_status status = ND_OK;
    if (level->archive)
        return visit_entries(v, visited, error);
    visited->is_converted = level->content.reader.charset != NULL;
    if (!has_records && v->visitor->takes_texts) {
        visited->format = level->format.format;
        return visit_text(v, visited, error);
    }
    if (has_records)
        status = read_head(v, visited->path, (size_t)level->content.offset, error);
    visited->format = level->format.format;
    visited->columns = level->format.columns;
    visited->head = v->head.items;
    visited->head_len_bytes = has_records ? v->head.len : 0;
    if (status == ND_OK)
        status = v->visitor->begin(v->visitor->ctx, visited, error);
    if (status == ND_OK && has_records)
        status = visit_blocks(v, visited->path, error);
    if (status == ND_OK && v->visitor->end)
        status = v->visitor->end(v->visitor->ctx, error);
    return status;
}

static nd_status visit_file(visit *v, const nd_listed_file *file, const nd_path_entry *entry,
                            nd_error *error)
{
    const char *const path = entry->path;
    nd_visited_file visited = {.path = path,
                               .name = path + entry->name_at,
                               .number = entry->file,
                               .reading = v->stream.reading};
    nd_status status = ND_OK;
    bool is_wanted = true;
    if (!is_as_listed(file, path))
        return nd_mark_fail(path, error);
    if (v->visitor->meet)
        status = v->visitor->meet(v->visitor->ctx, &visited, &is_wanted, error);
    if (status == ND_OK && is_wanted)
        status = nd_stream_open(&v->stream, entry, &v->documents, &v->tally, error);
    if (status == ND_OK && v->stream.depth)
        status = visit_opened(v, &visited, error);
    else if (status == ND_OK && is_wanted && v->visitor->skip)
        status = v->visitor->skip(v->visitor->ctx, &visited, error);
    nd_stream_close(&v->stream, BLOCK_BYTES);
    if (status == ND_OK && !is_as_listed(file, path))
        status = nd_mark_fail(path, error);
    return status;
}

nd_status nd_file_list_visit(const nd_allocator *allocator, const nd_file_list *list,
                             const nd_reading *reading, const nd_record_visitor *visitor,
                             nd_error *error)
{
    visit *const v = nd_alloc_zeroed(allocator, 1, sizeof *v);
    if (!v)
        return ND_ERR_NO_MEMORY;
    v->allocator = *allocator;
    v->visitor = visitor;
    nd_stream_init(&v->stream, allocator, reading, NULL);
    v->stream.levels[0].content.max_bytes = SIZE_MAX / 4; /* what is no document is visited, too */
    v->watch = (nd_entry_watch){v, step_to_entry};
    v->stream.watch = &v->watch;
    v->stream.takes_all = true;
    nd_status status = nd_documents_init(&v->documents, allocator, reading);
    for (size_t i = 0; status == ND_OK && i < list->items.len; i++) {
        const nd_path_entry entry = nd_file_list_entry(list, i);
        status = visit_file(v, &list->items.items[i], &entry, error);
    }
    nd_stream_release(&v->stream);
    nd_documents_release(&v->documents);
    nd_record_block_release(allocator, &v->block);
    ND_VEC_RELEASE(allocator, &v->head);
    nd_release(allocator, v);
    return status;
}

/* --- where the blocks of plain files began --- */

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

nd_status nd_read_at(int fd, const char *path, uint64_t at, void *to, size_t len_bytes,
                     nd_error *error)
{
    for (size_t done = 0; done < len_bytes;) {
        const ssize_t got = pread(fd, (char *)to + done, len_bytes - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return nd_error_set(error, ND_ERR_IO, "cannot read '%s': %s", nd_show_path(path).text,
                                strerror(errno));
        if (got == 0)
            return nd_mark_fail(path, error);
        done += (size_t)got;
    }
    return ND_OK;
}

/* Reads all bytes of the mark. */
static nd_status read_bytes(const nd_mark *mark, int fd, const char *path, nd_record_block *block,
                            nd_error *error)
{
    const size_t len = (size_t)mark->len_bytes;
    const nd_status status = nd_read_at(fd, path, mark->begin, block->bytes.items, len, error);
    block->bytes.len = status == ND_OK ? len : 0;
    return status;
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
