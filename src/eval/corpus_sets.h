/* The shingle sets of a corpus. */
#ifndef EVAL_CORPUS_SETS_H
#define EVAL_CORPUS_SETS_H

#include "eval/corpus.h"
#include "neardup/exact_join.h"
#include "neardup/scan.h"

/* Set d is that of documents[d]. */
typedef struct nd_corpus_sets {
    const nd_allocator *allocator;
    nd_shingle_spec shingle;
    uint32_t repairs, folds;
    nd_set_list list;
    uint64_t *elements;
    size_t *starts;
} nd_corpus_sets;

/* Makes them on so many threads, by the options' shingle, repairs and folds; keeps them where they
 * are such sets already. Memory: 8 bytes a shingle, twice that while they are put together. Begin
 * with {0}; release it also after a failure. */
ND_NODISCARD nd_status nd_corpus_sets_make(nd_corpus_sets *sets, const nd_corpus *corpus,
                                           const nd_scan_options *options, uint32_t num_threads);

/* Exact, of the (first) documents of two ids. */
nd_similarity nd_corpus_sets_compare(const nd_corpus_sets *sets, const nd_corpus *corpus,
                                     uint32_t a, uint32_t b);

void nd_corpus_sets_release(nd_corpus_sets *sets);

#endif
