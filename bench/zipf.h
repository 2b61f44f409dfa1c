/* Draws ranks as words occur in text: rank r with a weight of 1 / (r + 2.7). */
#ifndef BENCH_ZIPF_H
#define BENCH_ZIPF_H

#include <stddef.h>
#include <stdint.h>

#include "util/alloc.h"

/* Alias table (Walker 1977; built as Vose: A Linear Algorithm for Generating Random Numbers with a
 * Given Distribution, IEEE TSE 1991): one look-up a number, whatever the distribution.
 *
 *   columns[i] = | keep: chance, of 2^32, that column i is rank i | alias: the rank it is else | */
typedef struct bench_zipf_column {
    uint32_t keep;
    uint32_t alias;
} bench_zipf_column;

typedef struct bench_zipf {
    bench_zipf_column *columns;
    uint32_t num; /* a power of two, at most 65536 */
} bench_zipf;

/* Zipf-Mandelbrot weights over `num` ranks, in whole numbers so that every machine draws the same.
 * Free with bench_zipf_release. */
ND_NODISCARD nd_status bench_zipf_init(bench_zipf *zipf, uint32_t num,
                                       const nd_allocator *allocator);

/* The rank that 64 random bits stand for: the low 16 choose a column, the high 32 the side. */
static inline uint32_t bench_zipf_rank(const bench_zipf *zipf, uint64_t bits)
{
    const uint32_t i = (uint32_t)bits & (zipf->num - 1);
    const bench_zipf_column column = zipf->columns[i];
    return (bits >> 32) < column.keep ? i : column.alias;
}

void bench_zipf_release(bench_zipf *zipf, const nd_allocator *allocator);

#endif
