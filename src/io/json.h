/* JSON (RFC 8259): objects, checked whole and a few fields found; and strings, read and written. */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/fields.h"
#include "neardup/allocator.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* --- objects --- */

enum {
    ND_JSON_MAX_DEPTH = 1024,
    ND_JSON_PADDING = 64, /* bytes that can be read behind a record, whatever they are */
};

typedef enum nd_json_verdict {
    ND_JSON_OBJECT = 0,    /* one JSON object and nothing else */
    ND_JSON_NOT_AN_OBJECT, /* another value, or malformed */
    ND_JSON_TOO_DEEP,      /* nested deeper than ND_JSON_MAX_DEPTH */
    ND_JSON_NOT_UTF8,      /* not looked at further: repair it, then read again */
    ND_JSON_TOO_LONG,      /* 4 GiB and more */
    ND_JSON_NO_MEMORY,
} nd_json_verdict;

/* Why something is ND_JSON_NOT_AN_OBJECT. */
typedef struct nd_json_fault {
    const char *what; /* static: "unexpected text", "an array"; never NULL */
    size_t at_byte;   /* where, from 1; 0: of the whole */
} nd_json_fault;

/* Memory for parsing, reused; exclusive. Grows to 6 bytes for each byte of the longest record, of
 * which only 4 for each token are touched. */
typedef struct nd_json_parser nd_json_parser;

ND_NODISCARD nd_status nd_json_parser_new(const nd_allocator *allocator, nd_json_parser **out);

/* Reads p[0..len_bytes), behind which ND_JSON_PADDING bytes can be read. All of it is checked
 * against RFC 8259, but for three things: numbers may have any magnitude; NaN, Infinity and
 * -Infinity are values, because Python writes them; escapes in the strings found are left to
 * nd_json_unescape, which checks them anyway. Of a repeated key the first counts. Sets values[0..
 * fields->num), which only ND_JSON_OBJECT makes meaningful, and *fault with
 * ND_JSON_NOT_AN_OBJECT. */
nd_json_verdict nd_json_object_read(nd_json_parser *parser, const char *p, size_t len_bytes,
                                    const nd_fields *fields, nd_field_value *values,
                                    nd_json_fault *fault);

/* Looks at p[0..len_bytes), whole lines, in one go, which takes a fraction of the time for short
 * ones. False: read each by itself. */
bool nd_json_block_begin(nd_json_parser *parser, const char *p, size_t len_bytes);

/* p[0..len_bytes) is the next line of the block that is not blank, with or without the white space
 * at its ends. True: it is one object, and the values are set as nd_json_object_read does. False:
 * it has to be read by itself, and so have all that follow. */
bool nd_json_block_read(nd_json_parser *parser, const char *p, size_t len_bytes,
                        const nd_fields *fields, nd_field_value *values);

/* Whether all of p[0..len_bytes) is UTF-8. */
bool nd_utf8_is_valid(const char *p, size_t len_bytes);

/* Gives memory of more than a few megabytes back, after a huge record. */
void nd_json_parser_trim(nd_json_parser *parser);

void nd_json_parser_free(nd_json_parser *parser);

/* --- strings; what is read is what stands between the quotes --- */

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
