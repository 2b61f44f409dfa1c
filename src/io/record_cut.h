/* Passages that a text repeats, cut out of the record it stands in. */
#ifndef IO_RECORD_CUT_H
#define IO_RECORD_CUT_H

#include "io/json_object.h"
#include "io/record_copy.h"
#include "io/record_visit.h"
#include "text/border.h"

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
