/* What a run has finished, in a file that outlives it: entries under keys, each whole or absent,
 * whatever ends the process. */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"
#include "util/alloc.h"

/* Internally locked. */
typedef struct nd_journal nd_journal;

/* Says what an entry is of; whoever writes one makes its key of all that its bytes depend on. */
typedef struct nd_journal_key {
    uint64_t low, high;
} nd_journal_key;

/* What an entry is. */
typedef enum nd_journal_kind {
    ND_JOURNAL_WHOLE = 1, /* something that is looked for by its key */
    ND_JOURNAL_PART,      /* of something whose last entry may be missing */
} nd_journal_kind;

/* Opens the journal at `path`, or makes one there, that only this user can read. `terms`,
 * terminated, are lines such as "--name value\n", which decide what entries mean: a journal of
 * other terms or of another version is emptied. ND_ERR_EXISTS: a file stands there that is no
 * journal. ND_ERR_BUSY: another process has it. ND_ERR_IO. */
ND_NODISCARD nd_status nd_journal_open(const char *path, const char *terms, size_t terms_len_bytes,
                                       const nd_allocator *allocator, nd_journal **out,
                                       nd_error *error);

/* Whether there was one, with entries, and it is used: then a run goes on. */
bool nd_journal_goes_on(const nd_journal *journal);

/* What of an earlier one could not be used, and why; empty: nothing. Holds until the journal is
 * closed, and is known once all entries were looked for. */
const char *nd_journal_loss(nd_journal *journal);

/* A number that was drawn for the journal when it was made; not 0. */
uint64_t nd_journal_seed(const nd_journal *journal);

int nd_journal_descriptor(const nd_journal *journal);

/* Belongs to the journal. */
const char *nd_journal_path(const nd_journal *journal);

/* Whether there is nothing in it. Thread-safe. */
bool nd_journal_is_empty(nd_journal *journal);

/* Reads the entry under that key into *out: *found. One whose bytes are damaged is not found, and
 * counts as a loss. Thread-safe. */
ND_NODISCARD nd_status nd_journal_find(nd_journal *journal, nd_journal_key key, nd_byte_vec *out,
                                       bool *found, nd_error *error);

/* What an entry is of, for the message where it is not asked for the next time: for each file its
 * path, terminated, then 8 bytes, its nd_journal_file_state. May be empty. */
typedef struct nd_journal_subject {
    const void *p;
    size_t len_bytes;
} nd_journal_subject;

/* A digest of what stat says of the file; 0: there is none. */
uint64_t nd_journal_file_state(const char *path);

/* Adds an entry, which takes the place of one under the same key. Thread-safe; one write, without a
 * sync: it is for processes that end, and a machine that fails is seen by the checksums. ND_ERR_IO
 * with a message. */
ND_NODISCARD nd_status nd_journal_add(nd_journal *journal, nd_journal_kind kind, nd_journal_key key,
                                      nd_journal_subject subject, const void *bytes,
                                      size_t len_bytes, nd_error *error);

/* Removes the file when the journal is closed: it is not needed any more. */
void nd_journal_finish(nd_journal *journal);

/* Also removes a file in which there is nothing. NULL does nothing. */
void nd_journal_close(nd_journal *journal);

#endif
