/* Logarithms and the logistic function in integers, so that every processor gives the same. */
#ifndef COVERAGE_FIXED_POINT_H
#define COVERAGE_FIXED_POINT_H

#include <stdint.h>

/* 1 in numbers of this kind. */
enum { ND_FIXED_ONE = 4096 };

/* What nd_fixed_logistic tends to; half of it at 0. */
enum { ND_LOGISTIC_ONE = 32768 };

/* ln(num / den) in 1 / ND_FIXED_ONE; both at least 1. Off by 3 units at most. */
int32_t nd_fixed_log_ratio(uint64_t num, uint64_t den);

/* 1 / (1 + exp(-x)) in 1 / ND_LOGISTIC_ONE, for x in 1 / ND_FIXED_ONE. Never falls as x grows; off
 * by 0.001 at most. */
int32_t nd_fixed_logistic(int64_t x);

#endif
