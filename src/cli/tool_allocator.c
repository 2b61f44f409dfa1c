#define _DEFAULT_SOURCE /* madvise */

#include "cli/tool_allocator.h"

#include "util/alloc.h"

#ifdef NEARDUP_JEMALLOC

#    include <jemalloc/jemalloc.h>
#    include <stdatomic.h>
#    include <stdint.h>
#    include <stdio.h>
#    include <string.h>
#    include <sys/mman.h>

/* What the engine asks for in such pieces it fills from end to end: chunks of arenas, and arrays as
 * long as they need to be. Buffers that grow are resized, and may never be used to their end. */
enum {
    FILLED_FROM = 1 << 17,
    FILLED_TO = 1 << 21,
    SMALL_PART = 64, /* of all such pieces so far: what one may take in vain */
    PAGE_BYTES = 1 << 12,
};

/* Has the pages of a block made in one call, where each would be a fault when it is first written
 * to: that costs several times what clearing a page does, most of all in a virtual machine. Where
 * the system cannot, nothing is lost. */
static void make_pages(void *block, size_t size_bytes)
{
#    ifdef MADV_POPULATE_WRITE
    static _Atomic size_t filled_bytes;
    const size_t before =
        atomic_fetch_add_explicit(&filled_bytes, size_bytes, memory_order_relaxed);
    if (size_bytes > before / SMALL_PART)
        return;
    const uintptr_t start = (uintptr_t)block, in_page = PAGE_BYTES - 1;
    const uintptr_t from = (start + in_page) & ~in_page, to = (start + size_bytes) & ~in_page;
    (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
#    else
    (void)block, (void)size_bytes;
#    endif
}

/* The library also exports malloc, realloc and free, so linking it gives jemalloc to everything in
 * the process, the C++ runtime included; these calls take the shortest way to it. */
static void *allocate(void *ctx, size_t size_bytes)
{
    (void)ctx;
    void *const block = mallocx(size_bytes, 0);
    if (block && size_bytes >= FILLED_FROM && size_bytes <= FILLED_TO)
        make_pages(block, size_bytes);
    return block;
}

static void *resize(void *ctx, void *block, size_t size_bytes)
{
    (void)ctx;
    return block ? rallocx(block, size_bytes, 0) : mallocx(size_bytes, 0);
}

static void release(void *ctx, void *block)
{
    (void)ctx;
    if (block)
        dallocx(block, 0);
}

const nd_allocator *nd_tool_allocator(void)
{
    static const nd_allocator allocator = {allocate, resize, release, NULL};
    return &allocator;
}

const char *nd_tool_allocator_name(void)
{
    static char name[32];
    const char *version = NULL; /* of the library loaded, "5.3.0-0-g..." */
    size_t size = sizeof version;
    if (mallctl("version", &version, &size, NULL, 0) != 0)
        version = "unknown";
    snprintf(name, sizeof name, "jemalloc %.*s", (int)strcspn(version, "-"), version);
    return name;
}

#else

const nd_allocator *nd_tool_allocator(void)
{
    static nd_allocator allocator;
    allocator = nd_allocator_or_default(NULL);
    return &allocator;
}

const char *nd_tool_allocator_name(void)
{
    return "C library";
}

#endif
