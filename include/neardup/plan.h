/* The LSH plan: bands, rows and sketch size from the threshold and the recall one asks for. */
#ifndef NEARDUP_PLAN_H
#define NEARDUP_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/match.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* What is asked for. */
typedef struct nd_plan_request {
    size_t size_bytes; /* of this struct as the caller knows it; set by _init */
    double threshold;  /* jaccard, above 0, at most 1 */
    double recall;     /* chance that a pair exactly at the threshold is proposed; 0 < recall < 1 */
    uint32_t max_slots; /* at most so many slots, ND_SKETCH_MIN_SLOTS to ND_SKETCH_MAX_SLOTS; 0
                           means the default, 128 where that can do */
} nd_plan_request;

/* Threshold 0.8, recall 0.99, the default number of slots. */
static inline void nd_plan_request_init(nd_plan_request *request);

/* `bands` groups of `rows` slots (Indyk and Motwani 1998; Leskovec, Rajaraman and Ullman, Mining of
 * Massive Datasets, section 3.4). Immutable. */
typedef struct nd_plan {
    double threshold;
    double recall; /* had at the threshold: at least the one asked for */
    uint32_t bands;
    uint32_t rows;
    uint32_t slots; /* size of the sketch: at least bands * rows */
} nd_plan;

/* Finds the bands and rows with the least expected work among those that reach the recall. Work is
 * that of filling the slots, sorting the bands, and verifying candidates whose similarities are
 * spread as src/lsh/plan.c states. ND_ERR_INVALID_ARGUMENT: a value out of range.
 * ND_ERR_LIMIT: ND_SKETCH_MAX_SLOTS (or max_slots) cannot reach it. */
ND_API ND_NODISCARD nd_status nd_plan_solve(const nd_plan_request *request, nd_plan *out);

/* The plan for matches by a rule: for its jaccard, or where a containment is asked for, which may
 * come with any jaccard, for ND_CONTAINMENT_JACCARD if that is lower. A text shorter than about
 * that fraction of the one that holds it may be missed. ND_ERR_INVALID_ARGUMENT: a rule or a recall
 * out of range. ND_ERR_LIMIT: ND_SKETCH_MAX_SLOTS cannot reach it. Thread-safe. */
#define ND_CONTAINMENT_JACCARD 0.05
ND_API ND_NODISCARD nd_status nd_plan_for_rule(const nd_match_rule *rule, double recall,
                                               nd_plan *out);

/* Chance that a pair of that similarity shares a band: the S-curve 1 - (1 - J^rows)^bands. */
ND_API double nd_plan_probability(const nd_plan *plan, double jaccard);

/* Chance that a scan with a verdict or a coverage, which has no bands, compares two texts, of which
 * the smaller one has num_shingles and shares `share` of them, 0 to 1, with the other, which is
 * long (256 shingles and more; in shorter ones the chance is no less), but with few further texts:
 * a shingle that hundreds share is not followed to all of them. Chance lies in the hashes of the
 * shingles alone: the same two texts are compared always or never. Thread-safe. */
ND_API double nd_rare_search_probability(double num_shingles, double share);

/* Bytes the engine holds for that many documents with that many shingles on average: beyond the
 * shingle sets, and for the sets. Estimates; the sum is about the peak RSS of a scan. A plan of 0
 * bands stands for a scan that has none, with a verdict: there the words count with the sets. */
typedef struct nd_plan_memory {
    uint64_t index_bytes;
    uint64_t set_bytes;
} nd_plan_memory;

ND_API nd_plan_memory nd_plan_estimate_memory(const nd_plan *plan, uint64_t num_documents,
                                              double mean_shingles, double mean_id_bytes);

/* Behind nd_plan_request_init. */
ND_API void nd_plan_request_init_sized(nd_plan_request *request, size_t size_bytes);

static inline void nd_plan_request_init(nd_plan_request *request)
{
    nd_plan_request_init_sized(request, sizeof *request);
}

/* What a scan of them needs where its memory is limited to memory_bytes. Estimates. */
typedef struct nd_plan_limit {
    uint64_t least_bytes; /* that do: fewer are too few, whatever goes to files */
    uint64_t disk_bytes;  /* of temporary files, at most: if every text is compared, and can be read
                             from the input again */
    uint32_t key_passes;  /* how often band keys, or without bands rare shingles, are read there */
} nd_plan_limit;

ND_API nd_plan_limit nd_plan_estimate_limit(const nd_plan *plan, uint64_t num_documents,
                                            double mean_shingles, double mean_id_bytes,
                                            uint64_t memory_bytes);

ND_END_DECLS

#endif
