/* The scan for x86-64 with AVX2. */
#include <immintrin.h>
#include <stdint.h>

enum { LANES = 32 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

#define BLOCK_TESTS_LANES
static inline int any(lanes v)
{
    return !_mm256_testz_si256((__m256i)v, (__m256i)v);
}

#include "text/repair/repair_scan_block.h"

const nd_repair_scan nd_repair_scan_avx2 = {
    suspected,      next_misread,  next_misread_bytes, next_line_end_hyphen,
    next_blob_mark, next_foldable,
};
