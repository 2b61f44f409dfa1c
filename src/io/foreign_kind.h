/* Files that are neither text nor JSON Lines, told apart by their first bytes. */
#ifndef IO_FOREIGN_KIND_H
#define IO_FOREIGN_KIND_H

#include <stddef.h>

/* What p[0..len_bytes), the begin of a file after decompression, belongs to, and what to do about
 * it: "is a zip archive: unpack it and name the folder"; NULL for text and all else. Static. 512
 * bytes are enough. */
const char *nd_foreign_kind(const char *p, size_t len_bytes);

#endif
