/* The sketch, once for each instruction set. */
#ifndef SKETCH_SKETCH_KERNELS_H
#define SKETCH_SKETCH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* nd_sketch_compute for num_hashes > 0 and a valid num_slots. Equal slots from each. */
typedef void nd_sketch_kernel_fn(const uint64_t *hashes, size_t num_hashes, uint32_t num_slots,
                                 uint64_t *slots);

nd_sketch_kernel_fn nd_sketch_scalar;
nd_sketch_kernel_fn nd_sketch_avx2;
nd_sketch_kernel_fn nd_sketch_avx512;
nd_sketch_kernel_fn nd_sketch_neon;

#endif
