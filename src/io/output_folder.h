/* A folder of results: its files appear together, each whole, or none of them does. */
#ifndef IO_OUTPUT_FOLDER_H
#define IO_OUTPUT_FOLDER_H

#include <stdatomic.h>
#include <stddef.h>

#include "io/output.h"

/* Exclusive. Files are written to a folder inside, and moved to their places by the commit. */
typedef struct nd_output_folder nd_output_folder;

/* Opens an empty folder, which is made if it is not there. What a process that was killed has left
 * of its files in it is removed. ND_ERR_IO, ND_ERR_NOT_FOUND, ND_ERR_INVALID_ARGUMENT with a
 * message: it holds something. */
ND_NODISCARD nd_status nd_output_folder_new(const char *path, const nd_allocator *allocator,
                                            nd_output_folder **out, nd_error *error);

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

/* Without a commit before it, removes the files, and the folder if it was made here. What there is
 * for a signal handler stays until the folder is freed. */
void nd_output_folder_clear(nd_output_folder *folder);

/* Clears it, too. */
void nd_output_folder_free(nd_output_folder *folder);

#endif
