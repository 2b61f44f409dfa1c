/* A block is one of
 *
 *   files     names | a.txt \0 b.txt \0 | with their numbers: small files, read when decoded
 *   stream    one open file, read to its end when decoded: a large text, a compressed file
 *   records   bytes | {..} \n {..} \n |: whole records cut from the file at hand when the block is
 *             asked for, so that several threads parse the records of one file
 *   mark      a mark: records of a file that is read again, when decoded */
#ifndef IO_BLOCK_H
#define IO_BLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/block_source.h"
#include "io/documents.h"
#include "io/kept_block.h"
#include "io/record_visit.h"
#include "io/stream.h"
#include "util/alloc.h"
#include "util/sort.h"

typedef enum nd_block_kind {
    ND_BLOCK_NONE = 0,
    ND_BLOCK_FILES,
    ND_BLOCK_STREAM,
    ND_BLOCK_RECORDS,
    ND_BLOCK_MARK,
} nd_block_kind;

/* A file of a block; its path is in `names`. */
typedef struct nd_block_file {
    size_t name;
    uint64_t size;
    uint64_t number;
    bool is_named;
} nd_block_file;

typedef struct nd_block {
    struct nd_block *next; /* in the list of those not in use */
    nd_block_kind kind;
    bool is_lasting; /* what of it can be read again is to be */
    nd_byte_vec names;
    ND_VEC(nd_block_file) files;
    uint64_t files_bytes;
    nd_record_block records;
    nd_batch batch;
    const nd_mark *mark;
    nd_stream *stream;
    nd_documents documents;
    nd_tally tally;
    nd_kept_block kept;
} nd_block;

struct nd_block_source {
    nd_allocator allocator;
    const nd_reading *reading;
    nd_path_walk *walk;

    /* For `next`, one thread at a time. */
    nd_path_entry entry; /* stepped to, but not yet taken */
    bool has_entry;
    nd_stream *current; /* whose records are being cut; NULL: none */
    nd_stream *spare;
    nd_documents documents;
    nd_tally tally;
    nd_file_list files; /* where records are kept: all of them, before the first is read */
    bool is_listed;
    size_t next_file;
    uint64_t bytes_cut; /* of files, in blocks so far */
    nd_marks marks;     /* of the first reading; later they stay as they are */

    /* Of the second reading. */
    nd_wanted wanted;
    size_t next_mark;

    _Atomic uint64_t bytes, bytes_total;
    pthread_mutex_t lock; /* of what follows */
    nd_block *unused;
    nd_tally total;
    bool is_again;
    uint64_t bytes_before; /* that were read the first time */
};

/* Memory a block keeps between uses: an ordinary one's, not that of one huge line. */
static inline size_t nd_block_keep_bytes(const nd_block_source *source)
{
    enum { KEPT_BLOCKS = 16 };
    return KEPT_BLOCKS * source->reading->options.block_bytes;
}

/* The place of the first wanted tag that does not come before `tag`. */
static inline size_t nd_block_wanted_from(const nd_block_source *source, uint64_t tag)
{
    return nd_first_u64(source->wanted.tags, source->wanted.num, tag);
}

/* Emits the documents of a block. */
ND_NODISCARD nd_status nd_block_emit(const nd_block_source *source, nd_block *block,
                                     const nd_emitter *emitter, nd_error *why);

/* Emits what the journal of the reading has of the block, or reads it, for the journal. */
ND_NODISCARD nd_status nd_block_emit_kept(nd_block_source *source, nd_block *block,
                                          const nd_emitter *to, nd_error *why);

#endif
