#include "util/random_seed.h"

#include <stddef.h>
#include <sys/random.h>

uint64_t nd_random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    /* Where the stack and the library lie differs from process to process. */
    return ((uint64_t)(uintptr_t)&seed << 17 ^ (uint64_t)(uintptr_t)&nd_random_seed) *
           UINT64_C(0x9e3779b97f4a7c15);
}
