/* The bytes of an open file as they are on disk, in chunks. */
#ifndef IO_RAW_BYTES_H
#define IO_RAW_BYTES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/bytes.h"

/* Those of [at, chunk.len) are read but not used. Exclusive, but for the counter. */
typedef struct nd_raw_bytes {
    nd_allocator allocator;
    int fd;                    /* owned; -1: closed */
    _Atomic uint64_t *counter; /* bytes read are added; may be NULL */
    nd_byte_vec chunk;
    size_t at;
    bool is_ended;
    int error_number; /* of a failed read; 0: none */
} nd_raw_bytes;

/* Takes `fd` over, also when it fails, and reads the first chunk: half a kilobyte at least, unless
 * the file is shorter. Memory of a closed one is reused. ND_ERR_IO sets error_number. */
ND_NODISCARD nd_status nd_raw_open(nd_raw_bytes *raw, int fd);

/* Reads the next chunk once all of this one is used. */
ND_NODISCARD nd_status nd_raw_more(nd_raw_bytes *raw);

/* Reads at most `capacity` bytes to `out`, from the chunk, then from the file; *got is 0 only at
 * the end (or when capacity is). */
ND_NODISCARD nd_status nd_raw_read(nd_raw_bytes *raw, char *out, size_t capacity, size_t *got);

/* Closes the file and keeps the memory. */
void nd_raw_close(nd_raw_bytes *raw);

void nd_raw_release(nd_raw_bytes *raw);

#endif
