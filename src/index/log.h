/* The log of an index: everything that was added and removed, in commits that are whole or absent.
 */
#ifndef INDEX_LOG_H
#define INDEX_LOG_H

#include "index/change.h"
#include "util/alloc.h"

/* How far the log is committed. */
typedef struct nd_log_mark {
    uint64_t committed; /* bytes of the file */
    uint64_t frames;    /* that they hold */
    uint64_t state;     /* of the manifest that its writer wrote last */
} nd_log_mark;

/* Exclusive, but that several threads may read records at once between other calls. */
typedef struct nd_log {
    const nd_allocator *allocator;
    nd_file file;
    uint64_t salt;
    nd_log_mark mark;
    uint32_t next_mark; /* which of the two in the file is written next */
    /* Of the writer: the commit that is being made. */
    uint64_t written;     /* its frames that the file holds end here */
    uint64_t frames;      /* with them */
    uint64_t reserved;    /* bytes that the file has */
    ND_VEC(char) pending; /* its last frame, header and records */
} nd_log;

/* An empty one, synced. Close after a failure too. */
ND_NODISCARD nd_status nd_log_create(nd_log *log, const nd_folder *folder, uint32_t number,
                                     nd_error *error);

/* Opens one and reads its mark. */
ND_NODISCARD nd_status nd_log_open(nd_log *log, const nd_folder *folder, uint32_t number,
                                   nd_file_access access, nd_error *error);

/* Reads the mark again: *mark is what another process has committed since. */
ND_NODISCARD nd_status nd_log_look(const nd_log *log, nd_log_mark *mark, nd_error *error);

void nd_log_close(nd_log *log);

/* Where the first frame stands. */
uint64_t nd_log_start(void);

/* Takes one record; of a text all but its stored bytes. */
typedef nd_status (*nd_change_fn)(void *ctx, uint64_t offset, const nd_change *change,
                                  nd_error *error);

/* Calls `each` for the records of every frame from `from` on (of which there are `frames` before),
 * up to the mark; `to`, and the mark where it is nearer, move to what was read. Commits beyond the
 * mark are taken too if they are whole: their writer ended before it could say so. */
ND_NODISCARD nd_status nd_log_replay(nd_log *log, uint64_t from, uint64_t frames, nd_change_fn each,
                                     void *ctx, nd_error *error);

/* Reads frames and checks every byte of them: for `check`. */
ND_NODISCARD nd_status nd_log_verify(const nd_log *log, nd_error *error);

/* Reads a record, or the first len bytes of it, from the file or what is pending. Thread-safe. */
ND_NODISCARD nd_status nd_log_read(const nd_log *log, uint64_t offset, void *bytes, size_t len,
                                   nd_error *error);

/* Whether a record that was read from there, with all that its checksum covers, has it. */
bool nd_log_is_whole(const nd_log *log, const nd_change *change, uint64_t offset);

/* --- by the writer --- */

/* Where the next record will stand. */
uint64_t nd_log_next_offset(const nd_log *log);

/* Room for a record of so many bytes (a multiple of 8), as zeros, to be filled in and sealed before
 * the next call. NULL when out of memory. */
void *nd_log_append(nd_log *log, size_t bytes);
void nd_log_seal(const nd_log *log, nd_change *change);

/* Writes what is pending, if it is much: before the next record, not after it. */
ND_NODISCARD nd_status nd_log_relieve(nd_log *log, nd_error *error);

typedef enum nd_durability {
    ND_DURABLE = 0, /* on the disk when the call returns */
    ND_NOT_SYNCED,  /* a machine that stops may lose it */
} nd_durability;

/* Commits all that was appended. After a failure nothing of it is committed, and
 * nd_log_roll_back is to be called. */
ND_NODISCARD nd_status nd_log_commit(nd_log *log, nd_durability durability, nd_error *error);

/* Forgets what was appended since the last commit. */
ND_NODISCARD nd_status nd_log_roll_back(nd_log *log, nd_error *error);

/* Says in the mark that there is a new manifest. */
ND_NODISCARD nd_status nd_log_announce(nd_log *log, uint64_t state, nd_error *error);

#endif
