/* The verdict on two texts: whether an editor would call one a copy of the other. */
#ifndef COVERAGE_VERDICT_H
#define COVERAGE_VERDICT_H

#include <stdint.h>

#include "coverage/judged_text.h"
#include "coverage/run_chain.h"

/* --- logarithms and the logistic function in integers, so that every processor gives the same ---
 */

/* 1 in numbers of this kind. */
enum { ND_FIXED_ONE = 4096 };

/* What nd_fixed_logistic tends to; half of it at 0. */
enum { ND_LOGISTIC_ONE = 32768 };

/* ln(num / den) in 1 / ND_FIXED_ONE; both at least 1. Off by 3 units at most. */
int32_t nd_fixed_log_ratio(uint64_t num, uint64_t den);

/* 1 / (1 + exp(-x)) in 1 / ND_LOGISTIC_ONE, for x in 1 / ND_FIXED_ONE. Never falls as x grows; off
 * by 0.001 at most. */
int32_t nd_fixed_logistic(int64_t x);

/* --- the verdict --- */

/* A verdict rests on the two texts alone, not on what else is scanned. It asks three questions, and
 * each answer is a number: above 0 yes, below it no. The least of them is the verdict, and its
 * logistic function the score: 0.5 says that the weakest answer is a bare yes. */
typedef enum nd_question {
    ND_ASKS_HELD = 0, /* does most of one text stand in the other? */
    ND_ASKS_EDITED,   /* is what differs editing, or other facts? */
    ND_ASKS_OWN,      /* do they share more than what stands under both, a footer? */
    ND_NUM_QUESTIONS
} nd_question;

typedef struct nd_judgement {
    int64_t answers[ND_NUM_QUESTIONS]; /* in 1 / ND_FIXED_ONE */
    int32_t score;                     /* in 1 / ND_LOGISTIC_ONE */
    uint32_t covered[2]; /* of each text, the part that stands in the other in order, edited words
                            inside included: in 1 / ND_LOGISTIC_ONE */
} nd_judgement;

/* Trigrams that both texts have, one after the other. */
typedef struct nd_stretch {
    uint32_t at[2]; /* numbers of the first trigram */
    uint32_t num;
    uint32_t run;
} nd_stretch;

/* Scratch of one worker; exclusive. Zero it before the first use. */
typedef struct nd_judge {
    nd_position_index index;
    ND_VEC(uint32_t) places;  /* of the trigrams of one text in the other */
    ND_VEC(uint32_t) inverse; /* of those of the other in the one */
    nd_run_chain chain;
    ND_VEC(nd_stretch) stretches;
    ND_VEC(uint32_t) last_of_run; /* stretches */
} nd_judge;

/* What is asked for. */
typedef enum nd_judge_need {
    ND_JUDGE_ALL = 0,
    ND_JUDGE_UNLESS_LOW, /* where the first answer alone decides against, the others stay 0 */
} nd_judge_need;

/* Judges a and b, which may change places without changing the answer. places[i] says where b's
 * trigram i stands in a, ND_NO_POSITION if nowhere; NULL: not known yet. The marks of their items
 * and their credits are then those of this pair. `least` is the score that ND_JUDGE_UNLESS_LOW goes
 * by. O(words of both). */
ND_NODISCARD nd_status nd_judge_pair(nd_judge *judge, nd_judged_text *a, nd_judged_text *b,
                                     const uint32_t *places, nd_judge_need need, int32_t least,
                                     const nd_allocator *allocator, nd_judgement *judgement);

void nd_judge_release(nd_judge *judge, const nd_allocator *allocator);

#endif
