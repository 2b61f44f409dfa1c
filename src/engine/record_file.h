/* Records, which are what the engine keeps of a document; their order; and files of them. */
#ifndef ENGINE_RECORD_FILE_H
#define ENGINE_RECORD_FILE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "neardup/scan.h"
#include "neardup/status.h"
#include "store/budget.h"
#include "util/alloc.h"

/* --- records --- */

/* One block of an ingester's arena; what a scan knows of the document beside it stands in the
 * collection (collection.h), under `index`.
 *
 *   | nd_record | id bytes | text length, 8 bytes | text bytes |    the last two where texts are
 * kept
 */
typedef struct nd_record {
    uint64_t tag; /* the caller's */
    uint32_t index;
    uint32_t num_tokens;
    uint32_t source; /* of the scan, where the document is lasting, else ND_NO_SOURCE */
    uint32_t id_len_bytes;
} nd_record;

#define ND_NO_SOURCE UINT32_MAX

static inline const char *nd_record_id(const nd_record *record)
{
    return (const char *)(record + 1);
}

/* Where texts are kept: the text, and its length. */
static inline const char *nd_record_text(const nd_record *record, uint64_t *len)
{
    const char *const after_id = nd_record_id(record) + record->id_len_bytes;
    memcpy(len, after_id, sizeof *len);
    return after_id + sizeof *len;
}

/* --- the order of their ids --- */

/* By id: below, equal to or above 0. */
int nd_compare_ids(const nd_record *a, const nd_record *b);

/* By id, records of one id by tag. */
int nd_compare_records(const nd_record *a, const nd_record *b);

/* Sorts records as nd_compare_records does, on several threads. 32 bytes a record while it runs.
 * O(num log num) comparisons at worst, near O(num) for ids of any usual form. */
ND_NODISCARD nd_status nd_sort_by_id(nd_record **records, size_t num, uint32_t num_threads,
                                     const nd_allocator *allocator);

/* --- files, where a budget is limited: sorted runs while documents are read, then one file --- */

/* How many bytes a record takes in a file: a multiple of 8. */
uint64_t nd_record_bytes(const nd_record *record, nd_texts texts);

/* ---- runs ---- */

/* Each in the order of ids, from `at` to `end` of the file. */
typedef struct nd_record_run {
    uint64_t at, end;
} nd_record_run;

typedef struct nd_record_runs {
    const nd_allocator *allocator;
    nd_budget *budget;
    nd_texts texts;
    pthread_mutex_t lock; /* of what follows */
    nd_temp_file *file;   /* NULL: no run yet */
    ND_VEC(nd_record_run) runs;
    size_t num_records;
} nd_record_runs;

/* ND_ERR_NO_MEMORY where the system has no lock left. */
ND_NODISCARD nd_status nd_record_runs_init(nd_record_runs *runs, nd_budget *budget, nd_texts texts,
                                           const nd_allocator *allocator);

/* Sorts records by id, and writes them as a run. 32 bytes a record while it does. Thread-safe. */
ND_NODISCARD nd_status nd_record_runs_add(nd_record_runs *runs, nd_record **records, size_t num);

void nd_record_runs_release(nd_record_runs *runs);

/* Takes the records of a merge one by one; *record holds for the call. */
typedef nd_status (*nd_record_fn)(void *ctx, const nd_record *record);

/* Merges all runs (k-way, by a heap): calls `each` in the order of nd_compare_records. Buffers take
 * an eighth of the budget at most, or 4 KiB for each run. */
ND_NODISCARD nd_status nd_record_runs_merge(const nd_record_runs *runs, nd_record_fn each,
                                            void *ctx);

/* ---- one file ---- */

/*   file:  | block of ND_RECORD_BLOCK records | block | ... |      block i begins at block_at[i] */
enum { ND_RECORD_BLOCK = 32 };

typedef struct nd_record_file {
    const nd_allocator *allocator;
    nd_texts texts;
    nd_temp_file *file;
    ND_VEC(uint64_t) block_at;
    size_t num;
    uint64_t end;
    ND_VEC(char) buffer; /* while it is written: what is not in the file yet */
} nd_record_file;

ND_NODISCARD nd_status nd_record_file_init(nd_record_file *file, nd_budget *budget, nd_texts texts,
                                           const nd_allocator *allocator);

ND_NODISCARD nd_status nd_record_file_append(nd_record_file *file, const nd_record *record);

/* After the last record. */
ND_NODISCARD nd_status nd_record_file_end(nd_record_file *file);

/* A finished file as nd_record_runs_merge gives records. */
ND_NODISCARD nd_status nd_record_file_each(const nd_record_file *file, nd_record_fn each,
                                           void *ctx);

void nd_record_file_release(nd_record_file *file);

/* What one thread reads records with; zero it before the first use. Records near the last one cost
 * next to nothing. */
typedef struct nd_record_reader {
    char *block;
    size_t capacity;
    size_t number; /* of the block + 1; 0: none */
    size_t places[ND_RECORD_BLOCK];
} nd_record_reader;

/* Record i of a finished file; it holds until the next call. */
ND_NODISCARD nd_status nd_record_reader_get(nd_record_reader *reader, const nd_record_file *file,
                                            size_t i, const nd_record **record);

void nd_record_reader_release(nd_record_reader *reader, const nd_allocator *allocator);

#endif
