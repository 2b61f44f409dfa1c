/* One JSON object: checked whole, and a few fields found. */
#ifndef IO_JSON_OBJECT_H
#define IO_JSON_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "io/fields.h"
#include "neardup/allocator.h"
#include "neardup/status.h"

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif

#endif
