/* The stages of the engine, each alone. */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include <stddef.h>
#include <stdint.h>

#include "cli/output/page.h"
#include "group/groups.h"
#include "neardup/plan.h"
#include "neardup/shingle.h"
#include "neardup/text.h"
#include "util/alloc.h"
#include "workload.h"

/* Documents tokenised at once before their shingles are hashed: what fits a cache of 1 MB, as the
 * text does in the engine, where each document goes through all stages at once. */
enum { BENCH_BATCH_TEXTS = 64 };

/* Two documents to compare. */
typedef struct bench_candidate {
    uint32_t a, b;
} bench_candidate;

/* What the stages run on, made once: the input of each is the output of the one before. */
typedef struct bench_stages {
    const bench_workload *workload;
    bench_texts texts;
    nd_shingle_spec shingle;
    nd_plan plan;
    nd_text *batch[BENCH_BATCH_TEXTS];
    ND_VEC(uint64_t) hashes; /* of all documents in text order: document i from starts[i] */
    ND_VEC(size_t) starts;   /* num + 1 */
    uint64_t *sets;          /* the same, each a set: document i has sizes[i] from starts[i] */
    uint32_t *sizes;
    uint64_t *scratch; /* as many as hashes */
    uint64_t *slots;   /* plan.slots a document */
    uint64_t *keys;    /* plan.bands a document */
    uint32_t *short_keys;
    ND_VEC(bench_candidate) candidates; /* sorted, no repeats */
    ND_VEC(nd_edge) edges;              /* those that match */
    nd_page lines;                      /* what `write` wrote last */
    uint64_t sink; /* takes what a loop computes, so that no compiler drops the loop */
} bench_stages;

/* Reads the workload and runs every stage once. bench_stages_release also after a failure. */
ND_NODISCARD nd_status bench_stages_init(bench_stages *stages, const bench_workload *workload,
                                         double threshold, nd_error *error);
void bench_stages_release(bench_stages *stages);

/* One pass over the whole workload: the seconds spent in what is measured, which may be less than
 * the pass takes. */
typedef nd_status (*bench_pass_fn)(bench_stages *stages, double *seconds);

/* What a stage is set against: the least that must be done with the same bytes. */
typedef struct bench_limit {
    const char *name;
    bench_pass_fn pass;
} bench_limit;

typedef struct bench_stage {
    const char *name;
    bench_pass_fn pass;
    bench_limit limit;
} bench_stage;

/* In the order of the engine; ends with a stage without a name. */
extern const bench_stage bench_all_stages[];

/* stage_input.c */
nd_status bench_pass_read(bench_stages *stages, double *seconds);
nd_status bench_pass_parse(bench_stages *stages, double *seconds);
nd_status bench_limit_read(bench_stages *stages, double *seconds);
nd_status bench_limit_copy_text(bench_stages *stages, double *seconds);

/* stage_text.c */
nd_status bench_pass_tokenise(bench_stages *stages, double *seconds);
nd_status bench_pass_shingle(bench_stages *stages, double *seconds);
nd_status bench_pass_sketch(bench_stages *stages, double *seconds);
nd_status bench_pass_text_to_sketch(bench_stages *stages, double *seconds);
nd_status bench_limit_hash(bench_stages *stages, double *seconds);
nd_status bench_limit_scan_hashes(bench_stages *stages, double *seconds);

/* stage_match.c */
nd_status bench_pass_band(bench_stages *stages, double *seconds);
nd_status bench_pass_set(bench_stages *stages, double *seconds);
nd_status bench_pass_verify(bench_stages *stages, double *seconds);
nd_status bench_pass_group(bench_stages *stages, double *seconds);
nd_status bench_pass_write(bench_stages *stages, double *seconds);
/* Pairs of documents that share a bucket, from the keys. */
nd_status bench_stages_collect_candidates(bench_stages *stages);
nd_status bench_limit_sort_keys(bench_stages *stages, double *seconds);
nd_status bench_limit_scan_sets(bench_stages *stages, double *seconds);
nd_status bench_limit_scan_edges(bench_stages *stages, double *seconds);
nd_status bench_limit_copy_lines(bench_stages *stages, double *seconds);

#endif
