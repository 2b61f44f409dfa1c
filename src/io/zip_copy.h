/* A zip archive written again, without some of its entries. */
#ifndef IO_ZIP_COPY_H
#define IO_ZIP_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "io/output.h"
#include "util/alloc.h"

/* Exclusive. */
typedef struct nd_zip_copy nd_zip_copy;

/* Reads the directory of the archive at `path` (borrowed). ND_ERR_UNSUPPORTED with a message: there
 * is none that can be written again, as in archives of several files, or behind other bytes.
 * ND_ERR_IO. Memory: that of the directory, twice, and 32 bytes an entry. */
ND_NODISCARD nd_status nd_zip_copy_new(const nd_allocator *allocator, const char *path,
                                       nd_zip_copy **out, nd_error *error);

/* Puts its entries behind those of another archive in the same output, all of which were kept or
 * left out: that one is not finished then. ND_ERR_IO: it has more. */
ND_NODISCARD nd_status nd_zip_copy_follow(nd_zip_copy *copy, nd_zip_copy *before, nd_error *error);

/* Whether the next entry may have that name; where either has other than ASCII characters, it may.
 */
bool nd_zip_copy_is_next(const nd_zip_copy *copy, const char *name);

/* Copies the next entry, in the order in which they stand in the file, byte for byte. Steps past
 * the last are ND_ERR_IO. */
ND_NODISCARD nd_status nd_zip_copy_keep(nd_zip_copy *copy, nd_output *output, nd_error *error);

/* Leaves it out. */
ND_NODISCARD nd_status nd_zip_copy_drop(nd_zip_copy *copy, nd_error *error);

/* Writes it with the `len_bytes` bytes that `fd` has, compressed (RFC 1951) if its own were. */
ND_NODISCARD nd_status nd_zip_copy_replace(nd_zip_copy *copy, nd_output *output, int fd,
                                           uint64_t len_bytes, nd_error *error);

/* After the last entry: writes the directory. ND_ERR_IO: it is not the last. */
ND_NODISCARD nd_status nd_zip_copy_finish(nd_zip_copy *copy, nd_output *output, nd_error *error);

void nd_zip_copy_free(nd_zip_copy *copy);

#endif
