/* A pair as the tool writes it. */
#ifndef BENCH_PAIR_LINE_H
#define BENCH_PAIR_LINE_H

#include "io/bytes.h"
#include "neardup/scan.h"

/* Appends {"a":"id","b":"id","kind":"near",...} and a line end. */
ND_NODISCARD nd_status bench_pair_line_append(const nd_allocator *allocator, nd_byte_vec *out,
                                              const nd_pair *pair);

#endif
