#include "io/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

nd_status nd_bytes_append(const nd_allocator *allocator, nd_byte_vec *out, const void *bytes,
                          size_t len_bytes)
{
    const nd_status status = ND_VEC_RESERVE(allocator, out, len_bytes);
    if (status != ND_OK)
        return status;
    if (len_bytes)
        memcpy(out->items + out->len, bytes, len_bytes);
    out->len += len_bytes;
    return ND_OK;
}

nd_status nd_bytes_printf(const nd_allocator *allocator, nd_byte_vec *out, const char *format, ...)
{
    nd_status status = ND_VEC_RESERVE(allocator, out, 64);
    for (int attempt = 0; status == ND_OK && attempt < 2; attempt++) {
        const size_t room = out->capacity - out->len;
        va_list args;
        va_start(args, format);
        const int len = vsnprintf(out->items + out->len, room, format, args);
        va_end(args);
        if (len < 0)
            return ND_ERR_INVALID_ARGUMENT;
        if ((size_t)len < room) {
            out->len += (size_t)len;
            return ND_OK;
        }
        status = ND_VEC_RESERVE(allocator, out, (size_t)len + 1);
    }
    return status;
}

void nd_bytes_trim(const nd_allocator *allocator, nd_byte_vec *bytes, size_t keep_bytes)
{
    bytes->len = 0;
    if (bytes->capacity > keep_bytes)
        ND_VEC_RELEASE(allocator, bytes);
}
