/* The NEON kernel over the intrinsics of this folder. */
#define nd_tokenise_kernel_neon nd_tokenise_kernel_neon_emulated
#include "../../../src/text/tokenise/tokenise_neon.c"
