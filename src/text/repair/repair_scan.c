#include <stdint.h>

#include "neardup/kernel.h"

enum { LANES = 16 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

#include "text/repair/repair_scan_block.h"

const nd_repair_scan nd_repair_scan_any = {
    suspected,      next_misread,  next_misread_bytes, next_line_end_hyphen,
    next_blob_mark, next_foldable,
};

const nd_repair_scan *nd_repair_scan_current(void)
{
#if defined(__x86_64__)
    const nd_kernel kernel = nd_kernel_current();
    if (kernel == ND_KERNEL_AVX2 || kernel == ND_KERNEL_AVX512)
        return &nd_repair_scan_avx2;
#endif
    return &nd_repair_scan_any;
}
