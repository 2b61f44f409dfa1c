#include "text/tokenise/tokeniser.h"

const nd_tokenise_kernel *nd_tokenise_kernel_of(nd_kernel kernel)
{
    switch (kernel) {
#if defined(__x86_64__)
    case ND_KERNEL_AVX512:
        return &nd_tokenise_kernel_avx512;
    case ND_KERNEL_AVX2:
        return &nd_tokenise_kernel_avx2;
#elif defined(__aarch64__)
    case ND_KERNEL_NEON:
        return &nd_tokenise_kernel_neon;
#endif
    default:
        return &nd_tokenise_kernel_scalar;
    }
}
