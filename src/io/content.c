#include "io/content.h"

#include <string.h>
#include <unistd.h>

#include "io/shown_path.h"
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

nd_status nd_content_open(nd_content *content, int fd, const char *path, nd_error *error)
{
    content->path.len = content->ahead.len = 0;
    content->line = 1;
    content->is_ended = false;
    content->failure = ND_OK;
    const nd_status status =
        nd_bytes_append(allocator_of(content), &content->path, path, strlen(path) + 1);
    if (status != ND_OK) {
        close(fd);
        return nd_error_set(error, status, "cannot read '%s': %s", nd_show_path(path).text,
                            nd_status_message(status));
    }
    return nd_byte_reader_open(&content->reader, fd, path, error);
}

static nd_status fail(const nd_content *content, nd_status status, nd_error *error)
{
    return nd_byte_reader_error(&content->reader, status, content->path.items, error);
}

/* Appends at most `bytes` bytes of the file to *to. */
static nd_status read_more(nd_content *content, nd_byte_vec *to, size_t bytes, nd_error *error)
{
    nd_status status = ND_VEC_RESERVE(allocator_of(content), to, bytes);
    size_t got = 0;
    if (status == ND_OK)
        status = nd_byte_reader_read(&content->reader, to->items + to->len, bytes, &got);
    if (status != ND_OK)
        return fail(content, status, error);
    to->len += got;
    content->is_ended = got == 0;
    return ND_OK;
}

nd_status nd_content_look(nd_content *content, size_t bytes, nd_error *error)
{
    nd_status status = ND_OK;
    while (status == ND_OK && !content->is_ended && content->ahead.len < bytes)
        status = read_more(content, &content->ahead, bytes - content->ahead.len, error);
    return status;
}

void nd_content_drop(nd_content *content, size_t bytes)
{
    nd_byte_vec *const ahead = &content->ahead;
    ahead->len -= bytes;
    memmove(ahead->items, ahead->items + bytes, ahead->len);
}

nd_status nd_content_look_at_all(nd_content *content, nd_error *error)
{
    nd_status status = ND_OK;
    if (content->size_hint > content->ahead.len && content->size_hint <= content->max_bytes)
        status = ND_VEC_RESERVE(allocator_of(content), &content->ahead,
                                (size_t)content->size_hint - content->ahead.len + 1);
    if (status != ND_OK)
        return fail(content, status, error);
    while (status == ND_OK && !content->is_ended && content->ahead.len <= content->max_bytes) {
        const size_t room = content->ahead.capacity - content->ahead.len;
        status = read_more(content, &content->ahead, room ? room : READ_BYTES, error);
    }
    if (status == ND_OK && content->ahead.len > content->max_bytes)
        return ND_ERR_LIMIT;
    return status;
}

/* Keeps bytes[whole..) for the next block. */
static nd_status put_back(nd_content *content, nd_byte_vec *bytes, size_t whole, nd_error *error)
{
    content->ahead.len = 0;
    const nd_status status = nd_bytes_append(allocator_of(content), &content->ahead,
                                             bytes->items + whole, bytes->len - whole);
    if (status != ND_OK)
        return fail(content, status, error);
    bytes->len = whole;
    return ND_OK;
}

/* Reads on to the end of a line that is too long, without keeping it. */
static nd_status drop_line(nd_content *content, nd_byte_vec *bytes, nd_error *error)
{
    content->line++;
    for (;;) {
        bytes->len = 0;
        const nd_status status = read_more(content, bytes, READ_BYTES, error);
        if (status != ND_OK)
            return status;
        const char *const newline = bytes->len ? memchr(bytes->items, '\n', bytes->len) : NULL;
        if (!newline && !content->is_ended)
            continue;
        const size_t dropped = newline ? (size_t)(newline - bytes->items) + 1 : bytes->len;
        const nd_status kept = put_back(content, bytes, dropped, error);
        bytes->len = 0;
        return kept == ND_OK ? ND_ERR_LIMIT : kept;
    }
}

/* Makes *out what was looked at so far, with room for `more` bytes, and `ahead` empty. */
static nd_status take_ahead(nd_content *content, size_t more, nd_line_block *out)
{
    const nd_byte_vec recycled = out->bytes;
    out->bytes = content->ahead;
    out->ends.len = 0;
    content->ahead = recycled;
    content->ahead.len = 0;
    return ND_VEC_RESERVE(allocator_of(content), &out->bytes, more);
}

/* A last line need not end in a newline. */
static nd_status end_last_line(nd_content *content, nd_line_block *out)
{
    const size_t num = out->ends.len;
    if (out->bytes.len == (num ? out->ends.items[num - 1] : 0))
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(allocator_of(content), &out->ends, 1);
    if (status == ND_OK)
        out->ends.items[out->ends.len++] = out->bytes.len;
    return status;
}

/* Reads until *out has whole lines of `bytes` bytes, or nothing more comes. */
static nd_status fill_lines(nd_content *content, size_t bytes, nd_line_block *out)
{
    const nd_allocator *const allocator = allocator_of(content);
    nd_status status = nd_line_block_scan(allocator, out, 0);
    while (status == ND_OK && !content->is_ended && content->failure == ND_OK) {
        const size_t len = out->bytes.len;
        if (out->ends.len ? len >= bytes : len > content->max_bytes)
            return ND_OK;
        content->failure = read_more(content, &out->bytes, bytes > len ? bytes - len : bytes, NULL);
        status = nd_line_block_scan(allocator, out, len);
    }
    if (status == ND_OK && content->is_ended)
        status = end_last_line(content, out);
    return status;
}

nd_status nd_content_take_lines(nd_content *content, size_t bytes, nd_line_block *out,
                                nd_error *error)
{
    nd_status status = take_ahead(content, bytes, out);
    if (status == ND_OK)
        status = fill_lines(content, bytes, out);
    if (status == ND_OK && !out->ends.len)
        status = content->failure;
    if (status != ND_OK)
        return fail(content, status, error);
    if (!out->ends.len && !content->is_ended)
        return drop_line(content, &out->bytes, error);
    while (out->ends.len > 1 && out->ends.items[out->ends.len - 2] >= bytes)
        out->ends.len--; /* more was looked at than is asked for */
    const size_t num = out->ends.len;
    content->line += num;
    return put_back(content, &out->bytes, num ? out->ends.items[num - 1] : 0, error);
}

void nd_content_close(nd_content *content, size_t keep_bytes)
{
    nd_byte_reader_close(&content->reader);
    nd_bytes_trim(allocator_of(content), &content->ahead, keep_bytes);
    content->is_ended = true;
}

void nd_content_release(nd_content *content)
{
    nd_byte_reader_release(&content->reader);
    ND_VEC_RELEASE(allocator_of(content), &content->ahead);
    ND_VEC_RELEASE(allocator_of(content), &content->path);
}
