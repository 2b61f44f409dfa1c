#include "io/gunzip.h"

#include <limits.h>
#include <stdbool.h>

#include <zlib.h>

enum { GZIP_ONLY = 16 }; /* added to the window size: a gzip header is wanted */

struct nd_gunzip {
    nd_allocator allocator;
    z_stream stream;
    bool is_in_member;
    const char *detail;
};

static voidpf allocate(voidpf ctx, uInt items, uInt size_bytes)
{
    const nd_gunzip *const gunzip = ctx;
    return nd_alloc(&gunzip->allocator, items, size_bytes);
}

static void release(voidpf ctx, voidpf block)
{
    const nd_gunzip *const gunzip = ctx;
    nd_release(&gunzip->allocator, block);
}

nd_status nd_gunzip_new(const nd_allocator *allocator, nd_gunzip **out)
{
    *out = NULL;
    nd_gunzip *const gunzip = nd_alloc_zeroed(allocator, 1, sizeof *gunzip);
    if (!gunzip)
        return ND_ERR_NO_MEMORY;
    gunzip->allocator = *allocator;
    gunzip->stream.zalloc = allocate;
    gunzip->stream.zfree = release;
    gunzip->stream.opaque = gunzip;
    gunzip->is_in_member = true;
    if (inflateInit2(&gunzip->stream, MAX_WBITS + GZIP_ONLY) != Z_OK) {
        nd_release(allocator, gunzip);
        return ND_ERR_NO_MEMORY;
    }
    *out = gunzip;
    return ND_OK;
}

static nd_status fail(nd_gunzip *gunzip, const char *detail)
{
    gunzip->detail = detail;
    return ND_ERR_FORMAT;
}

/* After a member: another one, or zeros that fill a block, or the end. */
static nd_status begin_member(nd_gunzip *gunzip, nd_raw_bytes *raw)
{
    while (raw->at < raw->chunk.len && raw->chunk.items[raw->at] == 0)
        raw->at++;
    if (raw->at == raw->chunk.len)
        return ND_OK;
    if (raw->chunk.items[raw->at] != 0x1f)
        return fail(gunzip, ND_REST_FOLLOWS);
    gunzip->is_in_member = true;
    return inflateReset(&gunzip->stream) == Z_OK ? ND_OK : fail(gunzip, "not gzip data");
}

/* Decompresses from the chunk. */
static nd_status inflate_chunk(nd_gunzip *gunzip, nd_raw_bytes *raw, char *out, size_t capacity,
                               size_t *got)
{
    z_stream *const stream = &gunzip->stream;
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
        gunzip->is_in_member = false;
    /* What came before the error is handed over first; the next call meets it again. */
    if (result == Z_STREAM_END || result == Z_OK || result == Z_BUF_ERROR || *got)
        return ND_OK;
    return fail(gunzip, stream->msg ? stream->msg : "not gzip data");
}

nd_status nd_gunzip_read(nd_gunzip *gunzip, nd_raw_bytes *raw, char *out, size_t capacity,
                         size_t *got)
{
    nd_status status = ND_OK;
    *got = 0;
    while (status == ND_OK && capacity && !*got) {
        if (raw->at == raw->chunk.len) {
            status = nd_raw_more(raw);
            if (status != ND_OK)
                return status;
            if (raw->is_ended)
                return gunzip->is_in_member ? fail(gunzip, ND_ENDS_EARLY) : ND_OK;
        }
        if (!gunzip->is_in_member)
            status = begin_member(gunzip, raw);
        if (status == ND_OK && gunzip->is_in_member)
            status = inflate_chunk(gunzip, raw, out, capacity, got);
    }
    return status;
}

const char *nd_gunzip_detail(const nd_gunzip *gunzip)
{
    return gunzip->detail;
}

void nd_gunzip_free(nd_gunzip *gunzip)
{
    if (!gunzip)
        return;
    inflateEnd(&gunzip->stream);
    nd_release(&gunzip->allocator, gunzip);
}
