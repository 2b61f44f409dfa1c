#include "io/byte_reader.h"

#include <string.h>

#include "io/shown_path.h"
#include "util/error.h"

void nd_byte_reader_init(nd_byte_reader *reader, const nd_allocator *allocator,
                         _Atomic uint64_t *counter)
{
    *reader = (nd_byte_reader){
        .raw = {.allocator = *allocator, .fd = -1, .counter = counter},
    };
}

static nd_status start_decompressing(nd_byte_reader *reader)
{
    reader->compression = nd_compression_find(reader->raw.chunk.items, reader->raw.chunk.len);
    if (reader->compression == ND_COMPRESSION_NONE)
        return ND_OK;
    if (reader->compression == ND_COMPRESSION_GZIP)
        return nd_gunzip_new(&reader->raw.allocator, &reader->gunzip);
    return nd_unfilter_new(reader->compression, &reader->raw, &reader->unfilter);
}

nd_status nd_byte_reader_open(nd_byte_reader *reader, int fd, const char *path, nd_error *error)
{
    nd_status status = nd_raw_open(&reader->raw, fd);
    if (status == ND_OK)
        status = start_decompressing(reader);
    if (status != ND_OK) {
        nd_byte_reader_error(reader, status, path, error);
        nd_byte_reader_close(reader);
    }
    return status;
}

nd_status nd_byte_reader_read(nd_byte_reader *reader, char *out, size_t capacity, size_t *got)
{
    if (reader->gunzip)
        return nd_gunzip_read(reader->gunzip, &reader->raw, out, capacity, got);
    if (reader->unfilter)
        return nd_unfilter_read(reader->unfilter, out, capacity, got);
    return nd_raw_read(&reader->raw, out, capacity, got);
}

nd_status nd_byte_reader_error(const nd_byte_reader *reader, nd_status status, const char *path,
                               nd_error *error)
{
    const char *const name = nd_compression_name(reader->compression);
    if (status == ND_ERR_IO)
        return nd_error_set(error, status, "cannot read '%s': %s", nd_show_path(path).text,
                            strerror(reader->raw.error_number));
    if (status != ND_ERR_FORMAT)
        return nd_error_set(error, status, "cannot read '%s': %s", nd_show_path(path).text,
                            nd_status_message(status));
    return nd_error_set(error, status, "cannot decompress '%s': truncated or corrupt %s data (%s)",
                        nd_show_path(path).text, name,
                        reader->gunzip ? nd_gunzip_detail(reader->gunzip)
                                       : nd_unfilter_detail(reader->unfilter));
}

void nd_byte_reader_close(nd_byte_reader *reader)
{
    nd_gunzip_free(reader->gunzip);
    nd_unfilter_free(reader->unfilter);
    reader->gunzip = NULL;
    reader->unfilter = NULL;
    reader->compression = ND_COMPRESSION_NONE;
    nd_raw_close(&reader->raw);
}

void nd_byte_reader_release(nd_byte_reader *reader)
{
    nd_byte_reader_close(reader);
    nd_raw_release(&reader->raw);
}
