/* Compressions that are undone on the way in, told apart by their first bytes. */
#ifndef IO_COMPRESSION_H
#define IO_COMPRESSION_H

#include <stddef.h>

typedef enum nd_compression {
    ND_COMPRESSION_NONE = 0,
    ND_COMPRESSION_GZIP,
    ND_COMPRESSION_ZSTD,
    ND_COMPRESSION_XZ,
    ND_COMPRESSION_BZIP2,
    ND_COMPRESSION_LZ4,
} nd_compression;

/* What a file that begins with p[0..len_bytes) is compressed by; 512 bytes are enough. */
nd_compression nd_compression_find(const char *p, size_t len_bytes);

/* Its name, such as "gzip"; static. */
const char *nd_compression_name(nd_compression compression);

#endif
