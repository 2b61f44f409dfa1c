/* The records of all files of an input once more, in order, with the bytes they have there. */
#ifndef IO_RECORD_VISIT_H
#define IO_RECORD_VISIT_H

#include <stdint.h>
#include <sys/stat.h>

#include "io/documents.h"
#include "io/path_walk.h"

/* A file as it was when it was met. */
typedef struct nd_listed_file {
    size_t path; /* in nd_file_list.paths, terminated */
    size_t name_at;
    uint64_t number;
    bool is_named;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed_at;
} nd_listed_file;

/* Memory: the paths, and 64 bytes a file. */
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
} nd_visited_file;

/* Takes the records one after the other; a status other than ND_OK ends the visit, which returns
 * it. Files that are one document each have no records. */
typedef struct nd_record_visitor {
    void *ctx;
    /* Each file before it is opened; *is_wanted is true. NULL: all are wanted. */
    nd_status (*meet)(void *ctx, const nd_visited_file *file, bool *is_wanted, nd_error *error);
    nd_status (*begin)(void *ctx, const nd_visited_file *file, nd_error *error);
    /* One record, what ends it included, and the tag that its document has, if it is one. */
    nd_status (*record)(void *ctx, uint64_t tag, const char *p, size_t len_bytes, nd_error *error);
    nd_status (*end)(void *ctx, nd_error *error); /* of a file that began; NULL: not wanted */
    /* Instead of begin, where nothing in the file can be read; NULL: not wanted. */
    nd_status (*skip)(void *ctx, const nd_visited_file *file, nd_error *error);
    bool is_brief; /* the first record of each file is enough */
} nd_record_visitor;

/* Reads the files with the options of `reading`, on this thread. Head and records of a file, one
 * behind the other, are its bytes after decompression. A file that is not what it was when it was
 * listed (by size, time of change and inode) is an error that names it: ND_ERR_IO. */
ND_NODISCARD nd_status nd_file_list_visit(const nd_allocator *allocator, const nd_file_list *list,
                                          const nd_reading *reading,
                                          const nd_record_visitor *visitor, nd_error *error);

#endif
