#include "store/spool.h"

#include <string.h>

void nd_spool_init(nd_spool *spool, nd_temp_file *file, size_t block_bytes,
                   const nd_allocator *allocator)
{
    *spool = (nd_spool){.file = file, .allocator = allocator, .block_bytes = block_bytes};
}

static nd_status have_buffer(nd_spool *s)
{
    if (!s->buffer)
        s->buffer = nd_alloc(s->allocator, s->block_bytes, 1);
    return s->buffer ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status write_block(nd_spool *s)
{
    uint64_t at;
    nd_status status = ND_VEC_RESERVE(s->allocator, &s->blocks, 1);
    if (status == ND_OK)
        status = nd_temp_file_append(s->file, s->buffer, s->len, &at, NULL);
    if (status != ND_OK)
        return status;
    s->blocks.items[s->blocks.len++] = at;
    s->last_block_len = s->len;
    s->len = 0;
    return ND_OK;
}

nd_status nd_spool_put(nd_spool *spool, const void *bytes, size_t len)
{
    const char *p = bytes;
    nd_status status = have_buffer(spool);
    while (len > 0 && status == ND_OK) {
        const size_t room = spool->block_bytes - spool->len;
        const size_t some = len < room ? len : room;
        memcpy(spool->buffer + spool->len, p, some);
        spool->len += some;
        p += some;
        len -= some;
        if (spool->len == spool->block_bytes)
            status = write_block(spool);
    }
    return status;
}

void nd_spool_rewind(nd_spool *spool)
{
    nd_release(spool->allocator, spool->buffer);
    spool->buffer = NULL;
    spool->at = spool->len = spool->next = 0;
}

nd_status nd_spool_end(nd_spool *spool)
{
    const nd_status status = spool->len > 0 ? write_block(spool) : ND_OK;
    nd_spool_rewind(spool);
    return status;
}

/* Brings the next block into the buffer. */
static nd_status read_block(nd_spool *s)
{
    if (s->next == s->blocks.len)
        return ND_ERR_FORMAT;
    const nd_status status = have_buffer(s);
    if (status != ND_OK)
        return status;
    const bool is_last = s->next + 1 == s->blocks.len;
    s->at = 0;
    s->len = is_last ? s->last_block_len : s->block_bytes;
    return nd_temp_file_read(s->file, s->blocks.items[s->next++], s->buffer, s->len, NULL);
}

nd_status nd_spool_get(nd_spool *spool, void *bytes, size_t len)
{
    char *p = bytes;
    nd_status status = ND_OK;
    while (len > 0 && status == ND_OK) {
        if (spool->at == spool->len)
            status = read_block(spool);
        if (status != ND_OK)
            return status;
        const size_t left = spool->len - spool->at, some = len < left ? len : left;
        memcpy(p, spool->buffer + spool->at, some);
        spool->at += some;
        p += some;
        len -= some;
    }
    return status;
}

void nd_spool_release(nd_spool *spool)
{
    nd_release(spool->allocator, spool->buffer);
    ND_VEC_RELEASE(spool->allocator, &spool->blocks);
    spool->buffer = NULL;
}
