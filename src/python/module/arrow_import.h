/* Columns of text and of whole numbers, as others hand them over by Arrow's C interface. No Python
 * in here. The bytes are borrowed: whoever reads them holds the chunk. */
#ifndef PYTHON_MODULE_ARROW_IMPORT_H
#define PYTHON_MODULE_ARROW_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "neardup/batch.h"
#include "neardup/status.h"
#include "python/module/arrow_abi.h"

/* What a chunk of a column stands on: an imported array, and memory of ours. The last one to drop
 * it releases both; thread-safe. */
typedef struct nd_chunk_owner nd_chunk_owner;

/* With one reference; takes the array over, which is then released here, and marked as released in
 * the caller's struct. `array` may be NULL. NULL: out of memory, nothing is taken. */
nd_chunk_owner *nd_chunk_owner_new(struct ArrowArray *array);
nd_chunk_owner *nd_chunk_owner_hold(nd_chunk_owner *owner);
void nd_chunk_owner_drop(nd_chunk_owner *owner); /* may be NULL */

/* Memory that lives as long as the owner, zeroed; not thread-safe. NULL: out of memory. */
void *nd_chunk_owner_allocate(nd_chunk_owner *owner, size_t num, size_t size);

/* How a column is encoded. */
typedef enum nd_encoding {
    ND_ENCODED_PLAIN = 0,
    ND_ENCODED_NULL,       /* type null: no buffers */
    ND_ENCODED_INTEGER,    /* as ids: in decimal */
    ND_ENCODED_DICTIONARY, /* numbers of texts */
} nd_encoding;

typedef struct nd_column_type {
    nd_encoding encoding;
    nd_text_layout layout; /* of the texts, or the dictionary's */
    uint32_t width;        /* of the numbers: 1, 2, 4 or 8 bytes */
    bool is_signed;
    int64_t a_second; /* of a timestamp; 0: it is none */
} nd_column_type;

/* What may stand in a column. */
typedef enum nd_column_use {
    ND_COLUMN_TEXTS = 0,   /* utf8 and binary, large and view, or a dictionary of them */
    ND_COLUMN_IDS,         /* whole numbers too */
    ND_COLUMN_PREFERENCES, /* whole numbers, or timestamps, which are read as microseconds */
} nd_column_use;

/* ND_ERR_UNSUPPORTED: another type, which *error names. */
ND_NODISCARD nd_status nd_column_type_read(const struct ArrowSchema *schema, nd_column_use use,
                                           nd_column_type *type, nd_error *error);

/* Number of the field of that name in a struct, or -1. */
int64_t nd_schema_find(const struct ArrowSchema *schema, const char *name);
bool nd_schema_is_struct(const struct ArrowSchema *schema);

/* The texts of an array of that type, with the nulls and the offset of `parent` where it is a child
 * of one. ND_ERR_FORMAT: the array is none of its type, or its offsets are out of order. */
ND_NODISCARD nd_status nd_array_texts(const struct ArrowArray *array,
                                      const struct ArrowArray *parent, nd_column_type type,
                                      nd_chunk_owner *owner, nd_text_batch *batch, nd_error *error);

/* The numbers of such an array as preferences, smaller first, nulls last: [num]. */
ND_NODISCARD nd_status nd_array_preferences(const struct ArrowArray *array,
                                            const struct ArrowArray *parent, nd_column_type type,
                                            nd_chunk_owner *owner, const uint64_t **preferences,
                                            size_t *num, nd_error *error);

#endif
