/* A growing buffer of bytes. */
#ifndef IO_BYTES_H
#define IO_BYTES_H

#include <stddef.h>

#include "util/vec.h"

typedef ND_VEC(char) nd_byte_vec;

ND_NODISCARD nd_status nd_bytes_append(const nd_allocator *allocator, nd_byte_vec *out,
                                       const void *bytes, size_t len_bytes);

/* printf-style; no terminating NUL is kept. */
ND_NODISCARD nd_status nd_bytes_printf(const nd_allocator *allocator, nd_byte_vec *out,
                                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Empties *bytes, and gives its memory back if it is more than keep_bytes. */
void nd_bytes_trim(const nd_allocator *allocator, nd_byte_vec *bytes, size_t keep_bytes);

#endif
