/* JSON strings, read and written (RFC 8259, section 7). What is read is what stands between the
 * quotes. */
#ifndef IO_JSON_STRING_H
#define IO_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/alloc.h"

/* White space between tokens (RFC 8259, section 2). */
static inline bool nd_json_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What may stand between values, where several are read: white space, commas, and the brackets of
 * arrays around them. */
static inline bool nd_json_is_between(char c)
{
    return nd_json_is_space(c) || c == ',' || c == '[' || c == ']';
}

/* Returned where a length is expected: an escape that JSON does not have. */
#define ND_JSON_BAD_ESCAPE SIZE_MAX

/* nd_json_unescape writes whole words, and so up to this many bytes past the result. */
#define ND_JSON_UNESCAPE_SLACK 8

/* Writes p[0..len_bytes) with its escapes undone to `out`, which has room for len_bytes +
 * ND_JSON_UNESCAPE_SLACK bytes elsewhere, and returns the length, or ND_JSON_BAD_ESCAPE. Half a
 * surrogate pair (\ud800 alone) becomes U+FFFD, and its six bytes are added to *invalid_bytes. */
size_t nd_json_unescape(const char *p, size_t len_bytes, char *out, uint64_t *invalid_bytes);

/* Whether nd_json_unescape would succeed. */
bool nd_json_escapes_are_valid(const char *p, size_t len_bytes);

/* Whether p[0..len_bytes), its escapes undone, is name[0..name_len_bytes). */
bool nd_json_string_equals(const char *p, size_t len_bytes, const char *name,
                           size_t name_len_bytes);

/* Appends p[0..len_bytes) with each maximal invalid part of UTF-8 replaced by U+FFFD, and adds the
 * bytes replaced to *invalid_bytes. ASCII bytes stay where they are, so JSON stays JSON. */
ND_NODISCARD nd_status nd_utf8_repair(const nd_allocator *allocator, nd_byte_vec *out,
                                      const char *p, size_t len_bytes, uint64_t *invalid_bytes);

/* A quoted JSON string. Quote, backslash and control characters are escaped (the short forms where
 * JSON has them); each maximal invalid part of UTF-8 becomes U+FFFD. On failure *out is as it was.
 */
ND_NODISCARD nd_status nd_json_append_string(const nd_allocator *allocator, nd_byte_vec *out,
                                             const char *p, size_t len_bytes);

#endif
