/* What a file is: one text, a page, lines, JSON, a table, an archive, or nothing that can be read.
 */
#ifndef IO_FORMAT_H
#define IO_FORMAT_H

#include <stdbool.h>

#include "io/archive.h"
#include "io/content.h"
#include "io/documents.h"

typedef struct nd_format {
    nd_input_format format;  /* not ND_INPUT_AUTO */
    nd_columns columns;      /* of a table */
    nd_archive_kind archive; /* it is one, and nothing else is said of it */
    bool is_binary;          /* not named, and neither text nor anything known */
    const char *why;         /* of a binary file: "is a PDF file"; static */
} nd_format;

/* Finds it as `said` says, or where that is ND_INPUT_AUTO by looking at the content's begin, at
 * most its first record, and by the ending of its name. Makes the content ready for taking records:
 * its cutter is set, a byte order mark dropped (but not of a text, whose offsets are the file's),
 * the header of a table taken. ND_ERR_FORMAT: a named file that is nothing that can be read. */
ND_NODISCARD nd_status nd_format_find(nd_content *content, nd_documents *documents,
                                      nd_input_format said, nd_format *format, nd_error *error);

/* What cuts the records of a format, which is not ND_INPUT_AUTO; `columns` of a table. */
nd_cutter nd_format_cutter(nd_input_format format, const nd_columns *columns);

/* What p[0..len_bytes), the begin of a file after decompression, belongs to if that is nothing that
 * is read, and what to do about it: "is a PDF file: extract its text first"; NULL for all else.
 * Static. 512 bytes are enough. */
const char *nd_foreign_kind(const char *p, size_t len_bytes);

#endif
