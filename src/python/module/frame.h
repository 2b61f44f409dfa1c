/* Results as columns in Arrow's layout: rows of C structs go in, batches come out. No Python in
 * here, so that frames are filled without the GIL and released by whoever holds them last. */
#ifndef PYTHON_MODULE_FRAME_H
#define PYTHON_MODULE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "python/module/arrow_abi.h"

/* What a field of a row is in C, and in Arrow. */
typedef enum nd_cell {
    ND_CELL_ID = 0, /* nd_id: utf8, or with ND_FRAME_ROW_IDS its tag as int64 */
    ND_CELL_COUNT,  /* uint64_t: int64 */
    ND_CELL_RATIO,  /* double: float64 */
    ND_CELL_KIND,   /* nd_match_kind: utf8 */
    ND_CELL_LIST,   /* nd_row_list: list<struct> */
    ND_CELL_OBJECT, /* a struct in place: struct */
} nd_cell;

typedef struct nd_row_list {
    const void *items;
    size_t num;
    size_t stride; /* bytes from one to the next */
} nd_row_list;

enum {
    ND_FRAME_PLAIN = 0,
    ND_FRAME_ROW_IDS = 1,  /* documents came without ids: their numbers stand for them */
    ND_FRAME_COVERAGE = 2, /* fields that only a scan by coverage or score has */
    ND_FRAME_SCORE = 4,    /* and by score */
};

/* Fields of a row, declared once; the last one has no name. */
typedef struct nd_field {
    const char *name;
    size_t offset;
    const struct nd_field *fields; /* of a list's items, or an object */
    nd_cell cell;
    unsigned when; /* flags without which the field is left out */
} nd_field;

/* A field of struct `type`, as an initializer: others may follow it in braces. */
#define ND_FIELD(type, member, name_, cell_)                                                       \
    .name = (name_), .offset = offsetof(type, member), .cell = (cell_)

/* One column of a batch, or the batch as a struct of columns.
 *
 *   utf8          data: bytes      offsets: num_rows + 1
 *   int64, float64  data: 8 bytes a row
 *   list          offsets          children[0]: the items, a struct
 *   struct                         children[..]: one a field */
typedef struct nd_column {
    const nd_field *field; /* NULL: a batch, or the items of a list */
    const char *format;    /* Arrow's name of the type */
    size_t num_rows;
    uint8_t *data;
    size_t len_bytes, capacity_bytes;
    int32_t *offsets;
    size_t offsets_capacity_bytes;
    struct nd_column *children;
    size_t num_children;
} nd_column;

/* Exclusive while rows are added, then immutable. Counted references: thread-safe. */
typedef struct nd_frame nd_frame;

/* With one reference. NULL: out of memory. */
nd_frame *nd_frame_new(const nd_field *fields, unsigned flags);
nd_frame *nd_frame_hold(nd_frame *frame);
void nd_frame_drop(nd_frame *frame); /* may be NULL */

/* Adds a row. Bytes of ids that are not UTF-8 become U+FFFD. ND_ERR_NO_MEMORY; ND_ERR_LIMIT: an id
 * of 2 GiB, which Arrow's utf8 cannot hold. The frame can only be dropped then. */
ND_NODISCARD nd_status nd_frame_add(nd_frame *frame, const void *row);

size_t nd_frame_num_rows(const nd_frame *frame);
size_t nd_frame_num_batches(const nd_frame *frame);
const nd_column *nd_frame_batch(const nd_frame *frame, size_t index);

/* The batch that holds a row, < nd_frame_num_rows, which becomes its number there. O(1). */
const nd_column *nd_frame_find(const nd_frame *frame, size_t *row);

/* The schema of the frame's batches, and a stream of them, which holds the frame. -1: out of
 * memory, and nothing is set. */
int nd_frame_export_schema(const nd_frame *frame, struct ArrowSchema *out);
int nd_frame_export_stream(nd_frame *frame, struct ArrowArrayStream *out);

#endif
