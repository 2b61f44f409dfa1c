/* Encodings other than UTF-8, converted to it by the C library's iconv. */
#ifndef IO_CHARSET_H
#define IO_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/alloc.h"

/* The encoding that a byte order mark at p[0..len_bytes) tells: "UTF-16LE" and its like; NULL:
 * there is none, or that of UTF-8. *mark_len: its bytes. Static; 4 bytes are enough. */
const char *nd_charset_of_mark(const char *p, size_t len_bytes, size_t *mark_len);

/* Exclusive. */
typedef struct nd_charset nd_charset;

/* A converter from the encoding of that name, as pages and iconv call it, in any case; what pages
 * call ISO-8859-1 is windows-1252, and so on (WHATWG Encoding Standard, section 4.2).
 * ND_ERR_UNSUPPORTED: it is not known. */
ND_NODISCARD nd_status nd_charset_new(const nd_allocator *allocator, const char *name,
                                      nd_charset **out);

/* Appends p[0..len_bytes) to *out as UTF-8. A character cut off at its end is kept for the next
 * call, unless this is the last. What the encoding does not have becomes U+FFFD, and is counted. */
ND_NODISCARD nd_status nd_charset_convert(nd_charset *charset, const char *p, size_t len_bytes,
                                          bool is_last, nd_byte_vec *out);

/* Bytes so far that became U+FFFD. */
uint64_t nd_charset_num_invalid(const nd_charset *charset);

void nd_charset_free(nd_charset *charset);

#endif
