/* The persistent index: documents in a folder on disk, asked and changed one by one or in batches.
 */
#ifndef NEARDUP_INDEX_H
#define NEARDUP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/batch.h"
#include "neardup/counter.h"
#include "neardup/match.h"
#include "neardup/scan.h"
#include "neardup/spec.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* An open index; exclusive (one thread at a time). One writer and any number of readers may have an
 * index open at once, in one process (each thread opens its own) and in several. Readers never wait
 * for the writer, nor it for them: a reader sees the state of when it was opened or last refreshed,
 * whole and unchanging.
 *
 * Changes are collected by the calls that make them, seen at once by the handle that made them, and
 * by others once nd_index_commit has returned; a process that ends before, in whatever way, leaves
 * the index as of its last commit. A call that fails drops the changes that are not committed, and
 * the index is as it was then. */
typedef struct nd_index nd_index;

/* --- create and open --- */

/* Makes an empty index in a new folder, or in one with nothing in it. Of the options those count
 * that say what is hashed and what is a match: shingle, repairs, folds, rule, recall, score. They
 * are the index's for good. options NULL: as nd_scan_options_init sets them. ND_ERR_EXISTS:
 * something is there. ND_ERR_INVALID_ARGUMENT, ND_ERR_LIMIT: as for nd_spec_from_options.
 * ND_ERR_UNSUPPORTED: options with a coverage, which depends on all documents. */
ND_API ND_NODISCARD nd_status nd_index_create(const char *path, const nd_scan_options *options,
                                              const nd_allocator *allocator, nd_error *error);

typedef enum nd_index_access {
    ND_INDEX_READ = 0, /* nothing of the index is written to */
    ND_INDEX_WRITE,    /* by one at a time */
} nd_index_access;

typedef enum nd_index_durability {
    ND_INDEX_SYNCED = 0, /* what is committed survives the machine, not just the process */
    ND_INDEX_UNSYNCED,   /* a machine that stops may lose the last thousands of documents; the rest
                            is whole, and commits do not wait for the disk */
} nd_index_durability;

typedef struct nd_index_options {
    size_t size_bytes; /* of this struct as the caller knows it; set by _init */
    nd_index_access access;
    nd_index_durability durability;
    const nd_spec *spec;     /* what the caller's hashes are like; NULL: the index's own will do */
    uint32_t num_threads;    /* of batches; 0: one for each processor */
    uint32_t lock_wait_ms;   /* how long to wait for another writer to end */
    size_t cache_bytes;      /* of memory for what queries come back to: shingle sets, blocks */
    uint32_t tail_documents; /* a writer sorts so many at a time into tables on the disk: until then
                                every handle has them in memory, and reads them when it is opened */
} nd_index_options;

/* Reading, synced, one thread for each processor, no waiting, 32 MiB, 8,192 documents. */
static inline void nd_index_options_init(nd_index_options *options);
ND_API void nd_index_options_init_sized(nd_index_options *options, size_t size_bytes);

/* options NULL: as nd_index_options_init sets them. ND_ERR_NOT_FOUND: there is no index.
 * ND_ERR_VERSION: made with another spec or Unicode version, or in another format; *error says
 * which. ND_ERR_BUSY: another writer has it. ND_ERR_FORMAT: it is damaged. ND_ERR_IO. Free with
 * nd_index_free. */
ND_API ND_NODISCARD nd_status nd_index_open(const char *path, const nd_index_options *options,
                                            const nd_allocator *allocator, nd_index **out,
                                            nd_error *error);

/* --- change --- */

enum { ND_INDEX_MAX_ID_BYTES = 1 << 16, ND_INDEX_MAX_SOURCE_BYTES = 1 << 16 };

typedef struct nd_index_document {
    const char *id; /* any bytes, ND_INDEX_MAX_ID_BYTES at most */
    size_t id_len_bytes;
    const char *text; /* UTF-8 */
    size_t text_len_bytes;
    const char *source; /* who had it, such as "reuters.com"; NULL: not known */
    size_t source_len_bytes;
    int64_t time; /* microseconds since 1970 in UTC; 0: not known */
    uint64_t tag; /* the caller's: comes out with the document */
} nd_index_document;

typedef enum nd_index_mode {
    ND_INDEX_REPLACE = 0,  /* a document of that id gives way */
    ND_INDEX_IF_NEW,       /* only where there is no document of that id */
    ND_INDEX_IF_UNMATCHED, /* only where it has no match either, by the index's own rule */
} nd_index_mode;

/* What became of a document. */
typedef enum nd_index_outcome {
    ND_INDEX_ADDED = 0,
    ND_INDEX_REPLACED,   /* added, in place of one with its id */
    ND_INDEX_KNOWN_ID,   /* not added: there is a document of that id */
    ND_INDEX_MATCHED,    /* not added: there is a match */
    ND_INDEX_OVER_LIMIT, /* not added: a text above ND_TEXT_MAX_BYTES, or an id or a source above
                            theirs */
} nd_index_outcome;

/* Adds one document. Texts without a word are added and match nothing. *outcome may be NULL: then
 * a document that is not added for a limit is ND_ERR_LIMIT. ND_ERR_INVALID_ARGUMENT: the handle
 * only reads. ND_ERR_LIMIT: 2^32 - 1 documents came so far, removed ones included: compact it. */
ND_API ND_NODISCARD nd_status nd_index_add(nd_index *index, const nd_index_document *document,
                                           nd_index_mode mode, nd_index_outcome *outcome,
                                           nd_error *error);

/* Documents in Arrow's layout; zero what is not used. */
typedef struct nd_index_batch {
    const nd_text_batch *texts;
    const nd_text_batch *ids;     /* as many; a null id is an empty one */
    const nd_text_batch *sources; /* as many; NULL: not known */
    const int64_t *times;         /* as many; NULL: not known */
    const uint64_t *tags;         /* as many; NULL: 0 */
} nd_index_batch;

/* Adds them in their order, as nd_index_add would one after the other; they are tokenised, sketched
 * and compressed on options.num_threads threads. outcomes[0..num) may be NULL. */
ND_API ND_NODISCARD nd_status nd_index_add_batch(nd_index *index, const nd_index_batch *batch,
                                                 nd_index_mode mode, nd_index_outcome *outcomes,
                                                 nd_error *error);

/* What adding a document came to; `matches` are those of the documents that were there before it,
 * where they were asked for, and hold until the call returns. */
struct nd_index_match;
typedef struct nd_index_addition {
    const char *id;
    size_t id_len_bytes;
    uint64_t tag; /* of the document that came */
    nd_index_outcome outcome;
    const struct nd_index_match *matches; /* best first */
    size_t num_matches;
} nd_index_addition;

struct nd_index_query;
typedef struct nd_index_source_options {
    size_t size_bytes; /* of this struct as the caller knows it; set by _init */
    nd_index_mode mode;
    const struct nd_index_query *query; /* asked of each document before it is added; NULL: none */
    /* Called for each document, in order; may be NULL. */
    nd_status (*added)(void *ctx, const nd_index_addition *addition);
    /* Called whenever what was added so far is committed; may be NULL. */
    nd_status (*committed)(void *ctx);
    void *ctx;
    uint64_t commit_documents; /* commit after so many, and at the end; 0: only at the end */
    uint32_t blocks_at_once;   /* of the source; 0: as many as keep the threads busy. 1: each one is
                                  added and committed before the next is asked for, as where
                                  documents arrive one by one */
    nd_progress_fn progress;   /* may be NULL */
    void *progress_ctx;
} nd_index_source_options;

/* 10,000 documents a commit, zeros for the rest. */
static inline void nd_index_source_options_init(nd_index_source_options *options);
ND_API void nd_index_source_options_init_sized(nd_index_source_options *options, size_t size_bytes);

/* Adds all documents of a source in its order, and commits; see nd_index_add_batch. After a failure
 * what was committed stays. options NULL: as set by _init. */
ND_API ND_NODISCARD nd_status nd_index_add_source(nd_index *index, const nd_source *source,
                                                  const nd_index_source_options *options,
                                                  nd_error *error);

/* ND_ERR_NOT_FOUND: no document of that id; the changes so far stand. */
ND_API ND_NODISCARD nd_status nd_index_remove(nd_index *index, const char *id, size_t id_len_bytes,
                                              nd_error *error);

/* Removes all documents with a time before that one; *num is how many. O(documents). */
ND_API ND_NODISCARD nd_status nd_index_remove_before(nd_index *index, int64_t time, uint64_t *num,
                                                     nd_error *error);

/* Adds all documents of another index that was made with the same spec. */
ND_API ND_NODISCARD nd_status nd_index_merge(nd_index *index, nd_index *from, nd_index_mode mode,
                                             uint64_t *num_added, nd_error *error);

/* Makes the changes so far durable and visible, all or none. ND_ERR_IO: no room, say: the index is
 * as it was. */
ND_API ND_NODISCARD nd_status nd_index_commit(nd_index *index, nd_error *error);

/* Drops the changes since the last commit. */
ND_API ND_NODISCARD nd_status nd_index_roll_back(nd_index *index, nd_error *error);

/* --- ask --- */

/* Sees what was committed since the handle was opened or refreshed. O(what was added since). */
ND_API ND_NODISCARD nd_status nd_index_refresh(nd_index *index, nd_error *error);

typedef struct nd_index_query {
    size_t size_bytes;  /* of this struct as the caller knows it; set by _init */
    nd_match_rule rule; /* zeros: the index's. A jaccard below the index's own finds only a part of
                           what it would match, and is an error, but for an index with a score */
    size_t max_matches; /* the best ones; 0: all */
    int64_t since;      /* only documents of that time or later; 0: any, also of none */
    int64_t before;     /* only documents before that time; 0: any, also of none */
    const char *not_source; /* no documents of that source; NULL: any */
    size_t not_source_len_bytes;
    const char *not_id; /* of a text that is asked for: it is that document, and no match of itself,
                           where there is one of that id; NULL: it is none */
    size_t not_id_len_bytes;
    double score; /* of the verdict, from which on a text is a match; 0: the index's */
} nd_index_query;

static inline void nd_index_query_init(nd_index_query *query);
ND_API void nd_index_query_init_sized(nd_index_query *query, size_t size_bytes);

typedef struct nd_index_match {
    const char *id;
    size_t id_len_bytes;
    const char *source; /* NULL: not known */
    size_t source_len_bytes;
    int64_t time; /* 0: not known */
    uint64_t tag;
    nd_match_kind kind;       /* the query's view: contains = it holds the match */
    nd_similarity similarity; /* a is the query, b the match; exact */
    nd_coverage coverage;     /* zeros where the index gives no verdicts */
    double score;             /* of the verdict; 0 where it gives none */
} nd_index_match;

/* The verified matches of a text, best first: by jaccard, then the larger containment, then the
 * larger text, its digest, and its id. They are those that a scan of all documents of the index and
 * this one would report, and belong to the index until its next call.
 *
 * Candidates are those of neardup/bucket.h, or, of an index with a score, of neardup/candidates.h.
 * The verdict on a pair depends on the two texts; whether it is asked for depends on how many
 * others sample the shingles they share. So as documents come, pairs can be lost that share little
 * in rare ones, and found again as documents go. A pair is never lost that shares about two fifths
 * of the smaller text's samples, while at most ND_RARE_FREQUENCY texts have each of these (their
 * weight is 0.21 then, and a twelfth is asked for). query NULL: as nd_index_query_init sets it.
 * About a millisecond; but a text that leads a bucket of very many others, or a list of those that
 * follow a pick, is compared with all of them. ND_ERR_LIMIT: a text above ND_TEXT_MAX_BYTES. */
ND_API ND_NODISCARD nd_status nd_index_query_text(nd_index *index, const char *text,
                                                  size_t len_bytes, const nd_index_query *query,
                                                  const nd_index_match **matches,
                                                  size_t *num_matches, nd_error *error);

/* The same for a document of the index, without itself. ND_ERR_NOT_FOUND: no such id. */
ND_API ND_NODISCARD nd_status nd_index_query_id(nd_index *index, const char *id,
                                                size_t id_len_bytes, const nd_index_query *query,
                                                const nd_index_match **matches, size_t *num_matches,
                                                nd_error *error);

/* --- look --- */

/* What the index knows of a document. */
typedef struct nd_index_entry {
    const char *id;
    size_t id_len_bytes;
    const char *source; /* NULL: not known */
    size_t source_len_bytes;
    int64_t time;
    uint64_t tag;
    uint64_t text_bytes; /* of the text as it came */
    uint32_t num_tokens;
    uint64_t digest[2]; /* of the normalised text; zeros without tokens */
} nd_index_entry;

/* *entry belongs to the index until its next call. ND_ERR_NOT_FOUND: no such id. */
ND_API ND_NODISCARD nd_status nd_index_get(nd_index *index, const char *id, size_t id_len_bytes,
                                           nd_index_entry *entry, nd_error *error);

typedef nd_status (*nd_index_entry_fn)(void *ctx, const nd_index_entry *entry);

/* Calls `each` for every document, in the order in which they were added. A status other than ND_OK
 * ends it, and is returned. No other call on the handle meanwhile. */
ND_API ND_NODISCARD nd_status nd_index_each(nd_index *index, nd_index_entry_fn each, void *ctx,
                                            nd_error *error);

/* The spec and the rule that the index was made with, and the score of the verdict from which on a
 * text is a match; 0: it gives no verdicts. */
ND_API const nd_spec *nd_index_spec(const nd_index *index);
ND_API nd_match_rule nd_index_rule(const nd_index *index);
ND_API double nd_index_score(const nd_index *index);

/* Documents that are there, in O(1). */
ND_API uint64_t nd_index_num_documents(const nd_index *index);

typedef struct nd_index_stats {
    uint64_t documents;
    uint64_t texts;             /* different ones, with a word at least */
    uint64_t removed_documents; /* what they take is given back by compacting */
    uint64_t removed_texts;
    uint64_t runs;           /* files of sorted tables */
    uint64_t tail_documents; /* since the last of them */
    uint64_t bytes;          /* of all files, as is each part below */
    uint64_t document_bytes; /* ids, sources, times */
    uint64_t text_bytes;     /* compressed texts */
    uint64_t key_bytes;      /* digests, and band keys as they came with the texts */
    uint64_t table_bytes;    /* look-up by number, id and digest */
    uint64_t bucket_bytes;   /* look-up by band key, or by shingle */
    uint64_t spare_bytes;    /* room taken for what comes, and all else */
} nd_index_stats;

/* Every counter of nd_index_stats, in the order in which they are listed; static. */
ND_API const nd_counter *nd_index_counters(size_t *num);

/* O(documents) for the bytes of each part. */
ND_API ND_NODISCARD nd_status nd_index_stats_get(nd_index *index, nd_index_stats *stats,
                                                 nd_error *error);

/* --- keep --- */

/* Reads everything and compares it: each checksum, each text with its digest, set size and band
 * keys, and each look-up with what it should find. ND_ERR_FORMAT with the first thing that is
 * wrong. O(index). */
ND_API ND_NODISCARD nd_status nd_index_check(nd_index *index, nd_progress_fn progress, void *ctx,
                                             nd_error *error);

/* Writes the index anew, without what was removed, and in one run. Readers go on with the old files
 * until they refresh. Needs room for both. */
ND_API ND_NODISCARD nd_status nd_index_compact(nd_index *index, nd_error *error);

/* Copies the state that the handle sees to a new folder, also while another process writes. */
ND_API ND_NODISCARD nd_status nd_index_copy(nd_index *index, const char *path, nd_error *error);

/* Changes that are not committed are dropped. */
ND_API void nd_index_free(nd_index *index);

static inline void nd_index_options_init(nd_index_options *options)
{
    nd_index_options_init_sized(options, sizeof *options);
}

static inline void nd_index_source_options_init(nd_index_source_options *options)
{
    nd_index_source_options_init_sized(options, sizeof *options);
}

static inline void nd_index_query_init(nd_index_query *query)
{
    nd_index_query_init_sized(query, sizeof *query);
}

ND_END_DECLS

#endif
