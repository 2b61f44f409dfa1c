/* Documents from lines of JSON. */
#ifndef IO_JSON_DOCUMENTS_H
#define IO_JSON_DOCUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "io/bytes.h"
#include "io/input.h"
#include "io/json_line.h"
#include "io/line_block.h"
#include "io/tally.h"
#include "neardup/document.h"

/* Who takes the documents. */
typedef struct nd_emitter {
    nd_document_fn fn;
    void *ctx;
} nd_emitter;

/* Whole lines. */
typedef struct nd_lines {
    const nd_line_block *block;
    const char *path;
    uint64_t file;  /* see tally.h */
    uint64_t first; /* number of the first line */
} nd_lines;

/* Reads lines with the parser and buffers of one block; exclusive. */
typedef struct nd_json_documents {
    nd_allocator allocator;
    const nd_input_options *options; /* text_field, preference_field are set */
    nd_json_parser *parser;
    nd_byte_vec text, id, preference; /* with escapes undone */
    nd_byte_vec repaired;             /* a line that was not UTF-8 */
} nd_json_documents;

ND_NODISCARD nd_status nd_json_documents_init(nd_json_documents *documents,
                                              const nd_allocator *allocator,
                                              const nd_input_options *options);

/* Emits the document of each line, in order; what is left out is counted. ND_ERR_NO_MEMORY, or what
 * the emitter returned. */
ND_NODISCARD nd_status nd_json_documents_read(nd_json_documents *documents, const nd_lines *lines,
                                              const nd_emitter *emitter, nd_tally *tally);

/* What a line is. */
typedef enum nd_json_line_kind {
    ND_JSON_LINE_OTHER = 0,
    ND_JSON_LINE_OBJECT,
    ND_JSON_LINE_WITH_TEXT, /* an object with the text field */
} nd_json_line_kind;

ND_NODISCARD nd_status nd_json_documents_line_kind(nd_json_documents *documents, const char *line,
                                                   size_t len_bytes, nd_json_line_kind *kind);

/* Gives memory of more than keep_bytes back. */
void nd_json_documents_trim(nd_json_documents *documents, size_t keep_bytes);

void nd_json_documents_release(nd_json_documents *documents);

#endif
