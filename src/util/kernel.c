#include "neardup/kernel.h"

#include <stdatomic.h>
#include <stdbool.h>

/* -1: not yet chosen. */
static _Atomic int selected = -1;

static bool is_available(nd_kernel kernel)
{
    switch (kernel) {
    case ND_KERNEL_SCALAR:
        return true;
    case ND_KERNEL_AVX2:
#if defined(__x86_64__)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2");
#else
        return false;
#endif
    case ND_KERNEL_AVX512:
#if defined(__x86_64__)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vbmi") &&
               __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2");
#else
        return false;
#endif
    case ND_KERNEL_NEON:
#if defined(__aarch64__)
        return true;
#else
        return false;
#endif
    }
    return false;
}

nd_kernel nd_kernel_best(void)
{
    static const nd_kernel best_first[] = {ND_KERNEL_AVX512, ND_KERNEL_AVX2, ND_KERNEL_NEON};
    for (unsigned i = 0; i < sizeof best_first / sizeof *best_first; i++)
        if (is_available(best_first[i]))
            return best_first[i];
    return ND_KERNEL_SCALAR;
}

nd_kernel nd_kernel_current(void)
{
    int kernel = atomic_load_explicit(&selected, memory_order_relaxed);
    if (kernel < 0) {
        kernel = (int)nd_kernel_best();
        atomic_store_explicit(&selected, kernel, memory_order_relaxed);
    }
    return (nd_kernel)kernel;
}

nd_status nd_kernel_select(nd_kernel kernel)
{
    if (!is_available(kernel))
        return ND_ERR_UNSUPPORTED;
    atomic_store_explicit(&selected, (int)kernel, memory_order_relaxed);
    return ND_OK;
}

const char *nd_kernel_name(nd_kernel kernel)
{
    switch (kernel) {
    case ND_KERNEL_SCALAR:
        return "scalar";
    case ND_KERNEL_AVX2:
        return "avx2";
    case ND_KERNEL_AVX512:
        return "avx512";
    case ND_KERNEL_NEON:
        return "neon";
    }
    return "unknown";
}
