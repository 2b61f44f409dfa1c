/* Where results go: standard output, a file that is whole or absent, or a folder of files that
 * appear together. */
#ifndef IO_OUTPUT_H
#define IO_OUTPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/leftovers.h"
#include "neardup/allocator.h"
#include "neardup/status.h"

/* --- a file --- */

/* A buffered writer; exclusive. After a failed write every further call returns that failure. The
 * caller ignores SIGPIPE. */
typedef struct nd_output nd_output;

/* path NULL or "-": standard output. A device and a FIFO are written to as they are, and
 * /dev/stdout, /dev/stderr, /dev/fd/N where that descriptor stands. Otherwise a temporary file in
 * the folder of `path` (of what it points to, where it is a symbolic link, to nothing yet or not),
 * which takes its place at nd_output_commit, with the permissions of the file that was there, or
 * those of a new one. What is written to a path that ends in .gz, .zst, .xz, .bz2 or .lz4 is
 * compressed, the same bytes always to the same.
 * ND_ERR_IO, ND_ERR_NOT_FOUND with a message. */
ND_NODISCARD nd_status nd_output_new(const char *path, const nd_allocator *allocator,
                                     nd_output **out, nd_error *error);

/* How the bytes of a staged file come to be what the end of its name says. */
typedef enum nd_packing {
    ND_PACK_BY_NAME = 0, /* compressed here, as above */
    ND_PACK_NOTHING,     /* they are so already */
} nd_packing;

/* A new file at `staged`, which somebody else will move to `path` once it is committed: messages
 * and the ending are those of `path`, and a commit neither syncs nor renames it. */
ND_NODISCARD nd_status nd_output_new_staged(const char *path, const char *staged,
                                            nd_packing packing, const nd_allocator *allocator,
                                            nd_output **out, nd_error *error);

/* A new file without a name, in the folder, for a part of a file that is compressed as `path` says;
 * messages name the folder. nd_output_end_part commits it. */
ND_NODISCARD nd_status nd_output_new_part(const char *path, const char *folder,
                                          const nd_allocator *allocator, nd_output **out,
                                          nd_error *error);

/* ND_ERR_IO; nd_output_commit has the message. */
ND_NODISCARD nd_status nd_output_write(nd_output *output, const void *bytes, size_t len_bytes);

/* What is written next begins another stream, where it is compressed: a member of gzip, a frame.
 * Not twice without a write between, and not before the first or after the last. */
ND_NODISCARD nd_status nd_output_cut(nd_output *output);

/* Hands over what was written so far, for somebody who reads along. A file that appears when it is
 * whole has nobody. ND_ERR_IO, as nd_output_write. */
ND_NODISCARD nd_status nd_output_flush(nd_output *output);

/* Flushes; a file is synced and renamed. Call it also after a failed write, for the message:
 * ND_ERR_IO ("cannot write 'x': No space left on device"). */
ND_NODISCARD nd_status nd_output_commit(nd_output *output, nd_error *error);

/* Commits a part and gives it, open for reading, and how long it is; the output is to be freed, and
 * the caller closes the file. *fd is -1 after a failure. */
ND_NODISCARD nd_status nd_output_end_part(nd_output *output, int *fd, uint64_t *len_bytes,
                                          nd_error *error);

/* Whether the reader of standard output (or of a FIFO) went away (EPIPE): the command then ends
 * quietly. */
int nd_output_is_closed(const nd_output *output);

/* What is written to, open; -1 where nothing is. Belongs to the output. */
int nd_output_descriptor(const nd_output *output);

/* As it was given; "": standard output. Belongs to the output. */
const char *nd_output_path(const nd_output *output);

/* Whether the end of its name asks for compression. */
bool nd_output_is_compressed(const nd_output *output);

/* The temporary file, for a signal handler to remove; NULL where there is none. Belongs to the
 * output. */
const char *nd_output_temp_path(const nd_output *output);

/* Without a commit before it, removes the temporary file. */
void nd_output_free(nd_output *output);

/* --- a folder --- */

/* Exclusive. Files are written to a folder inside, and moved to their places by the commit. */
typedef struct nd_output_folder nd_output_folder;

/* Opens an empty folder, which is made if it is not there. What a process that was killed has left
 * of its files in it is removed, also those that it had moved to their places; but if these are
 * all, `whole` decides. ND_ERR_IO, ND_ERR_NOT_FOUND, ND_ERR_INVALID_ARGUMENT with a message: it
 * holds something. */
ND_NODISCARD nd_status nd_output_folder_new(const char *path, nd_whole_moves whole,
                                            const nd_allocator *allocator, nd_output_folder **out,
                                            nd_error *error);

/* What was moved by a commit can be undone by the next process, if this one is killed before the
 * folder is cleared: its run is to be done again. */
void nd_output_folder_keep_moves(nd_output_folder *folder);

/* Says that there will be a file of that name, "a.txt" or "b/a.txt". */
ND_NODISCARD nd_status nd_output_folder_plan(nd_output_folder *folder, const char *name);

/* Whether all that is planned can be there together. ND_ERR_INVALID_ARGUMENT with a message: two
 * files have one name, or one has the name of a folder. Nothing is planned then. */
ND_NODISCARD nd_status nd_output_folder_check(nd_output_folder *folder, nd_error *error);

/* Begins the next file, which the caller commits and frees before the next one. */
ND_NODISCARD nd_status nd_output_folder_begin(nd_output_folder *folder, const char *name,
                                              nd_packing packing, nd_output **out, nd_error *error);

/* Moves all files to their places. A signal that comes meanwhile waits. After a failure the files
 * that were moved are whole, and the others are not there. */
ND_NODISCARD nd_status nd_output_folder_commit(nd_output_folder *folder, nd_error *error);

/* For a signal handler: the files "0", "1", ... of a folder, how many, and the folder itself are
 * to be removed, then the one around it. */
typedef struct nd_staging {
    const char *path;          /* of the folder with the numbered files */
    const char *made;          /* the folder around it, if it was made here; NULL: it was there */
    const atomic_uint *number; /* of files so far */
} nd_staging;

/* Belongs to the folder. */
nd_staging nd_output_folder_staging(const nd_output_folder *folder);

/* Without a commit before it, removes the files, and the folder if it was made here; after one,
 * what nd_output_folder_keep_moves has left. What there is for a signal handler stays until the
 * folder is freed. */
void nd_output_folder_clear(nd_output_folder *folder);

/* Clears it, too. */
void nd_output_folder_free(nd_output_folder *folder);

#endif
