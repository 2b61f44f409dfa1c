/* Documents from records of every format. */
#ifndef IO_DOCUMENTS_H
#define IO_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/archive.h"
#include "io/content.h"
#include "io/fields.h"
#include "io/input.h"
#include "io/json.h"
#include "io/tally.h"
#include "neardup/document.h"
#include "text/repair/markup.h"
#include "util/alloc.h"

/* What a reader is asked for: options with every default filled in, and their fields. */
typedef struct nd_reading {
    nd_input_options options;
    nd_fields fields; /* those of the text, the id, those of the preferences, and the date and the
                         source if they are wanted */
    size_t num_texts; /* of them */
    size_t preference_at[ND_MAX_PREFERENCES]; /* the field of each key; SIZE_MAX: it needs none */
    size_t date_at;                           /* of the date among them; the source follows */
    size_t max_bytes;                         /* of a document, and of a record */
} nd_reading;

/* Who takes the documents. */
typedef struct nd_emitter {
    nd_document_fn fn;
    void *ctx;
} nd_emitter;

/* Whole records of one file. */
typedef struct nd_batch {
    const nd_record_block *block;
    const char *path;                   /* for messages */
    size_t id_at;                       /* the id of a whole file is the path from here on */
    char encoding[ND_ENTRY_WORD_BYTES]; /* that is said of a text or a page; empty: none */
    char date[ND_ENTRY_WORD_BYTES];     /* of a page; empty: none */
    nd_input_format format;             /* not ND_INPUT_AUTO */
    nd_columns columns;                 /* of ND_INPUT_CSV and ND_INPUT_TSV */
    uint64_t file, record;              /* of the first record: see tally.h */
    uint64_t offset;                    /* of it in the content */
    uint64_t line, column;              /* where it begins; bytes before it in its line */
    bool is_lasting;                    /* the records can be read again */
} nd_batch;

/* The documents that are wanted, by their tags, which ascend; no tags: all of them. */
typedef struct nd_wanted {
    const uint64_t *tags;
    size_t num;
    size_t num_given;
} nd_wanted;

/* Reads records with the parsers and buffers of one block; exclusive. */
typedef struct nd_documents {
    nd_allocator allocator;
    const nd_reading *reading;
    nd_wanted wanted; /* at first those of the options; the caller's to set */
    nd_json_parser *parser;
    nd_page_text *page;                 /* NULL until there is one */
    nd_byte_vec text, id, date, source; /* with escapes undone, as are the next */
    nd_byte_vec preferences[ND_MAX_PREFERENCES];
    nd_byte_vec part;     /* of a joined text */
    nd_byte_vec repaired; /* a record that was not UTF-8 */
} nd_documents;

ND_NODISCARD nd_status nd_documents_init(nd_documents *documents, const nd_allocator *allocator,
                                         const nd_reading *reading);

/* Emits the document of each record that is wanted, in order; what is left out is counted.
 * ND_ERR_NO_MEMORY, or what the emitter returned. */
ND_NODISCARD nd_status nd_documents_read(nd_documents *documents, const nd_batch *batch,
                                         const nd_emitter *emitter, nd_tally *tally);

/* Counts the first record of the batch as left out: longer than a document may be, or there was no
 * memory for it. */
void nd_count_too_large(nd_tally *tally, const nd_batch *batch, const nd_reading *reading,
                        bool is_short_of_memory);

/* What a record may be. */
typedef enum nd_record_kind {
    ND_RECORD_OTHER = 0,
    ND_RECORD_OBJECT,    /* one JSON object */
    ND_RECORD_WITH_TEXT, /* one with a field of the text */
} nd_record_kind;

/* What p[0..len_bytes) is, behind which ND_JSON_PADDING bytes can be read. */
ND_NODISCARD nd_status nd_documents_kind(nd_documents *documents, const char *p, size_t len_bytes,
                                         nd_record_kind *kind);

/* Gives memory of more than keep_bytes back. */
void nd_documents_trim(nd_documents *documents, size_t keep_bytes);

void nd_documents_release(nd_documents *documents);

#endif
