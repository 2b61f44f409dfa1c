/* Which instruction set the vectorised inner loops use. */
#ifndef NEARDUP_KERNEL_H
#define NEARDUP_KERNEL_H

#include "neardup/status.h"

ND_BEGIN_DECLS

/* Every kernel gives the same bytes; they differ in speed alone. */
typedef enum nd_kernel {
    ND_KERNEL_SCALAR = 0, /* the reference */
    ND_KERNEL_AVX2,       /* x86-64 with AVX2, BMI1 and BMI2 */
    ND_KERNEL_AVX512,     /* x86-64 with AVX-512 F, BW, DQ, VL, CD, VBMI and VBMI2, BMI1, BMI2 */
    ND_KERNEL_NEON,       /* AArch64 */
} nd_kernel;

/* The best kernel this machine and build have. Thread-safe. */
ND_API nd_kernel nd_kernel_best(void);

/* The kernel in use: the best one unless nd_kernel_select named another. Thread-safe. */
ND_API nd_kernel nd_kernel_current(void);

/* Uses `kernel` from now on, in the whole process: for tests and benchmarks. Returns
 * ND_ERR_UNSUPPORTED, and changes nothing, where the machine or the build lacks it. Call it while
 * no other call of the library runs. */
ND_API ND_NODISCARD nd_status nd_kernel_select(nd_kernel kernel);

/* "scalar", "avx2", "avx512" or "neon"; static. Thread-safe. */
ND_API const char *nd_kernel_name(nd_kernel kernel);

ND_END_DECLS

#endif
