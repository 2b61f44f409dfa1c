/* The planted pairs of a made-up corpus. */
#ifndef BENCH_NEWS_TRUTH_H
#define BENCH_NEWS_TRUTH_H

#include "neardup/match.h"
#include "news_corpus.h"

/* Two documents of one family; a stands before b in the output. */
typedef struct bench_planted_pair {
    uint64_t position_a, position_b;
    uint64_t index_a, index_b;
    nd_match_kind kind; /* exact, near (both are copies, variants or the original), contains,
                           contained, or partial (two containers of one original) */
    nd_similarity
        similarity; /* exact, of word-5-shingles; of the words, however they are spelled */
} bench_planted_pair;

typedef nd_status (*bench_planted_pair_fn)(void *ctx, const bench_planted_pair *pair);

/* Calls `each` for every pair of every family, family by family. */
ND_NODISCARD nd_status bench_corpus_each_planted(const bench_corpus *corpus,
                                                 const nd_allocator *allocator,
                                                 bench_planted_pair_fn each, void *ctx);

#endif
