/* The files that the named paths stand for, one after the other. */
#ifndef IO_PATH_WALK_H
#define IO_PATH_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "io/paths.h"
#include "io/tally.h"
#include "util/alloc.h"

/* One file to read. */
typedef struct nd_path_entry {
    const char *path; /* terminated; valid until the next step of the walk */
    size_t name_at;   /* in the path, of the name without the folders before what was named */
    nd_path_kind kind;
    uint64_t size;
    uint64_t file; /* running number: see tally.h */
    bool is_named;
} nd_path_entry;

typedef struct nd_path_walk nd_path_walk;

/* A walk over `roots`, which are borrowed. Hidden is what has a name with a dot in front, below a
 * named folder. Exclusive. */
ND_NODISCARD nd_status nd_path_walk_new(const nd_allocator *allocator, const nd_path_root *roots,
                                        size_t num_roots, bool reads_hidden, nd_path_walk **out);

/* The walk is to pass over a regular file that the caller writes. Before the first step.
 * ND_ERR_INVALID_ARGUMENT: it is named as an input. */
ND_NODISCARD nd_status nd_path_walk_leave_out(nd_path_walk *walk, dev_t device, ino_t inode,
                                              nd_error *error);

/* Steps to the next file; *found is false after the last. A file is met once, however many paths
 * lead to it. What is passed over is counted in *tally: a second path to a file, and below a folder
 * what is hidden, neither file nor folder, or cannot be read. Memory: the names of the folders on
 * the way down, and some 40 bytes a file. */
ND_NODISCARD nd_status nd_path_walk_next(nd_path_walk *walk, nd_tally *tally, nd_path_entry *entry,
                                         bool *found, nd_error *error);

/* The file that had that number, for messages: *found, and the entry with its path, which is put
 * into *path. A file that was not named itself is looked for in a walk of its own, by device and
 * inode: so it is that file, wherever it is now. */
ND_NODISCARD nd_status nd_path_walk_find(const nd_path_walk *walk, uint64_t file, nd_byte_vec *path,
                                         nd_path_entry *entry, bool *found);

/* Whether the text is a root's path, or begins with one and ':' or '/'. */
bool nd_path_walk_begins(const nd_path_walk *walk, const char *text);

/* Bytes of all files, once they are known; else 0. */
uint64_t nd_path_walk_total_bytes(const nd_path_walk *walk);

void nd_path_walk_free(nd_path_walk *walk);

#endif
