/* Documents out of Python objects: texts, and where they are given ids and more, from iterables and
 * from whatever has Arrow's C interface, in blocks for the engine's threads.
 *
 * Blocks are made with the GIL held, and used without it. */
#ifndef PYTHON_MODULE_DOCUMENT_INPUT_H
#define PYTHON_MODULE_DOCUMENT_INPUT_H

#include "neardup/document.h"
#include "python/module/arrow_import.h"
#include "python/module/python.h"

typedef enum nd_input_column {
    ND_INPUT_TEXTS = 0,
    ND_INPUT_IDS,
    ND_INPUT_SOURCES,
    ND_INPUT_TIMES,
    ND_INPUT_PREFERENCES, /* the first of them */
    ND_NUM_INPUT_COLUMNS = ND_INPUT_PREFERENCES + ND_MAX_PREFERENCES,
} nd_input_column;

/* Some rows, side by side. Release with nd_block_release, from any thread. */
typedef struct nd_block {
    nd_text_batch texts;
    nd_text_batch ids;     /* num 0: there are none */
    nd_text_batch sources; /* num 0: there are none */
    const uint64_t *times; /* as preferences are; NULL: there are none */
    bool has_signed_times;
    const uint64_t *preferences[ND_MAX_PREFERENCES]; /* NULL: there are none */
    uint64_t first_row;
    nd_chunk_owner *owners[ND_NUM_INPUT_COLUMNS];
} nd_block;

void nd_block_release(nd_block *block);

typedef struct nd_document_input nd_document_input;

/* What documents come from; all but texts may be NULL or None. A str in place of them, and
 * text_column, name columns of a table. NULL with an exception. */
typedef struct nd_input_request {
    PyObject *texts, *ids, *sources, *times, *preferences[ND_MAX_PREFERENCES];
    const char *text_column; /* of a table */
    nd_column_use use;       /* what stands in place of texts, where they are none: preferences come
                                out as a block's preferences */
} nd_input_request;
nd_document_input *nd_document_input_new(const nd_input_request *request);
void nd_document_input_free(nd_document_input *input); /* may be NULL */

bool nd_document_input_has_ids(const nd_document_input *input);

/* 1 with the next block, of about so many bytes of text, or a whole chunk (max_bytes 0); 0 at the
 * end; -1 with an exception: an object is no text, there are not as many ids as texts, or what a
 * producer said. */
int nd_document_input_next(nd_document_input *input, size_t max_bytes, nd_block *block);

/* One text as a batch; `offsets` is room for it to borrow, as is the text. */
nd_text_batch nd_batch_of_one(const nd_py_bytes *text, int64_t offsets[2]);

/* Rows so far. */
uint64_t nd_document_input_num_rows(const nd_document_input *input);

#endif
