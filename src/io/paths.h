/* Paths as they are named: what they stand for, and which lies in which. */
#ifndef IO_PATHS_H
#define IO_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "neardup/status.h"

typedef enum nd_path_kind {
    ND_PATH_FILE = 0, /* a regular file: can be opened by any thread, at any time */
    ND_PATH_STREAM,   /* standard input, a FIFO, a device: is read when its turn comes */
    ND_PATH_FOLDER,
} nd_path_kind;

/* A path as it was named. */
typedef struct nd_path_root {
    const char *path; /* "-": standard input */
    nd_path_kind kind;
    bool has_size; /* a regular file, standard input or not */
    uint64_t size;
    dev_t device;
    ino_t inode;
} nd_path_root;

/* Finds out what `path` is, and that it can be opened; borrows it. ND_ERR_NOT_FOUND, ND_ERR_IO,
 * ND_ERR_UNSUPPORTED (a socket). */
ND_NODISCARD nd_status nd_path_root_look(const char *path, nd_path_root *out, nd_error *error);

/* Opens standard input or the path for reading; *fd is the caller's to close. Standard input that
 * is a regular file can be opened again: each time it begins where it stood. */
ND_NODISCARD nd_status nd_path_open(const char *path, int *fd, nd_error *error);

/* Says that a path cannot be opened, by what errno was: ND_ERR_NOT_FOUND, ND_ERR_IO. */
nd_status nd_path_cannot_open(const char *path, int error_number, nd_error *error);

/* Which of the paths a walk would reach `file` through, if it is a regular file: the file itself by
 * device and inode, or a folder above it. NULL: none. Hidden files and folders count if
 * `reads_hidden`. */
const char *nd_path_reaching(const char *const *paths, size_t num_paths, bool reads_hidden,
                             const char *file);

/* Which of the paths, files or folders, is `place`, lies in it, or holds it; NULL: none. It need
 * not be there yet. */
const char *nd_path_overlapping(const char *const *paths, size_t num_paths, const char *place);

#endif
