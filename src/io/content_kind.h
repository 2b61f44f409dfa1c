/* Whether a file is one text or lines of JSON. */
#ifndef IO_CONTENT_KIND_H
#define IO_CONTENT_KIND_H

#include "io/content.h"
#include "io/json_documents.h"

typedef enum nd_content_kind {
    ND_CONTENT_TEXT = 0,
    ND_CONTENT_LINES,  /* JSON Lines; a byte order mark at the start has been dropped */
    ND_CONTENT_BINARY, /* found below a folder, with a NUL in its first 8 KiB */
} nd_content_kind;

/* Finds it as documents->options->format says, by looking at the content's begin: 8 KiB, or its
 * first lines where these are longer and may be JSON. ND_ERR_FORMAT: a named file of a foreign kind
 * (see foreign_kind.h). */
ND_NODISCARD nd_status nd_content_kind_find(nd_content *content, nd_json_documents *documents,
                                            nd_content_kind *kind, nd_error *error);

#endif
