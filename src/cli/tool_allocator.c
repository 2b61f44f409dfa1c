#define _DEFAULT_SOURCE /* madvise */

#include "cli/tool_allocator.h"

#include "util/alloc.h"

#ifdef NEARDUP_JEMALLOC

#    include <jemalloc/jemalloc.h>
#    include <stdio.h>
#    include <string.h>
#    include <sys/mman.h>

/* Blocks of LEAST_BYTES and up are given whole huge pages, if the system has them: a page fault
 * costs about what sketching a page of hashes does. Of a smaller block too much could lie idle. */
enum { HUGE_PAGE_BYTES = 2 << 20, LEAST_BYTES = 4 << 20 };

static void *ask_for_huge_pages(void *block)
{
#    ifdef MADV_HUGEPAGE
    if (block)
        (void)madvise(block, sallocx(block, 0), MADV_HUGEPAGE);
#    endif
    return block;
}

static void *allocate_huge(size_t size_bytes)
{
    return ask_for_huge_pages(mallocx(size_bytes, MALLOCX_ALIGN(HUGE_PAGE_BYTES)));
}

/* The library also exports malloc, realloc and free, so linking it gives jemalloc to everything in
 * the process, the C++ runtime included; these calls take the shortest way to it. */
static void *allocate(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return size_bytes < LEAST_BYTES ? mallocx(size_bytes, 0) : allocate_huge(size_bytes);
}

static void *resize(void *ctx, void *block, size_t size_bytes)
{
    if (!block)
        return allocate(ctx, size_bytes);
    if (size_bytes < LEAST_BYTES)
        return rallocx(block, size_bytes, 0);
    return ask_for_huge_pages(rallocx(block, size_bytes, MALLOCX_ALIGN(HUGE_PAGE_BYTES)));
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

static void *allocate_plain(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return mallocx(size_bytes, 0);
}

static void *resize_plain(void *ctx, void *block, size_t size_bytes)
{
    (void)ctx;
    return block ? rallocx(block, size_bytes, 0) : mallocx(size_bytes, 0);
}

static const nd_allocator *frugal_allocator(void)
{
    static const nd_allocator allocator = {allocate_plain, resize_plain, release, NULL};
    static const char *const decays[] = {"arenas.dirty_decay_ms", "arenas.muzzy_decay_ms",
                                         "arena.0.dirty_decay_ms", "arena.0.muzzy_decay_ms"};
    ssize_t none = 0;
    for (size_t i = 0; i < sizeof decays / sizeof *decays; i++)
        (void)mallctl(decays[i], NULL, NULL, &none, sizeof none);
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

static const nd_allocator *frugal_allocator(void)
{
    return nd_tool_allocator();
}

const char *nd_tool_allocator_name(void)
{
    return "C library";
}

#endif

enum { PROGRAM_BYTES = 12 << 20, THREAD_BYTES = 1 << 20 };

nd_status nd_tool_budget_new(uint64_t memory_bytes, const char *temp_dir, uint32_t num_threads,
                             nd_budget **out, nd_error *error)
{
    const uint64_t beside = PROGRAM_BYTES + (uint64_t)THREAD_BYTES * num_threads;
    const uint64_t most = memory_bytes - (beside < memory_bytes / 2 ? beside : memory_bytes / 2);
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = most / 10 * 9; /* what follows from it is not to the byte */
    options.most_bytes = most;
    options.temp_dir = temp_dir;
    options.allocator = frugal_allocator();
    return nd_budget_new(&options, out, error);
}
