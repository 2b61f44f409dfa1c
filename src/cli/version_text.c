#include "cli/version_text.h"

#include <archive.h>
#include <assert.h>
#include <stdio.h>
#include <utf8proc.h>
#include <zlib.h>

#include "cli/process.h"
#include "cli/tool_allocator.h"
#include "neardup/kernel.h"
#include "neardup/version.h"
#include "util/xxh.h"

/* Selecting is the only way to ask whether a kernel is there; the one in use is put back. */
static void print_kernels(void)
{
    const nd_kernel current = nd_kernel_current();
    printf("kernels:    %s in use; available:", nd_kernel_name(current));
    for (int kernel = ND_KERNEL_SCALAR; kernel <= ND_KERNEL_NEON; kernel++)
        if (nd_kernel_select((nd_kernel)kernel) == ND_OK)
            printf(" %s", nd_kernel_name((nd_kernel)kernel));
    putchar('\n');
    const nd_status status = nd_kernel_select(current);
    assert(status == ND_OK);
    (void)status;
}

int nd_version_print(void)
{
    const int archive = archive_version_number(); /* 3006002 is 3.6.2 */
    printf("neardup %s\n", nd_version());
    printf("hash spec:  %d, Unicode %s\n", nd_hash_spec_version(), nd_unicode_version());
    printf("allocator:  %s\n", nd_tool_allocator_name());
    print_kernels();
    printf("xxHash:     %d.%d.%d\n", XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE);
    printf("utf8proc:   %s\n", utf8proc_version());
    printf("simdjson:   %s\n", NEARDUP_SIMDJSON_VERSION);
    printf("libarchive: %d.%d.%d\n", archive / 1000000, archive / 1000 % 1000, archive % 1000);
    printf("zlib:       %s\n", zlibVersion());
    printf("compiler:   %s\n", NEARDUP_COMPILER);
    return nd_stdout_finish();
}
