/* What two texts have in common, as the verdict asks for it. */
#ifndef COVERAGE_VERDICT_FACTS_H
#define COVERAGE_VERDICT_FACTS_H

#include <stdint.h>

#include "coverage/verdict.h"
#include "util/alloc.h"

enum {
    ND_CREDIT_ONE = 1024, /* of a word that stands in the other text */
    ND_HEAD_ONE = 65536,
    ND_TRIGRAM = 3, /* words */
};

/* What one text has, inside runs or anywhere, that is in the other too, or not: in ND_BIT. */
typedef struct nd_shares {
    uint64_t shared, other;
} nd_shares;

/* What was found of one text of the pair. */
typedef struct nd_side_facts {
    uint32_t num_words;
    uint32_t covered; /* words in runs */
    uint32_t head;    /* words before the first of those */
    uint64_t credit;  /* in ND_CREDIT_ONE */
    nd_shares words, numbers, numbers_inside;
    uint64_t like;                  /* bits of items with one like them in the other text */
    uint64_t head_all, head_shared; /* weighted by place, in ND_BIT / ND_HEAD_ONE */
} nd_side_facts;

/* The pair at work, by the sides of its runs: the longer text is ND_HELD there. */
typedef struct nd_judged_pair {
    nd_judge *judge;
    nd_judged_side *sides[2];
    nd_side_facts facts[2];
} nd_judged_pair;

/* Finds the runs, and what the items say: all but what has to do with credit. p->judge and p->sides
 * are given, the rest is 0. shared: see nd_judge_request. O(words of both). */
ND_NODISCARD nd_status nd_judged_pair_find_facts(nd_judged_pair *p, const nd_stretch_vec *shared,
                                                 const nd_allocator *allocator);

/* Gives the words of both texts their credit, and sums that up, and the numbers inside runs.
 * O(words of both). */
void nd_judged_pair_give_credit(nd_judged_pair *p);

/* Bounds the words in runs, and their credit, from above: by the runs one by one. Where these don't
 * overlap and no trigram repeats, it is what nd_judged_pair_give_credit finds. O(runs). */
void nd_judged_pair_bound_credit(const nd_judged_pair *p, int at, nd_side_facts *facts);

static inline uint64_t nd_smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The word after a trigram. */
static inline uint32_t nd_trigram_end(const nd_judged_text *t, uint32_t trigram)
{
    return nd_judged_text_trigram_at(t, trigram) + ND_TRIGRAM;
}

#endif
