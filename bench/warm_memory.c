#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */

#include "warm_memory.h"

#include <stddef.h>
#include <sys/mman.h>

#include "child_process.h"

enum { PAGE_BYTES = 4096 };

static nd_status touch(void *ctx, void *result)
{
    const size_t bytes = *(const size_t *)ctx;
    volatile char *const block =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return ND_ERR_NO_MEMORY;
#ifdef MADV_HUGEPAGE
    (void)madvise((void *)block, bytes, MADV_HUGEPAGE);
#endif
    for (size_t at = 0; at < bytes; at += PAGE_BYTES)
        block[at] = 1;
    *(char *)result = 1;
    return ND_OK;
}

nd_status bench_warm_memory(uint64_t bytes)
{
    size_t num = (size_t)bytes;
    char done;
    return num ? bench_in_child(touch, &num, &done, sizeof done) : ND_OK;
}
