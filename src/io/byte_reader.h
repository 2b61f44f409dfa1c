/* An opened file as one stream of bytes, decompressed where it is compressed. */
#ifndef IO_BYTE_READER_H
#define IO_BYTE_READER_H

#include <stddef.h>

#include "io/compression.h"
#include "io/gunzip.h"
#include "io/raw_bytes.h"
#include "io/unfilter.h"

/* Exclusive; must stay where it is while open. */
typedef struct nd_byte_reader {
    nd_raw_bytes raw;
    nd_compression compression;
    nd_gunzip *gunzip; /* one of these two, where it is compressed */
    nd_unfilter *unfilter;
} nd_byte_reader;

/* A closed one. Bytes read from files are added to *counter, which may be NULL. */
void nd_byte_reader_init(nd_byte_reader *reader, const nd_allocator *allocator,
                         _Atomic uint64_t *counter);

/* Opens a closed one. Takes `fd` over, also when it fails. Messages name `path`. */
ND_NODISCARD nd_status nd_byte_reader_open(nd_byte_reader *reader, int fd, const char *path,
                                           nd_error *error);

/* Reads at most `capacity` bytes; *got is 0 only at the end (or when capacity is). ND_ERR_IO,
 * ND_ERR_FORMAT with a message. */
ND_NODISCARD nd_status nd_byte_reader_read(nd_byte_reader *reader, char *out, size_t capacity,
                                           size_t *got);

/* Says of a failed read of `path` what was wrong, and returns `status`. */
nd_status nd_byte_reader_error(const nd_byte_reader *reader, nd_status status, const char *path,
                               nd_error *error);

/* Closes the file and keeps the memory. */
void nd_byte_reader_close(nd_byte_reader *reader);

void nd_byte_reader_release(nd_byte_reader *reader);

#endif
