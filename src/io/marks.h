/* Where the documents are that can be read again: in regular files, neither compressed nor
 * converted. */
#ifndef IO_MARKS_H
#define IO_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/documents.h"
#include "io/path_walk.h"

/* A run of records in a file, or all of it, as it was cut the first time:
 *
 *   file   |  begin  ..  begin + len_bytes  |            |
 *            record r, r+1, ..                ^ the next mark */
typedef struct nd_mark {
    uint64_t tag; /* of its first record; those of marks ascend */
    uint64_t begin;
    uint64_t len_bytes;    /* 0: the whole file, whose format is to be found again */
    uint64_t line, column; /* of its begin; see nd_batch */
    size_t file;           /* in nd_marks.files */
} nd_mark;

/* A file with marks. */
typedef struct nd_marked_file {
    size_t path; /* in nd_marks.paths, terminated */
    uint64_t number, size;
    size_t layout; /* in nd_marks.layouts, if it is marked in parts */
} nd_marked_file;

/* How records are cut and read. */
typedef struct nd_layout {
    nd_input_format format;
    nd_columns columns;
} nd_layout;

/* Memory: 48 bytes for each block of a file, and for each file its path and some 32 bytes more. */
typedef struct nd_marks {
    nd_byte_vec paths;
    ND_VEC(nd_marked_file) files;
    ND_VEC(nd_layout) layouts;
    ND_VEC(nd_mark) items;
} nd_marks;

/* Marks a whole file. */
ND_NODISCARD nd_status nd_marks_add_file(const nd_allocator *allocator, nd_marks *marks,
                                         const nd_path_entry *entry);

/* Marks the records of a batch, which follow those marked before. */
ND_NODISCARD nd_status nd_marks_add_batch(const nd_allocator *allocator, nd_marks *marks,
                                          const nd_batch *batch);

const char *nd_mark_path(const nd_marks *marks, const nd_mark *mark);

/* Reads the records of a mark in part of a file into *block, and sets *batch, which borrows the
 * block and the marks. ND_ERR_IO with a message: the file cannot be opened or is shorter now. */
ND_NODISCARD nd_status nd_mark_read(const nd_allocator *allocator, const nd_marks *marks,
                                    const nd_mark *mark, nd_record_block *block, nd_batch *batch,
                                    nd_error *error);

/* Says that the file at that path is not what it was, and returns ND_ERR_IO. */
nd_status nd_mark_fail(const char *path, nd_error *error);

void nd_marks_release(const nd_allocator *allocator, nd_marks *marks);

#endif
