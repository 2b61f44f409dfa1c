#include "io/content.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "io/paths.h"
#include "io/place.h"
#include "neardup/text.h"
#include "util/error.h"

enum { READ_BYTES = 1 << 16 };

static const nd_allocator *allocator_of(const nd_content *content)
{
    return &content->reader.raw.allocator;
}

void nd_content_init(nd_content *content, const nd_allocator *allocator, _Atomic uint64_t *counter)
{
    *content = (nd_content){.is_ended = true, .max_bytes = ND_TEXT_MAX_BYTES};
    nd_byte_reader_init(&content->reader, allocator, counter);
}

/* Makes it new, under the path. */
static nd_status begin(nd_content *content, const char *path, nd_error *error)
{
    content->path.len = content->ahead.len = content->ahead_at = content->head.len = 0;
    content->line = 1;
    content->offset = 0;
    content->column = content->record = 0;
    content->is_ended = false;
    content->failure = ND_OK;
    content->cutter = (nd_cutter){0};
    const nd_status status =
        nd_bytes_append(allocator_of(content), &content->path, path, strlen(path) + 1);
    if (status != ND_OK)
        nd_error_set(error, status, "cannot read '%s': %s", nd_show_path(path).text,
                     nd_status_message(status));
    return status;
}

nd_status nd_content_open(nd_content *content, int fd, const char *path, nd_error *error)
{
    const nd_status status = begin(content, path, error);
    if (status == ND_OK)
        return nd_byte_reader_open(&content->reader, fd, path, error);
    close(fd);
    return status;
}

nd_status nd_content_open_source(nd_content *content, nd_byte_source source, const char *path,
                                 nd_error *error)
{
    const nd_status status = begin(content, path, error);
    return status == ND_OK ? nd_byte_reader_open_source(&content->reader, source, path, error)
                           : status;
}

static nd_status fail(const nd_content *content, nd_status status, nd_error *error)
{
    return nd_byte_reader_error(&content->reader, status, content->path.items, error);
}

/* Appends at most `bytes` bytes of the file to *to. */
static nd_status read_more(nd_content *content, nd_byte_vec *to, size_t bytes)
{
    nd_status status = ND_VEC_RESERVE(allocator_of(content), to, bytes + ND_RECORD_PADDING);
    size_t got = 0;
    if (status == ND_OK)
        status = nd_byte_reader_read(&content->reader, to->items + to->len, bytes, &got);
    if (status != ND_OK)
        return status;
    to->len += got;
    content->is_ended = got == 0;
    return ND_OK;
}

const char *nd_content_ahead(const nd_content *content)
{
    return content->ahead.items ? content->ahead.items + content->ahead_at : "";
}

size_t nd_content_num_ahead(const nd_content *content)
{
    return content->ahead.len - content->ahead_at;
}

/* Gives the room of what was taken back. */
static void move_to_front(nd_content *content)
{
    nd_byte_vec *const ahead = &content->ahead;
    if (!content->ahead_at)
        return;
    ahead->len -= content->ahead_at;
    memmove(ahead->items, ahead->items + content->ahead_at, ahead->len);
    content->ahead_at = 0;
}

nd_status nd_content_look(nd_content *content, size_t bytes, nd_error *error)
{
    nd_status status = ND_OK;
    if (nd_content_num_ahead(content) >= bytes)
        return ND_OK;
    move_to_front(content);
    while (status == ND_OK && !content->is_ended && content->ahead.len < bytes) {
        status = read_more(content, &content->ahead, bytes - content->ahead.len);
        if (nd_byte_reader_is_waiting(&content->reader))
            break;
    }
    if (status == ND_OK)
        return ND_OK;
    if (status != ND_ERR_NO_MEMORY)
        content->failure = status;
    return fail(content, status, error);
}

void nd_content_drop(nd_content *content, size_t bytes)
{
    if (content->keeps_head && nd_bytes_append(allocator_of(content), &content->head,
                                               nd_content_ahead(content), bytes) != ND_OK)
        content->failure = ND_ERR_NO_MEMORY;
    content->ahead_at += bytes;
    content->offset += bytes;
}

/* Moves the place over bytes that were taken. */
static void count_lines(nd_content *content, const char *p, size_t len)
{
    if (!len)
        return;
    const char *const end = p + len;
    const char *last = NULL;
    for (const char *at = p; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++) {
        content->line++;
        last = at;
    }
    content->column = last ? (uint64_t)(end - last) - 1 : content->column + len;
}

void nd_content_pass(nd_content *content, size_t bytes)
{
    count_lines(content, nd_content_ahead(content), bytes);
    nd_content_drop(content, bytes);
}

nd_status nd_content_read(nd_content *content, char *out, size_t capacity, size_t *got)
{
    const size_t num = nd_content_num_ahead(content);
    *got = num < capacity ? num : capacity;
    if (*got) {
        memcpy(out, nd_content_ahead(content), *got);
        content->ahead_at += *got;
        content->offset += *got;
        return ND_OK;
    }
    content->ahead_at = content->ahead.len = 0;
    if (content->is_ended)
        return ND_OK;
    const nd_status status = nd_byte_reader_read(&content->reader, out, capacity, got);
    content->is_ended = status == ND_OK && capacity && !*got;
    content->offset += *got;
    if (status != ND_OK)
        content->failure = status;
    return status;
}

bool nd_content_can_seek(const nd_content *content)
{
    return nd_byte_reader_can_seek(&content->reader);
}

bool nd_content_seek(nd_content *content, int64_t offset, int whence, uint64_t *place)
{
    const size_t num_ahead = nd_content_num_ahead(content);
    content->ahead_at = content->ahead.len = 0;
    content->is_ended = false;
    return nd_byte_reader_seek(
        &content->reader, whence == SEEK_CUR ? offset - (int64_t)num_ahead : offset, whence, place);
}

/* ---- taking records ---- */

/* Moves at most `bytes` bytes from those ahead behind those of *out. */
static nd_status move_ahead(nd_content *content, size_t bytes, nd_record_block *out)
{
    const size_t num = nd_content_num_ahead(content);
    const size_t moved = num < bytes ? num : bytes;
    const nd_status status = nd_record_block_reserve(allocator_of(content), out, moved);
    if (status != ND_OK || !moved)
        return status;
    memcpy(out->bytes.items + out->bytes.len, nd_content_ahead(content), moved);
    out->bytes.len += moved;
    content->ahead_at += moved;
    if (content->ahead_at == content->ahead.len)
        content->ahead_at = content->ahead.len = 0;
    return ND_OK;
}

/* Puts bytes[whole..), which are no whole record, back before those ahead. */
static nd_status put_back(nd_content *content, nd_byte_vec *bytes, size_t whole)
{
    const size_t rest = bytes->len - whole;
    nd_status status = ND_OK;
    if (!rest) {
        /* nothing to keep */
    } else if (nd_content_num_ahead(content) > 0) {
        assert(content->ahead_at >= rest); /* they came from there */
        content->ahead_at -= rest;
    } else {
        status = ND_VEC_RESERVE(allocator_of(content), &content->ahead, rest + ND_RECORD_PADDING);
        if (status == ND_OK)
            status =
                nd_bytes_append(allocator_of(content), &content->ahead, bytes->items + whole, rest);
    }
    bytes->len = whole;
    return status;
}

/* Adds bytes to *out: those ahead, or else the next of the file. What fails then is kept for when
 * the records before it are taken. */
static void add_bytes(nd_content *content, size_t bytes, nd_record_block *out)
{
    const nd_status status = nd_content_num_ahead(content) ? move_ahead(content, bytes, out)
                                                           : read_more(content, &out->bytes, bytes);
    if (status == ND_ERR_NO_MEMORY && !out->ends.len && out->bytes.len >= ND_LARGE_BYTES)
        content->is_short_of_memory = true;
    else if (status != ND_OK)
        content->failure = status;
}

/* Reads until *out has whole records of `bytes` bytes, or nothing more comes, or a record is too
 * long. */
static nd_status fill(nd_content *content, size_t bytes, nd_record_block *out)
{
    const nd_allocator *const allocator = allocator_of(content);
    for (;;) {
        const size_t len = out->bytes.len;
        if (out->ends.len ? len >= bytes : len > content->max_bytes)
            return ND_OK;
        if (out->ends.len && !nd_content_num_ahead(content) &&
            nd_byte_reader_is_waiting(&content->reader))
            return ND_OK;
        if ((content->is_ended && !nd_content_num_ahead(content)) || content->failure != ND_OK)
            break;
        add_bytes(content, bytes > len ? bytes - len : bytes, out);
        if (content->is_short_of_memory)
            return ND_OK;
        const nd_status status = nd_record_block_cut(allocator, out, &content->cutter, len);
        if (status != ND_OK)
            return status;
    }
    return content->failure == ND_OK ? nd_record_block_end(allocator, out) : ND_OK;
}

/* Reads on to the end of a record that is too long, of which *out has the begin, and drops it. */
static nd_status drop_record(nd_content *content, nd_record_block *out)
{
    size_t used;
    bool is_whole = false;
    content->record++;
    content->offset += out->bytes.len;
    count_lines(content, out->bytes.items, out->bytes.len);
    while (!is_whole && (nd_content_num_ahead(content) || !content->is_ended)) {
        out->bytes.len = 0;
        const nd_status status = nd_content_num_ahead(content)
                                     ? move_ahead(content, READ_BYTES, out)
                                     : read_more(content, &out->bytes, READ_BYTES);
        if (status != ND_OK)
            return status;
        is_whole = nd_cutter_find(&content->cutter, out->bytes.items, out->bytes.len, &used);
        content->offset += used;
        count_lines(content, out->bytes.items, used);
    }
    const nd_status status = is_whole ? put_back(content, &out->bytes, used) : ND_OK;
    out->bytes.len = 0;
    return status == ND_OK ? ND_ERR_LIMIT : status;
}

/* Drops the records that were read beyond `bytes`, and what is no whole one. */
static nd_status keep_whole(nd_content *content, size_t bytes, nd_record_block *out)
{
    while (out->ends.len > 1 && out->ends.items[out->ends.len - 2] >= bytes)
        out->ends.len--;
    const size_t num = out->ends.len;
    const size_t whole = num ? out->ends.items[num - 1] : 0;
    content->record += num;
    content->offset += whole;
    if (content->cutter.framing == ND_FRAMING_LINES)
        content->line += num;
    else
        count_lines(content, out->bytes.items, whole);
    return put_back(content, &out->bytes, whole);
}

nd_status nd_content_take_records(nd_content *content, size_t bytes, nd_record_block *out,
                                  nd_error *error)
{
    out->bytes.len = out->ends.len = 0;
    content->is_short_of_memory = false;
    nd_cutter_restart(&content->cutter);
    nd_status status = fill(content, bytes, out);
    if (status == ND_OK && !out->ends.len)
        status = content->failure;
    if (status == ND_OK) {
        const bool is_too_long =
            !out->ends.len && (out->bytes.len > content->max_bytes || content->is_short_of_memory);
        status = is_too_long ? drop_record(content, out) : keep_whole(content, bytes, out);
    }
    return status == ND_OK || status == ND_ERR_LIMIT ? status : fail(content, status, error);
}

nd_status nd_content_take_all(nd_content *content, nd_record_block *out, nd_error *error)
{
    const size_t hint = content->size_hint <= content->max_bytes ? (size_t)content->size_hint : 0;
    out->bytes.len = out->ends.len = 0;
    content->is_short_of_memory = false;
    nd_status status = nd_record_block_reserve(allocator_of(content), out, hint + 1);
    if (status == ND_OK)
        status = move_ahead(content, SIZE_MAX, out);
    while (status == ND_OK && !content->is_ended && out->bytes.len <= content->max_bytes) {
        const size_t room = out->bytes.capacity - out->bytes.len;
        status = read_more(content, &out->bytes,
                           room > ND_RECORD_PADDING ? room - ND_RECORD_PADDING : READ_BYTES);
    }
    content->is_short_of_memory =
        status == ND_ERR_NO_MEMORY && (hint >= ND_LARGE_BYTES || out->bytes.len >= ND_LARGE_BYTES);
    if (content->is_short_of_memory || (status == ND_OK && out->bytes.len > content->max_bytes))
        return ND_ERR_LIMIT;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(allocator_of(content), &out->ends, 1);
    if (status != ND_OK)
        return fail(content, status, error);
    out->ends.items[out->ends.len++] = out->bytes.len;
    content->record++;
    return ND_OK;
}

size_t nd_content_mark(const nd_content *content)
{
    return nd_content_num_ahead(content) >= 3 &&
                   memcmp(nd_content_ahead(content), "\xef\xbb\xbf", 3) == 0
               ? 3
               : 0;
}

/* ---- files beside the inputs ---- */

static nd_status each_line(const nd_record_block *block, uint64_t number, nd_line_fn each,
                           void *ctx, nd_error *error)
{
    nd_status status = ND_OK;
    size_t start = 0;
    for (size_t i = 0; status == ND_OK && i < block->ends.len; i++) {
        const char *const p = block->bytes.items + start;
        size_t len = block->ends.items[i] - start;
        start += len;
        len -= len > 0 && p[len - 1] == '\n';
        len -= len > 0 && p[len - 1] == '\r';
        status = each(ctx, number + i, p, len, error);
    }
    return status;
}

static nd_status read_lines(nd_content *content, nd_record_block *block, nd_line_fn each, void *ctx,
                            nd_error *error)
{
    nd_status status = nd_content_look(content, READ_BYTES, error);
    if (status == ND_OK)
        nd_content_drop(content, nd_content_mark(content));
    while (status == ND_OK) {
        const uint64_t number = content->line;
        status = nd_content_take_records(content, READ_BYTES, block, error);
        if (status == ND_ERR_LIMIT)
            return nd_error_set(error, status, "'%s':%" PRIu64 ": the line is too long",
                                nd_show_path(content->path.items).text, number);
        if (status != ND_OK || !block->ends.len)
            break;
        status = each_line(block, number, each, ctx, error);
    }
    return status;
}

nd_status nd_lines_read(const char *path, const nd_allocator *allocator, nd_line_fn each, void *ctx,
                        nd_error *error)
{
    int fd;
    nd_status status = nd_path_open(path, &fd, error);
    if (status != ND_OK)
        return status;
    nd_content content;
    nd_record_block block = {0};
    nd_content_init(&content, allocator, NULL);
    status = nd_content_open(&content, fd, path, error);
    if (status == ND_OK)
        status = read_lines(&content, &block, each, ctx, error);
    nd_record_block_release(allocator, &block);
    nd_content_release(&content);
    return status;
}

void nd_content_close(nd_content *content, size_t keep_bytes)
{
    nd_byte_reader_close(&content->reader);
    nd_bytes_trim(allocator_of(content), &content->ahead, keep_bytes);
    nd_bytes_trim(allocator_of(content), &content->head, keep_bytes);
    content->ahead_at = 0;
    content->is_ended = true;
}

void nd_content_release(nd_content *content)
{
    nd_byte_reader_release(&content->reader);
    ND_VEC_RELEASE(allocator_of(content), &content->ahead);
    ND_VEC_RELEASE(allocator_of(content), &content->head);
    ND_VEC_RELEASE(allocator_of(content), &content->path);
}
