/* Records read again. */
#ifndef IO_RECORD_VISIT_H
#define IO_RECORD_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "io/documents.h"
#include "io/path_walk.h"
#include "io/stream.h"

/* --- where the blocks of plain files began --- */

/* Where the documents are that can be read again: in regular files, neither compressed nor
 * converted. */

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

/* Reads all `len_bytes` bytes at a place of an open file; nd_mark_fail where it ends before them.
 */
ND_NODISCARD nd_status nd_read_at(int fd, const char *path, uint64_t at, void *to, size_t len_bytes,
                                  nd_error *error);

void nd_marks_release(const nd_allocator *allocator, nd_marks *marks);

/* --- all records once more --- */

/* The records of all files of an input once more, in order, with the bytes they have there. */

/* A file as it was when it was met. */
typedef struct nd_listed_file {
    size_t path; /* in nd_file_list.paths, terminated */
    size_t name_at;
    uint64_t number;
    bool is_named;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed_at, status_changed_at;
} nd_listed_file;

/* Memory: the paths, and 80 bytes a file. */
typedef struct nd_file_list {
    nd_byte_vec paths;
    ND_VEC(nd_listed_file) items;
} nd_file_list;

/* Adds a regular file, which standard input may be, before it is read for the first time.
 * ND_ERR_UNSUPPORTED with a message: it is none. */
ND_NODISCARD nd_status nd_file_list_add(const nd_allocator *allocator, nd_file_list *list,
                                        const nd_path_entry *entry, nd_error *error);

/* A file of the list as the walk gave it; its path belongs to the list. */
nd_path_entry nd_file_list_entry(const nd_file_list *list, size_t index);

void nd_file_list_release(const nd_allocator *allocator, nd_file_list *list);

/* What is said of a file before its records; valid until its last. */
typedef struct nd_visited_file {
    const char *path;
    const char *name; /* the path without the folders before what was named; "-": standard input */
    uint64_t number;
    nd_input_format format; /* ND_INPUT_AUTO before it is opened */
    nd_columns columns;     /* of a table */
    const nd_reading *reading;
    const char *head; /* what comes before the records: a byte order mark, the header of a table */
    size_t head_len_bytes;
    nd_archive_kind archive; /* it is one */
    uint64_t first_tag;      /* of its first record, if it is an entry of one */
    bool is_converted;       /* what is read of it are not its bytes: it is UTF-16 or UTF-32 */
} nd_visited_file;

/* Takes the records one after the other; a status other than ND_OK ends the visit, which returns
 * it. Files that are one document each have no records, unless it is asked for them. */
typedef struct nd_record_visitor {
    void *ctx;
    /* Each file before it is opened; *is_wanted is true. NULL: all are wanted. */
    nd_status (*meet)(void *ctx, const nd_visited_file *file, bool *is_wanted, nd_error *error);
    nd_status (*begin)(void *ctx, const nd_visited_file *file, nd_error *error);
    /* One record, what ends it included, and the tag that its document has, if it is one. */
    nd_status (*record)(void *ctx, uint64_t tag, const char *p, size_t len_bytes, nd_error *error);
    nd_status (*end)(void *ctx, nd_error *error); /* of a file that began; NULL: not wanted */
    /* An archive, instead of begin. Behind `step` for an entry come begin and record, as for a
     * file, if documents are read from it. */
    nd_status (*begin_archive)(void *ctx, const nd_visited_file *file, nd_error *error);
    nd_status (*step)(void *ctx, const nd_archive_entry *entry, uint64_t begin, nd_error *error);
    /* Instead of begin, where nothing in the file can be read; NULL: not wanted. */
    nd_status (*skip)(void *ctx, const nd_visited_file *file, nd_error *error);
    bool is_brief; /* the first record of each file is enough, and of an archive none, or */
    bool looks_into_archives; /* those of its first entry with any */
    bool takes_texts; /* a file that is one text has one record: all of it; one that is too long as
                         a document is skipped */
} nd_record_visitor;

/* Reads the files with the options of `reading`, on this thread. Head and records of a file, one
 * behind the other, are its bytes after decompression. A file that is not what it was when it was
 * listed (by size, time of change and inode) is an error that names it: ND_ERR_IO. */
ND_NODISCARD nd_status nd_file_list_visit(const nd_allocator *allocator, const nd_file_list *list,
                                          const nd_reading *reading,
                                          const nd_record_visitor *visitor, nd_error *error);

#endif
