#include "io/stream.h"

#include <inttypes.h>
#include <string.h>

#include "io/shown_path.h"
#include "util/error.h"

void nd_stream_init(nd_stream *stream, const nd_allocator *allocator, const nd_reading *reading,
                    _Atomic uint64_t *counter)
{
    *stream = (nd_stream){.reading = reading, .is_ended = true};
    nd_content_init(&stream->content, allocator, counter);
    stream->content.max_bytes = reading->max_bytes;
}

/* What failed ends the stream: an error where the file was named, or a count. */
static nd_status failed(nd_stream *stream, nd_tally *tally, const nd_path_entry *entry,
                        nd_status status, nd_error *why)
{
    const bool is_begun = !stream->is_ended && stream->content.record > 0;
    const nd_input_issue issue = is_begun ? ND_ISSUE_PARTLY_READ : ND_ISSUE_UNREADABLE;
    stream->is_ended = true;
    if (entry->is_named || status == ND_ERR_NO_MEMORY)
        return status;
    if (nd_tally_count(tally, issue, (nd_input_place){.file = entry->file}))
        nd_tally_describe(tally, issue, "%s", why->message);
    *why = (nd_error){0};
    return ND_OK;
}

/* The file is read to its end. */
static void end(nd_stream *stream, nd_tally *tally)
{
    const nd_byte_reader *const reader = &stream->content.reader;
    const nd_shown_path path = nd_show_path(stream->content.path.items);
    const nd_input_place place = {.file = stream->content.file};
    const uint64_t num_invalid = nd_byte_reader_num_invalid(reader);
    tally->files++;
    if (num_invalid && nd_tally_count(tally, ND_ISSUE_ENCODING, place))
        nd_tally_describe(tally, ND_ISSUE_ENCODING, "'%s': invalid UTF-16 or UTF-32", path.text);
    tally->findings[ND_ISSUE_ENCODING].bytes += num_invalid;
    if (reader->raw.has_changed && nd_tally_count(tally, ND_ISSUE_CHANGED, place))
        nd_tally_describe(tally, ND_ISSUE_CHANGED, "'%s' changed while it was read", path.text);
}

static void count_binary(nd_stream *stream, nd_tally *tally)
{
    const nd_input_place place = {.file = stream->content.file};
    stream->is_ended = true;
    if (nd_tally_count(tally, ND_ISSUE_BINARY, place))
        nd_tally_describe(tally, ND_ISSUE_BINARY, "'%s' %s",
                          nd_show_path(stream->content.path.items).text, stream->format.why);
}

/* A table without the text: it is said once, and not for each row. */
static void count_no_column(nd_stream *stream, nd_tally *tally)
{
    const nd_input_place place = {stream->content.file, 0, 1};
    stream->is_ended = true;
    tally->files++;
    if (nd_tally_count(tally, ND_ISSUE_NO_TEXT_FIELD, place))
        nd_tally_describe(tally, ND_ISSUE_NO_TEXT_FIELD, "'%s':1: no column '%s' in the table",
                          nd_show_path(stream->content.path.items).text,
                          stream->reading->options.text_field);
}

nd_status nd_stream_open(nd_stream *stream, const nd_path_entry *entry, nd_documents *documents,
                         nd_tally *tally, nd_error *error)
{
    nd_content *const content = &stream->content;
    int fd;
    stream->is_ended = false;
    content->record = 0;
    nd_status status = nd_path_open(entry->path, &fd, error);
    if (status == ND_OK)
        status = nd_content_open(content, fd, entry->path, error);
    if (status != ND_OK)
        return failed(stream, tally, entry, status, error);
    const bool has_size = entry->kind == ND_PATH_FILE &&
                          content->reader.compression == ND_COMPRESSION_NONE &&
                          !content->reader.charset;
    content->size_hint = has_size ? entry->size : 0;
    content->file = entry->file;
    content->is_named = entry->is_named;
    status = nd_format_find(content, documents, &stream->format, error);
    if (status != ND_OK)
        return failed(stream, tally, entry, status, error);
    if (stream->format.is_binary)
        count_binary(stream, tally);
    else if (content->cutter.framing == ND_FRAMING_ROWS &&
             !nd_columns_have_text(&stream->format.columns, stream->reading->num_texts))
        count_no_column(stream, tally);
    return ND_OK;
}

static bool is_one_record(const nd_stream *stream)
{
    return stream->format.format == ND_INPUT_TEXT || stream->format.format == ND_INPUT_HTML;
}

bool nd_stream_is_cut(const nd_stream *stream)
{
    return !stream->is_ended && !is_one_record(stream);
}

bool nd_stream_is_compressed(const nd_stream *stream)
{
    return stream->content.reader.compression != ND_COMPRESSION_NONE;
}

/* Takes the whole file, or records of it. ND_ERR_LIMIT: one was too long. */
static nd_status take(nd_stream *stream, size_t bytes, nd_record_block *block, nd_error *error)
{
    nd_content *const content = &stream->content;
    if (!is_one_record(stream))
        return nd_content_take_records(content, bytes, block, error);
    stream->is_ended = true;
    content->is_short_of_memory = false;
    if (content->size_hint > content->max_bytes)
        return ND_ERR_LIMIT;
    return nd_content_take_all(content, block, error);
}

nd_status nd_stream_next(nd_stream *stream, size_t bytes, nd_record_block *block, nd_batch *batch,
                         nd_tally *tally, nd_error *error)
{
    nd_content *const content = &stream->content;
    block->bytes.len = block->ends.len = 0;
    while (!stream->is_ended) {
        *batch = (nd_batch){.block = block,
                            .path = content->path.items,
                            .format = stream->format.format,
                            .columns = stream->format.columns,
                            .file = content->file,
                            .record = content->record,
                            .line = content->line,
                            .column = content->column};
        const nd_status status = take(stream, bytes, block, error);
        if (status == ND_ERR_LIMIT) {
            nd_count_too_large(tally, batch, stream->reading, content->is_short_of_memory);
            continue;
        }
        if (status != ND_OK) {
            const nd_path_entry entry = {.file = content->file, .is_named = content->is_named};
            block->ends.len = 0;
            return failed(stream, tally, &entry, status, error);
        }
        stream->is_ended |= block->ends.len == 0;
        if (stream->is_ended)
            end(stream, tally);
        if (block->ends.len)
            return ND_OK;
    }
    return ND_OK;
}

void nd_stream_close(nd_stream *stream, size_t keep_bytes)
{
    nd_content_close(&stream->content, keep_bytes);
    stream->is_ended = true;
}

void nd_stream_release(nd_stream *stream)
{
    nd_content_release(&stream->content);
}
