/* Bytes that are written one after the other, and read so once, where there is no room for them in
 * memory. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "store/budget.h"
#include "util/alloc.h"

/* Many may share a file, as the blocks of a spool need not stand together:
 *
 *   file:   | block of a | block of b | block of a | ...       the last one of a spool is shorter
 *
 * A spool has a buffer of one block while it is written to or read. Exclusive. */
typedef struct nd_spool {
    nd_temp_file *file;
    const nd_allocator *allocator;
    size_t block_bytes;
    ND_VEC(uint64_t) blocks; /* where they stand */
    char *buffer;
    size_t at, len;        /* of what is in the buffer: what is read, and all */
    size_t next;           /* block to be read */
    size_t last_block_len; /* once writing has ended */
} nd_spool;

/* Empty, without memory of its own. */
void nd_spool_init(nd_spool *spool, nd_temp_file *file, size_t block_bytes,
                   const nd_allocator *allocator);

/* ND_ERR_IO: see nd_budget_explain; so below. */
ND_NODISCARD nd_status nd_spool_put(nd_spool *spool, const void *bytes, size_t len);

/* All is put: writes the rest, and gives the buffer back. Reading begins, also anew. */
ND_NODISCARD nd_status nd_spool_end(nd_spool *spool);
void nd_spool_rewind(nd_spool *spool);

/* The next len bytes, which there must be: ND_ERR_FORMAT. */
ND_NODISCARD nd_status nd_spool_get(nd_spool *spool, void *bytes, size_t len);

void nd_spool_release(nd_spool *spool);

#endif
