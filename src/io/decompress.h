/* Compressions that are undone on the way in, told apart by their first bytes. */
#ifndef IO_DECOMPRESS_H
#define IO_DECOMPRESS_H

#include <stddef.h>

#include "io/byte_reader.h"

/* What data that begin with p[0..len_bytes) are compressed by; 512 bytes are enough. */
nd_compression nd_compression_find(const char *p, size_t len_bytes);

/* Its name, such as "gzip"; static. */
const char *nd_compression_name(nd_compression compression);

/* Undoes one: every member, frame or stream of it. Exclusive. */
typedef struct nd_decompressor nd_decompressor;

/* `raw` must outlive it, at the same address. libarchive's own memory comes from malloc. */
ND_NODISCARD nd_status nd_decompressor_new(nd_compression compression, nd_raw_bytes *raw,
                                           nd_decompressor **out);

/* Decompresses at most `capacity` bytes to `out`; *got is 0 only at the end. ND_ERR_FORMAT: see
 * nd_decompressor_detail; ND_ERR_IO as nd_raw_more. */
ND_NODISCARD nd_status nd_decompressor_read(nd_decompressor *decompressor, char *out,
                                            size_t capacity, size_t *got);

/* What ND_ERR_FORMAT was about; valid until the decompressor is used or freed. */
const char *nd_decompressor_detail(const nd_decompressor *decompressor);

void nd_decompressor_free(nd_decompressor *decompressor);

#endif
