#include "io/byte_reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/place.h"
#include "util/error.h"

enum {
    CHUNK_BYTES = 1 << 16,
    FIRST_BYTES = 512, /* what is needed to tell kinds of content apart: a tar header */
};

/* ---- bytes as they are stored ---- */

/* Tells whether a regular file at its end is as long as it was. */
static void check_size(nd_raw_bytes *raw)
{
    char byte;
    raw->has_changed = raw->num_read < raw->size || read(raw->fd, &byte, 1) == 1;
}

/* One read of the file, taken up again after a signal. Larger ones than 1 GiB are cut: Linux would,
 * too. */
static nd_status read_file(nd_raw_bytes *raw, char *out, size_t capacity, size_t *got)
{
    const uint64_t left = raw->size - raw->num_read;
    size_t most = capacity < ((size_t)1 << 30) ? capacity : (size_t)1 << 30;
    most = most < left ? most : (size_t)left;
    ssize_t n; /* nothing is asked for at the end of a file whose size is known */
    do
        n = most > 0 ? read(raw->fd, out, most) : 0;
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        raw->error_number = errno;
        return ND_ERR_IO;
    }
    if (raw->counter)
        atomic_fetch_add_explicit(raw->counter, (uint64_t)n, memory_order_relaxed);
    *got = (size_t)n;
    if (n == 0 && raw->size != UINT64_MAX)
        check_size(raw);
    return ND_OK;
}

static nd_status read_some(nd_raw_bytes *raw, char *out, size_t capacity, size_t *got)
{
    *got = 0;
    const nd_status status = raw->source.read
                                 ? raw->source.read(raw->source.ctx, out, capacity, got)
                                 : read_file(raw, out, capacity, got);
    raw->has_failed = status != ND_OK;
    if (status != ND_OK)
        return status == ND_ERR_NO_MEMORY ? status : ND_ERR_IO;
    raw->num_read += *got;
    raw->is_ended = *got == 0;
    return ND_OK;
}

nd_status nd_raw_more(nd_raw_bytes *raw)
{
    raw->chunk.len = raw->at = 0;
    if (raw->is_ended)
        return ND_OK;
    return read_some(raw, raw->chunk.items, CHUNK_BYTES, &raw->chunk.len);
}

bool nd_raw_has_failed(const nd_raw_bytes *raw)
{
    return raw->has_failed;
}

static bool is_waiting(const nd_raw_bytes *raw)
{
    struct pollfd file = {.fd = raw->fd, .events = POLLIN};
    return raw->is_live && raw->fd >= 0 && !raw->is_ended && poll(&file, 1, 0) == 0;
}

/* Reads the first chunk: half a kilobyte at least, unless there is less. */
static nd_status begin_raw(nd_raw_bytes *raw)
{
    raw->chunk.len = raw->at = 0;
    raw->is_ended = raw->has_failed = raw->has_changed = false;
    raw->error_number = 0;
    raw->num_read = 0;
    nd_status status = ND_VEC_RESERVE(&raw->allocator, &raw->chunk, CHUNK_BYTES);
    while (status == ND_OK && !raw->is_ended && raw->chunk.len < FIRST_BYTES) {
        size_t got;
        status =
            read_some(raw, raw->chunk.items + raw->chunk.len, CHUNK_BYTES - raw->chunk.len, &got);
        raw->chunk.len += got;
        if (is_waiting(raw))
            break;
    }
    return status;
}

/* Reads from the chunk, then from the file, straight to where it is wanted if that is much. */
static nd_status read_raw(nd_raw_bytes *raw, char *out, size_t capacity, size_t *got)
{
    *got = 0;
    if (raw->at == raw->chunk.len && !raw->is_ended) {
        if (capacity >= CHUNK_BYTES)
            return read_some(raw, out, capacity, got);
        const nd_status status = nd_raw_more(raw);
        if (status != ND_OK)
            return status;
    }
    const size_t ready = raw->chunk.len - raw->at;
    *got = ready < capacity ? ready : capacity;
    memcpy(out, raw->chunk.items + raw->at, *got);
    raw->at += *got;
    return ND_OK;
}

/* ---- decompressed ---- */

static nd_status read_decompressed(nd_byte_reader *reader, char *out, size_t capacity, size_t *got)
{
    if (!reader->decompressor)
        return read_raw(&reader->raw, out, capacity, got);
    const nd_status status = nd_decompressor_read(reader->decompressor, out, capacity, got);
    reader->num_given += *got;
    reader->is_swollen = reader->num_given > ND_EXPANSION_FREE_BYTES &&
                         reader->num_given / ND_MOST_EXPANSION > reader->raw.num_read;
    return status == ND_OK && reader->is_swollen ? ND_ERR_FORMAT : status;
}

static nd_status start_decompressing(nd_byte_reader *reader)
{
    reader->compression = nd_compression_find(reader->raw.chunk.items, reader->raw.chunk.len);
    if (reader->compression == ND_COMPRESSION_NONE)
        return ND_OK;
    return nd_decompressor_new(reader->compression, &reader->raw, &reader->decompressor);
}

/* ---- converted ---- */

/* Takes the first bytes out of what is compressed; of plain data they are in the chunk. */
static nd_status look_at_mark(nd_byte_reader *reader, const char **p, size_t *len)
{
    nd_raw_bytes *const raw = &reader->raw;
    nd_status status = ND_OK;
    *p = raw->chunk.items + raw->at;
    *len = raw->chunk.len - raw->at;
    if (!reader->decompressor)
        return ND_OK;
    size_t got = 1;
    status = ND_VEC_RESERVE(&raw->allocator, &reader->given, FIRST_BYTES);
    while (status == ND_OK && got && reader->given.len < FIRST_BYTES) {
        status = read_decompressed(reader, reader->given.items + reader->given.len,
                                   FIRST_BYTES - reader->given.len, &got);
        reader->given.len += got;
    }
    *p = reader->given.items;
    *len = reader->given.len;
    return status;
}

/* Drops the byte order mark, if one tells of UTF-16 or UTF-32, and converts what follows. */
static nd_status start_converting(nd_byte_reader *reader)
{
    const char *p;
    size_t len, mark_len;
    nd_status status = look_at_mark(reader, &p, &len);
    if (status != ND_OK)
        return status;
    const char *const name = nd_charset_of_mark(p, len, &mark_len);
    if (!name)
        return ND_OK;
    status = nd_charset_new(&reader->raw.allocator, name, &reader->charset);
    if (status != ND_OK)
        return status;
    if (!reader->decompressor) {
        reader->raw.at += mark_len;
        return ND_OK;
    }
    /* The rest of these few bytes are the first to be converted. */
    const size_t rest = len - mark_len;
    status = nd_bytes_append(&reader->raw.allocator, &reader->encoded, p + mark_len, rest);
    reader->given.len = 0;
    if (status == ND_OK)
        status =
            nd_charset_convert(reader->charset, reader->encoded.items, rest, false, &reader->given);
    return status;
}

/* Converts the next piece to `given`. */
static nd_status convert_more(nd_byte_reader *reader)
{
    nd_byte_vec *const encoded = &reader->encoded;
    size_t got = 0;
    nd_status status = ND_VEC_RESERVE(&reader->raw.allocator, encoded, CHUNK_BYTES);
    if (status == ND_OK)
        status = read_decompressed(reader, encoded->items, CHUNK_BYTES, &got);
    if (status != ND_OK)
        return status;
    reader->given.len = reader->given_at = 0;
    reader->is_converted = got == 0;
    return nd_charset_convert(reader->charset, encoded->items, got, got == 0, &reader->given);
}

/* ---- the whole ---- */

void nd_byte_reader_init(nd_byte_reader *reader, const nd_allocator *allocator,
                         _Atomic uint64_t *counter)
{
    *reader = (nd_byte_reader){
        .raw = {.allocator = *allocator, .fd = -1, .counter = counter},
    };
}

static nd_status open_any(nd_byte_reader *reader, const char *path, nd_error *error)
{
    reader->given.len = reader->given_at = reader->encoded.len = 0;
    reader->is_converted = reader->is_swollen = false;
    reader->num_given = 0;
    nd_status status = begin_raw(&reader->raw);
    if (status == ND_OK)
        status = start_decompressing(reader);
    if (status == ND_OK)
        status = start_converting(reader);
    if (status != ND_OK) {
        nd_byte_reader_error(reader, status, path, error);
        nd_byte_reader_close(reader);
    }
    return status;
}

nd_status nd_byte_reader_open(nd_byte_reader *reader, int fd, const char *path, nd_error *error)
{
    struct stat info;
    const bool has_size = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
    const off_t at = has_size ? lseek(fd, 0, SEEK_CUR) : 0; /* standard input may be further on */
    reader->raw.fd = fd;
    reader->raw.source = (nd_byte_source){0};
    reader->raw.size =
        has_size && at >= 0 && at <= info.st_size ? (uint64_t)(info.st_size - at) : UINT64_MAX;
    return open_any(reader, path, error);
}

nd_status nd_byte_reader_open_source(nd_byte_reader *reader, nd_byte_source source,
                                     const char *path, nd_error *error)
{
    reader->raw.fd = -1;
    reader->raw.source = source;
    reader->raw.size = UINT64_MAX;
    return open_any(reader, path, error);
}

bool nd_byte_reader_is_waiting(const nd_byte_reader *reader)
{
    return !reader->decompressor && !reader->charset && reader->given_at == reader->given.len &&
           reader->raw.at == reader->raw.chunk.len && is_waiting(&reader->raw);
}

nd_status nd_byte_reader_read(nd_byte_reader *reader, char *out, size_t capacity, size_t *got)
{
    *got = 0;
    while (reader->charset && !reader->is_converted && reader->given_at == reader->given.len) {
        const nd_status status = convert_more(reader);
        if (status != ND_OK)
            return status;
    }
    const size_t ready = reader->given.len - reader->given_at;
    if (!reader->charset && !ready)
        return read_decompressed(reader, out, capacity, got);
    *got = ready < capacity ? ready : capacity;
    if (*got)
        memcpy(out, reader->given.items + reader->given_at, *got);
    reader->given_at += *got;
    return ND_OK;
}

bool nd_byte_reader_can_seek(const nd_byte_reader *reader)
{
    return reader->raw.fd >= 0 && reader->raw.size != UINT64_MAX && !reader->decompressor &&
           !reader->charset;
}

bool nd_byte_reader_seek(nd_byte_reader *reader, int64_t offset, int whence, uint64_t *place)
{
    nd_raw_bytes *const raw = &reader->raw;
    const uint64_t base = whence == SEEK_SET   ? 0
                          : whence == SEEK_END ? raw->size
                                               : raw->num_read - (raw->chunk.len - raw->at);
    const off_t wanted = (off_t)base + (off_t)offset;
    if (!nd_byte_reader_can_seek(reader) || wanted < 0 || (uint64_t)wanted > raw->size ||
        lseek(raw->fd, raw->begin + wanted, SEEK_SET) < 0)
        return false;
    raw->chunk.len = raw->at = 0;
    raw->is_ended = false;
    raw->num_read = *place = (uint64_t)wanted;
    return true;
}

nd_status nd_byte_reader_error(const nd_byte_reader *reader, nd_status status, const char *path,
                               nd_error *error)
{
    const nd_raw_bytes *const raw = &reader->raw;
    const nd_shown_path shown = nd_show_path(path);
    if (status == ND_ERR_IO)
        return nd_error_set(error, status, "cannot read '%s': %s", shown.text,
                            raw->source.read ? raw->source.detail(raw->source.ctx)
                                             : strerror(raw->error_number));
    if (status != ND_ERR_FORMAT || !reader->decompressor)
        return nd_error_set(error, status, "cannot read '%s': %s", shown.text,
                            nd_status_message(status));
    if (reader->is_swollen)
        return nd_error_set(error, status,
                            "cannot decompress '%s': it expands to more than 1,000 times its size",
                            shown.text);
    return nd_error_set(error, status, "cannot decompress '%s': truncated or corrupt %s data (%s)",
                        shown.text, nd_compression_name(reader->compression),
                        nd_decompressor_detail(reader->decompressor));
}

uint64_t nd_byte_reader_num_invalid(const nd_byte_reader *reader)
{
    return reader->charset ? nd_charset_num_invalid(reader->charset) : 0;
}

void nd_byte_reader_close(nd_byte_reader *reader)
{
    nd_decompressor_free(reader->decompressor);
    nd_charset_free(reader->charset);
    reader->decompressor = NULL;
    reader->charset = NULL;
    reader->compression = ND_COMPRESSION_NONE;
    if (reader->raw.fd >= 0)
        close(reader->raw.fd);
    reader->raw.fd = -1;
}

void nd_byte_reader_release(nd_byte_reader *reader)
{
    nd_byte_reader_close(reader);
    ND_VEC_RELEASE(&reader->raw.allocator, &reader->raw.chunk);
    ND_VEC_RELEASE(&reader->raw.allocator, &reader->given);
    ND_VEC_RELEASE(&reader->raw.allocator, &reader->encoded);
}
