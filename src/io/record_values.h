/* From the values that stand in a record to a document: an id, a text, what tells what is rather
 * kept, a time and a source. What is missing or wrong is counted with its place. */
#ifndef IO_RECORD_VALUES_H
#define IO_RECORD_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/documents.h"

/* One record on its way to a document. */
typedef struct nd_record_job {
    nd_documents *documents;
    const nd_batch *batch;
    nd_tally *tally;
    nd_input_place place;
    uint64_t column;  /* bytes before the record in its line */
    bool is_emitted;  /* what went wrong is the emitter's */
    bool is_in_block; /* nd_json_block_begin has seen the record */
    bool is_in_line;  /* another record begins or ends in the same line before it */
    const char *p;    /* the record, or its repaired copy */
    size_t len;
    nd_field_value values[ND_MAX_FIELDS];
    uint64_t invalid_bytes;
    nd_document document;
} nd_record_job;

/* Counts an issue of the record; `subject`, in quotes behind it, may be NULL. */
void nd_record_count(const nd_record_job *job, nd_input_issue issue, const char *what,
                     const char *subject);

void nd_record_count_malformed(const nd_record_job *job, const nd_json_fault *fault);

/* Sets the id to the name of where the record stands: path:line, and the column if it is not the
 * first there. */
ND_NODISCARD nd_status nd_record_make_id(nd_record_job *job);

/* Emits the document that the values make, or counts why there is none. ND_ERR_NO_MEMORY, or what
 * the emitter returned. */
ND_NODISCARD nd_status nd_record_emit_values(nd_record_job *job, const nd_emitter *emitter);

/* Emits the text as it is, under the id that is set. It has no fields; a page may have a date. */
ND_NODISCARD nd_status nd_record_emit_plain(nd_record_job *job, const nd_emitter *emitter);

#endif
