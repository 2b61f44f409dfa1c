/* What an evaluator holds, for the files that it is made of. */
#ifndef EVAL_EVALUATOR_H
#define EVAL_EVALUATOR_H

#include "eval/corpus.h"
#include "eval/truth.h"
#include "neardup/evaluation.h"

struct nd_evaluator {
    nd_allocator allocator;
    nd_truth truth_kind;
    nd_corpus corpus;
    nd_corpus_sets sets;
    nd_truth_store told;
    nd_pair_list joined; /* true pairs of ND_TRUTH_EXACT */
    nd_pair_list found;
    bool has_groups;           /* found ones: they decide found_label */
    uint32_t *found_label;     /* [ids] */
    uint32_t *truth_label;     /* [ids] */
    bool compares_containment; /* the last scan asked for more than a jaccard */
    bool is_scanned;
};

/* The true pairs. */
static inline const nd_pair_list *nd_evaluator_true_pairs(const nd_evaluator *e)
{
    return e->truth_kind == ND_TRUTH_EXACT ? &e->joined : &e->told.pairs;
}

/* Adds a group of documents, by the numbers of their ids. */
ND_NODISCARD nd_status nd_evaluator_add_group(nd_evaluator *e, const uint32_t *numbers, size_t num);

/* The first group gives every document a label of its own. */
void nd_evaluator_begin_groups(nd_evaluator *e);

/* Measures what was found against what is told, which is settled. Release *out also after a
 * failure. */
ND_NODISCARD nd_status nd_evaluator_compare(nd_evaluator *e, nd_evaluation *out);

#endif
