/* Levels, from the file inwards; the innermost is the one at hand:
 *
 *   levels[0]   feeds.zip                an archive, at one of its entries
 *   levels[1]   feeds.zip/a.jsonl.gz     that entry, decompressed: records are taken here
 */
#include "io/stream.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "io/place.h"
#include "util/error.h"

void nd_stream_init(nd_stream *stream, const nd_allocator *allocator, const nd_reading *reading,
                    _Atomic uint64_t *counter)
{
    *stream = (nd_stream){.reading = reading};
    for (size_t i = 0; i < ND_STREAM_LEVELS; i++) {
        nd_content_init(&stream->levels[i].content, allocator, i ? NULL : counter);
        stream->levels[i].content.max_bytes = reading->max_bytes;
        stream->levels[i].content.reader.raw.is_live = reading->options.is_live;
    }
}

static nd_stream_level *innermost(nd_stream *stream)
{
    return &stream->levels[stream->depth - 1];
}

static const nd_allocator *allocator_of(const nd_stream *stream)
{
    return &stream->levels[0].content.reader.raw.allocator;
}

/* ---- what is counted ---- */

/* Where the record at hand is, or the file or entry. */
static nd_input_place place_of(const nd_stream *stream, uint64_t line)
{
    const nd_content *const file = &stream->levels[0].content;
    const nd_content *const content = &stream->levels[stream->depth - 1].content;
    return (nd_input_place){file->file, stream->num_records + content->record, line};
}

/* Counts a file or an entry of that path. */
static void count(const nd_stream *stream, nd_tally *tally, nd_input_issue issue, const char *path,
                  const char *what)
{
    if (nd_tally_count(tally, issue, place_of(stream, 0)))
        nd_tally_describe(tally, issue, "'%s' %s", nd_show_path(path).text, what);
}

/* Leaves the innermost level. */
static void leave(nd_stream *stream)
{
    nd_stream_level *const level = innermost(stream);
    nd_archive_free(level->archive);
    level->archive = NULL;
    if (stream->depth > 1) { /* what is next in the archive comes after its records */
        stream->num_records += level->content.record;
        nd_content_close(&level->content, stream->reading->options.block_bytes);
    }
    stream->depth--;
}

/* What failed ends the innermost level: an error where that is a file that was named, or a count.
 */
static nd_status failed(nd_stream *stream, nd_tally *tally, nd_status status, nd_error *why)
{
    const nd_content *const content = &innermost(stream)->content;
    const bool is_begun = content->record > 0 || innermost(stream)->archive;
    const nd_input_issue issue = is_begun ? ND_ISSUE_PARTLY_READ : ND_ISSUE_UNREADABLE;
    if (status == ND_ERR_NO_MEMORY || (stream->depth == 1 && content->is_named) ||
        stream->reading->options.keeps_records) {
        stream->depth = 0;
        return status;
    }
    if (nd_tally_count(tally, issue, place_of(stream, 0)))
        nd_tally_describe(tally, issue, "%s", why->message);
    *why = (nd_error){0};
    leave(stream);
    return ND_OK;
}

/* The innermost level is read to its end. */
static void end(nd_stream *stream, nd_tally *tally)
{
    const nd_content *const content = &innermost(stream)->content;
    const nd_byte_reader *const reader = &content->reader;
    const uint64_t num_invalid = nd_byte_reader_num_invalid(reader);
    tally->files += stream->depth == 1;
    if (num_invalid)
        count(stream, tally, ND_ISSUE_ENCODING, content->path.items,
              "holds invalid UTF-16 or UTF-32");
    tally->findings[ND_ISSUE_ENCODING].bytes += num_invalid;
    if (reader->raw.has_changed)
        count(stream, tally, ND_ISSUE_CHANGED, content->path.items, "changed while it was read");
    leave(stream);
}

/* A table without the text: it is said once, and not for each row. */
static void count_no_column(nd_stream *stream, nd_tally *tally)
{
    const nd_content *const content = &innermost(stream)->content;
    if (nd_tally_count(tally, ND_ISSUE_NO_TEXT_FIELD, place_of(stream, 1)))
        nd_tally_describe(tally, ND_ISSUE_NO_TEXT_FIELD, "'%s':1: no column '%s' in the table",
                          nd_show_path(content->path.items).text,
                          stream->reading->options.text_field);
    end(stream, tally);
}

static nd_status fail_no_column(nd_stream *stream, nd_error *error)
{
    const char *const path = innermost(stream)->content.path.items;
    stream->depth = 0;
    return nd_error_set(error, ND_ERR_FORMAT, "'%s':1: no column '%s' in the table",
                        nd_show_path(path).text, stream->reading->options.text_field);
}

/* ---- opening ---- */

static bool is_one_record(const nd_stream_level *level)
{
    return level->format.format == ND_INPUT_TEXT || level->format.format == ND_INPUT_HTML;
}

/* Why the file or entry that is open has no records of its own bytes; NULL: it has. */
static const char *why_no_records(const nd_stream *stream)
{
    const nd_stream_level *const level = &stream->levels[stream->depth - 1];
    if (level->format.archive == ND_ARCHIVE_ZIP && !nd_content_can_seek(&level->content))
        return "it is a zip archive that is compressed again: unpack it first";
    if (level->format.archive != ND_ARCHIVE_NONE)
        return NULL;
    if (is_one_record(level))
        return stream->reading->options.keeps_files || stream->depth > 1
                   ? NULL
                   : "it is one text: only an output folder takes whole files";
    return level->content.reader.charset ? "it is UTF-16 or UTF-32: convert it to UTF-8 first"
                                         : NULL;
}

/* Finds what the innermost level is, which has been opened; `said`: what its archive says. */
static nd_status look_inside(nd_stream *stream, nd_input_format said, nd_documents *documents,
                             nd_tally *tally, nd_error *error)
{
    nd_stream_level *const level = innermost(stream);
    const nd_input_format asked = stream->reading->options.format;
    stream->is_last_taken = false;
    nd_status status = nd_format_find(&level->content, documents,
                                      asked == ND_INPUT_AUTO ? said : asked, &level->format, error);
    const bool is_archive = status == ND_OK && level->format.archive != ND_ARCHIVE_NONE;
    const char *const path = level->content.path.items;
    if (is_archive && stream->reading->options.keeps_records && stream->depth > 1) {
        count(stream, tally, ND_ISSUE_NESTED, path, "is an archive in an archive");
        leave(stream);
        return ND_OK;
    }
    if (status == ND_OK && stream->reading->options.keeps_records && !level->format.is_binary &&
        why_no_records(stream))
        status = nd_error_set(error, ND_ERR_UNSUPPORTED, "'%s' has no records to keep: %s",
                              nd_show_path(path).text, why_no_records(stream));
    if (status == ND_OK && is_archive && stream->depth == ND_STREAM_LEVELS) {
        count(stream, tally, ND_ISSUE_NESTED, path, "is an archive in an archive in another");
        leave(stream);
        return ND_OK;
    }
    if (status == ND_OK && is_archive) {
        status = nd_archive_new(level->format.archive, &level->content, &level->archive);
        if (status != ND_OK)
            nd_error_set(error, status, "cannot read '%s': %s", nd_show_path(path).text,
                         nd_status_message(status));
    }
    if (status != ND_OK)
        return failed(stream, tally, status, error);
    if (stream->takes_all && !is_archive && !level->format.is_binary && !is_one_record(level))
        level->content.max_bytes = SIZE_MAX / 4;
    if (level->format.is_binary) {
        count(stream, tally, ND_ISSUE_BINARY, path, level->format.why);
        leave(stream);
    } else if (!is_archive && level->content.cutter.framing == ND_FRAMING_ROWS &&
               !nd_columns_have_text(&level->format.columns, stream->reading->num_texts)) {
        if (stream->reading->options.keeps_records)
            return fail_no_column(stream, error);
        count_no_column(stream, tally);
    }
    return ND_OK;
}

nd_status nd_stream_open(nd_stream *stream, const nd_path_entry *entry, nd_documents *documents,
                         nd_tally *tally, nd_error *error)
{
    nd_content *const content = &stream->levels[0].content;
    int fd;
    stream->depth = 1;
    stream->is_lasting = false;
    stream->num_records = stream->num_entries = 0;
    stream->levels[0].id_at = 0;
    stream->levels[0].encoding[0] = stream->levels[0].date[0] = '\0';
    content->record = 0;
    content->file = entry->file;
    content->is_named = entry->is_named;
    nd_status status = nd_path_open(entry->path, &fd, error);
    if (status == ND_OK)
        status = nd_content_open(content, fd, entry->path, error);
    if (status != ND_OK)
        return failed(stream, tally, status, error);
    const bool has_size = entry->kind == ND_PATH_FILE &&
                          content->reader.compression == ND_COMPRESSION_NONE &&
                          !content->reader.charset;
    content->size_hint = has_size ? entry->size : 0;
    status = look_inside(stream, ND_INPUT_AUTO, documents, tally, error);
    stream->is_lasting = has_size && !stream->levels[0].archive;
    return status;
}

/* ---- archives ---- */

/* Sets the path of an entry: behind that of its archive and a slash. */
static nd_status set_path(nd_stream *stream, const char *name, size_t *name_at)
{
    const nd_allocator *const allocator = allocator_of(stream);
    const char *const archive = innermost(stream)->content.path.items;
    stream->path.len = 0;
    nd_status status = nd_bytes_append(allocator, &stream->path, archive, strlen(archive));
    if (status == ND_OK)
        status = nd_bytes_append(allocator, &stream->path, "/", 1);
    *name_at = stream->path.len;
    if (status == ND_OK)
        status = nd_bytes_append(allocator, &stream->path, name, strlen(name) + 1);
    return status;
}

static bool is_hidden(const char *name)
{
    return name[0] == '.' || strstr(name, "/.") != NULL;
}

/* Goes inside the entry, if it is to be read. */
static nd_status enter(nd_stream *stream, const nd_archive_entry *entry, nd_documents *documents,
                       nd_tally *tally, nd_error *error)
{
    nd_stream_level *const above = innermost(stream), *const level = above + 1;
    size_t name_at;
    nd_status status = set_path(stream, entry->name, &name_at);
    if (status != ND_OK)
        return nd_error_set(error, status, "%s", nd_status_message(status));
    const char *const path = stream->path.items;
    if (entry->why_not) {
        count(stream, tally, entry->issue, path, entry->why_not);
        return ND_OK;
    }
    if (!entry->name_is_id && is_hidden(entry->name) && !stream->reading->options.reads_hidden) {
        count(stream, tally, ND_ISSUE_HIDDEN, path, "is hidden");
        return ND_OK;
    }
    stream->depth++;
    level->id_at = entry->name_is_id ? name_at : 0;
    memcpy(level->encoding, entry->encoding, sizeof level->encoding);
    memcpy(level->date, entry->date, sizeof level->date);
    level->content.record = 0;
    level->content.size_hint = 0;
    level->content.keeps_head = stream->takes_all;
    level->content.max_bytes = stream->reading->max_bytes;
    level->content.file = above->content.file;
    level->content.is_named = false;
    status =
        nd_content_open_source(&level->content, nd_archive_source(above->archive), path, error);
    if (status != ND_OK)
        return failed(stream, tally, status, error);
    return look_inside(stream, entry->format, documents, tally, error);
}

/* Steps to the next entry of the innermost level, an archive. */
static nd_status step(nd_stream *stream, nd_documents *documents, nd_tally *tally, nd_error *error)
{
    const uint64_t most = stream->reading->options.max_entries;
    nd_stream_level *const level = innermost(stream);
    nd_archive_entry entry;
    bool found;
    nd_status status = nd_archive_next(level->archive, &entry, &found, error);
    if (status == ND_OK && stream->watch && stream->depth == 1)
        status = stream->watch->step(stream->watch->ctx, found ? &entry : NULL, entry.begin, error);
    if (status != ND_OK)
        return failed(stream, tally, status, error);
    if (found && entry.is_passed_over)
        return ND_OK;
    if (!found) {
        end(stream, tally);
        return ND_OK;
    }
    if (++stream->num_entries > (most ? most : ND_INPUT_MAX_ENTRIES)) {
        count(stream, tally, ND_ISSUE_MANY_ENTRIES, level->content.path.items,
              "has more entries than are read");
        end(stream, tally);
        return ND_OK;
    }
    return enter(stream, &entry, documents, tally, error);
}

/* ---- records ---- */

bool nd_stream_is_cut(const nd_stream *stream)
{
    return stream->depth > 0 && (stream->levels[0].archive || !is_one_record(&stream->levels[0]));
}

bool nd_stream_is_compressed(const nd_stream *stream)
{
    return stream->levels[0].content.reader.compression != ND_COMPRESSION_NONE ||
           stream->levels[0].archive;
}

uint64_t nd_stream_size_hint(const nd_stream *stream)
{
    return stream->levels[0].archive ? 0 : stream->levels[0].content.size_hint;
}

/* Takes the whole file, or records of it. ND_ERR_LIMIT: one was too long. */
static nd_status take(nd_stream *stream, size_t bytes, nd_record_block *block, nd_error *error)
{
    nd_stream_level *const level = innermost(stream);
    nd_content *const content = &level->content;
    if (!is_one_record(level))
        return nd_content_take_records(content, bytes, block, error);
    block->ends.len = 0;
    if (stream->is_last_taken)
        return ND_OK;
    stream->is_last_taken = true;
    content->is_short_of_memory = false;
    if (content->size_hint > content->max_bytes)
        return ND_ERR_LIMIT;
    return nd_content_take_all(content, block, error);
}

static void set_batch(const nd_stream *stream, const nd_record_block *block, nd_batch *batch)
{
    const nd_stream_level *const level = &stream->levels[stream->depth - 1];
    *batch = (nd_batch){.block = block,
                        .path = level->content.path.items,
                        .id_at = level->id_at,
                        .format = level->format.format,
                        .columns = level->format.columns,
                        .file = level->content.file,
                        .record = stream->num_records + level->content.record,
                        .offset = level->content.offset,
                        .line = level->content.line,
                        .column = level->content.column,
                        .is_lasting = stream->is_lasting};
    memcpy(batch->encoding, level->encoding, sizeof batch->encoding);
    memcpy(batch->date, level->date, sizeof batch->date);
}

nd_status nd_stream_next(nd_stream *stream, size_t bytes, nd_documents *documents,
                         nd_record_block *block, nd_batch *batch, nd_tally *tally, nd_error *error)
{
    block->bytes.len = block->ends.len = 0;
    while (stream->depth) {
        const nd_content *const content = &innermost(stream)->content;
        nd_status status = ND_OK;
        if (innermost(stream)->archive) {
            status = step(stream, documents, tally, error);
            if (status != ND_OK)
                return status;
            continue;
        }
        set_batch(stream, block, batch);
        status = take(stream, bytes, block, error);
        if (status == ND_OK && block->ends.len)
            return ND_OK;
        if (status == ND_OK) {
            end(stream, tally);
        } else if (status == ND_ERR_LIMIT) {
            nd_count_too_large(tally, batch, stream->reading, content->is_short_of_memory);
            if (is_one_record(innermost(stream)))
                leave(stream);
        } else {
            block->ends.len = 0;
            status = failed(stream, tally, status, error);
            if (status != ND_OK)
                return status;
        }
    }
    return ND_OK;
}

void nd_stream_close(nd_stream *stream, size_t keep_bytes)
{
    for (size_t i = ND_STREAM_LEVELS; i-- > 0;) {
        nd_archive_free(stream->levels[i].archive);
        stream->levels[i].archive = NULL;
        nd_content_close(&stream->levels[i].content, keep_bytes);
    }
    stream->depth = 0;
}

void nd_stream_release(nd_stream *stream)
{
    nd_stream_close(stream, 0);
    ND_VEC_RELEASE(allocator_of(stream), &stream->path);
    for (size_t i = 0; i < ND_STREAM_LEVELS; i++)
        nd_content_release(&stream->levels[i].content);
}

/* --- paths in messages, and where in the input a document stands --- */

nd_shown_path nd_show_path(const char *path)
{
    static const char cut[] = "...";
    const size_t most = ND_SHOWN_PATH_BYTES - sizeof cut, len = strlen(path);
    nd_shown_path shown;
    const char *from = path;
    if (len > most) {
        from += len - most;
        while (((unsigned char)*from & 0xC0) == 0x80) /* not from the middle of a character */
            from++;
    }
    snprintf(shown.text, sizeof shown.text, "%s%s", len > most ? cut : "", from);
    return shown;
}

enum { KEEP_BYTES = 1 << 16 };

/* The format of the file; ND_INPUT_AUTO: it is an archive, or cannot be read now. */
static nd_input_format find_format(const nd_allocator *allocator, const nd_reading *reading,
                                   const nd_path_entry *entry)
{
    nd_documents documents;
    nd_tally tally = {0};
    nd_error error;
    nd_stream stream;
    nd_input_format format = ND_INPUT_AUTO;
    if (nd_documents_init(&documents, allocator, reading) != ND_OK)
        return ND_INPUT_AUTO;
    nd_stream_init(&stream, allocator, reading, NULL);
    if (nd_stream_open(&stream, entry, &documents, &tally, &error) == ND_OK && stream.depth > 0 &&
        !stream.levels[0].archive)
        format = stream.levels[0].format.format;
    nd_stream_close(&stream, KEEP_BYTES);
    nd_stream_release(&stream);
    nd_documents_release(&documents);
    return format;
}

nd_shown_place nd_place_of(const nd_allocator *allocator, const nd_path_walk *walk,
                           const nd_reading *reading, uint64_t tag)
{
    nd_shown_place place = {0};
    nd_byte_vec path = {0};
    nd_path_entry entry;
    bool found = false;
    const uint64_t file = tag >> ND_INPUT_TAG_RECORD_BITS;
    const uint64_t record = tag & (((uint64_t)1 << ND_INPUT_TAG_RECORD_BITS) - 1);
    if (tag == UINT64_MAX || nd_path_walk_find(walk, file, &path, &entry, &found) != ND_OK ||
        !found) {
        ND_VEC_RELEASE(allocator, &path);
        return place;
    }
    const nd_shown_path shown = nd_show_path(entry.path);
    const nd_input_format format =
        entry.kind == ND_PATH_FILE ? find_format(allocator, reading, &entry) : ND_INPUT_AUTO;
    if (format == ND_INPUT_TEXT || format == ND_INPUT_HTML)
        snprintf(place.text, sizeof place.text, "'%s'", shown.text);
    else if (format == ND_INPUT_JSONL || format == ND_INPUT_LINES)
        snprintf(place.text, sizeof place.text, "'%s':%" PRIu64, shown.text, record + 1);
    else
        snprintf(place.text, sizeof place.text, "'%s', record %" PRIu64, shown.text, record + 1);
    ND_VEC_RELEASE(allocator, &path);
    return place;
}
