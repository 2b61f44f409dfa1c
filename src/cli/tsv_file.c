#include "cli/tsv_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/output/byte_order.h"
#include "io/content.h"
#include "io/path_walk.h"
#include "util/error.h"

enum { BLOCK_BYTES = 1 << 20 };

typedef struct reading {
    const char *path;
    nd_tsv_line_fn each;
    void *ctx;
} reading;

/* Without the line end. */
static size_t length_of(const char *p, size_t len_bytes)
{
    if (len_bytes > 0 && p[len_bytes - 1] == '\n')
        len_bytes--;
    if (len_bytes > 0 && p[len_bytes - 1] == '\r')
        len_bytes--;
    return len_bytes;
}

static void split(nd_tsv_line *line, const char *p, size_t len_bytes)
{
    const char *const end = p + len_bytes;
    line->num_fields = 0;
    for (;;) {
        const char *const tab =
            line->num_fields + 1 < ND_TSV_MAX_FIELDS ? memchr(p, '\t', (size_t)(end - p)) : NULL;
        line->fields[line->num_fields++] = (nd_tsv_field){p, (size_t)((tab ? tab : end) - p)};
        if (!tab)
            return;
        p = tab + 1;
    }
}

static nd_status take_line(const reading *r, uint64_t number, nd_tsv_field text, nd_error *error)
{
    nd_tsv_line line = {.path = r->path, .number = number};
    text.len_bytes = length_of(text.p, text.len_bytes);
    if (text.len_bytes == 0)
        return ND_OK;
    if (text.p[0] == '#') {
        line.kind = ND_TSV_HEADER;
        text = (nd_tsv_field){text.p + 1, text.len_bytes - 1};
    }
    split(&line, text.p, text.len_bytes);
    return r->each(r->ctx, &line, error);
}

static nd_status take_block(const reading *r, const nd_line_block *block, uint64_t number,
                            nd_error *error)
{
    nd_status status = ND_OK;
    for (size_t i = 0, begin = 0; i < block->ends.len && status == ND_OK; i++) {
        const nd_tsv_field text = {block->bytes.items + begin, block->ends.items[i] - begin};
        begin = block->ends.items[i];
        status = take_line(r, number + i, text, error);
    }
    return status;
}

static nd_status take_content(const reading *r, nd_content *content, nd_line_block *block,
                              nd_error *error)
{
    for (;;) {
        const uint64_t number = content->line;
        nd_status status = nd_content_take_lines(content, BLOCK_BYTES, block, error);
        if (status == ND_ERR_LIMIT)
            return nd_error_set(error, status, "'%s':%llu: the line is too long", r->path,
                                (unsigned long long)content->line - 1);
        if (status != ND_OK || block->ends.len == 0)
            return status;
        status = take_block(r, block, number, error);
        if (status != ND_OK)
            return status;
    }
}

nd_status nd_tsv_file_read(const char *path, const nd_allocator *allocator, nd_tsv_line_fn each,
                           void *ctx, nd_error *error)
{
    const reading r = {path, each, ctx};
    int fd;
    nd_status status = nd_path_open(path, &fd, error);
    if (status != ND_OK)
        return status;
    nd_content content;
    nd_line_block block = {0};
    nd_content_init(&content, allocator, NULL);
    status = nd_content_open(&content, fd, path, error);
    if (status == ND_OK)
        status = take_content(&r, &content, &block, error);
    nd_line_block_release(allocator, &block);
    nd_content_release(&content);
    return status;
}

void nd_tsv_leave_out(nd_tsv_left_out *left_out, const nd_tsv_line *line, const char *what,
                      size_t field)
{
    enum { MOST_BYTES = 200 }; /* shown of a field */
    const nd_tsv_field subject = line->fields[field];
    const size_t len = subject.len_bytes < MOST_BYTES ? subject.len_bytes : MOST_BYTES;
    if (left_out->count++ == 0)
        snprintf(left_out->first, sizeof left_out->first, "'%s':%llu: %s '%.*s'", line->path,
                 (unsigned long long)line->number, what, (int)len, subject.p);
}

int nd_tsv_compare(const nd_tsv_field *a, const nd_tsv_field *b)
{
    return nd_compare_bytes(a->p, a->len_bytes, b->p, b->len_bytes);
}

nd_tsv_field nd_tsv_keep(nd_arena *arena, nd_tsv_field field)
{
    char *const copy = nd_arena_alloc(arena, field.len_bytes + 1);
    if (copy && field.len_bytes > 0)
        memcpy(copy, field.p, field.len_bytes);
    return (nd_tsv_field){copy, field.len_bytes};
}

nd_status nd_tsv_refuse(const nd_tsv_line *line, nd_error *error, const char *format, ...)
{
    char message[ND_ERROR_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return nd_error_set(error, ND_ERR_FORMAT, "'%s':%llu: %s", line->path,
                        (unsigned long long)line->number, message);
}
