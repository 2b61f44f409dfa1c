/* The allocator the tool hands to the library. */
#ifndef CLI_TOOL_ALLOCATOR_H
#define CLI_TOOL_ALLOCATOR_H

#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/budget.h"

/* jemalloc's, or the C library's in a build without it (NEARDUP_JEMALLOC). Static. */
const nd_allocator *nd_tool_allocator(void);

/* Its name and version, such as "jemalloc 5.3.0"; static. */
/* A budget for a run on so many threads whose resident memory is to stay below memory_bytes, 64 MiB
 * or more. The program itself and what libraries keep for each thread is taken off. From here on
 * what is released goes back to the system at once, and no block gets more pages than it needs:
 * call it before other threads begin. Errors: see nd_budget_new. */
ND_NODISCARD nd_status nd_tool_budget_new(uint64_t memory_bytes, const char *temp_dir,
                                          uint32_t num_threads, nd_budget **out, nd_error *error);

const char *nd_tool_allocator_name(void);

#endif
