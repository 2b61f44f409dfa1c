/* zstd, xz, bzip2 and lz4 data undone by libarchive, every frame or stream of it. */
#ifndef IO_UNFILTER_H
#define IO_UNFILTER_H

#include <stddef.h>

#include "io/compression.h"
#include "io/raw_bytes.h"

/* Exclusive. */
typedef struct nd_unfilter nd_unfilter;

/* `raw` must outlive it, at the same address. libarchive's own memory comes from malloc. */
ND_NODISCARD nd_status nd_unfilter_new(nd_compression compression, nd_raw_bytes *raw,
                                       nd_unfilter **out);

/* As nd_gunzip_read. */
ND_NODISCARD nd_status nd_unfilter_read(nd_unfilter *unfilter, char *out, size_t capacity,
                                        size_t *got);

/* What ND_ERR_FORMAT was about; valid until the unfilter is used or freed. */
const char *nd_unfilter_detail(const nd_unfilter *unfilter);

void nd_unfilter_free(nd_unfilter *unfilter);

#endif
