/* One line of JSON: checked whole, and a few fields of its object found. */
#ifndef IO_JSON_LINE_H
#define IO_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nd_json_type {
    ND_JSON_ABSENT = 0,
    ND_JSON_STRING,
    ND_JSON_NUMBER,
    ND_JSON_NULL,
    ND_JSON_OTHER, /* true, false, an array or an object */
} nd_json_type;

/* A field looked for, and what stands there. p points into the line: the inside of a string with
 * its escapes (see json_string.h), the digits of a number as written. */
typedef struct nd_json_field {
    const char *name;
    size_t name_len_bytes;
    nd_json_type type;
    const char *p;
    size_t len_bytes;
} nd_json_field;

enum { ND_JSON_MAX_FIELDS = 3, ND_JSON_MAX_DEPTH = 1024 };

typedef struct nd_json_fields {
    nd_json_field items[ND_JSON_MAX_FIELDS];
    size_t num;
} nd_json_fields;

typedef enum nd_json_verdict {
    ND_JSON_OBJECT = 0,    /* one JSON object and nothing else */
    ND_JSON_NOT_AN_OBJECT, /* something else, malformed JSON, or nested deeper than the maximum */
    ND_JSON_NOT_UTF8,      /* not looked at further: repair it, then parse again */
    ND_JSON_TOO_LONG,      /* 4 GiB and more */
    ND_JSON_NO_MEMORY,
} nd_json_verdict;

/* Memory for parsing, reused; exclusive. Grows to 4 bytes for each byte of the longest line or
 * block, of which only as much is touched as it has tokens. */
typedef struct nd_json_parser nd_json_parser;

ND_NODISCARD nd_status nd_json_parser_new(const nd_allocator *allocator, nd_json_parser **out);

/* Parses p[0..len_bytes). The whole line is checked against RFC 8259 (numbers may have any
 * magnitude), but for the escapes in the strings found, which nd_json_unescape checks anyway; of a
 * repeated key the first counts. Only ND_JSON_OBJECT says anything of fields. */
nd_json_verdict nd_json_line_parse(nd_json_parser *parser, const char *p, size_t len_bytes,
                                   nd_json_fields *fields);

/* Looks at p[0..len_bytes), whole lines, in one go. Where it returns true, nd_json_block_line says
 * of each line what nd_json_line_parse would, in a fraction of the time for short ones; lines are
 * asked for in their order, and may be left out. False: there is something wrong with one of the
 * lines, or no memory for them all; parse each by itself. */
bool nd_json_block_begin(nd_json_parser *parser, const char *p, size_t len_bytes);

/* p[0..len_bytes) is a line of the block, without its newline. */
nd_json_verdict nd_json_block_line(nd_json_parser *parser, const char *p, size_t len_bytes,
                                   nd_json_fields *fields);

/* Gives memory of more than a few megabytes back, after a huge line. */
void nd_json_parser_trim(nd_json_parser *parser);

void nd_json_parser_free(nd_json_parser *parser);

#ifdef __cplusplus
}
#endif

#endif
