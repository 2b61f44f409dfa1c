/* Records in temporary files, where a budget is limited: sorted runs while documents are read, then
 * one file in the order of names. */
#ifndef ENGINE_RECORD_FILE_H
#define ENGINE_RECORD_FILE_H

#include <pthread.h>

#include "engine/record.h"
#include "neardup/scan.h"
#include "store/budget.h"
#include "util/alloc.h"

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
