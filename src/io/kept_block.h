/* The documents of a block, as a scan has learnt them, in a journal. */
#ifndef IO_KEPT_BLOCK_H
#define IO_KEPT_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "io/documents.h"
#include "io/journal.h"
#include "io/tally.h"
#include "util/alloc.h"

/* One block at work; exclusive. */
typedef struct nd_kept_block {
    nd_allocator allocator;
    nd_journal *journal;
    nd_journal_key key;
    size_t num_preferences;
    nd_byte_vec subject;   /* see nd_journal_subject */
    nd_byte_vec documents; /* that are not in the journal yet */
    nd_byte_vec entry;     /* what is read, or to be written */
    uint64_t num_parts;    /* in the journal */
    const nd_emitter *to;
    const nd_document *document; /* at work */
    bool is_learnt;              /* that one */
    bool is_whole;               /* all are */
    nd_error failure;            /* of the journal */
} nd_kept_block;

/* Zero one, and set its allocator, before its first use. Begins with a block, of which `key` says
 * what its documents are; the journal of the reading is borrowed. */
void nd_kept_block_begin(nd_kept_block *kept, const nd_reading *reading, nd_journal_key key);

/* Names a file of the block, before it is read: for the message where it is another one the next
 * time. */
ND_NODISCARD nd_status nd_kept_block_name(nd_kept_block *kept, const char *path);

/* Emits the documents of the block, as they are in the journal, and adds to the tally, and to
 * *bytes, what reading them counted; or sets *found to false, and does nothing.
 * ND_ERR_FORMAT or ND_ERR_VERSION: what is there was not learnt by such a scan. */
ND_NODISCARD nd_status nd_kept_block_emit(nd_kept_block *kept, const nd_emitter *to,
                                          nd_tally *tally, uint64_t *bytes, bool *found,
                                          nd_error *error);

/* Where to emit documents that are read, so that they go on to `to` (borrowed), and into the
 * journal. */
nd_emitter nd_kept_block_emitter(nd_kept_block *kept, const nd_emitter *to);

/* All documents of the block were emitted: with what reading them counted, they are there for the
 * next run; unless one of them was left out. */
ND_NODISCARD nd_status nd_kept_block_end(nd_kept_block *kept, const nd_tally *tally, uint64_t bytes,
                                         nd_error *error);

/* Gives memory of more than keep_bytes back. */
void nd_kept_block_trim(nd_kept_block *kept, size_t keep_bytes);

void nd_kept_block_release(nd_kept_block *kept);

#endif
