/* What is done to records on their way into a copy of their input. */
#ifndef IO_RECORD_EDIT_H
#define IO_RECORD_EDIT_H

#include "io/fields.h"
#include "io/json.h"
#include "io/record_copy.h"
#include "io/record_visit.h"
#include "text/border.h"

/* --- fields added to records --- */

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

/* --- passages that a text repeats, cut out of the record it stands in --- */

/* Cuts one record after the other; exclusive. */
typedef struct nd_cutting {
    nd_allocator allocator;
    nd_repeat_cuts *cuts;
    nd_json_parser *parser;
    nd_text *text;
    nd_borders borders;
    nd_fields fields; /* those of the text */
    size_t max_bytes; /* of a record that was read */
    nd_columns columns;
    nd_input_format format;            /* of the file at hand */
    nd_byte_vec plain;                 /* a text with its escapes undone */
    ND_VEC(nd_text_stretch) stretches; /* of it, to be cut out: ascending, apart from each other */
    nd_byte_vec out;                   /* the record that is left */
} nd_cutting;

ND_NODISCARD nd_status nd_cutting_init(nd_cutting *cutting, const nd_allocator *allocator,
                                       nd_repeat_cuts *cuts);

/* Begins a file. ND_ERR_UNSUPPORTED with a message: it has no records. */
ND_NODISCARD nd_status nd_cutting_begin(nd_cutting *cutting, const nd_visited_file *file,
                                        nd_error *error);

/* Replaces *p and *len_bytes, a record, by what is left of it; they stay where nothing is cut out,
 * and where it is no document. ND_JSON_PADDING bytes behind it can be read, before and after. */
ND_NODISCARD nd_status nd_cutting_record(nd_cutting *cutting, const char **p, size_t *len_bytes);

void nd_cutting_release(nd_cutting *cutting);

#endif
