#include "io/raw_bytes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 1 << 16,
    FIRST_BYTES = 512, /* what is needed to tell kinds of content apart: a tar header */
};

/* One read, taken up again after a signal. Larger ones than 1 GiB are cut: Linux would, too. */
static nd_status read_some(nd_raw_bytes *raw, char *out, size_t capacity, size_t *got)
{
    const size_t most = (size_t)1 << 30;
    ssize_t n;
    *got = 0;
    do
        n = read(raw->fd, out, capacity < most ? capacity : most);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        raw->error_number = errno;
        return ND_ERR_IO;
    }
    if (raw->counter)
        atomic_fetch_add_explicit(raw->counter, (uint64_t)n, memory_order_relaxed);
    raw->is_ended = n == 0;
    *got = (size_t)n;
    return ND_OK;
}

nd_status nd_raw_open(nd_raw_bytes *raw, int fd)
{
    raw->fd = fd;
    raw->chunk.len = raw->at = 0;
    raw->is_ended = false;
    raw->error_number = 0;
    nd_status status = ND_VEC_RESERVE(&raw->allocator, &raw->chunk, CHUNK_BYTES);
    while (status == ND_OK && !raw->is_ended && raw->chunk.len < FIRST_BYTES) {
        size_t got;
        status =
            read_some(raw, raw->chunk.items + raw->chunk.len, CHUNK_BYTES - raw->chunk.len, &got);
        raw->chunk.len += got;
    }
    if (status != ND_OK)
        nd_raw_close(raw);
    return status;
}

nd_status nd_raw_more(nd_raw_bytes *raw)
{
    raw->chunk.len = raw->at = 0;
    if (raw->is_ended)
        return ND_OK;
    return read_some(raw, raw->chunk.items, CHUNK_BYTES, &raw->chunk.len);
}

nd_status nd_raw_read(nd_raw_bytes *raw, char *out, size_t capacity, size_t *got)
{
    *got = 0;
    if (raw->at == raw->chunk.len && !raw->is_ended) {
        if (capacity >= CHUNK_BYTES) /* straight to where it is wanted */
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

void nd_raw_close(nd_raw_bytes *raw)
{
    if (raw->fd >= 0)
        close(raw->fd);
    raw->fd = -1;
}

void nd_raw_release(nd_raw_bytes *raw)
{
    nd_raw_close(raw);
    ND_VEC_RELEASE(&raw->allocator, &raw->chunk);
}
