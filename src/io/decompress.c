/* gzip through zlib and not libarchive, which leaves a member's checksum unread: of single bits
 * turned over in a file it let 46 % pass. The others through libarchive's filters. */
#include "io/byte_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <zlib.h>

/* What compressed data of any kind may suffer from. */
#define REST_FOLLOWS "something else follows the data"
#define ENDS_EARLY "it ends too early"

struct nd_decompressor {
    nd_allocator allocator;
    nd_compression compression;
    nd_raw_bytes *raw;
    const char *detail; /* of ND_ERR_FORMAT; NULL: libarchive's */

    z_stream stream; /* gzip */
    bool is_in_member;

    struct archive *archive; /* the others */
    uint64_t num_given;      /* bytes that it has had */
    bool is_open, is_ended;
    const char *block; /* decompressed, libarchive's; [at, len) is not yet handed out */
    size_t len, at;
};

static nd_status fail(nd_decompressor *d, const char *detail)
{
    d->detail = detail;
    return ND_ERR_FORMAT;
}

/* ---- which one ---- */

static bool begins_with(const char *p, size_t len, const char *magic, size_t magic_len)
{
    return len >= magic_len && memcmp(p, magic, magic_len) == 0;
}

#define BEGINS_WITH(p, len, magic) begins_with((p), (len), (magic), sizeof(magic) - 1)

/* "BZh", a digit, and the number that begins a block or the end. */
static bool is_bzip2(const char *p, size_t len)
{
    return len >= 10 && BEGINS_WITH(p, len, "BZh") && p[3] >= '1' && p[3] <= '9' &&
           (memcmp(p + 4, "1AY&SY", 6) == 0 || memcmp(p + 4, "\x17rE8P\x90", 6) == 0);
}

/* A frame, also after skippable ones (RFC 8878, section 3.1.2) such as pzstd writes. */
static bool is_zstd(const char *p, size_t len)
{
    while (len >= 8 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0) {
        const uint8_t *const b = (const uint8_t *)p + 4;
        const size_t skip =
            8 + ((size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24);
        if (skip > len)
            return false;
        p += skip;
        len -= skip;
    }
    return BEGINS_WITH(p, len, "\x28\xb5\x2f\xfd");
}

nd_compression nd_compression_find(const char *p, size_t len_bytes)
{
    if (BEGINS_WITH(p, len_bytes, "\x1f\x8b\x08"))
        return ND_COMPRESSION_GZIP;
    if (is_zstd(p, len_bytes))
        return ND_COMPRESSION_ZSTD;
    if (BEGINS_WITH(p, len_bytes,
                    "\xfd"
                    "7zXZ\0"))
        return ND_COMPRESSION_XZ;
    if (is_bzip2(p, len_bytes))
        return ND_COMPRESSION_BZIP2;
    if (BEGINS_WITH(p, len_bytes, "\x04\x22\x4d\x18") ||
        BEGINS_WITH(p, len_bytes, "\x02\x21\x4c\x18"))
        return ND_COMPRESSION_LZ4;
    return ND_COMPRESSION_NONE;
}

const char *nd_compression_name(nd_compression compression)
{
    static const char *const names[] = {
        [ND_COMPRESSION_NONE] = "no",     [ND_COMPRESSION_GZIP] = "gzip",
        [ND_COMPRESSION_ZSTD] = "zstd",   [ND_COMPRESSION_XZ] = "xz",
        [ND_COMPRESSION_BZIP2] = "bzip2", [ND_COMPRESSION_LZ4] = "lz4",
    };
    return names[compression];
}

/* ---- gzip (RFC 1952) ---- */

enum { GZIP_ONLY = 16 }; /* added to the window size: a gzip header is wanted */

static voidpf allocate(voidpf ctx, uInt items, uInt size_bytes)
{
    const nd_decompressor *const d = ctx;
    return nd_alloc(&d->allocator, items, size_bytes);
}

static void release(voidpf ctx, voidpf block)
{
    const nd_decompressor *const d = ctx;
    nd_release(&d->allocator, block);
}

static nd_status init_gzip(nd_decompressor *d)
{
    d->stream.zalloc = allocate;
    d->stream.zfree = release;
    d->stream.opaque = d;
    d->is_in_member = true;
    return inflateInit2(&d->stream, MAX_WBITS + GZIP_ONLY) == Z_OK ? ND_OK : ND_ERR_NO_MEMORY;
}

/* After a member: another one, or zeros that fill a block, or the end. */
static nd_status begin_member(nd_decompressor *d)
{
    nd_raw_bytes *const raw = d->raw;
    while (raw->at < raw->chunk.len && raw->chunk.items[raw->at] == 0)
        raw->at++;
    if (raw->at == raw->chunk.len)
        return ND_OK;
    if (raw->chunk.items[raw->at] != 0x1f)
        return fail(d, REST_FOLLOWS);
    d->is_in_member = true;
    return inflateReset(&d->stream) == Z_OK ? ND_OK : fail(d, "not gzip data");
}

/* Decompresses from the chunk. */
static nd_status inflate_chunk(nd_decompressor *d, char *out, size_t capacity, size_t *got)
{
    z_stream *const stream = &d->stream;
    nd_raw_bytes *const raw = d->raw;
    const size_t room = capacity < UINT_MAX ? capacity : UINT_MAX;
    stream->next_in = (Bytef *)raw->chunk.items + raw->at;
    stream->avail_in = (uInt)(raw->chunk.len - raw->at);
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)room;
    const int result = inflate(stream, Z_NO_FLUSH);
    raw->at = raw->chunk.len - stream->avail_in;
    *got = room - stream->avail_out;
    if (result == Z_MEM_ERROR)
        return ND_ERR_NO_MEMORY;
    if (result == Z_STREAM_END)
        d->is_in_member = false;
    /* What came before the error is handed over first; the next call meets it again. */
    if (result == Z_STREAM_END || result == Z_OK || result == Z_BUF_ERROR || *got)
        return ND_OK;
    return fail(d, stream->msg ? stream->msg : "not gzip data");
}

static nd_status read_gzip(nd_decompressor *d, char *out, size_t capacity, size_t *got)
{
    nd_raw_bytes *const raw = d->raw;
    nd_status status = ND_OK;
    while (status == ND_OK && capacity && !*got) {
        if (raw->at == raw->chunk.len) {
            status = nd_raw_more(raw);
            if (status != ND_OK)
                return status;
            if (raw->is_ended)
                return d->is_in_member ? fail(d, ENDS_EARLY) : ND_OK;
        }
        if (!d->is_in_member)
            status = begin_member(d);
        if (status == ND_OK && d->is_in_member)
            status = inflate_chunk(d, out, capacity, got);
    }
    return status;
}

/* ---- the others ---- */

static la_ssize_t give_chunk(struct archive *archive, void *ctx, const void **bytes)
{
    nd_decompressor *const d = ctx;
    nd_raw_bytes *const raw = d->raw;
    if (raw->at == raw->chunk.len && nd_raw_more(raw) != ND_OK) {
        archive_set_error(archive, raw->error_number, "cannot read");
        return -1;
    }
    *bytes = raw->chunk.items + raw->at;
    const size_t len = raw->chunk.len - raw->at;
    raw->at = raw->chunk.len;
    d->num_given += len;
    return (la_ssize_t)len;
}

static int support_filter(struct archive *archive, nd_compression compression)
{
    switch (compression) {
    case ND_COMPRESSION_ZSTD:
        return archive_read_support_filter_zstd(archive);
    case ND_COMPRESSION_XZ:
        return archive_read_support_filter_xz(archive);
    case ND_COMPRESSION_BZIP2:
        return archive_read_support_filter_bzip2(archive);
    case ND_COMPRESSION_LZ4:
        return archive_read_support_filter_lz4(archive);
    case ND_COMPRESSION_NONE:
    case ND_COMPRESSION_GZIP:
        break;
    }
    return ARCHIVE_FATAL;
}

/* libarchive undoes a compression only on the way to an archive's entries; its "raw" format makes
 * one entry of all that comes out, and "empty" stands for nothing at all. */
static nd_status init_filter(nd_decompressor *d)
{
    d->archive = archive_read_new();
    if (!d->archive)
        return ND_ERR_NO_MEMORY;
    if (support_filter(d->archive, d->compression) != ARCHIVE_OK)
        return ND_ERR_UNSUPPORTED;
    return archive_read_support_format_raw(d->archive) == ARCHIVE_OK &&
                   archive_read_support_format_empty(d->archive) == ARCHIVE_OK
               ? ND_OK
               : ND_ERR_NO_MEMORY;
}

/* What a failed call of libarchive means. */
static nd_status status_of(const nd_decompressor *d)
{
    if (nd_raw_has_failed(d->raw))
        return ND_ERR_IO;
    return archive_errno(d->archive) == ENOMEM ? ND_ERR_NO_MEMORY : ND_ERR_FORMAT;
}

/* At the end: what libarchive left of the bytes it was given is no data. Its bzip2 and lz4 filters
 * say nothing of it. */
static nd_status check_end(nd_decompressor *d)
{
    const int64_t used = archive_filter_bytes(d->archive, -1);
    return used >= 0 && (uint64_t)used < d->num_given ? fail(d, REST_FOLLOWS) : ND_OK;
}

/* Finds the one entry, at the first read. */
static nd_status find_entry(nd_decompressor *d)
{
    if (archive_read_open(d->archive, d, NULL, give_chunk, NULL) != ARCHIVE_OK)
        return status_of(d);
    struct archive_entry *entry;
    const int result = archive_read_next_header(d->archive, &entry);
    d->is_ended = result == ARCHIVE_EOF;
    if (d->is_ended)
        return check_end(d);
    return result == ARCHIVE_OK ? ND_OK : status_of(d);
}

/* Decompresses the next block. Not by archive_read_data: what that had read when it met an error is
 * lost, so how much came out would depend on how much was asked for. */
static nd_status next_block(nd_decompressor *d)
{
    const void *block;
    la_int64_t offset;
    d->len = d->at = 0;
    const int result = archive_read_data_block(d->archive, &block, &d->len, &offset);
    d->block = block;
    d->is_ended = result == ARCHIVE_EOF;
    if (result == ARCHIVE_OK)
        return ND_OK;
    d->len = 0;
    return d->is_ended ? check_end(d) : status_of(d);
}

static nd_status read_filter(nd_decompressor *d, char *out, size_t capacity, size_t *got)
{
    nd_status status = ND_OK;
    if (!d->is_open) {
        d->is_open = true;
        status = find_entry(d);
    }
    while (status == ND_OK && d->at == d->len && !d->is_ended)
        status = next_block(d);
    if (status != ND_OK || d->at == d->len)
        return status;
    const size_t ready = d->len - d->at;
    *got = ready < capacity ? ready : capacity;
    memcpy(out, d->block + d->at, *got);
    d->at += *got;
    return ND_OK;
}

/* ---- both ---- */

nd_status nd_decompressor_new(nd_compression compression, nd_raw_bytes *raw, nd_decompressor **out)
{
    *out = NULL;
    nd_decompressor *const d = nd_alloc_zeroed(&raw->allocator, 1, sizeof *d);
    if (!d)
        return ND_ERR_NO_MEMORY;
    d->allocator = raw->allocator;
    d->compression = compression;
    d->raw = raw;
    const nd_status status = compression == ND_COMPRESSION_GZIP ? init_gzip(d) : init_filter(d);
    if (status == ND_OK)
        *out = d;
    else
        nd_decompressor_free(d);
    return status;
}

nd_status nd_decompressor_read(nd_decompressor *decompressor, char *out, size_t capacity,
                               size_t *got)
{
    *got = 0;
    return decompressor->compression == ND_COMPRESSION_GZIP
               ? read_gzip(decompressor, out, capacity, got)
               : read_filter(decompressor, out, capacity, got);
}

const char *nd_decompressor_detail(const nd_decompressor *decompressor)
{
    if (decompressor->detail)
        return decompressor->detail;
    const char *const detail =
        decompressor->archive ? archive_error_string(decompressor->archive) : NULL;
    if (!detail)
        return "no reason given";
    /* liblzma's words for data that end in the middle, and those of the others. */
    const bool is_cut = strstr(detail, "No progress is possible") || strstr(detail, "runcated");
    return is_cut ? ENDS_EARLY : detail;
}

void nd_decompressor_free(nd_decompressor *decompressor)
{
    if (!decompressor)
        return;
    if (decompressor->compression == ND_COMPRESSION_GZIP)
        inflateEnd(&decompressor->stream);
    archive_read_free(decompressor->archive);
    const nd_allocator allocator = decompressor->allocator;
    nd_release(&allocator, decompressor);
}
