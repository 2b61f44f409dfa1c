/* Fields that are added to records when they are written again. */
#ifndef IO_RECORD_NOTES_H
#define IO_RECORD_NOTES_H

#include "io/fields.h"
#include "io/json_object.h"
#include "io/record_copy.h"
#include "io/record_visit.h"

/* Adds them to one record after the other; exclusive. */
typedef struct nd_noting {
    nd_allocator allocator;
    const nd_record_notes *notes;
    nd_byte_vec names; /* what the fields point into */
    nd_fields fields;
    nd_json_parser *parser;
    const char *path; /* of the file at hand */
    nd_columns columns;
    size_t first_text; /* of the columns with a text */
    bool is_table;
    nd_byte_vec added, repaired;
} nd_noting;

ND_NODISCARD nd_status nd_noting_init(nd_noting *noting, const nd_allocator *allocator,
                                      const nd_record_notes *notes);

/* Begins a file. Of a table, `added` is what the header gets, *at bytes into the file's head.
 * ND_ERR_UNSUPPORTED with a message: its records have no fields, or these already. */
ND_NODISCARD nd_status nd_noting_begin(nd_noting *noting, const nd_visited_file *file, size_t *at,
                                       nd_error *error);

/* Sets `added` to what p[0..len_bytes), a record, gets *at bytes into it; nothing where it is no
 * JSON object, or no row that fits its table and has a text. ND_JSON_PADDING bytes behind it can be
 * read. ND_ERR_UNSUPPORTED with a message: it has one of the fields already. */
ND_NODISCARD nd_status nd_noting_record(nd_noting *noting, uint64_t tag, const char *p,
                                        size_t len_bytes, size_t *at, nd_error *error);

void nd_noting_release(nd_noting *noting);

#endif
