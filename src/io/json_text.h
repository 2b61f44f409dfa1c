/* JSON written by hand: strings and ratios appended to a growing buffer. */
#ifndef IO_JSON_TEXT_H
#define IO_JSON_TEXT_H

#include <stddef.h>

#include "io/bytes.h"

/* A quoted JSON string. Quote, backslash and control characters are escaped (the short forms where
 * JSON has them); each maximal invalid part of UTF-8 becomes U+FFFD. On failure *out is as it was.
 */
ND_NODISCARD nd_status nd_json_append_string(const nd_allocator *allocator, nd_byte_vec *out,
                                             const char *p, size_t len_bytes);

#endif
