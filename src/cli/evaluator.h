/* Scans of held documents, measured against what is true of them. */
#ifndef CLI_EVALUATOR_H
#define CLI_EVALUATOR_H

#include "cli/evaluation.h"
#include "cli/held_documents.h"
#include "cli/held_sets.h"
#include "cli/job.h"
#include "cli/truth_clusters.h"
#include "cli/truth_pairs.h"

/* What one scan reached. Pairs that are ignored count nowhere but in pairs_ignored. */
typedef struct nd_eval_row {
    nd_scores scores;
    double ari;
    uint64_t pairs_ignored; /* of those found */
    nd_band bands[ND_NUM_BANDS];
    nd_band *kinds; /* [given.num_kinds] */
} nd_eval_row;

/* Exclusive. The lists below hold what the last run met. */
typedef struct nd_evaluator {
    nd_job *job;
    nd_held_documents held;
    nd_held_sets sets;
    nd_truth_pairs given;       /* --truth */
    nd_truth_clusters clusters; /* --clusters */
    nd_truth_pairs ignored;     /* --ignore */
    nd_pair_list exact;         /* --exact */
    const nd_pair_list *truth;  /* one of the three */
    nd_pair_list found;
    uint32_t *truth_label, *found_label; /* [held.num_ids] */
    nd_scan_stats stats;                 /* the caps: summed over the runs */
} nd_evaluator;

/* Reads the documents and what the options name. Release it also after a failure. */
ND_NODISCARD nd_status nd_evaluator_init(nd_evaluator *evaluator, nd_job *job, nd_error *error);

/* Scans by `settings` and fills *row, whose kinds are allocated with job->allocator. */
ND_NODISCARD nd_status nd_evaluator_run(nd_evaluator *evaluator, const nd_settings *settings,
                                        nd_eval_row *row, nd_error *error);

/* What was left out: call it after the last run. */
void nd_evaluator_add_notes(const nd_evaluator *evaluator, nd_notes *notes);

void nd_evaluator_release(nd_evaluator *evaluator);

#endif
