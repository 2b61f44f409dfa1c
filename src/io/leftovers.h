/* What a process leaves that is killed: locks for a moment, files it was writing, and a folder of
 * which it had moved some files to their places. */
#ifndef IO_LEFTOVERS_H
#define IO_LEFTOVERS_H

#include <stddef.h>

#include "neardup/status.h"
#include "util/alloc.h"

/* Locks an open file or folder for this process (flock), and waits for one that was killed, which
 * holds its locks until its memory is given back: ten seconds. 0, EWOULDBLOCK: another process
 * lives on; else why the file system cannot lock it. */
int nd_lock_take(int fd);

/* Removes from the folder (of a path that ends in '/'; "": this one) files that processes were
 * writing which are gone: .neardup-PID-NUMBER. Those of processes that live hold a lock on theirs.
 */
void nd_temp_files_sweep(const char *folder);

/* ---- the files of an output folder ---- */

/* What becomes of files that a run has moved, all of them, before it was killed. */
typedef enum nd_whole_moves {
    ND_WHOLE_MOVES_STAY = 0, /* the output is whole */
    ND_WHOLE_MOVES_UNDONE,   /* the run is to be done again */
} nd_whole_moves;

/* Moves that end a run are written down before the first, so that those of a process that was
 * killed between them can be undone: files 0 to num - 1 of the staging folder, which
 * is open, go to these names (one after the other, each terminated) in the folder around it.
 * ND_ERR_IO and errno. */
ND_NODISCARD nd_status nd_output_moves_write(int staging_fd, const char *names, size_t num,
                                             const nd_allocator *allocator);

/* Removes from the folder what was moved there, by what the staging folder says, and the folders
 * that were made for it: files that are still the same ones, and no others. Does nothing where no
 * moves were written down, and follows no symbolic link. */
void nd_output_moves_undo(int folder_fd, int staging_fd, nd_whole_moves whole);

/* Removes what was written down. */
void nd_output_moves_forget(int staging_fd);

#endif
