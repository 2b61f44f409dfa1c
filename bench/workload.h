/* The documents a benchmark runs on: files given, or a made-up corpus in a temporary file. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "io/input.h"
#include "news_corpus.h"
#include "util/alloc.h"

typedef struct bench_workload_options {
    const char *const *paths; /* none: a corpus is made */
    size_t num_paths;
    uint64_t size_bytes, mean_bytes, seed;
    uint64_t num_documents; /* 0: from size_bytes */
    bench_script script;
} bench_workload_options;

/* Paths that hold while the workload does. */
typedef struct bench_workload {
    const char *const *paths;
    size_t num_paths;
    uint64_t file_bytes; /* of the paths that are files */
    char name[160];      /* for bench_context.data */
    char temp_path[128]; /* removed at release */
    const char *temp_paths[1];
} bench_workload;

/* 64 MB of 3,000-byte documents in accented Latin, seed 1. */
void bench_workload_options_init(bench_workload_options *options);

/* ND_ERR_IO with a message. A made-up corpus goes to $TMPDIR, else /tmp. */
ND_NODISCARD nd_status bench_workload_init(bench_workload *workload,
                                           const bench_workload_options *options, nd_error *error);

/* Opens the paths as the tool does. */
ND_NODISCARD nd_status bench_workload_open(const bench_workload *workload, nd_input **input,
                                           nd_error *error);

void bench_workload_release(bench_workload *workload);

/* All documents in memory: text i is texts[starts[i] .. starts[i + 1]). */
typedef struct bench_texts {
    nd_byte_vec texts, ids;
    ND_VEC(size_t) starts, id_starts; /* num + 1 each */
    size_t num;
} bench_texts;

ND_NODISCARD nd_status bench_texts_read(bench_texts *texts, const bench_workload *workload,
                                        nd_error *error);

void bench_texts_release(bench_texts *texts);

#endif
