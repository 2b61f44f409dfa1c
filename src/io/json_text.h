/* JSON written by hand: strings and ratios appended to a growing buffer. */
#ifndef IO_JSON_TEXT_H
#define IO_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "util/vec.h"

typedef ND_VEC(char) nd_byte_vec;

ND_NODISCARD nd_status nd_bytes_append(const nd_allocator *allocator, nd_byte_vec *out,
                                       const void *bytes, size_t len_bytes);

/* printf-style. */
ND_NODISCARD nd_status nd_bytes_printf(const nd_allocator *allocator, nd_byte_vec *out,
                                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A quoted JSON string; bytes that are not UTF-8 become U+FFFD, control characters are escaped. */
ND_NODISCARD nd_status nd_json_append_string(const nd_allocator *allocator, nd_byte_vec *out,
                                             const char *p, size_t len_bytes);

#endif
