/* The AVX-512 kernel over the intrinsics of this folder. */
#define nd_tokenise_kernel_avx512 nd_tokenise_kernel_avx512_emulated
#include "../../../src/text/tokenise/tokenise_avx512.c"
