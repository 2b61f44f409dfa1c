/* An open index: what there is on the disk, and the tail of it in memory. */
#ifndef INDEX_STATE_H
#define INDEX_STATE_H

#include "coverage/verdict.h"
#include "index/log.h"
#include "index/manifest.h"
#include "index/removals.h"
#include "index/run.h"
#include "index/tail.h"
#include "index/text_store.h"
#include "neardup/index.h"
#include "neardup/sketch.h"
#include "util/alloc.h"

/* A record of a document, whole and checked; grows as needed. */
typedef struct nd_record_buffer {
    uint64_t *words;
    size_t capacity;
} nd_record_buffer;

static inline const nd_document_change *nd_record_of(const nd_record_buffer *buffer)
{
    return (const nd_document_change *)(const void *)buffer->words;
}

typedef nd_documents nd_numbers; /* of documents or texts */

/* Some bytes of somebody else's. */
typedef struct nd_bytes_view {
    const char *p;
    size_t len_bytes;
} nd_bytes_view;

/* What verdicts are given with. */
typedef struct nd_judging {
    nd_judge judge;
    nd_judged_text own, other; /* of the query, once it is ready, and of the text at hand */
    bool is_ready;
    ND_VEC(nd_word_code) own_words;
    ND_VEC(nd_word_code) other_words;
} nd_judging;

/* What a query works with: see query.h. */
typedef struct nd_query_scratch {
    nd_numbers candidates, copies;
    ND_VEC(nd_index_match) matches;
    struct nd_ranked_text *ranked;
    size_t ranked_capacity;
    nd_arena strings;
    nd_record_buffer record;
    nd_judging judging;
} nd_query_scratch;

/* An entry that was read of a run lately. */
typedef struct nd_kept_entry {
    uint32_t place; /* the text's number + 1; 0: nothing */
    nd_text_entry entry;
} nd_kept_entry;

struct nd_preparer;

struct nd_index {
    nd_allocator allocator;
    nd_index_options options;
    uint32_t num_threads;
    nd_folder folder;
    nd_file lock; /* of the writer */
    nd_manifest manifest;
    nd_log log;
    nd_run runs[ND_INDEX_MAX_RUNS]; /* manifest.num_runs of them */
    nd_tail tail;
    nd_removals removals;
    nd_file gone;                      /* what they were at the last manifest */
    uint32_t num_documents, num_texts; /* numbers given so far, also to what was removed */
    nd_text_reader texts;
    nd_block_cache *blocks; /* that queries read; may be NULL */
    nd_kept_entry *kept;    /* num_kept of them, by the text's number: the large texts, which
                               lead every list, come back most, and a block has twenty others */
    size_t num_kept;
    nd_query_scratch query;
    /* of the writer */
    const uint64_t *set;  /* of the text that is being added; NULL: it is read again */
    bool is_shadow;       /* a compacted copy in the making: its manifest is not written yet */
    bool merges_all;      /* the next run is to be the only one */
    bool is_unclear;      /* a change failed halfway, and so did going back: only to be freed */
    uint64_t num_pending; /* changes that are not committed */
    uint64_t num_frames_in_tail;
    struct nd_preparer *preparers; /* of the threads */
    uint32_t num_preparers;
    nd_record_buffer record;
};

/* --- state.c --- */

/* Reads manifest, runs, removals and tail. The folder is open. */
ND_NODISCARD nd_status nd_index_load(nd_index *index, nd_error *error);

/* Closes what load opened. */
void nd_index_unload(nd_index *index);

/* Replays what the log has beyond `from` and `frames` into the tail. */
ND_NODISCARD nd_status nd_index_replay(nd_index *index, uint64_t from, uint64_t frames,
                                       nd_error *error);

/* Takes one record, which stands at `offset`, into the tail. */
ND_NODISCARD nd_status nd_index_take_change(nd_index *index, uint64_t offset,
                                            const nd_change *change, nd_error *error);

/* --- lookup.c: by number, id and digest. Thread-safe between changes, with a buffer each. --- */

ND_NODISCARD nd_status nd_index_document_entry(const nd_index *index, uint32_t number,
                                               nd_document_entry *entry, nd_error *error);
ND_NODISCARD nd_status nd_index_text_entry(const nd_index *index, uint32_t number,
                                           nd_text_entry *entry, nd_error *error);

/* The same through a cursor that is asked for texts alone, with ascending numbers at best: one
 * block has many. Before the first use it was made with no run. One with a cache is a query's, and
 * keeps entries too. */
ND_NODISCARD nd_status nd_index_text_entry_near(const nd_index *index, nd_run_cursor *cursor,
                                                uint32_t number, nd_text_entry *entry,
                                                nd_error *error);

/* What the record of a text has for looking others up: its band keys, or its picks packed, so many
 * words. */
ND_NODISCARD nd_status nd_index_read_keys(const nd_index *index, const nd_text_entry *entry,
                                          uint32_t *keys, nd_error *error);
uint32_t nd_index_num_keys(const nd_index *index);

/* Reads the record of a document into the buffer. */
ND_NODISCARD nd_status nd_index_read_document(const nd_index *index, const nd_document_entry *entry,
                                              nd_record_buffer *buffer, nd_error *error);

/* The document of that id, ND_NO_NUMBER where there is none; its record is in the buffer then. */
ND_NODISCARD nd_status nd_index_find_id(const nd_index *index, nd_bytes_view id,
                                        nd_record_buffer *buffer, uint32_t *number,
                                        nd_error *error);

/* The text of that digest that some document has; ND_NO_NUMBER: none. */
ND_NODISCARD nd_status nd_index_find_digest(const nd_index *index, const uint64_t *digest,
                                            uint32_t *number, nd_error *error);

/* The two halves of both: what the runs have does not change while documents are added, and can be
 * looked up by several threads meanwhile. */
ND_NODISCARD nd_status nd_index_find_id_in_runs(const nd_index *index, nd_bytes_view id,
                                                nd_record_buffer *buffer, uint32_t *number,
                                                nd_error *error);
ND_NODISCARD nd_status nd_index_find_id_in_tail(const nd_index *index, nd_bytes_view id,
                                                nd_record_buffer *buffer, uint32_t *number,
                                                nd_error *error);
ND_NODISCARD nd_status nd_index_find_digest_in_runs(const nd_index *index, const uint64_t *digest,
                                                    uint32_t *number, nd_error *error);
ND_NODISCARD nd_status nd_index_find_digest_in_tail(const nd_index *index, const uint64_t *digest,
                                                    uint32_t *number, nd_error *error);

/* Every document that has that text, in no order. */
ND_NODISCARD nd_status nd_index_find_copies(const nd_index *index, uint32_t text,
                                            nd_numbers *documents, nd_error *error);

/* Whether another document than that one has the text. */
ND_NODISCARD nd_status nd_index_has_other_copy(const nd_index *index, uint32_t text,
                                               uint32_t document, bool *has, nd_error *error);

/* --- bucket_walk.c, sample_walk.c --- */

/* A text for which others are looked for. */
typedef struct nd_seeker {
    const uint32_t *keys; /* one a band */
    const uint64_t *set;  /* of its shingles, ascending */
    uint32_t number;      /* ND_NO_NUMBER: the index does not have it, and it is as if it had */
    nd_text_entry entry;  /* num_tokens, num_shingles and digest count */
} nd_seeker;

/* Appends each text that nd_bucket_proposes to compare with it, in any band, perhaps several times,
 * and without itself. */
ND_NODISCARD nd_status nd_index_find_mates(const nd_index *index, const nd_seeker *seeker,
                                           nd_numbers *mates, nd_error *error);

/* The same where there are no bands: by the sampled shingles that they share. */
ND_NODISCARD nd_status nd_index_find_sharers(nd_index *index, const nd_seeker *seeker,
                                             nd_numbers *mates, nd_error *error);

static inline bool nd_index_has_bands(const nd_index *index)
{
    return index->manifest.spec.bands > 0;
}

/* Below, equal to or above 0: the order of texts under one key, and of equally good answers. */
static inline int nd_index_compare_texts(const nd_index *index, const nd_text_entry *a,
                                         const nd_text_entry *b)
{
    return nd_text_entry_compare(
        nd_index_has_bands(index) ? ND_ORDER_BY_TOKENS : ND_ORDER_BY_SHINGLES, a, b);
}

/* --- merge.c --- */

/* Makes runs of the tail, which is committed, and of what else is due, and a new manifest. */
ND_NODISCARD nd_status nd_index_flush_tail(nd_index *index, nd_error *error);

/* --- index.c --- */

/* ND_ERR_NOT_FOUND, with words. */
nd_status nd_index_no_document(const nd_index *index, const char *id, size_t id_len_bytes,
                               nd_error *error);

/* Where a failure has no words of its own, those of its status. Returns `status`. */
nd_status nd_index_fail(nd_error *error, nd_status status);

/* Before every call: an index that failed halfway can only be freed. */
ND_NODISCARD nd_status nd_index_check_usable(const nd_index *index, nd_error *error);

#endif
