/* RFC 1952 (gzip) within RFC 4648, section 4 (base64, padded). */
#include "cli/report/packed.h"

#include <string.h>
#include <zlib.h>

#include "util/alloc.h"

/* Good enough, and several times faster than the best. */
enum { LEVEL = 1, GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8, OUT_BYTES = 3 << 12 };

struct nd_packer {
    const nd_allocator *allocator;
    z_stream stream;
    int is_open;
    size_t num_out; /* bytes of `out` that are not written yet: 0 to 2 from one call to the next */
    unsigned char out[OUT_BYTES];
};

static void *allocate(void *ctx, uInt num, uInt size)
{
    return nd_alloc(ctx, num, size);
}

static void release(void *ctx, void *p)
{
    nd_release(ctx, p);
}

nd_status nd_packer_new(const nd_allocator *allocator, nd_packer **out)
{
    *out = nd_alloc_zeroed(allocator, 1, sizeof **out);
    if (!*out)
        return ND_ERR_NO_MEMORY;
    (*out)->allocator = allocator;
    z_stream *const stream = &(*out)->stream;
    stream->zalloc = allocate;
    stream->zfree = release;
    stream->opaque = (void *)(uintptr_t)allocator;
    (*out)->is_open = deflateInit2(stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                                   Z_DEFAULT_STRATEGY) == Z_OK;
    return (*out)->is_open ? ND_OK : ND_ERR_NO_MEMORY;
}

void nd_packer_free(nd_packer *packer)
{
    if (!packer)
        return;
    if (packer->is_open)
        (void)deflateEnd(&packer->stream);
    nd_release(packer->allocator, packer);
}

/* Writes three bytes as four letters; at the end what is left of three too. */
static void put_base64(nd_page *page, const unsigned char *p, size_t num)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[4096];
    size_t len = 0;
    for (size_t i = 0; i < num; i += 3) {
        const size_t have = num - i < 3 ? num - i : 3;
        const unsigned bits = (unsigned)p[i] << 16 | (have > 1 ? (unsigned)p[i + 1] << 8 : 0u) |
                              (have > 2 ? p[i + 2] : 0u);
        text[len++] = letters[bits >> 18];
        text[len++] = letters[bits >> 12 & 63];
        text[len++] = letters[bits >> 6 & 63];
        text[len++] = letters[bits & 63];
        if (have < 3)
            memset(text + len - (3 - have), '=', 3 - have);
        if (len == sizeof text) {
            nd_page_append(page, text, len);
            len = 0;
        }
    }
    nd_page_append(page, text, len);
}

/* Compresses what the stream was given. */
static void run(nd_packer *packer, nd_page *page, int flush)
{
    z_stream *const stream = &packer->stream;
    do {
        stream->next_out = packer->out + packer->num_out;
        stream->avail_out = (uInt)(OUT_BYTES - packer->num_out);
        (void)deflate(stream, flush); /* cannot fail: there is room, and the state is sound */
        const size_t num = OUT_BYTES - stream->avail_out;
        const size_t left = flush == Z_FINISH && stream->avail_out > 0 ? 0 : num % 3;
        put_base64(page, packer->out, num - left);
        memmove(packer->out, packer->out + num - left, left);
        packer->num_out = left;
    } while (stream->avail_out == 0);
}

void nd_packer_begin(nd_packer *packer, nd_page *page, const char *id)
{
    nd_page_printf(page, "<script type=\"text/plain\" id=\"%s\">", id);
    (void)deflateReset(&packer->stream);
    packer->num_out = 0;
}

void nd_packer_add(nd_packer *packer, nd_page *page, nd_page *from)
{
    const size_t most = (size_t)1 << 30; /* zlib counts in 32 bits */
    for (size_t at = 0; at < from->bytes.len;) {
        const size_t len = from->bytes.len - at < most ? from->bytes.len - at : most;
        packer->stream.next_in = (unsigned char *)from->bytes.items + at;
        packer->stream.avail_in = (uInt)len;
        run(packer, page, Z_NO_FLUSH);
        at += len;
    }
    if (page->status == ND_OK)
        page->status = from->status;
    nd_page_clear(from);
}

void nd_packer_end(nd_packer *packer, nd_page *page)
{
    packer->stream.avail_in = 0;
    run(packer, page, Z_FINISH);
    nd_page_put(page, "</script>\n");
}
