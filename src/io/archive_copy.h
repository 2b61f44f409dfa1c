/* An archive written again, without some of its entries. */
#ifndef IO_ARCHIVE_COPY_H
#define IO_ARCHIVE_COPY_H

#include <stdint.h>

#include "io/archive.h"
#include "io/output.h"
#include "io/record_visit.h"

/* What is kept is copied byte for byte: the archive is read a second time for that, beside whoever
 * steps through its entries; of a zip archive the directory is written anew. Exclusive. */
typedef struct nd_archive_copy nd_archive_copy;

typedef struct nd_archive_copy_request {
    const nd_visited_file *file; /* the archive */
    nd_output *output;           /* where it goes; borrowed. NULL: it is only looked at */
    bool is_joined;              /* others of its kind may stand there before or behind it */
    nd_archive_copy *before;     /* of the one before it, at its end; NULL: it is the first */
} nd_archive_copy_request;

/* Copies an archive. What ends one stands in the output once, behind the last: `before` is finished
 * by this, and can be freed. ND_ERR_IO with a message; ND_ERR_UNSUPPORTED: a zip archive that
 * cannot be written again, see zip_copy.h; a tar archive whose global attributes would hold for the
 * next one. */
ND_NODISCARD nd_status nd_archive_copy_new(const nd_allocator *allocator,
                                           const nd_archive_copy_request *request,
                                           nd_archive_copy **out, nd_error *error);

/* An nd_entry_watch.step. An entry stays, unless one of the next two is called. A hard link to an
 * entry that was left out is left out, too: the file that it leads to would be missing.
 * ND_ERR_UNSUPPORTED with a message: the entry before this one has the name of one of another
 * archive in the output. */
ND_NODISCARD nd_status nd_archive_copy_step(nd_archive_copy *copy, const nd_archive_entry *entry,
                                            uint64_t begin, nd_error *error);

/* Leaves the entry at hand out. */
void nd_archive_copy_drop(nd_archive_copy *copy);

/* Gives the entry at hand, of a tar or zip archive, the `len_bytes` bytes that `fd` has; all else
 * that its header says of it stays. */
ND_NODISCARD nd_status nd_archive_copy_replace(nd_archive_copy *copy, int fd, uint64_t len_bytes,
                                               nd_error *error);

/* Copies what stands behind the last entry. */
ND_NODISCARD nd_status nd_archive_copy_finish(nd_archive_copy *copy, nd_error *error);

void nd_archive_copy_free(nd_archive_copy *copy);

#endif
