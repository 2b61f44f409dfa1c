/* gzip data undone (RFC 1952), every member of it. */
#ifndef IO_GUNZIP_H
#define IO_GUNZIP_H

#include <stddef.h>

#include "io/raw_bytes.h"

/* What compressed data of any kind may suffer from. */
#define ND_REST_FOLLOWS "something else follows the data"
#define ND_ENDS_EARLY "it ends too early"

/* Exclusive. Through zlib and not libarchive, which leaves a member's checksum unread: of single
 * bits turned over in a file it let 46 % pass. */
typedef struct nd_gunzip nd_gunzip;

ND_NODISCARD nd_status nd_gunzip_new(const nd_allocator *allocator, nd_gunzip **out);

/* Decompresses at most `capacity` bytes to `out`; *got is 0 only at the end. ND_ERR_FORMAT: see
 * nd_gunzip_detail; ND_ERR_IO as nd_raw_more. */
ND_NODISCARD nd_status nd_gunzip_read(nd_gunzip *gunzip, nd_raw_bytes *raw, char *out,
                                      size_t capacity, size_t *got);

/* What ND_ERR_FORMAT was about; static. */
const char *nd_gunzip_detail(const nd_gunzip *gunzip);

void nd_gunzip_free(nd_gunzip *gunzip);

#endif
